"""Which tests one process runs together, and when: subjects are shared, and few servers are up at a time."""

import os
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from snippets.catalog import Catalog
from snippets.catalog.snippet import Kind
from snippets.contract import PROMISES

JUDGED = re.compile(r"tests/(?P<room>contract|rehearsals)/.*\[(?P<name>[^:\]]+):(?P<slug>[^:\]]+)\]")
COMMANDS = re.compile(r"tests/rehearsals/test_commands\.py::.*\[(?P<name>[^\]]+)\]")
CAUGHT = re.compile(r"tests/pitfalls/.*::test_pitfall_is_caught\[(?P<pitfall>[^\]]+)\]")
SERVERS = "servers: "
# What these use is up meanwhile, a cluster beside a stack.
AS_BUSY = ("tests/tutorials/", "tests/faults/test_clusters.py")
# Whole projects take minutes: begun last, they would be waited for by all.
STRANGERS = "tests/checked/"


class Schedule:
    """Tests by their ids -> scopes, which are one process's each."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @cached_property
    def _pitfalls(self) -> Mapping[str, str]:
        return {name.replace("/", "-"): name for name in self._catalog.pitfalls}

    def asked(self, nodeid: str) -> str:
        """The snippet whose subject a test asks, or the pitfall; "" where it is of none."""
        if found := JUDGED.fullmatch(nodeid) or COMMANDS.fullmatch(nodeid):
            return found["name"]
        caught = CAUGHT.fullmatch(nodeid)
        return self._pitfalls[caught["pitfall"]] if caught else ""

    def scope(self, nodeid: str) -> str:
        """What shares a boot or a stack goes together, and all that is asked of the same servers."""
        name = self.asked(nodeid)
        if self._is_of_servers(name):
            return f"{SERVERS}{name}"
        if any(room in nodeid for room in AS_BUSY):
            return f"{SERVERS}{nodeid}"
        judged = JUDGED.fullmatch(nodeid)
        if judged is None:
            return nodeid
        if judged["room"] == "rehearsals":
            return f"{name} is up"
        # An image's layers are looked at by one process, while another boots it.
        before = PROMISES[judged["slug"]].family == "image"
        return f"{name} {'before it runs' if before else 'as it runs'}"

    def place(self, nodeid: str) -> int:
        """Its place among the others: what takes long is early, and servers that are asked much are first."""
        if self.scope(nodeid).startswith(SERVERS):
            return 1 if CAUGHT.fullmatch(nodeid) else 0
        return 2 if STRANGERS in nodeid else 3

    def standing(self, scope: str) -> str:
        """The deployment that has to stand before servers of this scope are asked; "" where none has to."""
        name = scope.removeprefix(SERVERS).partition("/")[0]
        snippet = self._catalog.snippets.get(name)
        addition = snippet.table.addition if snippet and snippet.kind is Kind.HOST else None
        return addition.to if addition else ""

    def _is_of_servers(self, name: str) -> bool:
        """A host keeps a processor busy, with an engine of its own, and so do nodes."""
        snippet = self._catalog.snippets.get(name.partition("/")[0])
        return snippet is not None and snippet.kind in {Kind.HOST, Kind.CLUSTER}


class FewServersAtATime(LoadScopeScheduling):
    """Give out scopes one by one, and servers to as many processes at a time as there are processors.

    Where more are up they miss deadlines of their own, and promises that they keep look broken. Containers go to the
    other processes. xdist's own `loadgroup` sends tests anywhere since pytest 9.2: it marks a test's name where nobody
    reads it.
    """

    def __init__(self, config: pytest.Config, log: Producer, schedule: Schedule, servers: int = 0) -> None:
        # By the places that tests have, and not by how many share a scope: of servers they are few, and take long.
        config.option.loadscopereorder = False
        super().__init__(config, log)
        self._schedule = schedule
        self._servers = servers or os.cpu_count() or 2
        self._stands: defaultdict[WorkerController, set[str]] = defaultdict(set)

    def _split_scope(self, nodeid: str) -> str:
        return self._schedule.scope(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        # One more server would be too many, and nothing else is left: this process has nothing more to do.
        if scope := self._next(node):
            self._stands[node].add(self._schedule.standing(scope))
            self.workqueue.move_to_end(scope, last=False)
            super()._assign_work_unit(node)

    def _next(self, node: WorkerController) -> str:
        """The scope that a process is given next; "" where there is none for it."""
        of_servers = self._asking() - {node}
        wanted = [scope for scope in self.workqueue if scope.startswith(SERVERS)]
        if wanted and len(of_servers) < self._servers:
            return min(wanted, key=lambda scope: self._distance(node, self._schedule.standing(scope)))
        return next((scope for scope in self.workqueue if not scope.startswith(SERVERS)), "")

    def _asking(self) -> set[WorkerController]:
        """Who has servers to ask."""
        return {
            node
            for node, work in self.assigned_work.items()
            if any(scope.startswith(SERVERS) and not all(tests.values()) for scope, tests in work.items())
        }

    def _distance(self, node: WorkerController, standing: str) -> int:
        """How far servers are from it: 0 where what they are added to stands there, 2 where it does elsewhere."""
        if not standing:
            return 1
        if standing in self._stands[node]:
            return 0
        return 2 if any(standing in stands for stands in self._stands.values()) else 1
