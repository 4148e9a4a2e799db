"""What a deployment promises, whatever it is made of: one function each, judged from the outside of its hosts."""

from collections.abc import Mapping

from ..promise import Promise
from .arrive import arrives_after_failure, arrives_from_nothing, dry_run_honest, repeats_unchanged
from .backup import backup_fails_loudly, backup_restores, backups_outlive_intruder, host_lost
from .cut import release_survives_cut
from .flood import flood_survived
from .guard import https_only, only_stated_ports, ssh_keys_only
from .keep import data_outlives, disk_bounded, survives_crash, updates_survived
from .neighbour import neighbour_spared
from .release import (
    bad_release_refused,
    jobs_survive_release,
    migrates_once,
    migration_yields,
    release_lossless,
    rolls_back,
    runs_what_was_released,
)
from .renewal import renews_itself
from .rights import client_known, least_rights, secrets_unseen
from .status import outage_told, silence_told
from .watch import log_found, timers_catch_up

# In the order they are judged: on one set of hosts, what harms them comes last.
DEPLOYMENT: tuple[Promise, ...] = (
    arrives_from_nothing,
    repeats_unchanged,
    dry_run_honest,
    https_only,
    client_known,
    secrets_unseen,
    least_rights,
    ssh_keys_only,
    only_stated_ports,
    # Each of these two has a migration to run that nobody has run yet.
    migration_yields,
    migrates_once,
    release_lossless,
    bad_release_refused,
    rolls_back,
    disk_bounded,
    runs_what_was_released,
    updates_survived,
    release_survives_cut,
    jobs_survive_release,
    flood_survived,
    survives_crash,
    data_outlives,
    timers_catch_up,
    log_found,
    renews_itself,
    arrives_after_failure,
)
# Those of them that a cluster is asked so far.
CLUSTERED: tuple[Promise, ...] = (
    arrives_from_nothing,
    repeats_unchanged,
    https_only,
    client_known,
    migration_yields,
    migrates_once,
    release_lossless,
    bad_release_refused,
    rolls_back,
    runs_what_was_released,
    updates_survived,
    release_survives_cut,
    jobs_survive_release,
    survives_crash,
    data_outlives,
    arrives_after_failure,
)
# What is promised by what is added to a deployment, by the part of it that is described; in that order too.
ADDED: Mapping[str, tuple[Promise, ...]] = {
    "backup": (backup_restores, backup_fails_loudly, host_lost, backups_outlive_intruder),
    "status": (outage_told, silence_told),
    "neighbour": (neighbour_spared,),
}
DEPLOYED = {promise.slug: promise for promises in (DEPLOYMENT, *ADDED.values()) for promise in promises}

__all__ = ["ADDED", "CLUSTERED", "DEPLOYED", "DEPLOYMENT"]
