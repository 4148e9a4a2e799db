"""What an edit of the handbook's own code voids: exactly the findings that rest on it, by a table of all of them."""

import ast
import difflib
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import pytest

from snippets.catalog import load
from snippets.catalog.snippet import Kind
from snippets.contract import PROMISES
from snippets.contract.definitions import Definition
from snippets.contract.rules import PACKAGE, Code
from tests.unit.judges import COMMAND, EXPECTED, judgements, reached_by_all, rehearsals, stale, table

OF_LAYERS = {"layer-stable", "lean", "no-context-leak", "no-secrets", "no-setuid"}
OF_THE_CONTEXT = "private-files-never-reach-the-builder"
MORE = ast.parse("edited = True").body[0]

Edited = Callable[[Mapping[str, Callable[[str], str]]], Collection[str]]


@dataclass(frozen=True, kw_only=True)
class ReadOnce(Code):
    """Code that asks the disk once where each module lies, for a thousand digests."""

    places: dict[str, Path | None] = field(default_factory=dict)

    def path(self, name: str) -> Path | None:
        """The same answer each time."""
        if name not in self.places:
            self.places[name] = super().path(name)
        return self.places[name]


@pytest.fixture(scope="module")
def code() -> Code:
    """The package as it is."""
    return ReadOnce(root=PACKAGE)


@pytest.fixture(scope="module")
def reached(code: Code) -> Mapping[str, Mapping[str, Definition]]:
    """What every judgement rests on."""
    return reached_by_all(code)


def test_the_table_of_what_voids_what_is_as_it_was_read(reached: Mapping[str, Mapping[str, Definition]]) -> None:
    """Whoever changes what is voided sees it, line by line: `python -m tests.unit.judges` writes the table anew."""
    expected, found = EXPECTED.read_text(), table(stale(reached))

    assert found == expected, "".join(
        difflib.unified_diff(
            expected.splitlines(keepends=True), found.splitlines(keepends=True), EXPECTED.name, "found"
        )
    )


def test_an_edit_of_any_definition_is_noticed(code: Code, reached: Mapping[str, Mapping[str, Definition]]) -> None:
    """Of each definition of the table the text is another, and so is the digest of whoever rests on it."""
    before, edits = digests(code), Edits(code)
    # Of those that rest on it the one that rests on least: it is asked in the least time.
    smallest = sorted(reached, key=lambda slug: len(reached[slug]))
    for name, slugs in stale(reached).items():
        slug = next(slug for slug in smallest if slug in slugs and name in reached[slug])
        with edits.of([reached[slug][name]]):
            assert code.digest(*judgements()[slug]) != before[slug], f"{slug} does not notice an edit of {name}"


def test_an_edit_of_everything_else_voids_nothing(code: Code, reached: Mapping[str, Mapping[str, Definition]]) -> None:
    """All that a judgement does not rest on is another at once, and its digest is the same."""
    before, edits = digests(code), Edits(code)
    for slug, found in reached.items():
        mine = {id(definition) for definition in found.values()}
        with edits.of([each for each in edits.definitions if id(each) not in mine]):
            assert code.digest(*judgements()[slug]) == before[slug]


def digests(code: Code) -> Mapping[str, str]:
    """That of every judgement."""
    return {slug: code.digest(*address) for slug, address in judgements().items()}


