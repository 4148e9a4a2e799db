"""What a web server promises: that its settings mean what their author thinks they mean."""

import re

from snippets.contract.project import Project
from snippets.contract.promise import Judgement, kept_if, promise
from snippets.contract.subject import Image

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


@promise(family="web", authority="https://gunicorn.org/reference/settings/", exemptible=True)
def config_meant(image: Image, project: Project) -> Judgement:
    """The server knows every setting in its configuration, and their effective values are the stated ones."""
    if project.server != "gunicorn":
        return kept_if(condition=False, seen=f"no settings table is known for the server {project.server!r}")
    # One CPU, so that values which follow the limit are the same on every machine.
    with image.boot(cpus=1.0) as container:
        unknown = container.run(["python3", "-c", NAMES]).split()
        printed = container.run(["gunicorn", "--print-config"])
    if unknown:
        return kept_if(condition=False, seen=f"gunicorn has no setting named {', '.join(unknown)}, and says nothing")
    table = dict(re.findall(r"^(\w+)\s+= (.*)$", printed, flags=re.MULTILINE))
    wrong = [
        f"{name} is {table.get(name)!r}, stated {value!r}"
        for name, value in project.effective.items()
        if table.get(name) != value
    ]
    stated = len(project.effective)
    seen = f"{len(table)} settings read, 0 unknown names, {stated - len(wrong)} of {stated} stated values in effect"
    return kept_if(not wrong and bool(table), "; ".join([seen, *wrong]))
