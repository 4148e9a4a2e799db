"""A host where the engine refuses what it needs: an error of the engine, and nothing is left."""

import os
from pathlib import Path

import pytest

from snippets.engine.run import Run
from snippets.engine.subjects import host
from snippets.engine.subjects.host import rented
from snippets.errors import EngineError

REFUSED = "privileged mode is incompatible with user namespaces"
REFUSING = f"""#!/bin/sh
echo "$*" >> {{log}}
case "$1 $2" in
    "volume create") echo volume ;;
    "create --privileged") echo c1 ;;
    "start c1") echo "Error response from daemon: {REFUSED}" >&2; exit 1 ;;
esac
"""


def test_an_engine_that_gives_no_privileges_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says nothing of the snippet, and the container and its volumes are removed."""
    program, log = tmp_path / "programs" / "docker", tmp_path / "docker.log"
    program.parent.mkdir()
    program.write_text(REFUSING.format(log=log))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(host, "image_of", lambda *_: "local/debian-13")

    with pytest.raises(EngineError, match=REFUSED), rented("web", ["internet"], Run(key="k1", state=tmp_path)):
        pass

    assert log.read_text().splitlines()[-3:] == ["rm --force c1", *["volume rm --force volume"] * 2]
