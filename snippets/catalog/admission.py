"""A snippet or pitfall as it was read -> what speaks against letting it in, each fault by its key."""

import re
from collections.abc import Iterator, Mapping

from ..contract import PROMISES
from ..contract.container.web import config_meant
from .compose import other_file
from .description import beside_faults, message_fault, project_faults, silent
from .metadata import APART, Edit, PitfallTable, ProvenIn, StackTable, near
from .snippet import COMPOSE, METADATA, REHEARSAL, Kind, Pitfall, Snippet, Source

REHEARSED = "rehearsal"
STAGES = ("build", "boot", "contract", REHEARSED)
# The command that brings a compose project up.
UP = "up"
JUDGED_BY_CONTRACT = (Kind.IMAGE, Kind.CONFIG)
EFFECTIVE = config_meant.slug
COMMAND_PREFIX = "command-"
VARIABLE = re.compile(r"[A-Za-z_]\w*", re.ASCII)
COMMAND = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
DOTENV = ".env"
OTHER_COMPOSE = re.compile(r"(?:docker-)?compose(?:\..*)?\.ya?ml", re.IGNORECASE)


def snippet_faults(snippet: Snippet, snippets: Mapping[str, Snippet]) -> Iterator[str]:
    """Every fault of one snippet, with its file; `snippets` is the whole library by name."""
    for fault in _snippet_faults(snippet, snippets):
        yield f"{snippet.name}/{METADATA}: {fault}"
    for fault in snippet.composed.faults:
        yield f"{snippet.name}/{COMPOSE}: {fault}"


def _snippet_faults(snippet: Snippet, snippets: Mapping[str, Snippet]) -> Iterator[str]:
    table = snippet.table
    yield from silent(title=table.title, summary=table.summary)
    if not snippet.sources:
        yield "it has no files"
    yield from _kind_faults(snippet)
    yield from _highlight_faults(snippet)
    yield from _rehearsal_faults(snippet)
    yield from _exemption_faults(table.not_applicable)
    yield from _compose_faults(snippet)
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
    yield from beside_faults(table.beside)
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
    image, config, compose = (snippet.kind is kind for kind in (Kind.IMAGE, Kind.CONFIG, Kind.COMPOSE))
    if image and "Dockerfile" not in snippet.sources:
        yield "missing file Dockerfile"
    if image and not table.commands:
        yield "missing key commands"
    if not image and not config and not snippet.rehearsals:
        yield f"missing file {REHEARSAL}"
    if compose and COMPOSE not in snippet.sources:
        yield f"missing file {COMPOSE}"
    if compose and UP not in table.commands:
        yield f"missing key commands.{UP}: what stands above it is run before a rehearsal"
    belongs = {
        "project": (image, table.project),
        "proven_in": (config, table.proven_in),
        "stack": (compose, table.stack),
    }
    owners = {"project": "an image", "proven_in": "a config", "stack": "a compose project"}
    for key, (wanted, stated) in belongs.items():
        if wanted != (stated is not None):
            yield f"missing key {key}" if wanted else f"unexpected key {key}: only {owners[key]} has one"
    if not image and table.beside:
        yield "unexpected key beside: only an image has one"
    if not image and table.not_applicable:
        yield "unexpected key not_applicable: only an image is judged by the whole contract"
    if table.stack:
        yield from _stack_faults(table.stack)
    # A page shows these values as a fact, so somebody has to look.
    judged = table.proven_in.promises if table.proven_in else [EFFECTIVE] if image else []
    if table.effective and EFFECTIVE not in judged:
        yield f"effective: nobody judges it: {EFFECTIVE} is not among proven_in.promises"


def _compose_faults(snippet: Snippet) -> Iterator[str]:
    """What `docker compose` reads at its reader's, and did not where it was proven."""
    if COMPOSE not in snippet.sources and snippet.kind is Kind.COMPOSE:
        # It is told what is missing.
        return
    for path in snippet.sources:
        if OTHER_COMPOSE.fullmatch(path.rpartition("/")[2]) and path != COMPOSE:
            yield f"unexpected file {path}: {COMPOSE} alone is read and proven"
    if COMPOSE in snippet.sources and DOTENV in snippet.sources:
        yield f"unexpected file {DOTENV}: where it is proven another is written in its place"
    for name, command in snippet.table.commands.items():
        if word := other_file(command):
            yield f"commands.{name}: {word}: {COMPOSE} alone is read and proven"


def _stack_faults(stack: StackTable) -> Iterator[str]:
    yield from silent(**{"stack.service": stack.service})
    if not 1 <= stack.port <= 65535:  # noqa: PLR2004 - the ports there are
        yield f"stack.port: {stack.port} is no port"
    if not VARIABLE.fullmatch(stack.published):
        yield f"stack.published: {stack.published!r} is no variable's name"


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
        if slug in PROMISES or slug.startswith(COMMAND_PREFIX):
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
    elif snippet.kind not in JUDGED_BY_CONTRACT:
        yield f"stage: {table.stage}, but its rehearsal judges what is of kind {snippet.kind}"
    elif table.promise not in PROMISES:
        yield f"promise: no promise {table.promise!r}{near(table.promise, PROMISES)}"
    elif table.edit and table.edit.command:
        yield "edit.command: the contract runs no command; a rehearsal does"


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
