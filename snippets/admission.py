"""A snippet or pitfall as it was read -> what speaks against letting it in, each fault by its key."""

import re
from collections.abc import Iterator, Mapping

from snippets.contract import PROMISES
from snippets.description import message_fault, project_faults, silent
from snippets.metadata import Edit, PitfallTable, ProvenIn, near
from snippets.snippet import METADATA, Kind, Pitfall, Snippet, Source

STAGES = ("build", "boot", "contract", "rehearsal")
JUDGED_BY_CONTRACT = (Kind.IMAGE, Kind.CONFIG)
EFFECTIVE = "config-meant"
COMMAND = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def snippet_faults(snippet: Snippet, snippets: Mapping[str, Snippet]) -> Iterator[str]:
    """Every fault of one snippet, with its file; `snippets` is the whole library by name."""
    for fault in _snippet_faults(snippet, snippets):
        yield f"{snippet.name}/{METADATA}: {fault}"


def _snippet_faults(snippet: Snippet, snippets: Mapping[str, Snippet]) -> Iterator[str]:
    table = snippet.table
    yield from silent(title=table.title, summary=table.summary)
    if not snippet.sources:
        yield "it has no files"
    yield from _kind_faults(snippet)
    yield from _highlight_faults(snippet)
    yield from _rehearsal_faults(snippet)
    yield from _exemption_faults(table.not_applicable)
    if table.withheld:
        base = table.withheld.base
        if base not in snippet.bases:
            yield f"withheld.base: no FROM names {base!r}{near(base, snippet.bases)}"
        yield from silent(**{"withheld.reason": table.withheld.reason})
    if table.project:
        yield from project_faults(table.project, snippet.sources, snippet.text)
    if table.proven_in:
        yield from _proven_in_faults(table.proven_in, snippet, snippets)


def _exemption_faults(not_applicable: Mapping[str, str]) -> Iterator[str]:
    for slug, reason in not_applicable.items():
        if slug not in PROMISES:
            yield f"not_applicable: no promise {slug!r}{near(slug, PROMISES)}"
        elif not PROMISES[slug].exemptible:
            yield f"not_applicable: {slug} allows no exemption"
        if not reason.strip():
            yield f"not_applicable: {slug}: says no reason"


def _kind_faults(snippet: Snippet) -> Iterator[str]:
    table = snippet.table
    image, config = snippet.kind is Kind.IMAGE, snippet.kind is Kind.CONFIG
    if image and "Dockerfile" not in snippet.sources:
        yield "missing file Dockerfile"
    if image and not table.commands:
        yield "missing key commands"
    if not image and not config and not table.rehearsal:
        yield "missing key rehearsal"
    if image != (table.project is not None):
        yield "missing key project" if image else "unexpected key project: only an image has one"
    if config != (table.proven_in is not None):
        yield "missing key proven_in" if config else "unexpected key proven_in: only a config has one"
    if not image and table.not_applicable:
        yield "unexpected key not_applicable: only an image is judged by the whole contract"
    # A page shows these values as a fact, so somebody has to look.
    judged = table.proven_in.promises if table.proven_in else [EFFECTIVE] if image else []
    if table.effective and EFFECTIVE not in judged:
        yield f"effective: nobody judges it: {EFFECTIVE} is not among proven_in.promises"


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
    for slug in snippet.table.rehearsal:
        # A rehearsal under a promise's name would take that promise's place in the record.
        if slug in PROMISES or slug.startswith("command-"):
            yield f"rehearsal: {slug} is the name of a promise or of a command"
        elif not COMMAND.fullmatch(slug):
            yield f"rehearsal: {slug!r} is not in lower-case-with-hyphens"
    if len(set(snippet.table.rehearsal)) != len(snippet.table.rehearsal):
        yield "rehearsal: names one twice"


def _proven_in_faults(proven_in: ProvenIn, snippet: Snippet, snippets: Mapping[str, Snippet]) -> Iterator[str]:
    host = snippets.get(proven_in.snippet)
    if host is None or host.kind is not Kind.IMAGE:
        images = [name for name, other in snippets.items() if other.kind is Kind.IMAGE]
        yield f"proven_in.snippet: no image {proven_in.snippet!r}{near(proven_in.snippet, images)}"
        return
    if not proven_in.promises:
        yield "proven_in.promises: none"
    for slug in proven_in.promises:
        if slug not in PROMISES:
            yield f"proven_in.promises: no promise {slug!r}{near(slug, PROMISES)}"
        elif slug in host.table.not_applicable:
            yield f"proven_in.promises: {slug} is not applicable to {host.name}"
    carried = {source.path for source in host.sources.values()}
    if absent := [path for path, source in snippet.sources.items() if source.path not in carried]:
        yield f"proven_in.snippet: {host.name} does not use {', '.join(absent)}"


def pitfall_faults(table: PitfallTable, snippet: Snippet, exhibit: Mapping[str, Source]) -> Iterator[str]:
    """Every fault of one pitfall of this snippet; `exhibit` is what lies in its directory below `exhibits/`."""
    yield from silent(title=table.title, why=table.why, fix=table.fix)
    if table.edit:
        yield from _edit_faults(table.edit, snippet)
    if table.edit and (table.exhibit or table.faults or exhibit):
        yield "edit: there is an exhibit as well; a pitfall is one of them"
    elif table.exhibit or table.faults or exhibit:
        yield from _exhibit_faults(table, snippet, exhibit)
    elif not table.edit:
        yield "missing key edit, or exhibit and faults"
    yield from _catcher_faults(table, snippet)
    if fault := message_fault(table.message):
        yield f"message: {fault}"


def _catcher_faults(table: PitfallTable, snippet: Snippet) -> Iterator[str]:
    """What speaks against who must notice, and how far the mutant is said to get."""
    rehearsed = table.stage == "rehearsal"
    if table.stage not in STAGES:
        yield f"stage: no stage {table.stage!r}{near(table.stage, STAGES)}"
    elif rehearsed == (snippet.kind in JUDGED_BY_CONTRACT):
        judge = "the contract" if rehearsed else "its rehearsal"
        yield f"stage: {table.stage}, but {judge} judges what is of kind {snippet.kind}"
    elif rehearsed and table.promise not in snippet.table.rehearsal:
        yield f"promise: no rehearsal {table.promise!r}{near(table.promise, snippet.table.rehearsal)}"
    if not rehearsed and table.promise not in PROMISES:
        yield f"promise: no promise {table.promise!r}{near(table.promise, PROMISES)}"


def _edit_faults(edit: Edit, snippet: Snippet) -> Iterator[str]:
    yield from silent(**{"edit.find": edit.find})
    if edit.path not in snippet.sources:
        yield f"edit.path: missing file {edit.path}{near(edit.path, snippet.sources)}"
    elif (found := snippet.text(edit.path).count(edit.find)) != 1:
        yield f"edit.find: occurs {found} times in {edit.path}, not once"
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
