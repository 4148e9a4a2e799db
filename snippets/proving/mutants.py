"""A pitfall -> its mutant, tried by whom it names: how far it got, and who notices."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from ..catalog import Catalog
from ..catalog.admission import ARRIVES, COMMAND_PREFIX, REHEARSED
from ..catalog.metadata import pattern
from ..catalog.pitfall import Pitfall
from ..catalog.snippet import Snippet
from ..contract import DEPLOYED, NOT_UP, PROMISES, Finding, Promise, Trial, Verdict
from ..contract.servers import Clone
from ..engine.engine import Engine
from ..engine.subjects.image import BuiltImage
from ..engine.subjects.servers import Servers
from ..engine.subjects.stack import ComposeStack
from ..errors import BuildError, EngineError, NotReadyError
from .commands import rehearse
from .judging import BUILDS, SEVERAL, asked, of_several, opened
from .servers import bare


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """How far a mutant got, who noticed, and what was said; `image` is the mutant where it is one that was built.

    `flaky` is how a first try ended where only the second was as the pitfall states.
    """

    stage: str
    by: str
    said: str
    image: BuiltImage | None = None
    flaky: str = ""


def caught_as_stated(pitfall: Pitfall, catalog: Catalog, engine: Engine, folder: Path) -> Caught:
    """Try a mutant, and once more where it is not caught as it states; raises AssertionError where it is at neither."""
    try:
        return _as_stated(pitfall, mutant_caught(pitfall, catalog, engine, folder))
    except AssertionError as miss:
        # Also where it says nothing: or it would pass for one that was as stated at once.
        first = str(miss) or repr(miss)
    again = folder / "again"
    again.mkdir()
    try:
        caught = _as_stated(pitfall, mutant_caught(pitfall, catalog, engine, again))
    except AssertionError as miss:
        raise AssertionError(f"{miss}; at the first try: {first}") from None
    return replace(caught, flaky=first)


def _as_stated(pitfall: Pitfall, caught: Caught) -> Caught:
    table = pitfall.table
    if (caught.stage, caught.by) != (table.stage, table.promise):
        raise AssertionError(f"caught by {caught.by} at the {caught.stage} stage: {caught.said}")
    if not pattern(table.message).search(caught.said):
        raise AssertionError(f"other words than stated: {caught.said}")
    return caught


def mutant_caught(pitfall: Pitfall, catalog: Catalog, engine: Engine, folder: Path) -> Caught:
    """Try a mutant by whom it states; raises AssertionError where that one does not notice."""
    owner = catalog.snippets[pitfall.snippet]
    slug = pitfall.table.promise
    if slug.startswith(COMMAND_PREFIX):
        return _by_command(pitfall, catalog, engine, folder)
    if slug in PROMISES:
        return _by_promise(pitfall, catalog, engine, folder)
    promise = of_several(owner, slug)
    if owner.kind in SEVERAL:
        stages = ("contract", ARRIVES) if slug in DEPLOYED else (REHEARSED, REHEARSED)
        try:
            with _to_be_asked(promise, pitfall, owner, engine, folder) as subject:
                return _noticed(asked(promise.judge, subject, owner, slug), stages[0])
        except NotReadyError as error:
            # What never comes up fails every rehearsal of it.
            return Caught(stage=stages[1], by=slug, said=str(error))
    image = engine.mutant(folder, catalog, catalog.snippets[owner.carrier], pitfall.replaced(owner))
    with Trial(image) as trial:
        return _noticed(promise.judge(trial, image.project), "rehearsal")


def _to_be_asked(
    promise: Promise, pitfall: Pitfall, owner: Snippet, engine: Engine, folder: Path
) -> AbstractContextManager[ComposeStack | Servers]:
    replaced = pitfall.replaced(owner)
    if promise.asks is Clone:
        return bare(engine, owner, folder, replaced)
    # By the pitfall's own name: two of one rehearsal may be up at the same time.
    return opened(engine, owner, folder, f"{owner.name}-{pitfall.slug}", replaced)


def _by_promise(pitfall: Pitfall, catalog: Catalog, engine: Engine, folder: Path) -> Caught:
    owner = catalog.snippets[pitfall.snippet]
    try:
        image = engine.mutant(folder, catalog, catalog.snippets[owner.carrier], pitfall.replaced(owner))
    except BuildError as error:
        return Caught(stage="build", by=BUILDS, said=str(error))
    with Trial(image) as trial:
        finding = PROMISES[pitfall.table.promise].judge(trial, image.project)
    stage = "boot" if finding.seen.startswith(NOT_UP) else "contract"
    return replace(_noticed(finding, stage), image=image)


def _by_command(pitfall: Pitfall, catalog: Catalog, engine: Engine, folder: Path) -> Caught:
    owner = catalog.snippets[pitfall.snippet]
    carrier = catalog.snippets[owner.carrier]
    commands = pitfall.commands(owner) if owner is carrier else carrier.commands
    try:
        findings, last = rehearse(engine, carrier, folder, commands, pitfall.replaced(owner))
    except EngineError as error:
        # What the engine is at fault for says nothing of a command, unless the mutant is made to bring about just that.
        name = pitfall.table.promise.removeprefix(COMMAND_PREFIX)
        if commands[name] not in str(error) or not pattern(pitfall.table.message).search(str(error)):
            raise
        return Caught(stage="rehearsal", by=pitfall.table.promise, said=str(error).replace("` failed: ", "`\n"))
    return replace(_noticed(findings[-1], "rehearsal"), said=last)


def _noticed(finding: Finding, stage: str) -> Caught:
    assert finding.verdict is Verdict.BROKEN, f"{finding.promise} did not notice: {finding.verdict}, {finding.seen}"
    return Caught(stage=stage, by=finding.promise, said=finding.seen)


def who_notices(image: BuiltImage, asked: Sequence[str]) -> Sequence[str]:
    """The promises that a mutant's image breaks, of those that are asked."""
    with Trial(image) as trial:
        findings = [promise.judge(trial, image.project) for slug, promise in PROMISES.items() if slug in asked]
    assert not [finding.seen for finding in findings if finding.verdict is Verdict.ERROR]
    return sorted(finding.promise for finding in findings if finding.verdict is Verdict.BROKEN)
