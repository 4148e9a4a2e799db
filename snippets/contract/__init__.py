"""What a container promises: thirty promises in the end, one function each, judged from outside."""

from snippets.contract.boot import (
    fails_fast,
    honours_port,
    no_privileges,
    numeric_non_root,
    reachable,
    read_only_root,
    server_is_pid_1,
)
from snippets.contract.image import builds_clean, inputs_pinned, no_context_leak, no_secrets
from snippets.contract.lifecycle import drains, health_honest
from snippets.contract.logs import logs_structured
from snippets.contract.project import Project, StaleInput
from snippets.contract.promise import NOT_UP, Finding, Promise, Verdict
from snippets.contract.resources import cpu_aware
from snippets.contract.web import config_meant

CONTRACT: tuple[Promise, ...] = (
    builds_clean,
    inputs_pinned,
    no_secrets,
    no_context_leak,
    numeric_non_root,
    read_only_root,
    no_privileges,
    server_is_pid_1,
    reachable,
    honours_port,
    fails_fast,
    health_honest,
    drains,
    cpu_aware,
    logs_structured,
    config_meant,
)
PROMISES = {promise.slug: promise for promise in CONTRACT}

__all__ = ["CONTRACT", "NOT_UP", "PROMISES", "Finding", "Project", "Promise", "StaleInput", "Verdict"]
