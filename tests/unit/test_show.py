"""`handbook show`: how a snippet stands, and the exact bytes of its files, of proven ones alone."""

import pytest

from snippets.contract import CONTRACT
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from tests.unit.command_line import Proven, run
from tests.unit.sample import DOCKERFILE, NOW, Library, evidence_of


def test_show_says_how_a_snippet_stands_and_what_it_holds(proven: Proven) -> None:
    """The files are listed as they are laid out, shared ones included."""
    result = run(proven(), "show", "web")

    assert result.exit_code == 0
    assert result.stdout == (
        "web: A web server\nIt serves.\n\nproven\n"
        f"{len(CONTRACT)} of {len(CONTRACT) + 1} kept on 2026-01-02, by Docker 26.1.5\n"
        "python:3.13 was stood in: Debian 13, CPython 3.13.5\n\n  Dockerfile\n  serve.conf\n"
    )


def test_show_says_why_something_is_not_proven(unproven: Handbook) -> None:
    """Unproven is 1; withheld is a decision, and 0."""
    web, alma = run(unproven, "show", "web"), run(unproven, "show", "alma")

    assert web.exit_code == 1
    assert "unproven: web was never verified\n" in web.stdout
    assert alma.exit_code == 0
    assert "withheld: No registry answers.\n" in alma.stdout


@pytest.mark.parametrize("content", [b"a\r\nb", b"\ttab \n\n\n", "é\u2028\x1b[31m\n".encode(), b""])
def test_show_writes_the_exact_bytes(library: Library, store: EvidenceStore, content: bytes) -> None:
    """Line ends, tabs and a missing end of line come out as they were proven."""
    library.write("web/raw.txt", content)
    store.write(evidence_of(library.snippet()), "web")
    result = run(Handbook(catalog=library.load(), store=store, now=NOW), "show", "web", "raw.txt")

    assert (result.exit_code, result.stdout_bytes) == (0, content)


def test_what_is_unproven_is_not_copied_by_mistake(unproven: Handbook) -> None:
    """The file is refused with the objection; nothing reaches stdout but where it is asked for all the same."""
    refused = run(unproven, "show", "web", "Dockerfile")
    withheld = run(unproven, "show", "alma", "Dockerfile")
    given = run(unproven, "show", "--unproven", "web", "Dockerfile")

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == (
        "Error: web is unproven: web was never verified\nWith --unproven it is written all the same.\n"
    )
    assert (withheld.exit_code, withheld.stdout) == (1, "")
    assert "Error: alma is withheld: No registry answers.\n" in withheld.stderr
    assert (given.exit_code, given.stdout) == (0, DOCKERFILE)


def test_a_file_that_moved_meanwhile_is_not_written(proven: Proven, library: Library) -> None:
    """Proven are the bytes that were read, not those that lie there now."""
    handbook = proven()
    library.write("web/Dockerfile", "FROM evil\n")
    result = run(handbook, "show", "web", "Dockerfile")

    assert (result.exit_code, result.stdout) == (1, "")
    assert "web: Dockerfile: changed since the library was read" in result.stderr
