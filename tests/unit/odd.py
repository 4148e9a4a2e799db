"""What may lie where a file was: nothing that a command follows, waits for or removes."""

import os
from pathlib import Path


def lay(kind: str, place: Path, outside: Path | str = "nothing") -> None:
    """Lay a `link` to `outside`, a `directory`, a `pipe` or a `file` in a place that is free; `removed` is nothing."""
    match kind:
        case "link":
            place.symlink_to(outside)
        case "directory":
            place.mkdir()
        case "pipe":
            os.mkfifo(place)
        case "file":
            place.write_text("mine\n")
        case _:
            assert kind == "removed"
