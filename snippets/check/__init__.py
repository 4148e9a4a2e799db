"""A reader's own container -> how it stands by the thirty promises.

source.py ─▶ a clean checkout ─▶ engine ─▶ image ─▶ judging.py ─▶ Report ─▶ formats.py, sarif.py
stated.py ─▶ handbook.toml, options ┐              ▲                  └─▶ pitfalls.py, what mends it
guess.py  ─▶ the image, compose.yaml├▶ Described ──┘
copied.py ─▶ the snippet it was from┘
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ..catalog import Catalog
from ..contract import Finding, Promise
from ..contract.observation import ImageConfig
from ..engine.daemon.endpoint import Endpoint
from ..engine.docker import ABSENT
from ..engine.engine import Engine
from ..engine.run import opened
from ..engine.subjects.image import BuiltImage
from ..errors import BuildError, EngineError
from .copied import guesses_of_copy
from .guess import Guess, guesses
from .judging import Report, judged, unbuilt
from .source import DOCKERFILE, assembled
from .stated import Described, Stated

Tell = Callable[[Finding | str], None]


def check_directory(
    folder: Path, options: Mapping[str, object], asked: Sequence[Promise], tell: Tell, catalog: Catalog
) -> Report:
    """Build a directory's Dockerfile and judge what comes out; raises ProjectError and EngineError.

    `tell` hears what is being done, and each finding as it comes; `catalog` is where files may have been copied from.
    """
    check = _Check(subject=(folder / DOCKERFILE).as_posix(), asked=asked, tell=tell)
    with tempfile.TemporaryDirectory(prefix="handbook-check-") as scratch, _engine() as engine:
        source = assembled(folder, Path(scratch) / "context")
        stated = Stated.read(folder, source.files, options)
        copied = tuple(guesses_of_copy(folder, catalog))

        def known(config: ImageConfig) -> Sequence[Guess]:
            return guesses(config, source.root, copied)

        tell(f"building {check.subject}: {source.chosen}")
        try:
            image = engine.directory(source.root, lambda config: stated.described(known(config)).project)
        except BuildError as error:
            return check.report(engine, unbuilt(error, asked, stated.skip))
        return check.judged(engine, image, stated.described(known(image.config)))


def check_image(
    reference: str, folder: Path, options: Mapping[str, object], asked: Sequence[Promise], tell: Tell
) -> Report:
    """Judge an image that is built already, as far as that can be done without its source; raises likewise.

    Of the directory its handbook.toml is read, and nothing else.
    """
    check = _Check(subject=reference, asked=asked, tell=tell)
    stated = Stated.read(folder, None, options)
    with _engine() as engine:
        image = engine.present(reference, lambda config: stated.described(guesses(config, None)).project)
        return check.judged(engine, image, stated.described(guesses(image.config, None)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """What is checked, by which promises, and who hears of it."""

    subject: str
    asked: Sequence[Promise]
    tell: Tell

    def judged(self, engine: Engine, image: BuiltImage, described: Described) -> Report:
        """Say what is not as it looks, then judge."""
        for reference in image.contexts:
            self.tell(f"{reference} is stood in: no registry answers for it here")
        for where, guessed in groupby(described.guessed, key=lambda guess: guess.where):
            self.tell(f"guessed by {where}: {', '.join(map(str, guessed))}")
        findings = judged(image, described.project, self.asked, described.skip)
        return self.report(engine, findings, tuple(image.contexts), described.guessed)

    def report(
        self, engine: Engine, findings: Iterator[Finding], stand_ins: Sequence[str] = (), guessed: Sequence[Guess] = ()
    ) -> Report:
        """Tell each finding as it comes, and keep it."""
        told = []
        for finding in findings:
            self.tell(finding)
            told.append(finding)
        return Report(
            subject=self.subject,
            engine=engine.description,
            stand_ins=stand_ins,
            guessed=guessed,
            findings=told,
        )


@contextmanager
def _engine() -> Iterator[Engine]:
    """Open a run on the engine that the user's own `docker` talks to."""
    endpoint = Endpoint.current(os.environ)
    if not endpoint.answers():
        endpoint.refuse_stranger()
        raise EngineError(ABSENT.format(said=f"nothing answers at {endpoint.host}"))
    os.environ.update(endpoint.environment)
    with opened() as run:
        yield Engine(run=run)
