"""What a web server promises: its settings mean what they say, it knows its proxy, and its pages are whole."""

import re

from snippets.contract.observation import PLAIN, Posture
from snippets.contract.project import Project
from snippets.contract.promise import Judgement, kept_if, promise
from snippets.contract.requests import expect_200
from snippets.contract.subject import Image
from snippets.errors import UndescribedError

# Runs inside the container, so that the server's own version answers for its own settings.
NAMES = """
import ast, gunicorn.config as known
tree = ast.parse(open("gunicorn.conf.py").read())
kinds = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
bound = [n for n in tree.body if not isinstance(n, kinds)]
names = {t.id for n in bound for t in getattr(n, "targets", [getattr(n, "target", None)]) if isinstance(t, ast.Name)}
settings = {s.name for s in known.KNOWN_SETTINGS}
print("\\n".join(sorted(n for n in names if n not in settings and not n.startswith("_") and not n.isupper())))
"""

CLIENT, FORGED = "203.0.113.9", "198.51.100.66"


def settings_of(printed: str) -> dict[str, str]:
    """Name -> value of all settings that `gunicorn --print-config` shows."""
    return dict(re.findall(r"^(\w+)\s+= (.*)$", printed, flags=re.MULTILINE))


@promise(family="web", authority="https://gunicorn.org/reference/settings/", exemptible=True)
def config_meant(image: Image, project: Project) -> Judgement:
    """The server knows every setting in its configuration, and their effective values are the stated ones."""
    if project.server != "gunicorn":
        raise UndescribedError("server", "gunicorn, the only one whose table of settings is known here")
    with image.boot(PLAIN) as container:
        unknown = container.run(["python3", "-c", NAMES]).split()
        printed = container.run(["gunicorn", "--print-config"])
    if unknown:
        return kept_if(condition=False, seen=f"gunicorn has no setting named {', '.join(unknown)}, and says nothing")
    table = settings_of(printed)
    wrong = [
        f"{name} is {table.get(name)!r}, stated {value!r}"
        for name, value in project.effective.items()
        if table.get(name) != value
    ]
    stated = len(project.effective)
    seen = f"{len(table)} settings read, 0 unknown names, {stated - len(wrong)} of {stated} stated values in effect"
    return kept_if(not wrong and bool(table), "; ".join([seen, *wrong]))


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
