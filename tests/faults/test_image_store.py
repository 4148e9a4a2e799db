"""The engine's other image store, containerd's: what is built there has another id, and comes out compressed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from snippets.contract import Project
from snippets.contract.container.contents import PROGRAM, SECRET
from snippets.engine.build import build
from snippets.engine.docker import docker
from snippets.engine.run import Run
from snippets.engine.subjects.image import BuiltImage
from tests.faults.test_engine_faults import engine

DOCKERFILE = f"FROM scratch\nCOPY bin/ /bin/\nCOPY secret /srv/\nENV TOKEN={SECRET}\n"


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, for a socket's path may have 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="hb-") as name:
        yield Path(name)


def test_an_image_in_containerds_store_is_known_and_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two builds that share a name would be one image; each layer is read, whoever packed it."""
    context, settings = folder / "context", folder / "daemon.json"
    (context / "bin").mkdir(parents=True)
    (context / "bin/server").write_bytes(b"\x7fELF")
    (context / "secret").write_text(SECRET)
    (context / "Dockerfile").write_text(DOCKERFILE)
    settings.write_text('{"features": {"containerd-snapshotter": true}}')
    run = Run(key="1", state=folder / "run")

    with engine(folder, folder / "data", monkeypatch, f"--config-file={settings}"):
        assert "containerd.snapshotter" in docker("info", "--format={{json .DriverStatus}}")[0]
        first = build(context, run.tag("store"), contexts={})
        (context / "bin/server").write_bytes(b"another")
        second = build(context, run.tag("store"), contexts={})
        images = [
            BuiltImage(
                id=built.id, source=context, project=Project(port=8000), run=run, contexts={}, bases=(), build_s=1.0
            )
            for built in (first, second)
        ]
        contents = [image.contents([SECRET], PROGRAM) for image in images]

    assert first.id != second.id
    for read in contents:
        assert [(layer.bytes > 0, layer.own) for layer in read.layers] == [(True, True)] * 2
        assert read.found == ("/bin/server",)
        assert {place.what for place in read.places if place.where.startswith("layer ")} == {"/srv/secret"}
        assert {place.what for place in read.places if place.where == "env"} == {"TOKEN"}
