"""Operations on the engine -> lines of the file that HANDBOOK_TRACE names, for the bench to replay."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

from ..environment import TRACE


def trace(operation: str, arguments: Mapping[str, object], started: float) -> None:
    """Append one operation, with the seconds since `started`; nothing where nobody asked for a trace."""
    if path := os.environ.get(TRACE.name):
        entry = {"operation": operation, **arguments, "took_s": round(time.monotonic() - started, 3)}
        with Path(path).open("a") as file:
            file.write(json.dumps(entry) + "\n")
