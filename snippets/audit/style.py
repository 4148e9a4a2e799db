"""A style sheet -> what in it is not listed, and so could hide, add, move or rewrite code, or fetch something.

A rule is *apart* where it names what never holds a block of code and is in none: the audit of pages sees to it that
nothing of that name stands around one. Apart, a rule may show and place things as it likes. Any other may reach
code, and sets what leaves every character where it is and as it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import tinycss2
from tinycss2.ast import AtRule, Declaration, FunctionBlock, Node, ParseError, QualifiedRule

from .properties import (
    ANYWHERE,
    APART,
    CONTRAST,
    FEW,
    FUNCTIONS,
    GROUNDS,
    INKS,
    LABELS,
    MEDIA,
    PAIR,
    PLACED,
    ROOTS,
    VARIABLES,
    WRAPPED,
    Values,
)

_LINEAR_UNTIL = 0.04045


def style_faults(text: str) -> Iterator[tuple[int, str]]:
    """Line and reason for everything in a style sheet that is not listed."""
    rules = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    if not rules:
        yield 0, "a style sheet without a rule"
    yield from _rules(rules)


def _rules(nodes: Iterable[Node]) -> Iterator[tuple[int, str]]:
    for node in nodes:
        if isinstance(node, QualifiedRule):
            yield from _rule(node)
        elif isinstance(node, AtRule) and node.lower_at_keyword == "media" and node.content is not None:
            if not MEDIA.fullmatch(_spaced(node.prelude)):
                yield node.source_line, f"@media {_spaced(node.prelude)}, which no page of this site needs"
            yield from _rules(tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True))
        elif isinstance(node, AtRule):
            yield node.source_line, f"a style sheet fetches or computes: @{node.at_keyword}"
        elif isinstance(node, ParseError):
            yield node.source_line, f"a style sheet that cannot be read: {node.message}"


def _rule(rule: QualifiedRule) -> Iterator[tuple[int, str]]:
    selectors = [(selector, _spaced(selector)) for selector in _selectors(rule.prelude)]
    colours: dict[str, str] = {}
    for node in tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True):
        if not isinstance(node, Declaration):
            yield node.source_line, "a style sheet with rules in rules, or what cannot be read"
            continue
        value = _spaced(node.value)
        if node.name.startswith("--"):
            colours[node.name] = value
        for selector, shown in selectors:
            if why := _declared(selector, shown, node, value):
                yield node.source_line, f"{shown!r} {why}: {node.name}: {value}"

    for why in _faint(colours):
        yield rule.source_line, why


def _faint(colours: Mapping[str, str]) -> Iterator[str]:
    """Colours of text that cannot be told from what is behind them."""
    inks = {name: value for name, value in colours.items() if INKS.fullmatch(name) and value.startswith("#")}
    for ground in GROUNDS if inks else ():
        if ground not in colours:
            yield f"a style sheet that sets {next(iter(inks))} and not {ground}, against which it has to be seen"
            continue
        behind = _light(colours[ground])
        for name, value in inks.items():
            dark, bright = sorted((_light(value), behind))
            if (bright + 0.05) / (dark + 0.05) < CONTRAST:
                yield f"a style sheet in which {name} {value} is hardly seen on {ground} {colours[ground]}"


def _light(colour: str) -> float:
    """Relative luminance, as WCAG 2.2 has it; nothing for what is no colour, and refused as such."""
    if not re.fullmatch("#[0-9a-f]{6}", colour):
        return 0.0
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= _LINEAR_UNTIL else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _declared(selector: Sequence[Node], shown: str, node: Declaration, value: str) -> str | None:
    """Why this may not be set there."""
    name = node.lower_name
    if strange := _computed(node.value):
        return f"fetches or computes by {strange}"
    if name.startswith("--"):
        allowed = next((values for names, values in VARIABLES if names.fullmatch(node.name)), None)
        return None if ROOTS.fullmatch(shown) and allowed and allowed.fullmatch(value) else "sets a variable"
    if name == "content" and not _is_label(node.value):
        return "adds a text that nobody looked at"
    if (
        _is_listed(ANYWHERE, name, value)
        or (_is_listed(PLACED, name, value) and _names(selector, APART))
        or any(_is_listed(values, name, value) and _names(selector, few) for few, values in FEW)
        or (_is_listed(PAIR, name, value) and shown.endswith(".hb-pair"))
        or (name == "white-space" and value == "pre-wrap" and WRAPPED.fullmatch(shown))
    ):
        return None
    if name.startswith("white-space"):
        return "is shown as preformatted, so it would be code that no audit reads"
    return "may reach code, and could hide, add, move or rewrite it"


def _is_listed(values: Values, name: str, value: str) -> bool:
    return name in values and values[name].fullmatch(value) is not None


def _computed(nodes: Sequence[Node]) -> str | None:
    """A function or an address that is not listed."""
    for node in nodes:
        if isinstance(node, FunctionBlock):
            if node.lower_name not in FUNCTIONS:
                return f"{node.name}()"
            if node.lower_name == "attr" and tinycss2.serialize(node.arguments).strip() != "href":
                return "attr()"
            if why := _computed(node.arguments):
                return why
        elif node.type in {"url", "error", "{} block", "[] block", "() block", "at-keyword"}:
            return str(node.type)
    return None


def _is_label(nodes: Sequence[Node]) -> bool:
    """Whether all that is added to the page are words that we know, the number of a mark, or a link's address."""
    for node in nodes:
        if node.type == "string":
            known = node.value in LABELS
        elif node.type == "function":
            known = node.lower_name in {"attr", "counter"}
        else:
            known = node.type == "whitespace" or (node.type == "literal" and node.value == "/")
        if not known:
            return False
    return True


def _selectors(prelude: Sequence[Node]) -> Iterator[list[Node]]:
    """A rule's selectors, at the commas outside of any function."""
    selector: list[Node] = []
    for node in prelude:
        if node.type == "literal" and node.value == ",":
            yield selector
            selector = []
        elif node.type != "comment":
            selector.append(node)
    yield selector


def _names(selector: Sequence[Node], names: frozenset[str]) -> bool:
    """Whether it names one of these, for itself or for what it is in."""
    # A name before `|` is that of a namespace.
    if any(node.type == "literal" and node.value == "|" for node in selector):
        return False
    compounds: list[list[Node]] = [[]]
    # What comes before or after something else says nothing of where that is.
    is_beside = False
    for node in selector:
        if node.type == "literal" and node.value in {"+", "~"}:
            is_beside = True
        elif node.type == "whitespace" or (node.type == "literal" and node.value == ">"):
            compounds.append([])
        else:
            if is_beside:
                while compounds and not compounds[-1]:
                    compounds.pop()
                compounds[-1:] = [[]]
                is_beside = False
            compounds[-1].append(node)
    return any(_compound_names(compound, names) for compound in compounds)


def _compound_names(compound: Sequence[Node], names: frozenset[str]) -> bool:
    for place, node in enumerate(compound):
        before = compound[place - 1] if place else None
        if node.type == "ident" and (before is None or (before.type == "literal" and before.value == ".")):
            found = node.value in names
        elif isinstance(node, FunctionBlock) and node.lower_name in {"is", "where"}:
            found = all(_names(each, names) for each in _selectors(node.arguments))
        else:
            found = False
        if found:
            return True
    return False


def _spaced(nodes: Sequence[Node]) -> str:
    """As it is written, with single blanks."""
    return " ".join(tinycss2.serialize(nodes).split())
