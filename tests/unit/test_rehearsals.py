"""rehearsal.py: what is promised beyond the contract is read at the door, without running a line of it."""

import pytest

from snippets.catalog.rehearsals import read_rehearsals
from tests.unit.sample import REHEARSAL

SHOWN = "shop/rehearsal.py"
DEEP = "nested more than 100 deep, and nobody reads that"


def read(text: str) -> tuple[dict[str, str], list[str]]:
    """What it judges, and what speaks against it."""
    faults: list[str] = []
    return dict(read_rehearsals(text, SHOWN, faults)), faults


def test_every_decorated_function_is_a_judgement() -> None:
    """By its slug, in the order of the file; what only helps is none."""
    assert read(REHEARSAL) == ({"it-sells": "it_sells", "it-closes": "it_closes"}, [])


def test_other_decorators_stand_beside_it() -> None:
    """Those of a module's, with and without a call; that of another module's name is none of ours."""
    others = "@functools.lru_cache(maxsize=1)\n@functools.cache\n@retried(3)\n"
    other = '\n@contract.promise(family="rehearsal")\ndef it_waits(stack):\n    """It waits."""\n'

    assert read(REHEARSAL.replace("@promise", f"{others}@promise", 1) + other) == (
        {"it-sells": "it_sells", "it-closes": "it_closes"},
        [],
    )


def test_what_people_nest_is_read() -> None:
    """Ninety terms of a sum are no depth that anything fails on."""
    assert read(f"{REHEARSAL}\nx = " + " + ".join(["1"] * 90))[1] == []


def test_nothing_of_it_is_run() -> None:
    """A list of snippets imports none of them, and needs nothing that they import."""
    text = f"import not_installed\nraise SystemExit\n{REHEARSAL}"

    assert read(text) == ({"it-sells": "it_sells", "it-closes": "it_closes"}, [])


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        pytest.param(
            REHEARSAL.replace("-> Judgement:", "-> Judgement", 1), [f"{SHOWN}:8: not Python: expected ':'"], id="syntax"
        ),
        pytest.param("x = 1\0", [f"{SHOWN}: not Python: source code string cannot contain null bytes"], id="no-text"),
        pytest.param("x = " + "-" * 60_000 + "1", [f"{SHOWN}: {DEEP}"], id="signs"),
        pytest.param("x = a" + ".a" * 30_000, [f"{SHOWN}: {DEEP}"], id="attributes"),
        pytest.param("if 1: pass\n" + "elif 1: pass\n" * 5_000, [f"{SHOWN}: {DEEP}"], id="branches"),
        pytest.param(f"{REHEARSAL}\nx = " + " + ".join(["1"] * 900), [f"{SHOWN}:24: {DEEP}"], id="sum"),
        pytest.param("(" * 5_000, [f"{SHOWN}:1: not Python: too many nested parentheses"], id="brackets"),
        pytest.param(
            REHEARSAL.replace("def it_closes", "def it_sells"), [f"{SHOWN}:14: it_sells is there twice"], id="twice"
        ),
        pytest.param(
            REHEARSAL.replace('    """What is asked for is sold."""\n', ""),
            [f"{SHOWN}:8: it_sells promises nothing: it has no docstring"],
            id="mute",
        ),
        pytest.param("", [f"{SHOWN}: no function is decorated with @promise"], id="empty"),
        pytest.param(
            REHEARSAL.replace("@promise(", "@premise("),
            [f"{SHOWN}: no function is decorated with @promise"],
            id="decorated-otherwise",
        ),
        pytest.param(
            '@promise\ndef it_sells(stack):\n    """Sold."""\n',
            [f"{SHOWN}: no function is decorated with @promise"],
            id="without-family-and-authority",
        ),
    ],
)
def test_what_promises_nothing_is_refused_by_its_line(text: str, faults: list[str]) -> None:
    """Every fault, where an editor finds it."""
    assert read(text)[1] == faults


def test_all_faults_are_told_in_one_run() -> None:
    """Whoever mends one does not have to come back for the next."""
    text = REHEARSAL.replace("def it_closes", "def it_sells").replace('    """Closed it answers nothing."""\n', "")

    assert read(text)[1] == [
        f"{SHOWN}:14: it_sells is there twice",
        f"{SHOWN}:14: it_sells promises nothing: it has no docstring",
    ]
