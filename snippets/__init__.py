"""The Deployment Handbook's snippets: nothing a reader can copy is untested.

1. `library/<name>/` holds a snippet: `snippet.toml` and the files, laid out as they are copied;
2. `catalog` reads a directory into a `Snippet`, refusing at the door what is malformed;
3. `engine` builds and boots it; `contract` judges the running container, promise by promise;
4. `recorder` turns test outcomes into `Evidence`, kept in `evidence/<name>.json`;
5. `objection(snippet, evidence)` alone decides whether a snippet may be shown;
6. `render` puts proven files, commands and pitfalls into pages, `tutorials` executed cells, and nothing else;
7. `audit` reads the built site as a browser would and refuses every block that nobody proved;
8. `handbook`, the command line, shows all of it to a reader.
"""
