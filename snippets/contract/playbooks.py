"""Playbooks -> whether ansible-lint lets them pass, by the strictest of its profiles and without asking anybody."""

import re

from ..errors import ContainerError
from .promise import Judgement, kept_if
from .servers import Servers

PROFILES = "https://docs.ansible.com/projects/lint/profiles/"
LINT = "ansible-lint --offline --strict --profile production --nocolor --format pep8 {playbooks}"
VIOLATION = re.compile(r"^([\w./-]+:\d+)(?::\d+)?: ([\w-]+(?:\[[\w./-]+\])?)", re.MULTILINE)
# What it was given and did not read it lets pass as well.
READ = "in {count} files processed of {count} encountered"


def linted(servers: Servers, *playbooks: str) -> Judgement:
    """Kept where nothing speaks against any of them; raises ContainerError where one was not judged."""
    told = " and ".join(playbooks)
    done = servers.run(LINT.format(playbooks=" ".join(playbooks)), check=False)
    against = [f"{place} {rule}" for place, rule in VIOLATION.findall(done.stdout)]
    # It fails where it says something, and nowhere else.
    if READ.format(count=len(playbooks)) not in done.stdout or (done.status != 0) != bool(against):
        raise ContainerError(f"ansible-lint did not judge {told}: {done}: {done.stdout[-500:]}")
    return kept_if(not against, f"ansible-lint, profile production: {', '.join(against) or f'nothing against {told}'}")
