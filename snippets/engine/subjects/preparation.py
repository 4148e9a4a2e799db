"""What the commands of a snippet install and fetch -> a snapshot of a host that has it already, made once a run."""

import hashlib
import shlex
from collections.abc import Sequence

import msgspec

from ..lock import held
from .host import Host, Snapshot, cut, rented
from .internet import Internet
from .make import chosen


def prepared(packages: Sequence[str], internet: Internet) -> Snapshot:
    """A host that holds these packages of its distribution, and the images of that internet."""
    run = internet.run
    wanted = [chosen().reference, *sorted(packages), *internet.images]
    name = hashlib.sha256(" ".join(wanted).encode()).hexdigest()[:12]
    note = run.state / "hosts" / f"{name}.json"
    note.parent.mkdir(exist_ok=True)
    with held(note.with_suffix(".lock")):
        if not note.is_file():
            with rented("packages", [internet.network], run) as host:
                _prepare(host, packages, internet)
                note.write_bytes(msgspec.json.encode(cut(host)))
        return msgspec.json.decode(note.read_bytes(), type=Snapshot)


def _prepare(host: Host, packages: Sequence[str], internet: Internet) -> None:
    internet.is_believed_by(host)
    install = f"apt-get install --yes --no-install-recommends {shlex.join(packages)}"
    host.run(f"apt-get update && DEBIAN_FRONTEND=noninteractive {install}")
    for image in internet.images:
        host.run(f"docker pull --quiet {shlex.quote(image)}")
    # Its power is cut next, and an engine leaves it to the kernel when layers are written.
    host.run("sync")
