"""A regular expression that came with data -> a search that ends: its length is bounded, and its time at each use."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import regex

from .errors import SnippetsError

LONGEST = 500
# Of the processor, so that nothing depends on who else works: a thousand times what any search of the library takes.
SEARCH_S = 1.0


class ExpressionError(SnippetsError):
    """It is no regular expression, or looking for it came to no end."""


@dataclass(frozen=True, slots=True)
class Expression:
    """What is looked for, by its text."""

    text: str
    _compiled: Any

    def search(self, text: str, *, timeout_s: float = SEARCH_S) -> re.Match[str] | None:
        """The first place in a text; raises ExpressionError where that takes longer than `timeout_s` seconds."""
        try:
            found: re.Match[str] | None = self._compiled.search(text, timeout=timeout_s)
        except TimeoutError:
            raise ExpressionError(
                f"looking for {self.text!r} takes longer than {timeout_s:g} s: repeat nothing that is repeated itself"
            ) from None
        return found


@cache
def expression(text: str) -> Expression:
    """Compile it, once; raises ExpressionError where it is no regular expression, or too long to be looked through.

    What Python's own `re` does not read is none: `regex` has more of a grammar than anybody expects.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"{len(text)} characters, and a regular expression of more than {LONGEST} is not read")
    try:
        re.compile(text)
        return Expression(text, regex.compile(text))
    except (re.error, regex.error, OverflowError, RecursionError) as error:
        raise ExpressionError(f"not a regular expression: {error}") from None
