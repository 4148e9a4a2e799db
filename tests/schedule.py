"""Which tests one process runs together, and in what order: subjects are shared, and servers are few at a time."""

import os
import re
from collections.abc import Mapping
from functools import cached_property

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from snippets.catalog import Catalog
from snippets.contract import PROMISES
from snippets.proving.lanes import lanes

JUDGED = re.compile(r"tests/(?P<room>contract|rehearsals)/.*\[(?P<name>[^:\]]+):(?P<slug>[^:\]]+)\]")
COMMANDS = re.compile(r"tests/rehearsals/test_commands\.py::.*\[(?P<name>[^\]]+)\]")
CAUGHT = re.compile(r"tests/pitfalls/.*::test_pitfall_is_caught\[(?P<pitfall>[^\]]+)\]")
# What takes minutes is waited for by all where it begins last: whole projects of strangers, tutorials.
FIRST = ("tests/checked/", "tests/tutorials/")


class Schedule:
    """Tests by their ids -> scopes, which are one process's each."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    @cached_property
    def lanes(self) -> Mapping[str, int]:
        """Servers that are up beside each other miss deadlines where there are more of them than processors."""
        return lanes(self._catalog, os.cpu_count() or 2)

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
        """What shares a boot or a stack goes together, and so do the servers of a lane."""
        name = self.asked(nodeid)
        if name in self.lanes:
            return f"servers, lane {self.lanes[name]}"
        judged = JUDGED.fullmatch(nodeid)
        if judged is None:
            return nodeid
        if judged["room"] == "rehearsals":
            return f"{name} is up"
        # An image's layers are looked at by one process, while another boots it.
        before = PROMISES[judged["slug"]].family == "image"
        return f"{name} {'before it runs' if before else 'as it runs'}"

    def place(self, nodeid: str) -> tuple[int, str]:
        """Its place among the others: the lanes are first, each server asked all before the next one is up in it."""
        name = self.asked(nodeid)
        if name in self.lanes:
            return -1, name
        return next((number for number, room in enumerate(FIRST) if room in nodeid), len(FIRST)), ""


class OneSubjectAWorker(LoadScopeScheduling):
    """Spread tests one by one, but for those that share a scope.

    xdist's own `loadgroup` sends them anywhere since pytest 9.2: it marks a test's name where nobody reads it.
    """

    def __init__(self, config: pytest.Config, log: Producer, schedule: Schedule) -> None:
        # By the places that tests have, and not by how many share a scope: of servers they are few, and take long.
        config.option.loadscopereorder = False
        super().__init__(config, log)
        self._schedule = schedule

    def _split_scope(self, nodeid: str) -> str:
        return self._schedule.scope(nodeid)
