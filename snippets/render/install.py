"""Where this handbook's source is, and how its command line is installed from it, as HTML on one line.

An index is named by a build whose release is on it, and by no other.
"""

import os
from html import escape

from ..environment import RELEASED, SOURCE_URL

DISTRIBUTION = "deployment-handbook"
# What the tests install, from a checkout, as a reader would.
FROM_SOURCE, TO_PROVE = "python -m pip install .", "python -m pip install '.[prove]'"
NOWHERE = "This build was not told the address of its source."
FROM_INDEX = f"python -m pip install {DISTRIBUTION}"


def install() -> str:
    """What this build knows: `SOURCE_URL` is set where the site is published, `RELEASED` where a release made it."""
    source = os.environ.get(SOURCE_URL.name, "").rstrip("/")
    place = f'The source is at <a href="{escape(source)}">{escape(source)}</a>.' if _is_address(source) else NOWHERE
    here = f"In a checkout, <code>{FROM_SOURCE}</code> installs <code>handbook</code> and all its evidence."
    refused = "It is refused while something is unproven. The wheel of a release is installed likewise."
    said = [f"{place} {here} {refused}"]
    said += [f"To build and boot a container of yours, it needs <code>{escape(TO_PROVE, quote=False)}</code>."]
    said += [_from_index()]
    shown = "".join(f"<p>{each}</p>" for each in said)
    return f'<section class="hb-usage" data-hb="install:handbook">{shown}</section>'


def _is_address(source: str) -> bool:
    return source.startswith("https://")


def _from_index() -> str:
    if not is_released():
        return "No index has it: what an index offers by this name is something else."
    return f"From an index, <code>{FROM_INDEX}</code> installs this release, {escape(_own_version())}."


def is_released() -> bool:
    """Whether the version of this build is the one that was released to an index."""
    stated = os.environ.get(RELEASED.name, "")
    return bool(stated) and stated == _own_version()


def _own_version() -> str:
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - most builds made no release

    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return ""
