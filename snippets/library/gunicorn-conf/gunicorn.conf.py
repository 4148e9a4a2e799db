"""gunicorn for containers. Found by its name in the working directory: `gunicorn` is the whole command.

gunicorn ignores a name that it does not know, without a word. So every plain name in this file
is one of its settings, and everything else is a function, a class or a module.
"""

import json
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from gunicorn.arbiter import Arbiter


def cpu_limit(cgroups: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")) -> float:
    """How many CPUs this process may use. cpu_count() would tell how many the host has."""
    cpus = float(len(os.sched_getaffinity(0)))
    for line in own.read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "":
            root, names = cgroups, ("cpu.max",)
        elif "cpu" in controllers.split(","):
            root, names = cgroups / "cpu", ("cpu.cfs_quota_us", "cpu.cfs_period_us")
        else:
            continue
        # The path is the host's where the container sees no
        # cgroup namespace, and a limit may be set on any
        # level: look at each one there is, up to the root.
        here = root / path.lstrip("/")
        for level in (here, *here.parents):
            try:
                quota, period = " ".join((level / name).read_text() for name in names).split()
            except OSError:
                continue
            if quota not in ("max", "-1"):
                cpus = min(cpus, int(quota) / int(period))
    return cpus


class JsonLines(logging.Formatter):
    """One JSON object a line.

    A JSON template in `access_log_format` would look the same until a browser's name holds
    a backslash. Only an encoder gets every input right.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Whatever is logged, by the server, the application or a library."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name == "gunicorn.access":
            line |= self.access(record.args)
        else:
            line["message"] = record.getMessage()
            if request_id := getattr(record, "request_id", None):
                line["request_id"] = request_id
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)

    @staticmethod
    def access(atoms: dict) -> dict:
        """What gunicorn knows of a request. No query, of no address: reset links and API keys travel in it."""

        def text(name: str) -> str:
            # gunicorn has put a backslash before each
            # quote, for formats that do not encode.
            return str(atoms[name]).replace('\\"', '"')

        path = text("{raw_uri}e").partition("?")[0]
        return {
            "message": f"{text('m')} {path} {atoms['s']}",
            "method": text("m"),
            "path": path,
            "status": int(atoms["s"]),
            "duration_ms": atoms["M"],
            "client": text("h"),
            "referer": text("f").partition("?")[0],
            "user_agent": text("a"),
            # As the application answered with it:
            # its own lines can be found by the same.
            "request_id": text("{x-request-id}o"),
        }


class Visits(logging.Filter):
    """Leaves out a probe that was answered well: they come every few seconds, and would bury all else."""

    def filter(self, record: logging.LogRecord) -> bool:
        """One that was answered otherwise is logged, as any request is."""
        atoms = record.args
        return not (atoms["U"] in ("/livez", "/readyz") and atoms["s"] == "200")


def when_ready(server: Arbiter) -> None:
    """Load the application once, in a process of its own, before any worker does.

    A missing setting then ends the start with one line and one status. Left to the workers, each
    would report it, and gunicorn fails with a traceback when a second one does while it is stopping.
    `preload_app` would do it too, but SIGHUP could then no longer bring new code.
    """
    child = os.fork()
    if child == 0:
        try:
            server.app.wsgi()
        except Exception:
            server.log.exception("The application does not load.")
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status != 0:
        sys.exit(status)


wsgi_app = "app:create_app()"

# All addresses: 127.0.0.1 is the container's
# own, and nothing outside reaches it.
bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"

# gunicorn's rule of thumb. Twelve are enough for
# thousands of requests a second, and on a large
# host without a limit more would only eat memory.
workers = int(os.environ.get("WEB_CONCURRENCY") or min(int(2 * cpu_limit()) + 1, 12))
# Threads keep a worker answering its health check
# while other requests wait for the database.
worker_class = "gthread"
threads = 4

# Each worker's heartbeat is a file. In memory it works on a read-only
# root, and a busy disk cannot make a healthy worker look frozen.
worker_tmp_dir = "/dev/shm"
# On by default since 25.1, and it wants to write to a home directory.
control_socket_disable = True

# A worker silent for this long is replaced:
# longer than the health check needs to report it.
timeout = 60
# For requests in flight after SIGTERM. Give the
# container longer (30 s), or it is killed meanwhile.
graceful_timeout = 20
# Longer than the 60 s for which nginx and most load balancers
# keep an idle connection: the side that closes first should
# be theirs, for it knows that no request is on its way.
keepalive = 75
# A slow leak is cut off before it reaches the memory
# limit. The jitter keeps workers from restarting together.
max_requests = 10_000
max_requests_jitter = 1_000

# Who may say "this came over HTTPS". Never
# "*" on a port that strangers reach.
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")

loglevel = "info"
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": JsonLines}},
    "filters": {"visits": {"()": Visits}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stdout"}},
    "root": {"level": "INFO", "handlers": ["stdout"]},
    "loggers": {
        "gunicorn.error": {"handlers": ["stdout"], "propagate": False},
        "gunicorn.access": {"handlers": ["stdout"], "filters": ["visits"], "propagate": False},
    },
}
