"""The reader's own command strings, run unchanged: a `docker` first on PATH adds what only we need.

It adds the build contexts of stood-in bases to `docker build`, and our label to `docker run`, so that
nothing is left behind. The strings on the page stay the strings that ran.
"""

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from ...errors import EngineError
from ..build import build_lock
from ..run import LABEL, Run

WORKDIR_LABEL = "handbook.workdir"
_SCRIPT = """#!/bin/sh
# Everything is passed on; `build` and `run` get the options that rehearsals add. One build at a time: see build.py.
case "${{1:-}}" in
    build) shift; exec flock {lock} {docker} build {build} "$@" ;;
    compose) case " $* " in
        *" --no-build "*) ;;
        *" up "* | *" build "* | *" run "*) exec flock {lock} {docker} "$@" ;;
    esac ;;
    run) shift; exec {docker} run {run} "$@" ;;
    create) shift; exec {docker} create {run} "$@" ;;
esac
exec {docker} "$@"
"""


def environment(run: Run, folder: Path, contexts: Mapping[str, str]) -> dict[str, str]:
    """Write the shim into `folder` and return an environment whose PATH starts with it."""
    docker = shutil.which("docker")
    if docker is None:
        message = "there is no `docker` program on PATH"
        raise EngineError(message)
    build = " ".join(f"--build-context '{ref}=docker-image://{image}'" for ref, image in contexts.items())
    labels = f"--label {LABEL}={run.key} --label {WORKDIR_LABEL}={folder.parent}"
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "docker"
    script.write_text(_SCRIPT.format(docker=docker, lock=build_lock(), build=f"{build} {labels}", run=labels))
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
