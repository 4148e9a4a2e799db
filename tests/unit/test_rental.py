"""Which hosts are rented, of what they are made, and by which names they are found."""

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from snippets.engine.subjects.make import NODE_OF_CLUSTER, WHOLE
from snippets.engine.subjects.rental import NOTHING, Beginning, Rental

if TYPE_CHECKING:
    from snippets.engine.subjects.host import Host
    from snippets.engine.subjects.internet import Internet
    from snippets.engine.subjects.operator import Operator

SITES = {"node-1": ["api", "shop"], "node-2": ["shop"]}


@pytest.fixture
def rental() -> Rental:
    """Two that are up, of which one name leads to either."""
    made = Rental(
        ["node-1", "node-2"],
        cast("Internet", SimpleNamespace()),
        cast("Operator", SimpleNamespace()),
        Beginning(sites=SITES),
    )
    made.hosts = {name: cast("Host", SimpleNamespace(name=name)) for name in ("node-1", "node-2", "neighbour")}
    return made


@pytest.mark.parametrize(
    ("asked", "found"),
    [("node-2", "node-2"), ("neighbour", "neighbour"), ("api", "node-1"), ("shop", "node-1")],
)
def test_a_host_is_found_by_each_of_its_names(rental: Rental, asked: str, found: str) -> None:
    """Where a name leads to several, by the first."""
    assert rental.host(asked).name == found


def test_a_name_of_nobody_is_an_error(rental: Rental) -> None:
    """It is not taken for the first that there is."""
    with pytest.raises(KeyError, match="shops"):
        rental.host("shops")


def test_nodes_of_a_cluster_are_nodes_whatever_hosts_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for whole machines gets them for hosts, and no other cluster."""
    monkeypatch.setenv("HANDBOOK_HOSTS", "machine")

    assert NOTHING.boots is WHOLE
    assert Beginning(make=NODE_OF_CLUSTER).boots is NODE_OF_CLUSTER
