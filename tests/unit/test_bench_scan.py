"""What the bench says of a scan: of a stream that is made up, and of an image that the engine exports."""

import io
from dataclasses import replace

import pytest

from bench import stream
from bench.export import MIB, read_mib
from bench.scan import measure
from bench.shell import BenchError
from snippets.contract.observation import Contents, Layer

LAYERS = (Layer(id="sha256:1", bytes=3 * MIB, own=False), Layer(id="sha256:2", bytes=MIB, own=True))
WHOLE = Contents(layers=LAYERS, places=(), setuid=(), found=("/app/bin/gunicorn",))


def test_a_synthetic_image_is_scanned_to_its_last_file() -> None:
    """So what is timed is a whole pass, and its memory is less than what was read."""
    done = measure(10)

    assert 11 <= done.mib < 11.1
    assert done.took_s > 0
    assert 0 <= done.above_mib < 64


def test_a_scan_that_finds_nothing_is_no_measure() -> None:
    """It has to find what lies in the last file."""
    with pytest.raises(AssertionError, match=r"set\(\)"):
        measure(10, planted="another")


def test_a_synthetic_image_is_the_same_each_time() -> None:
    """Rounds differ by the machine alone; it has the layers it names, and so many bytes."""
    first, second = io.BytesIO(), io.BytesIO()
    stream.write(first, 10, "canary")
    stream.write(second, 10, "canary")

    assert first.getvalue() == second.getvalue()
    assert first.getvalue().count(b"canary") == 1


def test_of_an_image_all_layers_count() -> None:
    """Those of its base as well: they are read like the others."""
    assert read_mib(WHOLE, ["sha256:1", "sha256:2"]) == 4


@pytest.mark.parametrize(
    ("contents", "layers"),
    [
        pytest.param(WHOLE, ["sha256:1", "sha256:2", "sha256:3"], id="a layer too few"),
        pytest.param(replace(WHOLE, found=()), ["sha256:1", "sha256:2"], id="nothing found"),
    ],
)
def test_half_a_scan_is_no_measure(contents: Contents, layers: list[str]) -> None:
    """It would be the faster one."""
    with pytest.raises(BenchError, match="layers were read"):
        read_mib(contents, layers)
