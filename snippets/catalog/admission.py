"""A snippet or pitfall as it was read -> what speaks against letting it in, each fault by its key."""

import re
from collections.abc import Iterator, Mapping

from ..contract import DEPLOYED, KNOWN, PROMISES
from .description import beside_faults, message_fault, project_faults, silent, unlinked
from .kinds import kind_faults
from .metadata import APART, Edit, PitfallTable, ProvenIn, near
from .pitfall import Pitfall
from .snippet import METADATA, REHEARSAL, SUMS, Kind, Snippet, Source

REHEARSED = "rehearsal"
# Of a deployment `arrive` is what `boot` is of a container.
ARRIVES = "arrive"
CONTAINER_STAGES, DEPLOYMENT_STAGES = ("build", "boot", "contract"), ("contract", ARRIVES)
# What is said at these is what a builder or a playbook printed.
PRINTED = ("build", ARRIVES)
STAGES = (*CONTAINER_STAGES, ARRIVES, REHEARSED)
JUDGES = {Kind.IMAGE: PROMISES, Kind.CONFIG: PROMISES}
COMMAND_PREFIX = "command-"
COMMAND = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def snippet_faults(snippet: Snippet, snippets: Mapping[str, Snippet]) -> Iterator[str]:
    """Every fault of one snippet, with its file; `snippets` is the whole library by name."""
    for fault in _snippet_faults(snippet, snippets):
        yield f"{snippet.name}/{METADATA}: {fault}"
    for fault in snippet.composed.faults:
        yield f"{snippet.name}/{fault}"


def _snippet_faults(snippet: Snippet, snippets: Mapping[str, Snippet]) -> Iterator[str]:
    table = snippet.table
    yield from silent(title=table.title, summary=table.summary)
    yield from unlinked(title=table.title, summary=table.summary)
    if not snippet.sources:
        yield "it has no files"
    # A site offers both beside each other.
    for path in (*snippet.archived, SUMS):
        if path in snippet.sources:
            yield f"{path}: what its own archive brings is called so"
    yield from kind_faults(snippet)
    yield from _highlight_faults(snippet)
    yield from _rehearsal_faults(snippet)
    yield from _exemption_faults(snippet)
    if table.withheld:
        base = table.withheld.base
        if base not in snippet.bases:
            yield f"withheld.base: no FROM names {base!r}{near(base, snippet.bases)}"
        yield from silent(**{"withheld.reason": table.withheld.reason})
    if table.project:
        yield from project_faults(table.project, snippet.sources, snippet.text)
        yield from (
            f"unexpected key project.{key}: it stands by itself" for key in APART if getattr(table.project, key)
        )
    yield from beside_faults(table.beside, table.project)
    if table.proven_in:
        yield from _proven_in_faults(table.proven_in, snippet, snippets)


def _exemption_faults(snippet: Snippet) -> Iterator[str]:
    known = {promise.slug: promise for promise in snippet.promises} if snippet.table.deployment else PROMISES
    for slug, reason in snippet.table.not_applicable.items():
        if slug not in known:
            yield f"not_applicable: no promise {slug!r}{near(slug, known)}"
        elif not known[slug].exemptible:
            yield f"not_applicable: {slug} allows no exemption"
        if not reason.strip():
            yield f"not_applicable: {slug}: says no reason"


def _highlight_faults(snippet: Snippet) -> Iterator[str]:
    for path, lines in snippet.table.highlight.items():
        if path not in snippet.sources:
            yield f"highlight: missing file {path}{near(path, snippet.sources)}"
            continue
        count = len(snippet.text(path).splitlines())
        if outside := [line for line in lines if not 1 <= line <= count]:
            yield f"highlight: {path} has {count} lines, not {outside}"


def _rehearsal_faults(snippet: Snippet) -> Iterator[str]:
    for name, command in snippet.table.commands.items():
        if not COMMAND.fullmatch(name):
            yield f"commands.{name}: not named in lower-case-with-hyphens"
        if not command.strip():
            yield f"commands.{name}: says nothing"
        if "\0" in command:
            yield f"commands.{name}: a zero byte, which no shell takes"
    for slug in snippet.rehearsals:
        # A rehearsal under a promise's name would take that promise's place in the record.
        if slug in KNOWN or slug.startswith(COMMAND_PREFIX):
            yield f"{REHEARSAL}: {slug} is the name of a promise or of a command"


def _proven_in_faults(proven_in: ProvenIn, snippet: Snippet, snippets: Mapping[str, Snippet]) -> Iterator[str]:
    carrier = snippets.get(proven_in.snippet)
    if carrier is None or carrier.kind is not Kind.IMAGE:
        images = [name for name, other in snippets.items() if other.kind is Kind.IMAGE]
        yield f"proven_in.snippet: no image {proven_in.snippet!r}{near(proven_in.snippet, images)}"
        return
    if not proven_in.promises:
        yield "proven_in.promises: none"
    for slug in proven_in.promises:
        if slug not in PROMISES:
            yield f"proven_in.promises: no promise {slug!r}{near(slug, PROMISES)}"
        elif slug in carrier.table.not_applicable:
            yield f"proven_in.promises: {slug} is not applicable to {carrier.name}"
    carried = {source.path for source in carrier.sources.values()}
    if absent := [path for path, source in snippet.sources.items() if source.path not in carried]:
        yield f"proven_in.snippet: {carrier.name} does not use {', '.join(absent)}"


