"""The builder's failures: whether the Dockerfile is at fault, or who should have given a base."""

from pathlib import Path

import pytest

from snippets.engine.build import build
from snippets.errors import BuildError, EngineError

SILENT = 'failed to do request: Head "https://hub/v2/": dial tcp: lookup hub: no such host'


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Refused":
    """A builder that gives up."""
    return Refused(tmp_path, monkeypatch)


class Refused:
    """A `docker` that prints what the builder does where it cannot have an image, and a build by it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        monkeypatch.setenv("PATH", str(folder), prepend=":")

    def __call__(self, dockerfile: str, spelt: str, said: str) -> BuildError | EngineError:
        """How the failure is told of a Dockerfile for which the builder wanted `spelt`."""
        log = self._folder / "log"
        log.write_text(
            f"#2 [internal] load metadata for {spelt}\n#2 ERROR: {said}\n------\n"
            f"ERROR: failed to solve: x: failed to resolve source metadata for {spelt}: {said}\n"
        )
        program = self._folder / "docker"
        program.write_text(f"#!/bin/sh\n/bin/cat {log}\nexit 1\n")
        program.chmod(0o755)
        (self._folder / "Dockerfile").write_text(dockerfile)
        with pytest.raises((BuildError, EngineError)) as refusal:
            build(self._folder, "tag", contexts={})
        assert isinstance(refusal.value, BuildError | EngineError)
        return refusal.value


@pytest.mark.parametrize(
    ("asked", "spelt"),
    [
        ("python", "docker.io/library/python:latest"),
        ("python:3.13", "docker.io/library/python:3.13"),
        ("python:3.13@sha256:0123", "docker.io/library/python:3.13@sha256:0123"),
        ("python@sha256:0123", "docker.io/library/python@sha256:0123"),
        ("bitnami/python:3", "docker.io/bitnami/python:3"),
        ("ghcr.io/owner/base", "ghcr.io/owner/base:latest"),
        ("localhost/base:1", "localhost/base:1"),
        ("127.0.0.1:5000/base", "127.0.0.1:5000/base:latest"),
        ("127.0.0.1:5000/base:1", "127.0.0.1:5000/base:1"),
    ],
)
@pytest.mark.parametrize("said", [SILENT, "unexpected status from HEAD request to https://hub/v2/: 429"])
def test_a_base_that_no_registry_gives_is_no_fault_of_the_dockerfile(
    refused: Refused, asked: str, spelt: str, said: str
) -> None:
    """However it is written: nothing was learnt of the Dockerfile, and what has to work first is said."""
    error = refused(f"FROM {asked}\n", spelt, said)

    assert isinstance(error, EngineError)
    assert str(error) == f"no registry gives {asked}: {said}\n`docker pull {asked}` has to work here first."


def test_an_image_that_is_copied_from_is_a_base_too(refused: Refused) -> None:
    """With its tag it can be nothing else."""
    copied = "FROM scratch\nCOPY --from=ghcr.io/astral-sh/uv:0.9 /uv /\n"

    assert isinstance(refused(copied, "ghcr.io/astral-sh/uv:0.9", SILENT), EngineError)


@pytest.mark.parametrize(
    ("dockerfile", "spelt", "said"),
    [
        ("FROM python:3.31\n", "docker.io/library/python:3.31", "docker.io/library/python:3.31: not found"),
        (
            "FROM pythn:3.13\n",
            "docker.io/library/pythn:3.13",
            "pull access denied, repository does not exist or may require authorization: server message: none",
        ),
        # No registry was asked in vain: there is no such stage.
        ("FROM scratch\nCOPY --from=fronted /a /\n", "docker.io/library/fronted:latest", SILENT),
    ],
)
def test_a_base_that_there_is_not_is_the_fault_of_the_dockerfile(
    refused: Refused, dockerfile: str, spelt: str, said: str
) -> None:
    """A registry that knows no such image has answered, and a stage by another name is none."""
    error = refused(dockerfile, spelt, said)

    assert isinstance(error, BuildError)
    assert spelt in str(error)
    assert "the image does not build:" in str(error)
