"""Material that no package registry holds -> files of a folder of this machine, each held against its sha256."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from ...environment import OFFLINE_BASES
from ...errors import EngineError, NoMaterialError

VARIABLE = OFFLINE_BASES.name


def material(reference: str, files: Mapping[str, str]) -> Path:
    """The folder, once it holds each file (path -> sha256 in hex) that the recipe for a reference asks for.

    Raises NoMaterialError where the variable is not set, EngineError where a file is missing or another one.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        raise NoMaterialError(
            f"no registry answers for {reference}, and {VARIABLE} is not set.\n"
            f"Its stand-in is made of {', '.join(sorted(files))}, which no package registry holds: "
            f"set {VARIABLE} to the folder they are in."
        )
    folder = Path(named)
    for path, wanted in files.items():
        try:
            with (folder / path).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise EngineError(f"{VARIABLE}: {folder / path}: {error.strerror}") from None
        if found != wanted:
            raise EngineError(f"{VARIABLE}: {folder / path}: sha256 {found}, and the recipe asks for {wanted}")
    return folder
