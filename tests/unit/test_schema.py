"""What Kubernetes' schema says of a manifest: all of the library's pass, and a fault is told by its line."""

from posixpath import basename

import pytest

from snippets.catalog import load
from snippets.catalog.manifests import ENDING, KUSTOMIZATION
from snippets.catalog.snippet import Kind
from snippets.proving.schema import VERSION, schema_faults

MANIFESTS = {
    f"{name}/{path}": source.text
    for name, snippet in load().snippets.items()
    if snippet.kind is Kind.CLUSTER
    for path, source in snippet.sources.items()
    if path.endswith(ENDING) and basename(path) != KUSTOMIZATION
}
OLDEST, BEFORE = "1.29", "1.28"
WEB = MANIFESTS["kubernetes-app/base/web.yaml"]


@pytest.mark.parametrize("path", MANIFESTS)
def test_each_manifest_of_the_library_is_as_the_schemas_say(path: str) -> None:
    """From the oldest release that is named on a page to the one of the trials; additions as well."""
    assert [list(schema_faults(MANIFESTS[path], release)) for release in (OLDEST, VERSION)] == [[], []]


def test_an_older_cluster_knows_less() -> None:
    """By what, and in which line: it is told before it has to refuse it."""
    (fault,) = schema_faults(WEB, BEFORE)

    assert "spec.template.spec.containers.0.lifecycle.preStop: " in fault
    assert "('sleep' was unexpected)" in fault
    assert "sleep" in WEB.splitlines()[int(fault.partition(":")[0].removeprefix("line ")) - 1]


@pytest.mark.parametrize(
    ("right", "wrong", "fault"),
    [
        (
            "minReadySeconds: 5",
            "minReadySecond: 5",
            "line 11: spec: Additional properties are not allowed ('minReadySecond' was unexpected)",
        ),
        (
            "containerPort: 8000",
            "containerPort: '8000'",
            "line 45: spec.template.spec.containers.0.ports.0.containerPort: '8000' is not of type 'integer'",
        ),
        (
            "  selector: { matchLabels: { app.kubernetes.io/name: web } }\n  template",
            "  template",
            "line 5: spec: 'selector' is a required property",
        ),
        ("kind: Deployment", "kind: Deploymnt", f"line 2: Kubernetes {VERSION} has no Deploymnt of apps/v1"),
        ("apps/v1", "apps/v1beta1", f"line 2: Kubernetes {VERSION} has no Deployment of apps/v1beta1"),
        (
            "apps/v1",
            "gateway.example.org/v1",
            f"line 2: Kubernetes {VERSION} has no Deployment of gateway.example.org/v1",
        ),
        ("apps/v1", "1", "line 1: its apiVersion or its kind is no name"),
        ("kind: Deployment", "none: Deployment", "line 1: its apiVersion or its kind is no name"),
        ("spec:", "spec: {", "line 11: not YAML: did not find expected ',' or '}'"),
    ],
)
def test_a_fault_is_told_by_its_line(right: str, wrong: str, fault: str) -> None:
    """An unknown key by its own, what is missing by the line that lacks it."""
    assert right in WEB
    assert list(schema_faults(WEB.replace(right, wrong, 1))) == [fault]
