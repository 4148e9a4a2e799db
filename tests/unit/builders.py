"""Dockerfiles of all shapes, and which of their steps an edit of app.py makes a builder run again.

Beside each, in built/, lies what a builder printed when it did: BuildKit 0.13 of Docker 26.1, which
tests/faults/test_builders_logs.py asks again.
"""

from pathlib import Path

BUILT = Path(__file__).with_name("built")
# Of the layers that the build adds to its base, in their order.
RUN_AGAIN = {
    "built-upon": [False, False, True, True],
    "eleven-steps": [*[False] * 9, True, True],
    "for-a-platform": [False, True],
    "from-another-image": [False, True],
    "here-documents": [False, False, True],
    "in-lower-case": [False, True],
    "more-than-layers": [False, True],
    "mounted-from-a-stage": [False, True, True],
    "one-stage-with-a-mount": [False, False, True],
    "stages-in-capitals": [False, False, True],
    "two-stages": [False, True],
}


def dockerfile(shape: str) -> str:
    """What is built."""
    return (BUILT / f"{shape}.dockerfile").read_text()


def recorded(shape: str) -> str:
    """What the builder printed."""
    return (BUILT / f"{shape}.log").read_text()
