"""What a checkout changes of a file beside its lines: who may read and run it, and how its lines end."""

from collections.abc import Callable
from pathlib import Path

from tests.unit.projects import EDITED, NEWER, Command, states
from tests.unit.sample import Library


def test_permissions_follow_whoever_changed_them(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """0600 stays so, in a backup as well; a lost right to run a file is no identical file, and `copy` gives it back."""
    (library.root / "web/Dockerfile").chmod(0o755)
    prove()
    handbook("copy", "web", str(project))
    assert (project / "Dockerfile").stat().st_mode & 0o111 == 0o111
    (project / "Dockerfile").chmod(0o600)
    (project / "serve.conf").chmod(0o600)
    assert states(handbook("status", str(project), "--json")) == {
        "Dockerfile": "yours differs",
        "serve.conf": "identical",
    }

    library.write("web/Dockerfile", NEWER).write("conf/serve.conf", "workers = 4\n")
    prove()
    assert handbook("update", str(project)).exit_code == 0
    assert [(project / name).stat().st_mode & 0o777 for name in ("Dockerfile", "serve.conf")] == [0o600, 0o600]

    assert "wrote     Dockerfile\n" in handbook("copy", "web", str(project)).stdout
    assert (project / "Dockerfile").stat().st_mode & 0o777 == 0o700
    (project / "serve.conf").write_text("secret\n")
    handbook("copy", "web", str(project), "--force")
    assert (project / "serve.conf.before-handbook").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_added_may_be_run_where_it_is_to_be(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """And no other."""
    handbook("copy", "web", str(project))
    library.write("web/run.sh", "#!/bin/sh\n").write("web/data", "x\n")
    (library.root / "web" / "run.sh").chmod(0o755)
    prove()

    assert handbook("update", str(project)).exit_code == 0
    assert (project / "run.sh").stat().st_mode & 0o100
    assert not (project / "data").stat().st_mode & 0o111
    assert set(states(handbook("status", str(project), "--json")).values()) == {"identical"}


def test_a_snippet_that_becomes_executable_is_newer(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """Its bytes are the same, and without the right they do nothing."""
    handbook("copy", "web", str(project))
    (library.root / "web/Dockerfile").chmod(0o755)
    prove()

    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "newer"
    handbook("update", str(project))
    assert (project / "Dockerfile").stat().st_mode & 0o100
    assert states(handbook("status", str(project), "--json"))["Dockerfile"] == "identical"


def test_a_checkout_that_turned_all_line_ends_is_brought_up_to_date(
    handbook: Command, library: Library, prove: Callable[[], None], project: Path
) -> None:
    """As `core.autocrlf` does, the note included: nothing differs, and what is written has the reader's ends."""
    handbook("copy", "web", str(project))
    (project / "Dockerfile").write_text(EDITED)
    for path in ("Dockerfile", "serve.conf", ".handbook/copied.json"):
        (project / path).write_bytes((project / path).read_bytes().replace(b"\n", b"\r\n"))
    assert states(handbook("status", str(project), "--json")) == {
        "Dockerfile": "yours differs",
        "serve.conf": "identical",
    }
    assert "identical serve.conf" in handbook("copy", "conf", str(project)).stdout

    library.write("web/Dockerfile", NEWER).write("conf/serve.conf", "workers = 4\n")
    prove()
    result = handbook("update", str(project))

    assert (result.exit_code, result.stdout.splitlines()[:2]) == (0, ["merged    Dockerfile", "updated   serve.conf"])
    assert (project / "Dockerfile").read_bytes() == (NEWER + "LABEL mine=1\n").replace("\n", "\r\n").encode()
    assert (project / "serve.conf").read_bytes() == b"workers = 4\r\n"
    assert states(handbook("status", str(project), "--json"))["serve.conf"] == "identical"
