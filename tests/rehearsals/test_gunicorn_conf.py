"""`gunicorn-conf`: what the page says of its variables, beyond the contract, in the image that carries it."""

from collections.abc import Callable

import pytest

from snippets.catalog import Catalog
from snippets.contract.observation import Posture
from snippets.engine import Engine

pytestmark = pytest.mark.rehearses("gunicorn-conf")

STATED = 4


def test_web_concurrency_wins(engine: Engine, catalog: Catalog, seen: Callable[[str], None]) -> None:
    """The number that is stated is the number of workers, whatever the limit."""
    host = catalog.snippets[catalog.snippets["gunicorn-conf"].host]
    image = engine.image(catalog, host)
    for cpus in (0.5, 2.0):
        with image.boot(Posture(env=(("WEB_CONCURRENCY", str(STATED)),), cpus=cpus)) as container:
            workers = container.settled(lambda: len(container.processes()) - 1)
        assert workers == STATED, f"{workers} workers at {cpus:g} CPU with WEB_CONCURRENCY={STATED}"
    seen(f"WEB_CONCURRENCY={STATED}: {STATED} workers at 0.5 CPU, {STATED} at 2 CPU")
