"""A snippet and a name -> a draft of a new one, which passes the door at once; written whole, or not at all."""

import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import SnippetsError
from .directory import SLUG
from .metadata import SnippetTable, parse
from .snippet import METADATA, REHEARSAL, Kind, Snippet

_HEADER = r"\[\[?[\w\"'. -]+\]\]?[ \t]*(?:#[^\n]*)?$"
_FIRST = re.compile(rf"^{_HEADER}", re.MULTILINE)
# A line of a shell may begin with a bracket as well, and holds more than a header does.
_COMMANDS = re.compile(rf"^\[commands\][^\n]*\n(?:(?!{_HEADER})[^\n]*\n?)*", re.MULTILINE)
_USES = re.compile(r"^\[uses\][^\n]*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A snippet that nobody wrote yet.

    `files` are path -> bytes and whether they are executable; `shared` is what it has of others, by its own paths.
    """

    name: str
    source: Snippet
    files: Mapping[str, tuple[bytes, bool]]
    shared: Mapping[str, str]

    @property
    def root(self) -> Path:
        """Where it lies, beside what it began as."""
        return self.source.root.parent / self.name

    @property
    def naming(self) -> tuple[str, ...]:
        """The copied files that still name what it began as."""
        named = _word(self.source.name)
        return tuple(p for p, (content, _) in self.files.items() if p != METADATA and named.search(content.decode()))

    def write(self) -> None:
        """Write all of it under another name, then rename; raises SnippetsError, with nothing left, where that fails.

        A directory whose name begins with a dot is none of the library's.
        """
        if self.root.exists() or self.root.is_symlink():
            raise SnippetsError(f"{self.root} is there already: choose another name, or remove it")
        try:
            aside = Path(tempfile.mkdtemp(prefix=f".{self.name}-", dir=self.root.parent))
            try:
                for path, (content, executable) in self.files.items():
                    place = aside / path
                    place.parent.mkdir(parents=True, exist_ok=True)
                    place.write_bytes(content)
                    place.chmod(0o755 if executable else 0o644)
                aside.chmod(0o755)
                aside.rename(self.root)
            except BaseException:
                shutil.rmtree(aside, ignore_errors=True)
                raise
        except OSError as error:
            raise SnippetsError(f"{error.filename}: {error.strerror}; nothing was written") from None


def draft(name: str, source: Snippet, names: Mapping[str, object]) -> Draft:
    """A draft of `name` that begins as `source` is; `names` are those of the library.

    What the source has of its own is copied, so that it can be edited, what it shares stays shared. A
    configuration's files stay the source's as well: it is judged in an image that holds these very files.
    Its pitfalls stay where they are. Raises SnippetsError where the name is no snippet's, or another's.
    """
    if not SLUG.fullmatch(name):
        raise SnippetsError(f"{name!r} is no name of a snippet: names are in lower-case-with-hyphens")
    if name in names:
        raise SnippetsError(f"there is a snippet {name} already: choose another name")
    own = [path for path, each in source.sources.items() if each.path == source.root / path]
    shares = own if source.kind is Kind.CONFIG else []
    files = {path: (source.content(path), source.sources[path].executable) for path in own if path not in shares}
    judges = source.root / REHEARSAL
    if judges.is_file():
        files[REHEARSAL] = (judges.read_bytes(), False)
    text, table = _metadata(name, source, shares)
    files[METADATA] = (text.encode(), False)
    return Draft(name=name, source=source, files=files, shared=table.uses)


def _metadata(name: str, source: Snippet, shares: Sequence[str]) -> tuple[str, SnippetTable]:
    """The source's snippet.toml with another title and summary, its commands under the new name; comments stay."""
    text = (source.root / METADATA).read_bytes().decode()
    summary = f"A draft that began as {source.name}, and says nothing of its own yet."
    said = {"title": f"Draft: {name}", "summary": summary}
    for key, value in said.items():
        text = re.sub(rf"^{key} *=[^\n]*$", f'{key} = "{value}"', text, count=1, flags=re.MULTILINE)
    old = _word(source.name)
    text = _COMMANDS.sub(lambda found: old.sub(name, found[0]), text)
    if shares:
        text = _used(text, "".join(f'"{path}" = "{source.name}/{path}"\n' for path in _directories(shares)))
    faults: list[str] = []
    table = parse(text, METADATA, SnippetTable, faults)
    if table is None or {"title": table.title, "summary": table.summary} != said:
        raise SnippetsError(f"no other can be made of {source.name}/{METADATA}: title and summary are not a line each")
    return text, table


def _word(name: str) -> re.Pattern[str]:
    """A name where it is none of another name."""
    return re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")


def _directories(paths: Sequence[str]) -> Iterator[str]:
    """Files at the top by their names, what lies deeper by its directory."""
    yield from dict.fromkeys(f"{first}/" if rest else first for first, _, rest in (p.partition("/") for p in paths))


def _used(text: str, lines: str) -> str:
    """The same with further lines in `[uses]`, which comes first where it is new."""
    if _USES.search(text):
        return _USES.sub(lambda found: found[0] + lines, text, count=1)
    first = _FIRST.search(text)
    place = first.start() if first else len(text)
    return f"{text[:place]}[uses]\n{lines}\n{text[place:]}"
