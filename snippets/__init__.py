"""The Deployment Handbook: nothing a reader can copy is untested.

1. `library/<name>/` holds a snippet: `snippet.toml` and the files, laid out as they are copied;
2. `catalog` reads a directory into a `Snippet`, refusing at the door what is malformed;
3. `engine` builds and boots it as a subject; `contract` judges that, promise by promise;
4. `proving` turns what tests saw into `evidence`, kept in `evidence/<name>.json`;
5. `objection(snippet, evidence)` alone decides whether a snippet may be shown;
6. `render` puts proven files, commands and pitfalls into pages, `tutorials` are executed cells;
7. `audit` reads the built site as a browser would and refuses every block that nobody proved;
8. `handbook`, the command line (`cli`), shows all of it to a reader; `project` and `check` work on the reader's own.

One value, `Handbook`, says how everything stands. Imports point one way, from the bottom of this list up to its
end: `nox -s lint` holds the contract, which is in pyproject.toml.
"""
