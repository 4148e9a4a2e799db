"""An image -> the same image as all promises judge it: a boot, a scan and a look are taken once and shared."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from re import Pattern
from typing import Any, Self, TypeVar

from ..errors import LateError, NotReadyError
from .observation import PLAIN, Contents, ImageConfig, Posture, Rebuild
from .subject import Container, Image

T = TypeVar("T")


class Trial:
    """One image on trial, with what stands beside it. Close it at the end: until then its containers run.

    Boots are memoised by posture. A container that a promise spoils, that ended, or in which something was
    broken is not shared any further; one that is in use is shared with nobody. A posture in which it did not
    come up is tried once more after `renewed`, or not where it was late, and then no more: every later boot of
    it raises the same NotReadyError. So do all others where it did not come up in the plain one.
    """

    def __init__(self, image: Image) -> None:
        self.image = image
        self.boots = 0
        self._beside = ExitStack()
        self._accompanied: Image | None = None
        self._running: dict[Posture, tuple[ExitStack, Container]] = {}
        self._in_use: set[Posture] = set()
        self._failed: dict[Posture, NotReadyError] = {}
        self._retried: set[Posture] = set()
        self._known: dict[Callable[[Image], Any], Any] = {}

    def __enter__(self) -> Self:
        """Nothing is taken before it is asked for."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what still runs."""
        self.renewed()

    @contextmanager
    def boot(self, posture: Posture = PLAIN, *, spoils: bool = False) -> Iterator[Container]:
        """Join the container that runs so, or boot one."""
        if posture in self._in_use:
            stack, container = self._booted(posture)
            with stack:
                yield container
            return
        container = self._container(posture)
        self._in_use.add(posture)
        try:
            yield container
        except BaseException:
            self._end(posture)
            raise
        finally:
            self._in_use.discard(posture)
        if spoils:
            self._end(posture)

    def _container(self, posture: Posture) -> Container:
        if posture in self._running:
            container = self._running[posture][1]
            if container.running():
                return container
            self._end(posture)
        self._running[posture] = self._booted(posture)
        return self._running[posture][1]

    def _booted(self, posture: Posture) -> tuple[ExitStack, Container]:
        self._refuse_hopeless(posture)
        self.boots += 1
        stack = ExitStack()
        try:
            return stack, stack.enter_context(self._with_services().boot(posture))
        except NotReadyError as error:
            self._failed[posture] = error
            if isinstance(error, LateError):
                self._retried.add(posture)
            raise

    def _refuse_hopeless(self, posture: Posture) -> None:
        for failed in (posture, PLAIN):
            if failed in self._failed:
                raise self._failed[failed]

    def _with_services(self) -> Image:
        """The image with its services up, which all of its boots share: they take longer than it does."""
        if self._accompanied is None:
            self._accompanied = self._beside.enter_context(self.image.accompanied())
        return self._accompanied

    def _end(self, posture: Posture) -> None:
        if posture in self._running:
            stack, _ = self._running.pop(posture)
            stack.close()

    @contextmanager
    def start(self, posture: Posture, settings: Mapping[str, str]) -> Iterator[Container]:
        """Never shared: it is not expected to come up."""
        self._refuse_hopeless(PLAIN)
        self.boots += 1
        with self._with_services().start(posture, settings) as container:
            yield container

    @contextmanager
    def accompanied(self) -> Iterator[Image]:
        """Itself: what stands beside it is up when it is needed."""
        yield self

    def renewed(self) -> Self:
        """End what runs, and forget what failed once; what was said is of the image, and stands."""
        hopeless = {posture: error for posture, error in self._failed.items() if posture in self._retried}
        self._retried |= self._failed.keys()
        self._failed = hopeless
        with self._beside, ExitStack() as all_:
            self._accompanied = None
            for stack, _ in self._running.values():
                all_.push(stack)
            self._running.clear()
        return self

    def once(self, make: Callable[[Image], T]) -> T:
        """Ask the first time, remember the answer."""
        if make not in self._known:
            self._known[make] = make(self)
        answer: T = self._known[make]
        return answer

    @property
    def config(self) -> ImageConfig:
        """The image's own."""
        return self.image.config

    @property
    def has_source(self) -> bool:
        """The image's own."""
        return self.image.has_source

    @property
    def context(self) -> Path:
        """The image's own."""
        return self.image.context

    @property
    def build_s(self) -> float:
        """The image's own."""
        return self.image.build_s

    @property
    def build_log(self) -> str:
        """The image's own."""
        return self.image.build_log

    @property
    def layers(self) -> tuple[str, ...]:
        """The image's own."""
        return self.image.layers

    @property
    def processors(self) -> int:
        """The engine's own."""
        return self.image.processors

    def rebuilt(self, rebuild: Rebuild) -> Image:
        """Another image, which is not on trial."""
        return self.image.rebuilt(rebuild)

    def contents(self, canaries: Collection[str], sought: Pattern[str]) -> Contents:
        """The image's own."""
        return self.image.contents(canaries, sought)
