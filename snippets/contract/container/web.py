"""What a web server promises: its settings mean what they say, it knows its proxy, and its pages are whole."""

import re
import shlex
from pathlib import PurePosixPath

from ...errors import UndescribedError
from ..observation import PLAIN, Posture
from ..project import Project
from ..promise import Judgement, kept_if, promise
from ..subject import Container, Image
from .boot import SHELLS
from .requests import expect_200

# Runs inside the container, so that the server's own version answers for its own settings: how many the file sets,
# then the names that are none and that the file itself has no use for, as it has for a step in between.
NAMES = """
import ast, sys, gunicorn.config as known
scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
def uses(node):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name):
            yield child.id, type(child.ctx)
        if not isinstance(child, scopes):
            yield from uses(child)
try:
    tree = ast.parse(open(sys.argv[1]).read())
except FileNotFoundError:
    print("absent")
    sys.exit()
bound = {name for name, use in uses(tree) if use is ast.Store}
read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
settings = {s.name for s in known.KNOWN_SETTINGS}
unknown = sorted(n for n in bound - settings - read if not n.startswith("_") and not n.isupper())
print(len(bound & settings), ", ".join(unknown))
"""

PRINT = "--print-config"
CLIENT, FORGED = "203.0.113.9", "198.51.100.66"


def gunicorn_table(image: Image, container: Container) -> dict[str, str]:
    """Name -> value of all of gunicorn's settings, as the image's own command has them."""
    whole = (*image.config.entrypoint, *image.config.command)
    # Without an entry point, which may do more than start it, where that can be; bare where something else starts it.
    candidates = (image.config.command, whole, ("gunicorn",))
    command = next(words for words in candidates if any("gunicorn" in word for word in words))
    if "-c" in command and PurePosixPath(command[0]).name in SHELLS:
        # A shell takes its whole script as one word.
        command = (*command[:-1], f"{command[-1]} {PRINT}")
    else:
        command = (*command, PRINT)
    printed = container.run(shlex.join(command)).stdout
    return dict(re.findall(r"^(\w+)\s+= (.*)$", printed, flags=re.MULTILINE))


def _interpreter(container: Container) -> str:
    """The Python that runs gunicorn, which need not be the first on PATH."""
    programs = [process.args.partition(" ")[0] for process in container.processes()]
    return next((program for program in programs if PurePosixPath(program).name.startswith("python")), "python3")


@promise(family="web", authority="https://gunicorn.org/reference/settings/", exemptible=True)
def config_meant(image: Image, project: Project) -> Judgement:
    """The server knows every setting in its configuration, and their effective values are the stated ones."""
    if project.server != "gunicorn":
        raise UndescribedError("server", "gunicorn, the only one whose table of settings is known here")
    with image.boot(PLAIN) as container:
        table = gunicorn_table(image, container)
        file = table.get("config", "gunicorn.conf.py").removeprefix("file:")
        told = container.run(shlex.join([_interpreter(container), "-c", NAMES, file])).stdout
        found, _, unknown = told.strip().partition(" ")
    if unknown:
        return kept_if(condition=False, seen=f"gunicorn has no setting named {unknown}, and says nothing")
    if not table:
        why = "`config-meant`, with the reason: behind the image's command gunicorn prints no table of its settings"
        raise UndescribedError("skip", why)
    wrong = [
        f"{name} is {table.get(name)!r}, stated {value!r}"
        for name, value in project.effective.items()
        if table.get(name) != value
    ]
    stated = len(project.effective)
    names = f"there is no {file}" if found == "absent" else f"{file} sets {found} of them and 0 unknown names"
    seen = f"{len(table)} settings read, {names}, {stated - len(wrong)} of {stated} stated values in effect"
    return kept_if(not wrong and bool(found), "; ".join([seen, *wrong]))


@promise(family="web", authority="https://flask.palletsprojects.com/en/stable/deploying/proxy_fix/", exemptible=True)
def proxy_trust(image: Image, project: Project) -> Judgement:
    """Behind its proxy it sees the client's address and https; what a client forges it never believes."""
    proxy = project.proxy
    if proxy is None:
        raise UndescribedError("proxy", "the environment that says one is in front, and a path that tells the client")
    spoofed = {"X-Forwarded-For": CLIENT, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "forged.example"}
    with image.boot(PLAIN) as container:
        direct = expect_200(container, proxy.path, headers=spoofed).body.decode(errors="replace")
    # A proxy adds the address it saw to what the client sent, and says over what it was asked.
    added = {**spoofed, "X-Forwarded-For": f"{FORGED}, {CLIENT}", "X-Forwarded-Host": "shop.example"}
    with image.boot(Posture(env=tuple(sorted(proxy.env.items())))) as container:
        behind = expect_200(container, proxy.path, headers=added).body.decode(errors="replace")
    believed = [word for word in (CLIENT, "https", "forged.example") if word in direct]
    faults = [f"without a proxy it believes {', '.join(believed)}"] if believed else []
    faults += [
        f"behind a proxy it does not see {word}: {behind[:200]!r}" for word in (CLIENT, "https") if word not in behind
    ]
    faults += [f"behind a proxy it believes the client's own {FORGED}"] * (FORGED in behind)
    seen = f"without a proxy 3 of 3 forged headers ignored; behind one it sees {CLIENT} over https"
    return kept_if(not faults, "; ".join(faults) or seen)
