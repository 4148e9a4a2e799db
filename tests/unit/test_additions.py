"""What is added to a deployment: it has the files, the hosts and the commands of that one, and a part of its own."""

from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from snippets.catalog import load
from snippets.contract import ADDED, DEPLOYMENT
from snippets.contract.deployment.addition import BackedUp
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from snippets.proving.additions import is_addition
from snippets.render.blocks import Links
from snippets.render.tables import contract
from tests.unit.sample import evidence_of

LIBRARY = load()
BASE, ADDED_TO_IT = (LIBRARY.snippets[name] for name in ("ansible-app-docker", "backup-restic-pgdump"))


def test_it_holds_all_files_of_its_base() -> None:
    """The very bytes, and its own."""
    assert BASE.files.items() <= ADDED_TO_IT.files.items()
    assert "backup.yml" in ADDED_TO_IT.files


def test_its_hosts_are_those_of_its_base_and_its_own() -> None:
    """In that order; the settings as well."""
    assert BASE.table.host is not None
    assert ADDED_TO_IT.table.host is not None
    assert ADDED_TO_IT.table.host.names == [*BASE.table.host.names, "store.example.org"]
    assert ADDED_TO_IT.table.host.env == BASE.table.host.env


def test_what_its_base_runs_before_it_arrives_comes_first() -> None:
    """Its own way to arrive takes the place of the other one."""
    assert list(ADDED_TO_IT.commands)[:2] == ["secrets", "backup-secrets"]
    assert ADDED_TO_IT.commands["arrive"] != BASE.commands["arrive"]
    assert "release" not in ADDED_TO_IT.commands


def test_a_mutant_of_its_own_files_is_brought_where_its_base_stands() -> None:
    """One of its base's files is not: there is no base of that kind yet."""
    own, of_base = ADDED_TO_IT.sources["backup.yml"].path, ADDED_TO_IT.sources["deploy.yml"].path

    assert is_addition(ADDED_TO_IT, None)
    assert is_addition(ADDED_TO_IT, {own: ""})
    assert not is_addition(ADDED_TO_IT, {own: "", of_base: ""})
    assert not is_addition(BASE, None)
    # Clusters begin anew.
    assert not is_addition(LIBRARY.snippets["kubernetes-edge"], None)


def test_it_is_judged_by_its_own_part_alone() -> None:
    """And its base by the whole of what every deployment promises."""
    assert ADDED_TO_IT.promises == ADDED["backup"]
    assert BASE.promises == DEPLOYMENT
    assert isinstance(ADDED_TO_IT.described, BackedUp)
    assert ADDED_TO_IT.described.deployment == BASE.deployment


def test_what_was_seen_of_it_stands_in_the_column_of_its_base(tmp_path: Path) -> None:
    """With its name; and until somebody has seen it, that nobody has."""
    store = EvidenceStore(tmp_path)
    row, column = "#promise-host-lost td", 1

    def told() -> str:
        table = LexborHTMLParser(contract("deployments", Handbook(catalog=LIBRARY, store=store), Links("../")))
        return table.css(row)[column].text()

    assert told() == f"{BASE.name}: not provenwith backup-restic-pgdump"
    store.write(evidence_of(ADDED_TO_IT), ADDED_TO_IT.name)
    assert told() == f"{BASE.name}: as promisedwith backup-restic-pgdump"


def test_a_cluster_is_added_to_as_hosts_are() -> None:
    """It has the names of its base, and more by which that is found; and what it adds is judged by itself alone."""
    base, added = (LIBRARY.snippets[name] for name in ("kubernetes-app", "kubernetes-edge"))
    assert base.table.host is not None
    assert added.table.host is not None
    assert added.table.host.names == base.table.host.names
    assert set(added.table.host.found_by) == {*base.table.host.found_by, "next.example.org"}
    assert base.files.items() <= added.files.items()
    assert added.promises == ()
    assert added.rehearsals
