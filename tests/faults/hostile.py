"""What tests of images at their worst share: how one is built, and how one promise judges it."""

from pathlib import Path

from snippets.contract import PROMISES, Finding, Project, Trial
from snippets.engine.build import build
from snippets.engine.engine import Engine
from snippets.engine.subjects.image import BuiltImage

BASE, DEBIAN = "python:3.13-slim-trixie", "debian:trixie-slim"
# A finding is read in a table: no container makes it a page.
LONGEST_FINDING = 6_500

ALONE = f"""\
FROM {DEBIAN} AS programs
RUN apt-get update && apt-get install --yes --no-install-recommends busybox-static && touch /empty
FROM scratch
COPY --from=programs /usr/bin/busybox /httpd
COPY --from=programs /empty /www/index.html
COPY --from=programs /empty /www/livez
COPY --from=programs /empty /www/readyz
"""
SERVES = 'USER 65532\nCMD ["/httpd", "-f", "-p", "8000", "-h", "/www"]\n'


def built(engine: Engine, folder: Path, dockerfile: str, *bases: str) -> BuiltImage:
    """The image of a Dockerfile, which may use what lies in the folder."""
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(dockerfile)
    contexts = engine.contexts(bases)
    made = build(folder, engine.run.tag(folder.name), contexts=contexts)
    return BuiltImage(
        id=made.id,
        source=folder,
        project=Project(port=8000),
        run=engine.run,
        contexts=contexts,
        bases=bases,
        build_s=made.took_s,
    )


def judged(image: BuiltImage, slug: str) -> Finding:
    """One promise, on a trial of its own; what is seen is short, whatever the image does."""
    with Trial(image) as trial:
        finding = PROMISES[slug].judge(trial, image.project)
    assert len(finding.seen) < LONGEST_FINDING
    return finding