def pitfall_faults(
    table: PitfallTable, snippet: Snippet, carrier: Snippet, exhibit: Mapping[str, Source]
) -> Iterator[str]:
    """Every fault of one pitfall of this snippet, which `carrier` carries into an image.

    `exhibit` is what lies in its directory below `exhibits/`.
    """
    yield from silent(title=table.title, why=table.why, fix=table.fix)
    yield from unlinked(title=table.title, why=table.why, fix=table.fix)
    if table.edit:
        yield from _edit_faults(table.edit, snippet)
    if table.edit and (table.exhibit or table.faults or exhibit):
        yield "edit: there is an exhibit as well; a pitfall is one of them"
    elif table.exhibit or table.faults or exhibit:
        yield from _exhibit_faults(table, snippet, exhibit)
    elif not table.edit:
        yield "missing key edit, or exhibit and faults"
    yield from _catcher_faults(table, snippet, carrier)
    if fault := message_fault(table.message):
        yield f"message: {fault}"


def _catcher_faults(table: PitfallTable, snippet: Snippet, carrier: Snippet) -> Iterator[str]:
    """What speaks against who must notice, and how far the mutant is said to get."""
    if table.stage not in STAGES:
        yield f"stage: no stage {table.stage!r}{near(table.stage, STAGES)}"
    elif table.stage == REHEARSED:
        known = (*snippet.rehearsals, *(f"{COMMAND_PREFIX}{name}" for name in carrier.commands))
        if table.promise not in known:
            yield f"promise: no rehearsal {table.promise!r}{near(table.promise, known)}"
    elif not (judging := DEPLOYED if snippet.table.deployment else JUDGES.get(snippet.kind, {})):
        yield f"stage: {table.stage}, but its rehearsal judges what is of kind {snippet.kind}"
    elif table.stage not in (DEPLOYMENT_STAGES if snippet.table.deployment else CONTAINER_STAGES):
        yield f"stage: {table.stage}, which {'no' if snippet.table.deployment else 'only a'} deployment gets to"
    elif table.promise not in judging:
        yield f"promise: no promise {table.promise!r}{near(table.promise, judging)}"
    elif table.edit and table.edit.command:
        yield "edit.command: the contract runs no command; a rehearsal does"
    if table.machine and snippet.kind is not Kind.HOST:
        yield f"machine: hosts may be machines, and {snippet.name} is of kind {snippet.kind}"


def _edit_faults(edit: Edit, snippet: Snippet) -> Iterator[str]:
    yield from silent(**{"edit.find": edit.find})
    if (edit.path is None) == (edit.command is None):
        yield "edit: it is of one file, by its path, or of one command"
        return
    known = snippet.sources if edit.path else snippet.commands
    name = edit.path or edit.command or ""
    if name not in known:
        yield f"edit.{'path: missing file' if edit.path else 'command: no command'} {name}{near(name, known)}"
    elif (found := (snippet.text(name) if edit.path else snippet.commands[name]).count(edit.find)) != 1:
        yield f"edit.find: occurs {found} times in {edit.place}, not once"
    if edit.find == edit.replace:
        yield "edit.replace: changes nothing"


def _exhibit_faults(table: PitfallTable, snippet: Snippet, exhibit: Mapping[str, Source]) -> Iterator[str]:
    """What speaks against whole files and the places in them; names of pitfalls are for `reference_faults`."""
    if len(set(table.exhibit)) != len(table.exhibit):
        yield "exhibit: names one twice"
    for path in table.exhibit:
        if path not in snippet.sources:
            yield f"exhibit: {snippet.name} has no file {path!r}{near(path, snippet.sources)}"
        elif path not in exhibit:
            yield f"exhibit: missing file {path}{near(path, exhibit)}"
        elif exhibit[path].text == snippet.text(path):
            yield f"exhibit: {path} is the good file"
        elif all(fault.path != path for fault in table.faults):
            yield f"exhibit: {path} has no fault"
    if unnamed := [path for path in exhibit if path not in table.exhibit]:
        yield f"exhibit: does not name {', '.join(unnamed)}"
    for number, fault in enumerate(table.faults):
        yield from silent(**{f"faults[{number}].find": fault.find})
        if fault.path not in table.exhibit:
            yield f"faults[{number}].path: the exhibit has no {fault.path!r}{near(fault.path, table.exhibit)}"
        elif fault.path in exhibit and (found := exhibit[fault.path].text.count(fault.find)) != 1:
            yield f"faults[{number}].find: occurs {found} times in {fault.path}, not once"


def reference_faults(table: PitfallTable, pitfalls: Mapping[str, Pitfall]) -> Iterator[str]:
    """Every fault of an exhibit that is proven by no single pitfall; `pitfalls` are all by name."""
    single = [name for name, pitfall in pitfalls.items() if not pitfall.exhibit]
    for number, fault in enumerate(table.faults):
        if fault.pitfall not in single:
            yield f"faults[{number}].pitfall: no single pitfall {fault.pitfall!r}{near(fault.pitfall, single)}"
