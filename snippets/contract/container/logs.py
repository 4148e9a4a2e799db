"""What a container promises of its log: one JSON object a line, on stdout, whatever a client sends."""

import json

from ..observation import PLAIN
from ..project import Project
from ..promise import Judgement, kept_if, promise
from ..subject import Image
from .requests import expect_200

HOSTILE = 'canary "quoted" \\ back\\slash \\x1b[31m {"level":"fake"} %s %(h)s é'
MARKED = "/hb-log-canary"
# As much of a line as tells it from others.
QUOTED = 160


@promise(family="logs", authority="https://12factor.net/logs", exemptible=True)
def logs_structured(image: Image, project: Project) -> Judgement:
    """Every line on stdout is one JSON object, one a request, hostile input included; no log files."""
    with image.boot(PLAIN) as container:
        for number in range(3):
            container.get(f"{MARKED}-{number}", headers={"User-Agent": HOSTILE})
        expect_200(container, project.page)
        lines = _lines(container.settled(lambda: container.printed("stdout")))
        stderr = container.printed("stderr").strip().splitlines()
        files = [path for path in container.changes() if path.endswith((".log", ".err", ".out"))]
    malformed = [line for line in lines if not _is_object(line)]
    access = [sum(f"{MARKED}-{number}" in line for line in lines) for number in range(3)]
    faults = [
        *(f"not one JSON object: {line[:QUOTED]!r}" for line in malformed[:1]),
        *(f"on stderr: {line[:QUOTED]!r}" for line in stderr[:1]),
        *(f"a log file: {path}" for path in files[:1]),
    ]
    if not lines:
        faults.append("nothing on stdout")
    if access != [1, 1, 1]:
        faults.append(f"access lines a request: {access}, one each expected")
    count = len(lines)
    seen = f"{count} of {count} lines are JSON objects, 3 of 3 hostile requests logged once"
    return kept_if(not faults, "; ".join(faults) or seen)


def _lines(printed: str) -> list[str]:
    """Cut at line feeds alone, as a collector cuts; JSON may hold whatever else Python takes for an end."""
    return printed.removesuffix("\n").split("\n") if printed else []


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
