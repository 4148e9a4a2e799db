"""A record of any kind -> what of it cannot be true, whoever wrote it down."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from .records import Capture, Evidence, Execution, ImageFacts, Strip

# Docker's first release.
FIRST_ENGINE = datetime(2013, 3, 20, tzinfo=UTC)
# No build or boot takes a day, and no image is of a tebibyte: nobody would have waited.
LONGEST_S, LARGEST_BYTES = 86_400.0, 1 << 40
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def untrue(record: Evidence | Capture | Execution | Strip) -> Iterator[str]:
    """What no engine, build, boot or base can have been, as the end of a sentence that begins with "the record"."""
    if not record.engine.strip():
        yield "names no engine"
    if isinstance(record, Evidence):
        yield from _of_bases(record)
        if record.image is not None:
            yield from _of_image(record.image)
        for finding in record.findings:
            if not 0 <= finding.took_s <= LONGEST_S:
                yield f"tells that {finding.promise} took {finding.took_s:g} s"

    if isinstance(record, Strip):
        if not record.cells:
            yield "tells of no release that was cut off"
        for cell in record.cells:
            if not 0 <= cell.after_s <= record.whole_s <= LONGEST_S:
                yield f"tells of a cut after {cell.after_s:g} s of {record.whole_s:g} s"


def _of_bases(evidence: Evidence) -> Iterator[str]:
    refs = [base.ref for base in evidence.bases]
    if len(set(refs)) != len(refs):
        yield f"says twice what {max(refs, key=refs.count)} was"
    for base in evidence.bases:
        if base.stand_in != bool(base.differs.strip()):
            yield f"calls {base.ref} {'a stand-in' if base.stand_in else 'none'} and says otherwise"
        if base.packaged and (base.stand_in or ":" in base.ref):
            yield f"calls {base.ref}, which is an image of others, one that no registry has"
        if not DIGEST.fullmatch(base.digest):
            yield f"gives {base.ref} a digest that is none: {base.digest!r}"


def _of_image(image: ImageFacts) -> Iterator[str]:
    if not DIGEST.fullmatch(image.id):
        yield f"gives the image an id that is none: {image.id!r}"
    # Written so that what is no number at all is refused as well.
    times = all(0 <= seconds <= LONGEST_S for seconds in (image.build_s, image.ready_s))
    if not (times and 0 < image.bytes <= LARGEST_BYTES):
        yield f"tells of {image.bytes} bytes, built in {image.build_s:g} s, up in {image.ready_s:g} s"
