"""Heroku's own client, on a platform that is played: what it prints and is told, and that it reaches nobody else."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft4Validator, FormatChecker, ValidationError
from jsonschema.validators import extend

from ...contract.confinement import Bounds, all_confined
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Stack
from ...errors import ContainerError

DOCS = "https://devcenter.heroku.com/articles"
TAKE = "./heroku config --json --app notes | ./take-config app.json"
# What a shell makes of the form that is for shells, and that alone.
READ = """
./heroku config --shell --app notes > printed
env --ignore-environment PATH="$PATH" bash -c 'set -a; . ./printed; env --null'
"""
TABLE = "./heroku config --app notes"
STOP = "./heroku maintenance:on --app notes && ./heroku ps:scale web=0 worker=0 --app notes"
SCALED = "./heroku ps:scale --app notes"
STOPPED = "web=0:Standard-1X worker=0:Standard-1X"
INSIDE = "docker compose --progress quiet run --rm --no-TTY --entrypoint cat heroku "
EXAMPLE, SCHEMA = "example/config.json", "platform/schema.json"
PLATFORMS = ("DATABASE_URL", "HEROKU_APP_NAME")
VERSION = re.compile(r"heroku/(\S+)")
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
EVERYWHERE = "00000000"
OK = 200
SHEET = "https://cheatsheetseries.owasp.org/cheatsheets"
BOUNDS = {"platform": Bounds(())}


def stated(stack: Stack) -> Mapping[str, str]:
    """What the platform has."""
    return dict(json.loads((stack.root / EXAMPLE).read_text()))


def held(stack: Stack) -> Mapping[str, bytes]:
    """The files that there are."""
    folder = stack.root / "config" / "vars"
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.is_dir() else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A request that Heroku publishes, with the form of its reply; `path` is a regular expression."""

    method: str
    path: str
    form: Mapping[str, Any]

    def meant(self, exchange: Mapping[str, Any]) -> bool:
        """Whether it is this one that was asked."""
        return self.method == exchange["method"] and re.fullmatch(self.path, exchange["path"]) is not None

    def faults(self, reply: object) -> str:
        """What of a reply is otherwise; empty where nothing is."""
        judge = extend(Draft4Validator, {"strictProperties": strict})(self.form, format_checker=FormatChecker())
        return "; ".join(error.message for error in judge.iter_errors(reply))


def strict(_: object, wanted: object, told: object, form: Mapping[str, Any]) -> Iterator[ValidationError]:
    """A keyword of Heroku's own: each key that is named is there, and no other."""
    if wanted and isinstance(told, dict):
        for key in sorted(form["properties"].keys() ^ told.keys()):
            yield ValidationError(f"{key} is {'not published' if key in told else 'missing'}")


def published(stack: Stack) -> Sequence[Published]:
    """All that the schema has."""
    schema = json.loads((stack.root / SCHEMA).read_text())
    return [
        Published(
            method=link["method"],
            path=re.sub(r"\{[^}]*\}", "[^/]+", link["href"]),
            form={**link["targetSchema"], "definitions": schema["definitions"]},
        )
        for definition in schema["definitions"].values()
        for link in definition.get("links", ())
    ]


def exchanges(stack: Stack) -> Sequence[Mapping[str, Any]]:
    """What the platform was asked and has answered, in order."""
    # Compose clears a terminal's line before each of them, also where there is none.
    lines = (line.partition("{") for line in stack.logs("platform").splitlines())
    return [json.loads(brace + rest) for _, brace, rest in lines if brace]


@promise(family="rehearsal", authority=f"{DOCS}/heroku-cli-commands#heroku-config")
def what_the_client_prints_arrives_whole(stack: Stack) -> Judgement:
    """Heroku's own client prints the config vars as JSON, and each of the application's becomes a file, to the byte."""
    config = stated(stack)
    expected = {name: value.encode() for name, value in config.items() if name not in PLATFORMS}
    done = stack.run(TAKE, check=False)
    if done.status != 0:
        # Each line once, and no address: that is another one each time.
        said = dict.fromkeys(ADDRESS.sub("the played one", line).strip() for line in done.stderr.splitlines())
        raise ContainerError(f"it exits {done.status}: {' '.join(said)}")
    arrived = held(stack)
    others = [name for name, value in expected.items() if arrived.get(name) != value]
    read = dict(each.partition("=")[::2] for each in stack.run(READ).stdout.split("\0"))
    lost = [name for name, value in config.items() if read.get(name) != value]
    table = stack.run(TABLE).stdout.splitlines()
    loose = [line for line in table if line and not line.startswith(("===", *config))]
    version = VERSION.search(stack.run("./heroku --version").stdout)
    seen = f"heroku {version[1] if version else 'of no version'} prints as JSON {len(expected)} values, of which "
    seen += f"{len(expected) - len(others)} arrive byte for byte; of what it prints for a shell, that reads "
    seen += f"{' and '.join(lost) or 'none'} otherwise; of its table {len(loose)} lines begin with no name"
    return kept_if(bool(expected) and version is not None and not others and set(arrived) == set(expected), seen)


@promise(family="rehearsal", authority=f"{DOCS}/platform-api-reference")
def each_reply_is_as_published(stack: Stack) -> Judgement:
    """The platform is played, and each of its replies has the form that Heroku publishes: to the last key."""
    stack.run(f"{STOP} && ./heroku config --json --app notes")
    scaled = stack.run(SCALED).stdout.strip()
    known, said = published(stack), exchanges(stack)
    unasked = [each for each in known if not any(each.meant(exchange) for exchange in said)]
    faults: dict[str, str] = {}
    for exchange in said:
        meant = [each for each in known if each.meant(exchange)]
        fault = "; ".join(each.faults(exchange["reply"]) for each in meant) if meant else "nobody publishes that"
        if fault or exchange["status"] != OK:
            faults[f"{exchange['method']} {exchange['path']}"] = fault or str(exchange["status"])
    odd = ", ".join(f"{asked}: {fault}" for asked, fault in faults.items())
    seen = f"the platform is played; asked for {len(known) - len(unasked)} things of {len(known)}, it replies as "
    seen += f"published to all{f' but {odd}' if odd else ''}; then the client says {scaled}"
    return kept_if(bool(known) and not unasked and not faults and scaled == STOPPED, seen)


@promise(family="rehearsal", authority="https://docs.docker.com/reference/compose-file/networks/#internal")
def nothing_reaches_heroku(stack: Stack) -> Judgement:
    """From where the client runs no route leads anywhere but to the played platform, which has Heroku's name there."""
    stack.run("./heroku config --json --app notes")
    routes = [line.split() for line in stack.run(f"{INSIDE}/proc/net/route").stdout.splitlines()[1:]]
    out = [route for route in routes if route[1] == EVERYWHERE]
    by = {str(each["by"]).partition("/")[0] for each in exchanges(stack)}
    seen = f"{len(out) or 'none'} of its {len(routes)} routes leads out; the played platform was asked by "
    seen += " and ".join(sorted(by)) or "nobody"
    return kept_if(bool(routes) and not out and by == {"heroku-cli"}, seen)


@promise(family="rehearsal", authority=f"{SHEET}/Docker_Security_Cheat_Sheet.html")
def every_container_is_confined(stack: Stack) -> Judgement:
    """Each writes to the mounts that it needs, holds the capabilities that it is given, and may not gain others."""
    return all_confined(stack, BOUNDS)
