"""A theme's style sheet -> those of its rules that some page can need."""

import re
from collections.abc import Collection, Iterable, Iterator

import tinycss2
from tinycss2.ast import AtRule, Node, QualifiedRule

# What is said of others than itself, as `:not(.this)`, or by an attribute, needs nobody of that name.
_ASIDE = re.compile(r"\[[^\]]*\]|\([^()]*\)")
_NAMED = re.compile(r"[.#](-?[_a-zA-Z][\w-]*)")
_WORD = re.compile(r"[\w-]+")
_GROUPS = frozenset({"media", "supports"})


def words(texts: Iterable[str]) -> set[str]:
    """All words of pages and scripts: whoever has a name, by birth or by a script, has it from there."""
    return {word for text in texts for word in _WORD.findall(text)}


def thinned(text: str, named: Collection[str]) -> str:
    """The same without the rules that say only what is to be done with names which nobody has.

    A rule stays whole or goes whole, and each stays in its place.
    """
    return "".join(_kept(tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True), named))


def _kept(nodes: Iterable[Node], named: Collection[str]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, AtRule) and node.lower_at_keyword in _GROUPS and node.content is not None:
            inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
            if kept := "".join(_kept(inner, named)):
                yield f"@{node.at_keyword}{tinycss2.serialize(node.prelude)}{{{kept}}}"
        elif not isinstance(node, QualifiedRule) or _is_needed(tinycss2.serialize(node.prelude), named):
            yield node.serialize()


def _is_needed(prelude: str, named: Collection[str]) -> bool:
    """Whether one of its selectors could be somebody's."""
    while (plain := _ASIDE.sub("", prelude)) != prelude:
        prelude = plain
    return any(all(name in named for name in _NAMED.findall(selector)) for selector in prelude.split(","))
