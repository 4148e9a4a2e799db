"""What breaks each promise: one change of a good image, and the words that the finding has to hold."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from snippets.contract.container.contents import FILE, SECRET
from snippets.contract.observation import Healthcheck, Layer, Load, Place, Posture, Reply
from snippets.errors import BuildError, ContainerError, NotReadyError
from tests.unit.fake_container import MIB, SETTINGS, TAKEN, FakeContainer, good
from tests.unit.fake_image import STACK, FakeImage, ended
from tests.unit.fake_site import CUT, DOCKERFILE, PAGE, RELOAD, SCRIPT, STYLE, reply, seen_through
from tests.unit.judging import Change, boots, has, says

REVISION_LABEL = "org.opencontainers.image.revision"


def writes(text: str, path: str = "Dockerfile") -> Change:
    """Give an image another Dockerfile, or another file of its source."""

    def change(image: FakeImage) -> FakeImage:
        (image.context / path).write_text(text)
        return image

    return change


def leaks(canary: str, what: str, where: str = "layer 0123") -> Change:
    """Let an image hold a canary."""
    return has(leaks=(Place(canary=canary, where=where, what=what),))


def stops(error: BuildError | None, only: str = "") -> Change:
    """Let the builder stop otherwise; where `only` is given, for that input alone."""
    return has(stops=lambda given: error if not only or only in given else None)


def labelled(revision: str) -> Change:
    """Let every build have this label."""
    return has(labels=lambda _: {REVISION_LABEL: revision})


def without_setting(**changes: object) -> Change:
    """Change what happens where a setting is missing."""
    return has(starts=lambda missing: replace(ended(missing), **changes))  # type: ignore[arg-type] # its fields


def checked(**changes: float) -> Change:
    """Change the times of the health check."""
    times = {"interval_s": 10.0, "timeout_s": 3.0, "start_period_s": 30.0, **changes}
    return says(healthcheck=Healthcheck(test=("CMD", "probe"), retries=3, **times))


def answers(path: str, answer: Reply) -> Change:
    """Change one answer."""
    return boots(replies={path: answer})


def only(wanted: Callable[[Posture], bool], **changes: object) -> Change:
    """Change what a container is like that is booted in one posture."""

    def changed(posture: Posture) -> FakeContainer:
        return replace(good(posture), **changes) if wanted(posture) else good(posture)  # type: ignore[arg-type] # its fields

    return has(boots=changed)


def down(said: str, wanted: Callable[[Posture], bool]) -> Change:
    """Let it not come up in one posture."""

    def changed(posture: Posture) -> FakeContainer:
        if wanted(posture):
            raise NotReadyError(said)
        return good(posture)

    return has(boots=changed)


def believes(headers: Mapping[str, str]) -> str:
    """A server that shows the scheme a client sent, though not the address."""
    return f"172.17.0.1 over {headers['X-Forwarded-Proto']}, to 127.0.0.1"


def took(**changes: int) -> Change:
    """Change what a container took of its memory."""
    return boots(taken=replace(TAKEN, **changes))


def quoted(path: str, agent: str) -> str:
    """A hand-written format that thinks of quotes, and of nothing else."""
    return f'{{"path": "{path}", "agent": "{agent.replace(chr(34), chr(92) + chr(34))}"}}'


NO_CACHE_TIME = replace(SCRIPT, headers={"content-type": "text/javascript"})
NEVER_CACHED = replace(SCRIPT, headers={**SCRIPT.headers, "cache-control": "max-age=0, must-revalidate"})
FALLBACK = reply(body=PAGE, kind="text/html")
FAILED = BuildError("the image does not build:", "no space left")
IMAGE: list[tuple[str, str, Change, str]] = [
    ("builds-clean", "a-stage-does-not", stops(FAILED, "target build"), "the image does not build:"),
    ("builds-clean", "no-stage", writes("# empty\n"), "0 of 0 stages built"),
    ("inputs-pinned", "latest", writes(DOCKERFILE.replace("3.13-slim", "latest")), "tag: python:latest"),
    ("inputs-pinned", "no-tag", writes("FROM python\n"), "without an exact tag: python"),
    ("inputs-pinned", "copied-from-latest", writes(DOCKERFILE + "COPY --from=uv / /\n"), "without an exact tag: uv"),
    ("inputs-pinned", "no-base", writes("FROM scratch\n"), "without an exact tag: no base at all"),
    ("inputs-pinned", "lock-not-enforced", stops(None), "built although requirements.txt was edited"),
    ("inputs-pinned", "stops-for-another-reason", stops(FAILED), "but not for that reason:"),
    (
        "inputs-pinned",
        "nothing-to-edit",
        writes("flask\n", "requirements.txt"),
        "requirements.txt does not hold '==1.0'",
    ),
    (
        "no-secrets",
        "in-a-layer",
        leaks(SECRET, "/root/.netrc"),
        "asked for by the build: found /root/.netrc in layer 0123",
    ),
    ("no-secrets", "in-history", leaks(SECRET, "RUN pip install", "history"), "found RUN pip install in history"),
    ("no-secrets", "in-a-label", leaks(SECRET, "token", "label"), "found token in label"),
    ("no-secrets", "in-the-log", has(spills=True), "found a secret in the build log"),
    ("no-secrets", "in-env", says(env={"API_TOKEN": "x"}), "API_TOKEN in env"),
    ("no-context-leak", "in-a-layer", leaks(FILE, "/app/.env"), "7 planted files: /app/.env in layer 0123"),
    ("no-context-leak", "node-modules", leaks(FILE, "/app/node_modules/private/index.js"), "private/index.js in layer"),
    ("no-setuid", "su", has(setuid=("/usr/bin/su",)), "3 layers: /usr/bin/su"),
    ("no-setuid", "two", has(setuid=("/usr/bin/mount", "/usr/bin/su")), "3 layers: /usr/bin/mount, /usr/bin/su"),
    ("lean", "compiler", has(files=("/usr/bin/gcc-14",)), "left over: /usr/bin/gcc-14"),
    ("lean", "cross-compiler", has(files=("/usr/bin/x86_64-linux-gnu-gcc-14",)), "over: /usr/bin/x86_64-linux-gnu-gcc"),
    (
        "lean",
        "package-lists",
        has(files=("/var/lib/apt/lists/deb.debian.org_Packages.lz4",)),
        "over: /var/lib/apt/lists",
    ),
    ("lean", "cache", has(files=("/root/.cache/pip/http/a",)), "left over: /root/.cache/pip/http/a"),
    ("lean", "absent-program", has(files=("/usr/local/bin/npm",)), "left over: /usr/local/bin/npm"),
    (
        "lean",
        "too-large",
        has(stack=(*STACK, Layer(id="d", bytes=60 * MIB, own=True))),
        "adds 101 of 100 MiB to its base",
    ),
    (
        "layer-stable",
        "copied-before-installing",
        has(moves={"app/app.py": ("installed", "code")}),
        "an edit of app/app.py and another revision move 2 of 2 layers, 41.0 of 41.0 MiB",
    ),
    (
        "layer-stable",
        "revision-above-installing",
        has(moves={"app/app.py": ("code",), "REVISION": ("installed", "code")}),
        "move 2 of 2 layers",
    ),
    ("layer-stable", "code-not-in-it", has(moves={}), "move 0 of 2 layers, 0.0 of 41.0 MiB"),
    ("traceable", "no-label", has(labels=lambda _: {}), f"no label {REVISION_LABEL}"),
    ("traceable", "never-told", labelled("unknown"), "built with REVISION=5f1c9e0a7d3b, labelled 'unknown'"),
    ("traceable", "shortened", labelled("5f1c9e0"), "labelled '5f1c9e0'"),
]
BOOT: list[tuple[str, str, Change, str]] = [
    ("numeric-non-root", "root", boots(uid=0), "root runs '/usr/bin/python gunicorn'"),
    ("numeric-non-root", "first-is-root", boots(first_uid=0), "uid 0, 10001 for 4 of 4 processes; root runs"),
    ("numeric-non-root", "late-root", boots(late_uid=0), "uid 0, 10001 for 5 of 5 processes; root runs 'late'"),
    ("numeric-non-root", "by-name", says(user="app"), "USER is 'app': a name"),
    ("numeric-non-root", "no-user", says(user=""), "USER is '': a name"),
    ("numeric-non-root", "zero", says(user="0"), "USER is '0': root"),
    ("any-uid", "not-up", down("Permission denied", lambda p: bool(p.user)), "does not come up: Permission denied"),
    ("any-uid", "takes-another", boots(uid=10001), "3 of 3 requests answered 200, as uid 10001, gid 0"),
    ("any-uid", "late-root", only(lambda p: bool(p.user), late_uid=0), "as uid 0, 1000770000"),
    ("any-uid", "page-fails", only(lambda p: bool(p.user), replies={"/": reply(500)}), "GET / answered 500"),
    ("read-only-root", "complains", boots(stderr="OSError: [Errno 30] Read-only file system\n"), "Read-only file"),
    ("read-only-root", "complains-late", boots(late="EROFS: open '/cache'\n"), "EROFS: open '/cache'"),
    ("read-only-root", "page-fails", answers("/", reply(500)), "answered 500 after 0.1 s where 200 was expected"),
    ("read-only-root", "not-up", down("no usable temporary directory", lambda p: p.read_only), "no usable temporary"),
    ("no-privileges", "page-fails", answers("/readyz", reply(503)), "answered 503"),
    ("no-privileges", "not-up", down("setgid: not permitted", lambda p: p.unprivileged), "setgid: not permitted"),
    ("unprivileged-port", "another-one", boots(ports=frozenset({80, 8000})), "below 1024 are root's; and on 80"),
    ("unprivileged-port", "not-up", down("cannot bind :80", lambda p: p.unprivileged), "not come up: cannot bind :80"),
    ("server-is-pid-1", "shell", boots(first="/bin/sh -c gunicorn"), "process 1 is '/bin/sh -c gunicorn'"),
    ("server-is-pid-1", "script", boots(first="bash /srv/start"), "process 1 is 'bash /srv/start'"),
    ("server-is-pid-1", "gone", boots(first=""), "process 1 was gone"),
    ("reachable", "debug-port", boots(ports=frozenset({8000, 5678})), "listens on 5678, 8000"),
    ("reachable", "nothing-listens", boots(ports=frozenset()), "listens on nothing"),
    ("reachable", "not-found", answers("/livez", reply(404)), "answered 404"),
    ("reachable", "body-cut", answers("/readyz", CUT), "GET /readyz answered 200, cut short after 0.1 s"),
    ("honours-port", "stays", boots(ports=frozenset({8000})), "with PORT=9123 it listens on 8000"),
    ("honours-port", "both", boots(ports=frozenset({8000, 9123})), "it listens on 8000, 9123"),
    ("fails-fast", "exits-0", without_setting(ends=(0, 0.4)), "exit 0 after 0.4 s"),
    ("fails-fast", "mute", without_setting(stdout=["{}"]), "does not name it"),
    ("fails-fast", "runs-on", without_setting(ends=(1, 99.0)), "still running after 15 s"),
]
LIFECYCLE: list[tuple[str, str, Change, str]] = [
    ("health-honest", "none", says(healthcheck=None), "declares no HEALTHCHECK"),
    ("health-honest", "every-five-minutes", checked(interval_s=300.0), "notice a frozen server only after 909 s"),
    (
        "health-honest",
        "never-healthy",
        boots(health_after_s={}),
        "30 s after its first answer: exit 1: curl: not found",
    ),
    ("health-honest", "always-healthy", boots(health_after_s={"healthy": 1.0}), "still called healthy"),
    # gunicorn exits 0 all the same.
    ("drains", "cut-short", boots(slow=CUT, ends=(0, 3.0)), "200, cut short after 0.1 s; exit 0 after 3.0 s"),
    ("drains", "not-slow", boots(signalled_s=0.2), "/slow was answered before the signal: it is not slow"),
    ("drains", "fails", boots(slow=reply(500)), "request in flight 500"),
    ("drains", "no-answer", boots(slow=ContainerError("reset by peer")), "got no answer after SIGTERM: reset by peer"),
    ("drains", "exits-otherwise", boots(ends=(143, 3.0)), "exit 143 after 3.0 s of 30 s"),
    ("drains", "outlives-its-grace", boots(ends=(0, 31.0)), "still running after 30 s"),
    (
        "grace-adds-up",
        "no-time-left",
        boots(outputs={"gunicorn": SETTINGS.replace("25", "28")}),
        "2 s before the signal and 28 s for the last requests, of 30 s of grace",
    ),
    ("grace-adds-up", "waits-longer", boots(outputs={"gunicorn": SETTINGS.replace("25", "90")}), "90 s for the last"),
    (
        "live-is-not-ready",
        "live-fails-too",
        boots(lost={"/livez": reply(503), "/readyz": reply(503)}),
        "gone: live 503",
    ),
    ("live-is-not-ready", "live-cut", boots(lost={"/livez": CUT, "/readyz": reply(503)}), "postgres:18 gone: live 200"),
    (
        "live-is-not-ready",
        "always-ready",
        boots(lost={}),
        "live 200, never answered 503 when asked whether it is ready",
    ),
    ("live-is-not-ready", "ready-fails", boots(lost={"/readyz": reply(500)}), "never answered 503"),
    (
        "live-is-not-ready",
        "never-ready",
        answers("/readyz", reply(503)),
        "/readyz never answered 200 beside postgres:18",
    ),
    ("live-is-not-ready", "never-again", boots(recovers=False), "gone: live 200, ready 503; not ready again"),
    ("crash-safe", "worker-never-gone", boots(dies=False), "1 of 3 workers killed: never back"),
    ("crash-safe", "worker-never-back", boots(respawns=False), "1 of 3 workers killed: never back; killed whole and"),
    ("crash-safe", "pid-file-left", boots(restart=NotReadyError("Already running")), "not come up: Already running"),
    (
        "reload-lossless",
        "requests-reset",
        boots(load=Load(sent=100, failed=1, failure="no answer on port 8000 to GET /")),
        "the new version after 0.2 s, in 4 of 4 reloads; 396 of 400 requests whole and 200; no answer on port 8000 to",
    ),
    ("reload-lossless", "preloaded", boots(reloads=0), "SIGHUP: the new version is never seen; 400 of 400"),
    ("reload-lossless", "once-and-never-again", boots(reloads=2), "after 0.2 s, in 2 of 4 reloads; 1200 of 1200"),
    (
        "reload-lossless",
        "shown-before",
        boots(files={RELOAD.path: b"VERSION = 1\n# not VERSION = 2\n"}),
        "/api/version shows 'VERSION = 2' before anything was edited",
    ),
    ("reload-lossless", "nothing-sent", boots(load=Load(sent=0)), "0 of 0 requests whole and 200"),
    ("reload-lossless", "nothing-to-edit", boots(files={RELOAD.path: b""}), "does not hold 'VERSION = 1' once"),
    ("reload-lossless", "edit-is-ambiguous", boots(files={RELOAD.path: b"VERSION = 1\n" * 2}), "'VERSION = 1' once"),
    ("reload-lossless", "no-such-file", boots(files={}), "there is no /srv/app/app.py in the container"),
]
RESOURCES: list[tuple[str, str, Change, str]] = [
    ("cpu-aware", "host", boots(workers=17), "workers: 17 at 0.5 CPU, 17 at 1 CPU, 17 at 2 CPU; the host has"),
    ("cpu-aware", "half-is-one", only(lambda p: p.cpus < 1, workers=3), "3 at 0.5 CPU, 3 at 1 CPU, 5 at 2 CPU"),
    ("cpu-aware", "fewer", only(lambda p: p.cpus > 1, workers=1), "2 at 0.5 CPU, 3 at 1 CPU, 1 at 2 CPU"),
    (
        "fits-memory",
        "killed",
        took(killed=2),
        "peak 90 of 512 MiB with 8 clients, 400 of 400 requests whole and 200; 2 proc",
    ),
    ("fits-memory", "unlimited", took(limit_bytes=0), "peak 90 of 0 MiB"),
    ("fits-memory", "other-limit", took(limit_bytes=1024 * MIB), "peak 90 of 1024 MiB"),
    (
        "fits-memory",
        "fails",
        boots(load=Load(sent=400, failed=1, failure="GET / answered 502")),
        "399 of 400 requests whole",
    ),
    ("fits-memory", "hardly-asked", boots(load=Load(sent=49)), "49 of 49 requests"),
    (
        "state-explicit",
        "volume",
        boots(mounted=("/data",)),
        "anonymous volumes: /data; files written outside /tmp: none",
    ),
    ("state-explicit", "file", boots(written=("/srv", "/srv/app.db")), "none; files written outside /tmp: /srv/app.db"),
    ("state-explicit", "like-temporary", boots(written=("/srv/tmp/a",)), "files written outside /tmp: /srv/tmp/a"),
]
LOGS: list[tuple[str, str, Change, str]] = [
    ("logs-structured", "plain", boots(stdout=["Listening at"]), "not one JSON object: 'Listening at'"),
    ("logs-structured", "a-json-text", boots(stdout=['"text"']), "not one JSON object: '\"text\"'"),
    ("logs-structured", "on-stderr", boots(stderr="warning\n"), "on stderr: 'warning'"),
    ("logs-structured", "a-log-file", boots(written=("/app/error.log",)), "a log file: /app/error.log"),
    ("logs-structured", "no-access-lines", boots(access_line=lambda *_: "{}"), "access lines a request: [0, 0, 0]"),
    ("logs-structured", "two-each", boots(access_line=lambda p, _: f'{{"p": "{p}"}}\n{{"p": "{p}"}}'), "[2, 2, 2]"),
    (
        "logs-structured",
        "breaks-on-a-quote",
        boots(access_line=lambda p, a: f'{{"{p}": "{a}"}}'),
        "not one JSON object: ",
    ),
    ("logs-structured", "breaks-on-a-backslash", boots(access_line=quoted), r'\\"quoted\\" \\ back\\slash'),
    ("logs-structured", "mute", boots(stdout=[], access_line=lambda *_: ""), "one each expected"),
]
WEB: list[tuple[str, str, Change, str]] = [
    ("config-meant", "unknown-name", boots(outputs={"python3": "2 log_level\n", "gunicorn": ""}), "named log_level"),
    (
        "config-meant",
        "other-value",
        boots(outputs={"python3": "1\n", "gunicorn": "workers = 9\n"}),
        "is '9', stated '3'",
    ),
    ("config-meant", "mute", boots(outputs={"python3": "", "gunicorn": "workers = 3\n"}), "1 settings read, "),
    (
        "proxy-trust",
        "always",
        boots(seen=seen_through(1)),
        "without a proxy it believes 203.0.113.9, https, forged.example",
    ),
    ("proxy-trust", "refuses", answers("/api/request", reply(500)), "GET /api/request answered 500"),
    ("proxy-trust", "scheme-alone", only(lambda p: not p.env, seen=believes), "without a proxy it believes https"),
    (
        "proxy-trust",
        "never",
        boots(seen=seen_through(0)),
        "behind a proxy it does not see 203.0.113.9: '172.17.0.1 over",
    ),
    ("proxy-trust", "address-lost", only(lambda p: bool(p.env), seen=believes), "does not see 203.0.113.9"),
    (
        "proxy-trust",
        "one-too-many",
        only(lambda p: bool(p.env), seen=seen_through(2)),
        "behind a proxy it believes the client's own 198.51.100.66",
    ),
    ("assets-complete", "missing", answers("/assets/app.css", reply(404)), "GET /assets/app.css answers 404"),
    ("assets-complete", "cut", answers("/assets/app.js?v=1", replace(SCRIPT, whole=False)), "answers 200, cut short"),
    (
        "assets-complete",
        "named-by-a-style",
        answers("/assets/app.css", replace(STYLE, body=b"a{background:url(far/sky.png)}")),
        "GET /assets/far/sky.png answers 404",
    ),
    ("assets-complete", "type", answers("/assets/app.css", SCRIPT), "app.css is of type text/javascript, not text/css"),
    (
        "assets-complete",
        "no-cache-time",
        answers("/assets/app.js?v=1", NO_CACHE_TIME),
        "no cache time: no Cache-Control",
    ),
    ("assets-complete", "never-cached", answers("/assets/app.js?v=1", NEVER_CACHED), "no cache time: max-age=0, must"),
    (
        "assets-complete",
        "fallback",
        boots(stray=lambda _: FALLBACK),
        "GET /assets/hb-no-such-file.js answers 200; GET /api",
    ),
    (
        "assets-complete",
        "api",
        answers("/api/absent", FALLBACK),
        "/api/absent, which is not there, answers 200 text/html",
    ),
    ("assets-complete", "api-answers", answers("/api/absent", reply()), "there, answers 200 application/json"),
    (
        "assets-complete",
        "api-page",
        answers("/api/absent", reply(404, kind="text/html")),
        "there, answers 404 text/html",
    ),
    ("assets-complete", "page-fails", answers("/", reply(500)), "GET / answered 500 after 0.1 s"),
]
BROKEN = [*IMAGE, *BOOT, *LIFECYCLE, *RESOURCES, *LOGS, *WEB]
