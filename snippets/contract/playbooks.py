"""A playbook -> whether ansible-lint lets it pass, by the strictest of its profiles and without asking anybody."""

import re

from ..errors import ContainerError
from .promise import Judgement, kept_if
from .subject import Servers

PROFILES = "https://docs.ansible.com/projects/lint/profiles/"
LINT = "ansible-lint --offline --strict --profile production --nocolor --format pep8 {playbook}"
VIOLATION = re.compile(r"^([\w./-]+:\d+)(?::\d+)?: ([\w-]+(?:\[[\w./-]+\])?)", re.MULTILINE)
# What it was given and did not read it lets pass as well.
READ = re.compile(r"in 1 files processed of 1 encountered")


def linted(servers: Servers, playbook: str) -> Judgement:
    """Kept where nothing speaks against it; raises ContainerError where it was not judged."""
    done = servers.run(LINT.format(playbook=playbook), check=False)
    against = [f"{place} {rule}" for place, rule in VIOLATION.findall(done.stdout)]
    # It fails where it says something, and nowhere else.
    if not READ.search(done.stdout) or (done.status != 0) != bool(against):
        raise ContainerError(f"ansible-lint did not judge {playbook}: {done}: {done.stdout[-500:]}")
    return kept_if(
        not against, f"ansible-lint, profile production: {', '.join(against) or f'nothing against {playbook}'}"
    )
