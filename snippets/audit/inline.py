"""Inline code -> whether it may stand in a sentence: as the name of a thing, or as a piece of what was proven.

A name is one word, which does nothing; or a program and its own word for what it does, as its manual is titled,
which without operands does as little; or a call of `handbook` or of `nox`, which the tests hold against both. All
else that is of several words stands in a proven file, command or output, word for word, or it is refused.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from ..environment import VARIABLES
from ..render.usage import PROGRAM

# Letters that look like others, and what shows nothing, are in no name; nor is what a shell makes several words of,
# redirects or runs where it stands, nor an address.
_NAME = re.compile(
    r"""(?!\.{1,2}/|.*://)(?:
        [!@:*%+./-]*[A-Za-z0-9_](?:[A-Za-z0-9_.*/:@+,%=…-]|->)*    # a word, a path, a pattern, an option, a setting
        | [!*…-]                                                  # what a language makes of one character
        | \.{3} | \*\*/[A-Za-z0-9_.*/-]+
        | \$(?:[A-Z_]+|\?)                                         # a variable
        | \"[A-Za-z0-9_./-]+\" | \([a-z]+\)                        # in quotes, or in parentheses
        | \[{1,2}[A-Za-z_.]+\]{1,2}(?:\.[a-z_]+)?                  # a table of TOML
        | [a-z_]+\[N\]\.[a-z_]+
        | [A-Za-z_][A-Za-z0-9_.:]*\((?:\.{3}|[a-z_]+=\w+)?\)       # a function
        | </?[a-z]+> | <!--                                       # an element
        | \{\#[a-z-]+\} | \{[a-z_]+\}
    )""",
    re.VERBOSE,
)
_NAME_CHARS = 100
# Options of whatever program a sentence is about, each with a plain word at most.
_OPTIONS = re.compile(r"--?[a-z][a-z-]*(?: [A-Za-z0-9]+)?(?: --[a-z-]+(?: [A-Za-z0-9]+)?)*")
# A program's own words for what it does, as `man docker-volume-ls` has them, and what only looks; what is worked on is
# no part of a name.
MANUAL: Mapping[str, str] = {
    "docker": "compose logs|compose ps|compose ps --all|compose up --wait|diff|ps|ps --all|push|run|top|volume ls",
    "dnf": "install",
    "git": "merge-file",
    "gunicorn": "--check-config|--print-config",
    "uv": "add",
}
_MANUAL = re.compile("|".join(rf"{program} (?:{words})" for program, words in MANUAL.items()))
_SETTINGS = "|".join(variable.name for variable in VARIABLES)
# Sessions and options as a reader would type them: no path leads out of a project, no word is a shell's.
_OWN = re.compile(
    rf"(?:(?:{_SETTINGS})=[\w/.-]+ )*(?:{PROGRAM} [a-z]+|nox -s [a-z]+)(?: (?:--?[a-z-]*|[A-Za-z0-9][\w./:-]*|\.|--))*"
)
_ELISION = "…"
_WORD = re.compile(r"\w+")
_CONTINUED = re.compile(r"\\\n\s*")
_EDGE = r"[\w/.-]"


@lru_cache(maxsize=4096)
def is_name(text: str) -> bool:
    """Whether this names a thing, by its form alone."""
    return len(text) <= _NAME_CHARS and any(rule.fullmatch(text) for rule in (_NAME, _OPTIONS, _MANUAL, _OWN))


@dataclass(frozen=True)
class Pieces:
    """Lines of all that is proven, by the words in them."""

    texts: Iterable[str]
    _known: dict[str, bool] = field(default_factory=dict, init=False, repr=False, compare=False)

    def hold(self, text: str) -> bool:
        """Whether a line has this in it, from word to word; `…` stands for what was left out."""
        if text not in self._known:
            self._known[text] = self._search(text)
        return self._known[text]

    def _search(self, text: str) -> bool:
        said = " ".join(text.split())
        words = _WORD.findall(said)
        if not words:
            return False
        pieces = (re.escape(piece.strip()) for piece in said.split(_ELISION))
        pattern = re.compile(rf"(?<!{_EDGE}){'.*'.join(pieces)}(?!{_EDGE})")
        rarest = min((self._lines.get(word, ()) for word in words), key=len)
        return any(pattern.search(line) for line in rarest)

    @cached_property
    def _lines(self) -> Mapping[str, list[str]]:
        lines = {" ".join(line.split()): None for text in self.texts for line in _CONTINUED.sub("", text).splitlines()}
        found = defaultdict[str, list[str]](list)
        for line in lines:
            for word in set(_WORD.findall(line)):
                found[word].append(line)
        return found
