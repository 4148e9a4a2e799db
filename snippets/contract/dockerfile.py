"""Dockerfile text -> its stages and declarations; as much of the grammar as a promise needs."""

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

# As BuildKit reads them (frontend/dockerfile/parser): what is taken for a heredoc or a continued line
# by mistake hides the instructions that follow.
_WORD = re.compile(r"""(?:[^\s"']|"(?:\\.|[^"\\])*"|'[^']*')+""")
_HEREDOC = re.compile(r"""\d*<<(-?)(["']?)([^\s<"']+)\2""")
_ESCAPE = re.compile(r"#\s*escape\s*=\s*([\\`])\s*", re.IGNORECASE)
_DIRECTIVE = re.compile(r"#\s*\w+\s*=.*")
_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::?-([^}]*))?\}|(\w+))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One FROM: the base it names (variables filled in), its own name, and what it builds upon."""

    base: str
    name: str
    from_stage: bool


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Keyword (upper case) and argument of each instruction; continued lines joined, heredocs left out."""
    written = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]
    mark = re.escape(_escape(written))
    continued = re.compile(rf"(^|[^{mark}]){mark}[ \t]*$")
    lines = iter(written)
    for line in lines:
        statement = line.strip()
        if not statement or statement.startswith("#"):
            continue
        while continued.search(statement):
            following = next(lines, None)
            if following is None:
                break
            # Empty lines and comments do not end it.
            if following.strip() and not following.strip().startswith("#"):
                statement = continued.sub(r"\1", statement) + following.rstrip()
        keyword, _, argument = re.sub(r"\s+", " ", statement, count=1).partition(" ")
        yield keyword.upper(), argument.strip()
        if keyword.upper() in {"RUN", "COPY", "ADD"}:
            for word in _WORD.findall(argument):
                if heredoc := _HEREDOC.fullmatch(word):
                    _skip(lines, heredoc[3], chomped=bool(heredoc[1]))


def _escape(lines: list[str]) -> str:
    """The character that continues a line: the directive `# escape=` at the top may change it."""
    for line in lines:
        if found := _ESCAPE.fullmatch(line.strip()):
            return found[1]
        if not _DIRECTIVE.fullmatch(line.strip()):
            break
    return "\\"


def _skip(lines: Iterator[str], end: str, *, chomped: bool) -> None:
    for line in lines:
        if (line.lstrip("\t") if chomped else line) == end:
            return


def stages(text: str) -> tuple[Stage, ...]:
    """All stages in order."""
    found: list[Stage] = []
    arguments: dict[str, str] = {}
    for keyword, argument in instructions(text):
        if keyword == "ARG" and not found:
            for word in _split(argument):
                name, _, value = word.partition("=")
                arguments[name] = _filled(value, arguments)
        if keyword != "FROM":
            continue
        words = [word for word in _split(argument) if not word.startswith("--")] or [""]
        base = _filled(words[0], arguments)
        named = words[2] if len(words) > 2 and words[1].upper() == "AS" else str(len(found))  # noqa: PLR2004
        earlier = {stage.name.lower() for stage in found}
        found.append(Stage(base=base, name=named, from_stage=base.lower() in earlier))
    return tuple(found)


def built_upon(declared: Sequence[Stage]) -> tuple[Stage, ...]:
    """The stages whose steps make the last one's layers: it, and each that the one after it builds FROM."""
    chain = [declared[-1]]
    for stage in reversed(declared[:-1]):
        if chain[0].from_stage and stage.name.lower() == chain[0].base.lower():
            chain.insert(0, stage)
    return tuple(chain)


def bases(text: str) -> tuple[str, ...]:
    """References of all images that a build fetches: FROM, and COPY --from where it names no stage."""
    own = stages(text)
    names = {stage.name.lower() for stage in own} | {str(index) for index in range(len(own))}
    wanted = [stage.base for stage in own if not stage.from_stage and stage.base != "scratch"]
    copied: list[str] = []
    for keyword, argument in instructions(text):
        for option, value in _options(argument):
            if keyword == "COPY" and option == "from":
                copied.append(value)
            elif keyword == "RUN" and option == "mount":
                copied += [source for key, source in _pairs(value) if key == "from"]
    return tuple(dict.fromkeys([*wanted, *(source for source in copied if source.lower() not in names)]))


def build_arguments(text: str) -> tuple[str, ...]:
    """Names of all ARGs, in order."""
    words = (word for keyword, argument in instructions(text) if keyword == "ARG" for word in _split(argument))
    return tuple(dict.fromkeys(word.partition("=")[0] for word in words))


def build_secrets(text: str) -> tuple[str, ...]:
    """Ids of all `RUN --mount=type=secret`; without an id it is the name of the target."""
    ids: list[str] = []
    for keyword, argument in instructions(text):
        for option, value in _options(argument):
            mount = dict(_pairs(value))
            if keyword == "RUN" and option == "mount" and mount.get("type") == "secret":
                target = mount.get("target") or mount.get("dst") or mount.get("destination") or ""
                ids.append(mount.get("id") or target.rpartition("/")[2])
    return tuple(dict.fromkeys(ids))


def _options(argument: str) -> Iterator[tuple[str, str]]:
    """The `--name=value` in front of an instruction's argument; what stands later is its own command's."""
    for word in _WORD.findall(argument):
        if not word.startswith("--"):
            return
        name, _, value = word.removeprefix("--").partition("=")
        yield name.lower(), value


def _pairs(value: str) -> list[tuple[str, str]]:
    pairs = [pair.partition("=") for pair in value.split(",")]
    return [(key.lower(), setting.strip("\"'")) for key, _, setting in pairs]


def _split(argument: str) -> list[str]:
    try:
        return shlex.split(argument)
    except ValueError:
        return argument.split()


def _filled(value: str, arguments: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda m: arguments.get(m[1] or m[3]) or m[2] or "", value)
