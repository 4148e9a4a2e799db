"""YAML's text -> its one table, bounded before it is made: depth, aliases and size, and no key given twice."""

from collections import Counter
from collections.abc import Iterator, Mapping

from ..errors import SnippetsError

LARGEST_BYTES = 64 * 1024
DEEPEST = 32
# Each may stand for all before it: so many, and no more than a hundred thousand nodes come of them.
MOST_ALIASES = 32


class YamlError(SnippetsError):
    """It is not YAML, or more of it than anybody writes; the message says in which line, and not in which file."""


def table_of(text: str) -> Mapping[str, object]:
    """The one document, a table; raises YamlError."""
    # Whoever has no compose file need not wait for it.
    import yaml  # noqa: PLC0415

    if (size := len(text.encode())) > LARGEST_BYTES:
        raise YamlError(f"{size} bytes, larger than {LARGEST_BYTES}: nobody writes so much by hand")
    kind = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for line, why in _excess(yaml.parse(text, Loader=kind)):
            raise YamlError(f"line {line}: {why}")
        loader = kind(text)
        node = loader.get_single_node()
        for line, key in _twice(node):
            raise YamlError(f"line {line}: {key!r} is there twice")
        table = loader.construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(f"line {mark.line + 1 if mark else 1}: not YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise YamlError(f"not YAML: {str(error).splitlines()[0]}") from None
    except ValueError:
        raise YamlError("not YAML: a number or a date that there is not") from None
    if not isinstance(table, Mapping):
        raise YamlError("not a table")
    return table


def _excess(events: Iterator[object]) -> Iterator[tuple[int, str]]:
    """Where it is deeper, or has more aliases or documents than anybody writes."""
    import yaml  # noqa: PLC0415 - as above

    depth = aliases = documents = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        line = event.start_mark.line + 1  # type: ignore[attr-defined] # all have one
        if depth > DEEPEST:
            yield line, f"nested more than {DEEPEST} deep"
        if aliases > MOST_ALIASES:
            yield line, f"more than {MOST_ALIASES} aliases"
        if documents > 1:
            yield line, "a second document: write all into one"


def _twice(root: object) -> Iterator[tuple[int, str]]:
    """Keys that stand twice in one table: a reader in Python takes the last, and compose refuses the file."""
    import yaml  # noqa: PLC0415 - as above

    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
            counts = Counter((key.tag, key.value) for key in keys)
            yield from ((key.start_mark.line + 1, key.value) for key in keys if counts[key.tag, key.value] > 1)
            waiting += [each for pair in node.value for each in pair]
        else:
            waiting += node.value
