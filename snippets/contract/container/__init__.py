"""What a container promises: thirty promises, one function each, judged from outside."""

from ..promise import Promise
from .assets import assets_complete
from .boot import (
    any_uid,
    fails_fast,
    honours_port,
    no_privileges,
    numeric_non_root,
    reachable,
    read_only_root,
    server_is_pid_1,
    unprivileged_port,
)
from .contents import lean, no_context_leak, no_secrets, no_setuid
from .image import builds_clean, inputs_pinned, layer_stable, traceable
from .lifecycle import (
    crash_safe,
    drains,
    grace_adds_up,
    health_honest,
    live_is_not_ready,
    reload_lossless,
)
from .logs import logs_structured
from .resources import cpu_aware, fits_memory, state_explicit
from .web import config_meant, proxy_trust

# In the order they are judged: on a boot that several share, what changes or ends the container comes last.
CONTRACT: tuple[Promise, ...] = (
    builds_clean,
    inputs_pinned,
    no_secrets,
    no_context_leak,
    no_setuid,
    lean,
    layer_stable,
    traceable,
    numeric_non_root,
    any_uid,
    read_only_root,
    no_privileges,
    server_is_pid_1,
    reachable,
    unprivileged_port,
    honours_port,
    fails_fast,
    config_meant,
    proxy_trust,
    assets_complete,
    logs_structured,
    state_explicit,
    cpu_aware,
    fits_memory,
    grace_adds_up,
    live_is_not_ready,
    health_honest,
    crash_safe,
    reload_lossless,
    drains,
)
PROMISES = {promise.slug: promise for promise in CONTRACT}

__all__ = ["CONTRACT", "PROMISES"]
