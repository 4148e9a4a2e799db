"""A subject that is open -> what is judged of it, one after the other: tests share it, and it is brought up once."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from ..catalog.snippet import Snippet
from ..contract import Finding, Promise, Trial, Verdict
from ..contract.deployment.visitors import served
from ..engine.engine import Engine
from ..engine.subjects.image import BuiltImage
from ..engine.subjects.servers import Servers
from ..engine.subjects.stack import ComposeStack
from ..errors import ContainerError, NotReadyError, SnippetsError
from .judging import asked, opened

# Requests of visitors and probes, and what a kernel says of each container's network, are most of it.
JOURNAL = """
journalctl --since=-10min --output=short-precise --no-hostname |
    grep --invert-match --extended-regexp 'handled request|gunicorn.access|kernel: (br-|veth)|ansible-' |
    cut --characters=1-300 | tail --lines=80
"""


class Trials:
    """One image on trial at a time: tests of one image come one after the other, and share what is booted."""

    def __init__(self) -> None:
        self._open: tuple[BuiltImage, Trial] | None = None

    def of(self, image: BuiltImage) -> Trial:
        """Go on with the trial of this image, or end another's and open one."""
        if self._open is None or self._open[0].id != image.id:
            self.close()
            self._open = image, Trial(image)
        return self._open[1]

    def close(self) -> None:
        """End what runs."""
        if self._open is not None:
            self._open[1].renewed()
            self._open = None


class Subjects:
    """One subject of several parts at a time, likewise: up for all rehearsals of its snippet."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self._engine = engine
        self._folder = folder
        self._open = ExitStack()
        self._known: tuple[str, ComposeStack | Servers | NotReadyError] | None = None

    def judged(self, promise: Promise, snippet: Snippet) -> Finding:
        """Judge it by one of its rehearsals, twice where it is broken; what does not come up breaks each of them."""
        first = self._judged(promise, snippet)
        if first.verdict is not Verdict.BROKEN or isinstance(self._of(snippet), NotReadyError):
            return first
        second = self._judged(promise, snippet)
        flaky = "flaky, " if second.verdict is Verdict.KEPT else ""
        return replace(second, seen=f"{second.seen}; {flaky}at the first try: {first.seen}")

    def _judged(self, promise: Promise, snippet: Snippet) -> Finding:
        subject = self._of(snippet)
        if isinstance(subject, NotReadyError):
            return _down(promise, subject)
        try:
            _settled(subject, snippet)
            finding = asked(promise.judge, subject, snippet, promise.slug)
        except NotReadyError as error:
            # Hosts that were kept, and do not boot again.
            self.close()
            return _down(promise, error)
        if finding.verdict is Verdict.ERROR:
            # Half of it may be there: whoever is next has another.
            self.close()
        return finding

    def last_words(self) -> str:
        """What its hosts have in their journals of the last minutes but for visits; empty where it has none."""
        subject = self._known[1] if self._known else None
        if not isinstance(subject, Servers):
            return ""
        told = {name: subject.run(JOURNAL, on=name, check=False).stdout for name in subject.names}
        return "\n".join(f"{name}:\n{lines}" for name, lines in told.items())

    @contextmanager
    def arrived(self, snippet: Snippet) -> Iterator[Servers]:
        """Its hosts, deployed to by its commands; raises NotReadyError where they do not get so far.

        Given back where the block raises an error of ours: they may be half there.
        """
        subject = self._of(snippet)
        if isinstance(subject, NotReadyError):
            raise subject
        assert isinstance(subject, Servers), f"{snippet.name} is of no hosts"
        try:
            yield subject
        except SnippetsError:
            self.close()
            raise

    def _of(self, snippet: Snippet) -> ComposeStack | Servers | NotReadyError:
        if self._known is None or self._known[0] != snippet.name:
            self.close()
            try:
                up = opened(self._engine, snippet, self._folder / snippet.name, snippet.name)
                self._known = snippet.name, self._open.enter_context(up)
            except NotReadyError as error:
                self._known = snippet.name, error
        return self._known[1]

    def close(self) -> None:
        """End what runs."""
        self._known = None
        self._open.close()


def _settled(subject: ComposeStack | Servers, snippet: Snippet) -> None:
    """Wait until servers that have just booted serve: whoever looks at once is told by the edge that nobody does."""
    if isinstance(subject, Servers) and snippet.table.deployment:
        # Where they serve nobody, or nobody can even ask them, that is for a promise to tell.
        with suppress(ContainerError):
            served(subject, snippet.table.deployment)


def _down(promise: Promise, why: NotReadyError) -> Finding:
    return Finding(promise=promise.slug, rules=promise.rules, verdict=Verdict.BROKEN, seen=str(why), took_s=0.0)
