"""A small package whose code judges, on disk, and digests of its functions: what tests of rules edit."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from snippets.contract.rules import Address, Code

BOOT = '''\
"""Promises."""

from ..text.parsing import split
from .asking import Image

LIMIT = 3


def drains(image: Image) -> bool:
    """It drains."""
    return split(image.config) < LIMIT and image.boot().get("/") == 200


def starts(image: Image) -> bool:
    """It starts."""
    return bool(image)
'''
ASKING = '''\
"""What may be asked."""


class Image:
    """An image."""

    config: str

    def boot(self) -> "Container":
        """Boot it."""


class Container:
    """A container."""

    def get(self, path: str) -> int:
        """Ask it."""

    def stop(self) -> None:
        """Stop it."""
'''
PARSING = '''\
"""Parsing."""

import re

WORD = re.compile("a")


def split(text: str) -> int:
    """Split."""
    return _count(text)


def _count(text: str) -> int:
    return len(WORD.findall(text))


def unused() -> None:
    """Nobody's."""
'''
ENGINE = '''\
"""What fulfils it."""

import re

from .http import ask


class BuiltImage:
    """An image that was built."""

    retries: Annotated[int, Meta(description="how often")] = 3

    def __init__(self) -> None:
        self.made = True

    @property
    def config(self) -> str:
        """What it says."""
        return "a"

    def boot(self) -> "BootedContainer":
        """Boot it."""
        return BootedContainer()

    def match(self) -> bool:
        """Nobody asks."""
        return bool(re.match("a", "b"))


class BootedContainer:
    """A container that runs."""

    def get(self, path: str) -> int:
        """Ask it."""
        return ask(path)

    def stop(self) -> None:
        """Stop it."""
        del self
'''
HTTP = '''\
"""How it is asked."""


def ask(path: str) -> int:
    """Once."""
    return len(path)
'''
PROMISE = '''\
"""How answers become findings."""


class Promise:
    """A promise."""

    def judge(self) -> str:
        """Judge."""
        return self._verdict()

    def _verdict(self) -> str:
        return "kept"

    def shown(self) -> str:
        """As pages have it."""
        return "a promise"
'''
FILES = {
    "contract/boot.py": BOOT,
    "contract/asking.py": ASKING,
    "contract/promise.py": PROMISE,
    "text/parsing.py": PARSING,
    "engine/image.py": ENGINE,
    "engine/http.py": HTTP,
}
SUBJECTS: Mapping[Address, Collection[Address]] = {("contract.asking", "Image"): [("engine.image", "BuiltImage")]}

Digest = Callable[..., str]


def digests_below(folder: Path) -> Digest:
    """How to write the package, changed and added to, and take the digest of one of its functions."""

    def digest(
        files: Mapping[str, str] | None = None,
        *,
        name: str = "drains",
        room: str = "contract.boot",
        called: str = "ours",
    ) -> str:
        root = folder / str(len(list(folder.iterdir()))) / called
        for path, text in {**FILES, **(files or {})}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return Code(root=root, subjects=SUBJECTS).digest(room, name)

    return digest


def edited(path: str, old: str, new: str) -> Mapping[str, str]:
    """A file in which one text is another."""
    assert FILES[path].count(old) >= 1, f"{path} holds no {old}"
    return {path: FILES[path].replace(old, new)}
