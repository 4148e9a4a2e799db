"""`python -m snippets.engine.daemon COMMAND [ARG...]`: see `session`."""

import sys

from .session import Machine, main

sys.exit(main(sys.argv[1:], Machine.here()))
