"""Regular expressions that come with data: those that tell nothing, or never come to an end, and are no use."""

import ast
import re
from contextlib import suppress
from dataclasses import replace

import pytest

from snippets.catalog.description import message_fault
from snippets.contract.rules import PACKAGE
from snippets.evidence.objection import pitfall_objection
from snippets.expression import ExpressionError, expression
from tests.unit.sample import BY_NAME, NOW, WEB, Library, capture_of
from tests.unit.test_catalog import faults

ENDLESS = "(a|aa)+$"


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "message",
    [
        "(a+)+b",
        "(.*)*x",
        r"(\w+\s?)*\d$",
        "(x+x+)+y",
        "a?" * 40 + "a" * 40,
        "(?:(?:a{0,1000}){0,1000}){0,1000}b",
        ".*" * 9 + "x",
    ],
)
def test_a_monster_comes_to_an_end_one_way_or_another(message: str) -> None:
    """Refused at the door, or looked for in time: then it is given up."""
    message_fault(message)
    for text in ("a" * 200_000 + "!", "x" * 200_000, "word " * 40_000):
        with suppress(ExpressionError):
            expression(message).search(text, timeout_s=0.1)


def test_what_comes_to_no_end_is_given_up() -> None:
    """After a second, and by name: it was not found, nor is it missing."""
    with pytest.raises(ExpressionError) as refused:
        expression(ENDLESS).search("a" * 200 + "!")

    assert str(refused.value) == (
        "looking for '(a|aa)+$' takes longer than 1 s: repeat nothing that is repeated itself"
    )


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("(", "not a regular expression: missing ), unterminated subpattern at position 0"),
        ("a{1,99999999999999999999}", "not a regular expression: the repetition number is too large"),
        ("(" * 249 + ")" * 249, ""),
        ("(?R)", "not a regular expression: unknown extension ?R at position 1"),
        ("x" * 501, "501 characters, and a regular expression of more than 500 is not read"),
    ],
    ids=["open", "number", "deep", "recursive", "long"],
)
def test_what_is_none_is_refused(message: str, says: str) -> None:
    """By what is wrong with it, and never by a traceback."""
    assert str(message_fault(message)).startswith(says)


@pytest.mark.parametrize(
    "message",
    [
        *(
            "",
            ".",
            ".+",
            r"\S",
            r"\w",
            r"\d",
            " ",
            r"\s",
            "[a-z]",
            "[^a]",
            r"(?s).",
            "a|.",
            "(?=.)",
            r"\b",
            "^",
            "$",
            "(?!x)",
        ),
        *(
            r"\A.\Z",
            "^.$",
            "..",
            r"\w+ \w+",
            "(?s).{200,}",
            "[a-z]{3}",
            r"\d+",
            "(?i)error",
            ":",
            "(x)?",
            "(?:)",
            "(?m)^",
        ),
    ],
)
def test_a_message_that_anything_matches_proves_nothing(message: str) -> None:
    """Another error than the stated one would do as well."""
    assert message_fault(message) == f"{message!r} matches everything, so any error would do"


def test_the_message_of_stale_input_passes_the_same_door(library: Library) -> None:
    """It is looked for in the log of a build."""
    stale = '[project]\nstale = { path = "Dockerfile", find = "10001", replace = "7", message = "a{2}|." }'
    (fault,) = faults(library.write("web/snippet.toml", WEB.replace("[project]", stale)))

    assert fault == "web/snippet.toml: project.stale.message: 'a{2}|.' matches everything, so any error would do"


def test_a_message_without_an_end_is_named(library: Library) -> None:
    """Neither is its pitfall proven, nor is it said to be caught otherwise than stated."""
    library.write("web/pitfalls/user-by-name.toml", BY_NAME.replace('"a name"', f'"{ENDLESS}"'))
    catalog = library.load()
    pitfall = catalog.pitfalls["web/user-by-name"]
    capture = replace(capture_of(catalog, pitfall.name), error="a" * 200 + "!")

    assert pitfall_objection(pitfall, catalog, capture, now=NOW) == (
        f"pitfall web/user-by-name: message: looking for {ENDLESS!r} takes longer than 1 s: "
        "repeat nothing that is repeated itself"
    )


def test_what_is_found_is_told_by_its_place() -> None:
    """As Python's own does."""
    found = expression(r"(\d+) and \1").search("1 and 2, 3 and 3")

    assert found is not None
    assert (found.start(), found[1]) == (9, "3")
    assert expression("nothing").search("something") is None


def test_nobody_asks_re_for_possessive_parts() -> None:
    """Python 3.11.2, which Debian 12 has, forgets where a group began that holds one: those are for `regex`."""
    seen = 0
    for path in PACKAGE.rglob("*.py"):
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            asked = call.func
            if not (isinstance(asked, ast.Attribute) and isinstance(asked.value, ast.Name) and asked.value.id == "re"):
                continue
            for text in (node.value for node in ast.walk(call) if isinstance(node, ast.Constant)):
                seen += isinstance(text, str)
                plain = re.sub(r"\\.|\[\]?(?:\\.|[^\]\\])*\]", "x", text) if isinstance(text, str) else ""
                assert not re.search(r"[*+?}]\+|\(\?>", plain), f"{path}: {text!r}"
    assert seen > 100
