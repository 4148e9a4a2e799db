"""A report -> SARIF 2.1.0, as code scanning takes it: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html."""

from importlib.metadata import version
from urllib.parse import quote

import msgspec

from ..contract import PROMISES, Finding, Promise, Verdict
from .judging import Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
# The format's own words; "open" is what there was too little to decide on.
KINDS = {
    Verdict.KEPT: ("pass", "none"),
    Verdict.BROKEN: ("fail", "error"),
    Verdict.ERROR: ("open", "none"),
    Verdict.NOT_APPLICABLE: ("notApplicable", "none"),
}


class _Struct(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An object of the format."""


class _Text(_Struct, frozen=True, kw_only=True):
    text: str


class _Rule(_Struct, frozen=True, kw_only=True):
    id: str
    short_description: _Text
    help_uri: str


class _Driver(_Struct, frozen=True, kw_only=True):
    name: str
    semantic_version: str
    rules: list[_Rule]


class _Tool(_Struct, frozen=True, kw_only=True):
    driver: _Driver


class _Artifact(_Struct, frozen=True, kw_only=True):
    uri: str


class _Region(_Struct, frozen=True, kw_only=True):
    start_line: int


class _Physical(_Struct, frozen=True, kw_only=True):
    artifact_location: _Artifact
    region: _Region


class _Location(_Struct, frozen=True, kw_only=True):
    physical_location: _Physical


class _Result(_Struct, frozen=True, kw_only=True):
    rule_id: str
    kind: str
    level: str
    message: _Text
    locations: list[_Location]


class _Run(_Struct, frozen=True, kw_only=True):
    tool: _Tool
    results: list[_Result]


class _Log(msgspec.Struct, frozen=True, kw_only=True):
    schema: str = msgspec.field(name="$schema", default=SCHEMA)
    version: str = "2.1.0"
    runs: list[_Run]


def as_sarif(report: Report) -> str:
    """One run, with a rule for each promise that was asked, and its result."""
    asked = [PROMISES[finding.promise] for finding in report.findings]
    driver = _Driver(
        name="handbook check",
        semantic_version=version("deployment-handbook"),
        rules=[_rule(promise) for promise in asked],
    )
    results = [_result(report, finding) for finding in report.findings]
    log = _Log(runs=[_Run(tool=_Tool(driver=driver), results=results)])
    return msgspec.json.format(msgspec.json.encode(log), indent=2).decode()


def _rule(promise: Promise) -> _Rule:
    return _Rule(id=promise.slug, short_description=_Text(text=promise.title), help_uri=promise.authority)


def _result(report: Report, finding: Finding) -> _Result:
    kind, level = KINDS[finding.verdict]
    # No line of it is at fault alone; but a result without a line is shown nowhere.
    place = _Physical(artifact_location=_Artifact(uri=quote(report.subject)), region=_Region(start_line=1))
    return _Result(
        rule_id=finding.promise,
        kind=kind,
        level=level,
        message=_Text(text=finding.seen),
        locations=[_Location(physical_location=place)],
    )
