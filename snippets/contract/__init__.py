"""What has to be promised, and how it is judged: `container/` holds the thirty promises of one container.

`promise` says what a promise and a finding are, `subject` what a promise may ask, `observation` what it is
answered, `trial` how promises share boots, and `rules` which code a verdict rests on.
"""

from .container import CONTRACT, PROMISES
from .project import BehindProxy, Beside, Project, Reload, StaleInput
from .promise import NOT_UP, Finding, Promise, Verdict
from .trial import Trial

__all__ = [
    "CONTRACT",
    "NOT_UP",
    "PROMISES",
    "BehindProxy",
    "Beside",
    "Finding",
    "Project",
    "Promise",
    "Reload",
    "StaleInput",
    "Trial",
    "Verdict",
]
