echo run
