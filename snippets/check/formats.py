"""A report -> what a CI's own tools read: JSON, JUnit's XML, GitHub's workflow commands."""

import re
from collections.abc import Mapping, Sequence
from xml.etree import ElementTree as ET

import msgspec

from ..catalog.pitfall import Pitfall
from ..contract import PROMISES, Finding, Verdict
from ..handbook import Handbook
from .guess import Guess
from .judging import Report
from .pitfalls import alike

# What XML 1.0 cannot hold, however it is written: https://www.w3.org/TR/xml/#charsets
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class FindingObject(msgspec.Struct, frozen=True, kw_only=True):
    """A promise as it was judged: what was seen, pitfalls that tell how to mend it and their pages, seconds."""

    promise: str
    family: str
    title: str
    authority: str
    verdict: Verdict
    seen: str
    mended_by: Sequence[str]
    pages: Sequence[str]
    took_s: float


class ReportObject(msgspec.Struct, frozen=True, kw_only=True):
    """The whole; its keys are a stable interface."""

    subject: str
    engine: str
    stand_ins: Sequence[str]
    guessed: Sequence[Guess]
    counts: Mapping[str, int]
    findings: Sequence[FindingObject]


def as_json(report: Report, handbook: Handbook) -> str:
    """One object, indented."""
    mended = alike(report.of(Verdict.BROKEN), handbook.catalog)
    told = ReportObject(
        subject=report.subject,
        engine=report.engine,
        stand_ins=report.stand_ins,
        guessed=report.guessed,
        counts={verdict.value: len(report.of(verdict)) for verdict in Verdict},
        findings=[_object(finding, mended.get(finding.promise, ()), handbook.pages) for finding in report.findings],
    )
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def _object(finding: Finding, mended_by: Sequence[Pitfall], pages: Mapping[str, str]) -> FindingObject:
    promise = PROMISES[finding.promise]
    return FindingObject(
        promise=promise.slug,
        family=promise.family,
        title=promise.title,
        authority=promise.authority,
        verdict=finding.verdict,
        seen=finding.seen,
        mended_by=[pitfall.name for pitfall in mended_by],
        pages=[pages[pitfall.name] for pitfall in mended_by if pitfall.name in pages],
        took_s=finding.took_s,
    )


def as_junit(report: Report) -> str:
    """A suite with a case for each promise: https://github.com/testmoapp/junitxml."""
    suite = ET.Element(
        "testsuite",
        name=f"handbook check {report.subject}",
        tests=str(len(report.findings)),
        failures=str(len(report.of(Verdict.BROKEN))),
        errors=str(len(report.of(Verdict.ERROR))),
        skipped=str(len(report.of(Verdict.NOT_APPLICABLE))),
        time=f"{sum(finding.took_s for finding in report.findings):.2f}",
    )
    outcomes = {Verdict.BROKEN: "failure", Verdict.ERROR: "error", Verdict.NOT_APPLICABLE: "skipped"}
    for finding in report.findings:
        promise, seen = PROMISES[finding.promise], _NO_XML.sub("\ufffd", finding.seen)
        case = ET.SubElement(
            suite, "testcase", classname=promise.family, name=promise.slug, time=f"{finding.took_s:.2f}"
        )
        if finding.verdict in outcomes:
            ET.SubElement(case, outcomes[finding.verdict], message=seen.splitlines()[0]).text = seen
        else:
            ET.SubElement(case, "system-out").text = seen
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True)


def as_github(report: Report) -> str:
    """A line for each promise that is broken or could not be judged, and one for the whole."""
    kinds = {Verdict.BROKEN: "error", Verdict.ERROR: "warning"}
    told = [(kinds[each.verdict], each) for each in report.findings if each.verdict in kinds]
    lines = [
        f"::{kind} file={_property(report.subject)},title={each.promise} {_word(each)}::{_data(each.seen)}"
        for kind, each in told
    ]
    return "\n".join([*lines, f"::notice title=handbook check::{_data(str(report))}"])


def _word(finding: Finding) -> str:
    return "is broken" if finding.verdict is Verdict.BROKEN else "could not be judged"


def _data(text: str) -> str:
    """As the runner reads it back: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
