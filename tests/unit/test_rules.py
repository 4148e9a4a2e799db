"""The rules digest: what judges is part of the record, and nothing else is."""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest

from snippets.contract import CONTRACT
from snippets.contract.rules import rules_digest

BOOT = '''\
"""Promises."""

from {package}.parsing import split
from {package}.subject import Image

LIMIT = 3


def drains(image: Image) -> bool:
    """It drains."""
    return split(image) < LIMIT


def starts(image: Image) -> bool:
    """It starts."""
    return bool(image)
'''
PARSING = '''\
"""Parsing."""

import re

WORD = re.compile("a")


def split(image: object) -> int:
    """Split."""
    return _count(image)


def _count(image: object) -> int:
    return len(WORD.findall(str(image)))


def unused() -> None:
    """Nobody's."""
'''
SUBJECT = '"""Subject."""\n\n\nclass Image:\n    """An image."""\n'

Digest = Callable[..., str]


@pytest.fixture
def digest(tmp_path: Path) -> Iterator[Digest]:
    """Write a package of these modules and take a function's digest; each under another name."""
    sys.path.insert(0, str(tmp_path))
    made: list[str] = []

    def digest(name: str = "drains", **modules: str) -> str:
        package = f"sample_{tmp_path.name}_{len(made)}"
        made.append(package)
        folder = tmp_path / package
        folder.mkdir()
        for module, text in {"__init__": "", "boot": BOOT, "parsing": PARSING, "subject": SUBJECT, **modules}.items():
            (folder / f"{module}.py").write_text(text.replace("{package}", package))
        return rules_digest(getattr(import_module(f"{package}.boot"), name))

    yield digest
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] in made]:
        del sys.modules[name]


def test_the_same_code_has_the_same_digest_wherever_it_is(digest: Digest) -> None:
    """Neither the package's name nor its place counts."""
    assert digest() == digest()


def test_editing_one_promise_voids_that_promise_alone(digest: Digest) -> None:
    """The neighbour in the same file keeps its digest."""
    edited = BOOT.replace("return bool(image)", "return not image")

    assert digest("starts", boot=edited) != digest("starts")
    assert digest("drains", boot=edited) == digest("drains")


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("boot", "LIMIT = 3", "LIMIT = 4"),
        ("boot", '"""It drains."""', '"""It drains whole."""'),
        ("parsing", "return _count(image)", "return 1 + _count(image)"),
        ("parsing", "WORD.findall", "WORD.split"),
        ("parsing", 're.compile("a")', 're.compile("b")'),
    ],
    ids=["constant", "docstring", "imported", "helper-of-a-helper", "pattern"],
)
def test_whatever_a_promise_uses_is_part_of_it(digest: Digest, module: str, old: str, new: str) -> None:
    """Helpers and constants count, however many steps away."""
    text = {"boot": BOOT, "parsing": PARSING}[module]
    assert old in text

    assert digest(**{module: text.replace(old, new)}) != digest()


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("boot", '"""Promises."""', '"""Promises, all\nof them."""\n\n\n# and a note'),
        ("boot", "return bool(image)", "return (\n        bool(image)\n    )  # reformatted"),
        ("parsing", '"""Nobody\'s."""', '"""Nobody\'s at all."""'),
        ("subject", "An image", "The image"),
    ],
    ids=["module-docstring", "neighbour", "unused-helper", "interface"],
)
def test_what_a_promise_does_not_use_is_no_part_of_it(digest: Digest, module: str, old: str, new: str) -> None:
    """Unrelated code may be reformatted, moved down or edited."""
    text = {"boot": BOOT, "parsing": PARSING, "subject": SUBJECT}[module]
    assert old in text

    assert digest(**{module: text.replace(old, new)}) == digest()


@pytest.mark.parametrize(
    "imported",
    [
        ("from {package}.parsing import split", "from .parsing import split", "split(image)"),
        ("from {package}.parsing import split", "from {package}.parsing import split as cut", "cut(image)"),
        ("from {package}.parsing import split", "from {package} import parsing", "parsing.split(image)"),
        ("from {package}.parsing import split", "from . import parsing", "parsing.split(image)"),
        ("from {package}.parsing import split", "import {package}.parsing as p", "p.split(image)"),
        ("from {package}.parsing import split", "if True:\n    from {package}.parsing import split", "split(image)"),
        ("from {package}.parsing import split", "from {package}.again import split", "split(image)"),
    ],
    ids=["relative", "renamed", "module", "relative-module", "dotted", "conditional", "re-exported"],
)
def test_no_way_of_importing_hides_what_is_used(digest: Digest, imported: tuple[str, str, str]) -> None:
    """Relative, renamed, whole or passed on: an edit of the helper is seen."""
    line, other, call = imported
    boot = BOOT.replace(line, other).replace("split(image)", call)
    again = "from {package}.parsing import split\n"

    edited = PARSING.replace("WORD.findall", "WORD.split")
    assert digest(boot=boot, again=again, parsing=edited) != digest(boot=boot, again=again)


def test_an_import_inside_the_function_is_followed(digest: Digest) -> None:
    """It is used as much as one at the top."""
    boot = BOOT.replace("from {package}.parsing import split\n", "").replace(
        "    return split(image)", "    from {package}.parsing import split\n\n    return split(image)"
    )

    assert digest(boot=boot, parsing=PARSING.replace("WORD.findall", "WORD.split")) != digest(boot=boot)


def test_importing_a_star_is_refused(digest: Digest) -> None:
    """What comes with it cannot be told, so nothing could be voided by it."""
    boot = BOOT.replace("import split", "import *")

    with pytest.raises(TypeError, match=r"boot imports \* from .*parsing: what it uses of it cannot be told"):
        digest(boot=boot)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("LIMIT = 3", "LIMIT, OTHER = 4, 5"),
        ("LIMIT = 3", "LIMIT: int = 4"),
        ("LIMIT = 3", "if True:\n    LIMIT = 4"),
        ("LIMIT = 3", "LIMIT = 3\nLIMIT += 1"),
    ],
    ids=["unpacked", "annotated", "conditional", "augmented"],
)
def test_a_constant_counts_however_it_is_bound(digest: Digest, before: str, after: str) -> None:
    """Every statement that binds a name is part of what uses it."""
    first = BOOT.replace(before, after)
    second = first.replace("4", "7").replace("+= 1", "+= 2")
    assert first != second

    assert digest(boot=first) != digest(boot=second)


def test_a_line_is_what_python_takes_for_one(digest: Digest) -> None:
    """A form feed above does not shift the lines that are read."""
    shifted = BOOT.replace("LIMIT = 3", "LIMIT = 3\nPAGE = '\u2028'\n\x0c")

    assert digest(boot=shifted) == digest()


def test_each_promise_of_the_contract_has_a_digest_of_its_own() -> None:
    """No two promises are judged by the same code."""
    digests = {promise.rules for promise in CONTRACT}

    assert len(digests) == len(CONTRACT)
    assert all(digest.startswith("sha256:") and len(digest) == 71 for digest in digests)
