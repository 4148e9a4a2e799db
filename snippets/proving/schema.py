"""A manifest -> where it is not what Kubernetes' own schema says, by its line, before any cluster is asked.

The schemas are those that Kubernetes publishes of its API, in which no key is there but those that it knows
(https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-specification).
"""

from collections.abc import Iterator, Sequence

import yaml
from kubernetes_validate import SchemaNotFoundError, ValidationError, validate

from ..catalog.yaml import YamlError, table_of

VERSION = "1.37"
# What is added to a cluster brings its schema to it: only a cluster can be asked, and the release does so strictly.
ADDED = frozenset({"gateway.networking.k8s.io"})


def schema_faults(text: str, release: str = VERSION) -> Iterator[str]:
    """What is wrong with it, as in "line 9: spec: Additional properties are not allowed ('replica' was unexpected)".

    `release` is of Kubernetes, as in "1.37".
    """
    try:
        table = table_of(text)
    except YamlError as error:
        yield str(error)
        return
    version, kind = table.get("apiVersion"), table.get("kind")
    if not isinstance(version, str) or not isinstance(kind, str):
        yield "line 1: its apiVersion or its kind is no name"
        return
    if version.partition("/")[0] in ADDED:
        return
    try:
        validate(dict(table), release, strict=True)
    except SchemaNotFoundError:
        yield f"line {_line(yaml.compose(text), ['kind'])}: Kubernetes {release} has no {kind} of {version}"
    except ValidationError as error:
        known = error.schema.get("properties", {}) if error.validator == "additionalProperties" else {}
        unknown = [key for key in error.instance if key not in known] if known else []
        place = [*error.absolute_path, *unknown[:1]]
        where = ".".join(map(str, error.absolute_path)) or "at its top"
        yield f"line {_line(yaml.compose(text), place)}: {where}: {error.message}"


def _line(node: yaml.Node, place: Sequence[str | int]) -> int:
    """Where the last of these stands: the key of a table, or what is in a list."""
    at = node
    for each in place:
        if isinstance(node, yaml.MappingNode):
            at, node = next(pair for pair in node.value if pair[0].value == str(each))
        else:
            at = node = node.value[each]
    line: int = at.start_mark.line + 1
    return line
