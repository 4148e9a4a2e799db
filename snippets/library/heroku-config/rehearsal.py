"""Config vars that change house: each arrives to the byte, none is printed, and the release command runs once."""

import json
import re
import shlex
from collections.abc import Mapping

from ...contract.confinement import POSTGRES, Bounds, all_confined
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Stack

CONFIG_VARS = "https://devcenter.heroku.com/articles/config-vars"
TAKE = "./take-config app.json"
EXAMPLE = "example/config.json"
PLATFORMS = ("DATABASE_URL", "HEROKU_APP_NAME")
ASKED_FOR = "GREETING"
CANARY = "canary-17"
OK, THEIRS_ALONE = 200, 0o700
MIGRATED = re.compile(r"\d+ migrations ran")
SHEET = "https://cheatsheetseries.owasp.org/cheatsheets"
BOUNDS = {"web": Bounds(("/tmp",)), "worker": Bounds(("/tmp",)), "db": POSTGRES}


def stated(stack: Stack) -> Mapping[str, str]:
    """What Heroku says."""
    return dict(json.loads((stack.root / EXAMPLE).read_text()))


def taken(stack: Stack, told: str) -> tuple[int, str]:
    """Hand this to the script: how it ends, and all that it prints."""
    done = stack.run(f"printf %s {shlex.quote(told)} | {TAKE} 2>&1", check=False)
    return done.status, done.stdout + done.stderr


def held(stack: Stack) -> Mapping[str, bytes]:
    """The files that there are."""
    return {file.name: file.read_bytes() for file in (stack.root / "config" / "vars").iterdir()}


@promise(family="rehearsal", authority=CONFIG_VARS)
def every_value_arrives_whole(stack: Stack) -> Judgement:
    """Quotes, `$`, `=`, `#`, backticks and newlines, the last one too: the server has each value to the byte."""
    expected = {name: value for name, value in stated(stack).items() if name not in PLATFORMS}
    # Of the first process: what the engine starts beside it has none of them.
    told = stack.run("cat /proc/1/environ", on="web").stdout
    arrived = dict(each.partition("=")[::2] for each in told.split("\0") if each)
    others = [name for name, value in expected.items() if arrived.get(name) != value]
    whose = "ours" if "@db:" in arrived.get("DATABASE_URL", "") else "Heroku's"
    answers = stack.get("/readyz").status
    seen = f"of {len(expected)} values {len(expected) - len(others)} arrive byte for byte"
    seen += f", and not {' and '.join(others)}" if others else ""
    seen += f"; the address of the database is {whose}; GET /readyz {answers}"
    return kept_if(bool(expected) and not others and whose == "ours" and answers == OK, seen)


@promise(family="rehearsal", authority="https://12factor.net/config")
def no_value_is_printed(stack: Stack) -> Judgement:
    """Whether it goes well or not, the script prints names alone, and nobody else on the machine reads the files."""
    config = stated(stack)
    tries = {"all of it": json.dumps(config), "half of it": json.dumps({**config, "SECRET_KEY": CANARY})[:-30]}
    tries["what is no text"] = json.dumps({**config, "SECRET_KEY": [CANARY]})
    ends, leaks = {}, []
    for what, told in tries.items():
        ends[what], printed = taken(stack, told)
        secrets = [CANARY, *(line for value in config.values() for line in value.splitlines() if len(line) > 1)]
        leaks += [what] * any(secret in printed for secret in secrets)
    mode = (stack.root / "config").stat().st_mode & 0o777
    seen = ", ".join(f"{what}: exit {status}" for what, status in ends.items())
    seen += f"; values are printed of {' and '.join(leaks) or 'none'}; the directory has mode {mode:o}"
    fails = [status for what, status in ends.items() if what != "all of it"]
    return kept_if(ends["all of it"] == 0 and all(fails) and not leaks and mode == THEIRS_ALONE, seen)


@promise(family="rehearsal", authority="https://devcenter.heroku.com/articles/app-json-schema#env")
def what_is_asked_for_and_missing_is_named(stack: Stack) -> Judgement:
    """A variable that app.json asks for and nobody has set: it is named, and the files stay as they were."""
    config = stated(stack)
    taken(stack, json.dumps(config))
    before = held(stack)
    without = {name: value for name, value in config.items() if name != ASKED_FOR}
    status, printed = taken(stack, json.dumps(without))
    named, same = ASKED_FOR in printed and "asks for" in printed, held(stack) == before
    seen = f"without {ASKED_FOR} it exits {status} and {'names' if named else 'does not name'} it; the files are "
    seen += "as before" if same else "others now"
    return kept_if(status != 0 and named and same and len(before) == len(config) - len(PLATFORMS), seen)


@promise(family="rehearsal", authority="https://devcenter.heroku.com/articles/release-phase")
def release_runs_once_before_the_others(stack: Stack) -> Judgement:
    """At an `up` that replaces everything the release command runs once, and ends before anything else begins."""
    stack.compose("up --no-build --detach --wait --force-recreate")
    states = {name: json.loads(stack.unit(name).told)[0]["State"] for name in ("release", "web", "worker")}
    ran = sum(len(MIGRATED.findall(stack.logs(name))) for name in states)
    ended = states["release"]["FinishedAt"]
    early = [name for name, state in states.items() if name != "release" and state["StartedAt"] < ended]
    status = states["release"]["ExitCode"]
    seen = f"it ran {ran} times and exits {status}; before its end {' and '.join(early) or 'nobody'} began"
    return kept_if(ran == 1 and status == 0 and not early, seen)


@promise(family="rehearsal", authority=f"{SHEET}/Docker_Security_Cheat_Sheet.html")
def every_container_is_confined(stack: Stack) -> Judgement:
    """Each writes to the mounts that it needs, holds the capabilities that it is given, and may not gain others."""
    return all_confined(stack, BOUNDS)
