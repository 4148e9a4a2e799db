"""What has to be promised, and how it is judged.

`container/` holds the thirty promises of one container, `deployment/` those of an application on its servers.
`promise` says what a promise and a finding are, `subject` what a promise may ask, `observation` what it is
answered, `trial` how promises share boots, and `rules` which code a verdict rests on.
"""

from .container import CONTRACT, PROMISES
from .deployment import ADDED, CLUSTERED, DEPLOYED, DEPLOYMENT
from .project import BehindProxy, Beside, Project, Reload, StaleInput
from .promise import NOT_UP, Finding, Promise, Verdict
from .trial import Trial

# All that is promised of any kind of subject, by slug.
KNOWN = {**PROMISES, **DEPLOYED}

__all__ = [
    "ADDED",
    "CLUSTERED",
    "CONTRACT",
    "DEPLOYED",
    "DEPLOYMENT",
    "KNOWN",
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
