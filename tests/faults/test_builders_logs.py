"""Builders' logs: what is read from one of which steps ran is so, by the layers that came out."""

import uuid
from pathlib import Path

import pytest

from snippets.contract.container.image import steps_run
from snippets.contract.dockerfile import stages
from snippets.engine.bases.ground import base_layers
from snippets.engine.build import build
from snippets.engine.engine import Engine
from snippets.engine.inspection import inspected
from tests.unit.builders import RUN_AGAIN, dockerfile

BASE = "python:3.13-slim-trixie"


@pytest.mark.parametrize("shape", RUN_AGAIN)
def test_a_log_tells_which_layers_are_new(shape: str, engine: Engine, tmp_path: Path) -> None:
    """One step a layer, and those that ran again are the layers that have another id."""
    contexts = engine.contexts([BASE])
    (tmp_path / "Dockerfile").write_text(dockerfile(shape))
    layers = []
    for version in (1, 2):
        # No build has seen it: the cache would know what comes of it.
        (tmp_path / "app.py").write_text(f"print({uuid.uuid4().hex!r})\n")
        built = build(tmp_path, engine.run.tag(f"{shape}-{version}"), contexts=contexts)
        layers.append(inspected(built.id)["RootFS"]["Layers"])
    expected = RUN_AGAIN[shape]
    assert len(layers[0]) - len(base_layers(BASE, contexts)) == len(expected)
    pairs = list(zip(*(ids[-len(expected) :] for ids in layers), strict=True))

    assert steps_run(built.log, stages(dockerfile(shape))) == expected, built.log
    # What came from the cache is the same layer; the first step that ran is where app.py went in.
    assert all(before == after for (before, after), ran in zip(pairs, expected, strict=True) if not ran)
    assert pairs[expected.index(True)][0] != pairs[expected.index(True)][1]