class Edits:
    """Edits of what was read of a package, in the place of the text: writing and reading it anew takes minutes."""

    def __init__(self, code: Code) -> None:
        self._puts: defaultdict[int, list[Callable[[Definition], None]]] = defaultdict(list)
        self.definitions: list[Definition] = []
        for module in code._modules.values():  # noqa: SLF001 - see above
            for several in module.definitions.values():
                for number, definition in enumerate(several):
                    self._found(definition, partial(several.__setitem__, number))
            for methods in module.methods.values():
                for name, definition in methods.items():
                    self._found(definition, partial(methods.__setitem__, name))

    def _found(self, definition: Definition, put: Callable[[Definition], None]) -> None:
        self.definitions.append(definition)
        self._puts[id(definition)].append(put)

    @contextmanager
    def of(self, edited: Collection[Definition]) -> Iterator[None]:
        """Give these one statement more, wherever they stand, while the block runs."""
        for definition in edited:
            self._put(definition, replace(definition, nodes=[*definition.nodes, MORE]))
        try:
            yield
        finally:
            for definition in edited:
                self._put(definition, definition)

    def _put(self, old: Definition, new: Definition) -> None:
        for put in self._puts[id(old)]:
            put(new)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package on disk: of the library what judges alone."""
    root = tmp_path_factory.mktemp("copy") / "elsewhere"
    for path in PACKAGE.rglob("*.py"):
        below = path.relative_to(PACKAGE)
        if below.parts[0] != "library" or path.name == "rehearsal.py":
            (root / below).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, root / below)
    return root


@pytest.fixture
def voided(copy: Path, code: Code) -> Iterator[Edited]:
    """Edit files of the copy, by a change of the text of each; which judgements are of other code then."""
    texts: dict[Path, str] = {}
    before = digests(code)

    def voided(edits: Mapping[str, Callable[[str], str]]) -> Collection[str]:
        for path, edit in edits.items():
            texts[copy / path] = (copy / path).read_text()
            (copy / path).write_text(edit(texts[copy / path]))
            assert (copy / path).read_text() != texts[copy / path], f"nothing to edit in {path}"
        return {slug for slug, digest in digests(Code(root=copy)).items() if digest != before[slug]}

    yield voided
    for path, text in texts.items():
        path.write_text(text)


def within(function: str, statement: str = "print()") -> Callable[[str], str]:
    """Put a statement before all that a function does, wherever the function stands."""

    def edit(text: str) -> str:
        tree = ast.parse(text)
        found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name == function]
        assert len(found) == 1, f"{len(found)} functions are called {function}"
        found[0].body[:0] = ast.parse(statement).body
        return ast.unparse(tree)

    return edit


def test_a_copy_is_judged_by_the_same_code(voided: Edited) -> None:
    """Whatever it is called and wherever it lies."""
    assert voided({}) == set()


def test_the_scan_of_layers_voids_what_looks_at_layers(voided: Edited) -> None:
    """Five promises and what judges the context by what reaches a layer of it."""
    assert voided({"engine/subjects/scan.py": within("scan")}) == {*OF_LAYERS, OF_THE_CONTEXT}


def test_the_making_of_verdicts_voids_all_that_is_judged_by_it(voided: Edited) -> None:
    """All promises and rehearsals."""
    edited = voided({"contract/promise.py": within("_verdict")})

    assert set(edited) >= judgements().keys() - {COMMAND} > PROMISES.keys()


def test_the_running_of_commands_voids_commands_and_stacks(voided: Edited) -> None:
    """And no promise of a container."""
    edited = voided({"engine/subjects/workdir.py": within("run")})

    stacks = [snippet.name for snippet in load().snippets.values() if snippet.kind is Kind.COMPOSE]
    assert edited == {COMMAND, *(slug for name in stacks for slug in rehearsals()[name])}
    assert not edited & PROMISES.keys()


def test_what_judges_nothing_voids_nothing(voided: Edited) -> None:
    """Whatever is changed there: every function of it is another one, and there is one more."""
    rooms = ("engine/daemon", "engine/bases", "cli", "render", "audit", "project", "check")
    files = {room: [path.relative_to(PACKAGE).as_posix() for path in (PACKAGE / room).glob("*.py")] for room in rooms}
    assert all(files.values())

    def edit(text: str) -> str:
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                node.body.append(MORE)
        return f"{ast.unparse(tree)}\n\ndef one_more():\n    pass\n"

    assert voided(dict.fromkeys((path for paths in files.values() for path in paths), edit)) == set()


def test_comments_layout_and_docstrings_void_nothing(voided: Edited) -> None:
    """But for the sentence of a judgement itself, which is what it promises."""

    def unworded(text: str) -> str:
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and not node.decorator_list and ast.get_docstring(node):
                node.body[0] = ast.parse("'Something else.'").body[0]
        # Written anew: without its comments, and in another layout.
        return f"# Edited.\n{ast.unparse(tree)}\n"

    files = [path.relative_to(PACKAGE).as_posix() for path in (PACKAGE / "contract").rglob("*.py")]
    assert voided(dict.fromkeys(files, unworded)) == set()
