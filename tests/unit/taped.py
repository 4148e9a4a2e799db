"""A tape as a proof would leave it: a build's command line, and lines written by hand."""

import json
from collections.abc import Mapping
from pathlib import Path

from bench.tape import entries

BUILD = [
    "buildx",
    "build",
    "--progress=plain",
    "--tag=handbook.local/run/k1:web",
    "--build-context=python:3.13=docker-image://handbook.local/python:3.13",
    "--secret=id=token,src=/tmp/hb-1/token",
    "--no-cache",
    "--provenance=false",
    "/contexts/1",
]


def taped(folder: Path, *lines: Mapping[str, object]) -> Path:
    """A tape with these lines on it."""
    entries(folder).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder
