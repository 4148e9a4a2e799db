"""The variables of the environment: what is documented is what is read, and the other way round."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from snippets import environment
from snippets.catalog import LIBRARY
from snippets.environment import VARIABLES, Variable
from snippets.handbook import Handbook
from snippets.render import render

ROOT = Path(__file__).parents[2]
# What one process of the project tells another; nobody sets these by hand.
INTERNAL = {"HANDBOOK_RUN", "HANDBOOK_BENCH_TAPE", "HANDBOOK_BENCH_NESTED"}
# Read by everything that starts a program.
ANYBODYS = {"COLUMNS", "PATH"}
CODE = [
    *(path for path in sorted((ROOT / "snippets").rglob("*.py")) if LIBRARY not in path.parents),
    *sorted((ROOT / "bench").glob("*.py")),
    ROOT / "noxfile.py",
    ROOT / "hatch_build.py",
    ROOT / "tests" / "conftest.py",
    # Its number of cases is another each night.
    ROOT / "tests" / "unit" / "test_target.py",
]
NAMES = {name: value.name for name, value in vars(environment).items() if isinstance(value, Variable)}


def is_environment(node: ast.expr) -> bool:
    """Whether an expression is an environment: `os.environ`, or what is called one."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return name in {"environ", "environment"}


def spelt(node: ast.expr, known: Mapping[str, set[str]]) -> set[str]:
    """The names that an expression may stand for: a literal, `BASES.name`, or what a module calls one of these."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.Attribute(value=ast.Name(id=name), attr="name") if name in NAMES:
            return {NAMES[name]}
        case ast.Tuple(elts=elements):
            return set().union(*(spelt(each, known) for each in elements))
        case ast.Name(id=name):
            return known.get(name, set())
    return set()


def named(tree: ast.Module) -> dict[str, set[str]]:
    """What a module gives names to: constants, one by one or several at once, and what a loop goes through."""
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
                pairs = list(zip(targets, values, strict=False))
            case ast.Assign(targets=[target], value=value) | ast.comprehension(target=target, iter=value):
                pairs = [(target, value)]
            case _:
                continue
        for name, value in pairs:
            if isinstance(name, ast.Name) and (said := spelt(value, {})):
                found.setdefault(name.id, set()).update(said)
    return found


def read_in(path: Path) -> Iterator[str]:
    """Variables that a module reads, by `.get`, by `[]`, by `in` or by `getenv`."""
    tree = ast.parse(path.read_text())
    known = named(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=place, attr="get"), args=[key, *_]) if is_environment(place):
                pass
            case ast.Subscript(value=place, slice=key, ctx=ast.Load()) if is_environment(place):
                pass
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[place]) if is_environment(place):
                pass
            case ast.Call(func=ast.Attribute(attr="getenv"), args=[key, *_]):
                pass
            case _:
                continue
        names = spelt(key, known)
        assert names, f"{path}: which variable does {ast.unparse(node)} read?"
        yield from names


def test_what_is_read_is_documented() -> None:
    """No variable is read that the page does not name, and none is named that nothing reads."""
    read = {name for path in CODE for name in read_in(path)}
    read |= set(re.findall(r"!ENV \[(\w+)", (ROOT / "mkdocs.yml").read_text()))

    assert read >= INTERNAL, "a variable that nothing reads any more"
    assert {variable.name for variable in VARIABLES} == read - INTERNAL - ANYBODYS


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_other_name_is_spelt(path: Path) -> None:
    """A literal that looks like a variable of the handbook is one of them, or internal."""
    literals = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
    looking = {text for text in literals if isinstance(text, str) and re.fullmatch(r"HANDBOOK_[A-Z_]+", text)}

    assert looking <= {variable.name for variable in VARIABLES} | INTERNAL


def test_every_variable_is_in_the_table_once() -> None:
    """What has a name in the module is documented, each with what it does and what holds without it."""
    assert sorted(NAMES.values()) == sorted(variable.name for variable in VARIABLES)
    assert all(variable.does and variable.without for variable in VARIABLES)


def test_the_page_shows_them_all() -> None:
    """The fence becomes a table with a row for each, and knows one word."""
    shown = render("```variables\nall\n```\n", "a.md", Handbook.here())
    refused = render("```variables\nCI\n```\n", "a.md", Handbook.here())

    assert re.findall(r"<tr><td><code>(\w+)</code>", shown.text) == [variable.name for variable in VARIABLES]
    assert [each.why for each in refused.objections] == ["a variables fence holds the word 'all', not 'CI'"]
