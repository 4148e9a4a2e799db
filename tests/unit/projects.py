"""What tests of a project share: the command line, a newer and an edited file, and how to look at what became of it."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from tests.unit.sample import DOCKERFILE
from tests.unit.test_target import tree

Command = Callable[..., Result]
NEWER = DOCKERFILE.replace("python:3.13", "python:3.14")
EDITED = DOCKERFILE + "LABEL mine=1\n"


def own(project: Path) -> dict[str, bytes | str]:
    """The files of a project but for the handbook's note."""
    return {path: content for path, content in tree(project).items() if not path.startswith(".handbook/")}


def states(result: Result) -> dict[str, str]:
    """Path -> state, as scripts read it."""
    return {row["path"]: row["state"] for row in json.loads(result.stdout)}
