"""A number -> a library of so many snippets, records that vouch for them, a page each and the site of these pages.

    python -m bench.synthetic FOLDER

reads, renders and audits the one in FOLDER and prints the seconds of each as JSON.
"""

import json
import sys
import time
from pathlib import Path

from snippets.audit import audit
from snippets.catalog import load
from snippets.evidence.store import EvidenceStore
from snippets.handbook import Handbook
from snippets.render import render
from tests.unit.sample import NOW, Library, capture_of, evidence_of

TOML = """\
title = "Snippet {name}"
summary = "It is like the others."
kind = "image"

[uses]
"serve.conf" = "{used}/serve.conf"

[highlight]
Dockerfile = [1, 3]

[project]
port = 8000

[commands]
build = "docker build --tag {name} ."
"""
CONF = """\
title = "Settings {name}"
summary = "They are like the others."
kind = "config"

[proven_in]
snippet = "{host}"
promises = ["drains"]
"""
PITFALL = """\
title = "USER by name"
edit = {{ path = "Dockerfile", find = "USER 10001", replace = "USER app-{name}" }}
stage = "contract"
promise = "numeric-non-root"
message = "a name"
why = "Kubernetes cannot tell that it is not root."
fix = "Write the number."
"""
DOCKERFILE = "FROM python:3.13\n# {name}\nWORKDIR /srv\n{copies}USER 10001\n"
FENCES = (
    "snippet {name}",
    "snippet {name}/Dockerfile",
    "command {name}/build",
    "pitfall {name}/by-name",
    "evidence {name}",
)
SHELL = '<!doctype html><html lang="en"><head><title>{title}</title></head><body>\n{body}\n</body></html>\n'
CARRYING = 10


def write(folder: Path, count: int) -> None:
    """Write a library of `count` snippets; every tenth is a configuration that nine images share."""
    library = Library(folder / "library")
    names = [f"s{number:04d}" for number in range(count)]
    for number, name in enumerate(names):
        shared = names[number - number % CARRYING]
        if name == shared:
            library.write(f"{name}/snippet.toml", CONF.format(name=name, host=names[number + 1]))
            library.write(f"{name}/serve.conf", f"# {name}\nworkers = 3\n")
            continue
        copies = "".join(f"COPY part-{part}.py .\n" for part in range(3))
        library.write(f"{name}/snippet.toml", TOML.format(name=name, used=shared))
        library.write(f"{name}/Dockerfile", DOCKERFILE.format(name=name, copies="COPY serve.conf .\n" + copies))
        library.write(f"{name}/pitfalls/by-name.toml", PITFALL.format(name=name))
        for part in range(3):
            lines = (f'    return "{name}, part {part}, line {line}"\n' for line in range(20))
            library.write(f"{name}/part-{part}.py", f"def answer_{part}() -> str:\n{''.join(lines)}")
    catalog = library.load()
    store = EvidenceStore(folder / "evidence")
    for name, snippet in catalog.snippets.items():
        store.write(evidence_of(snippet), name)
    for name in catalog.pitfalls:
        store.write(capture_of(catalog, name), name)
    _write_site(folder, Handbook(catalog=catalog, store=store, now=NOW))


def pages(handbook: Handbook) -> dict[str, str]:
    """Page -> its Markdown: one a snippet."""
    found = {}
    for name, snippet in handbook.catalog.snippets.items():
        wanted = [fence for fence in FENCES if "Dockerfile" in snippet.sources or fence.split()[0] == "evidence"]
        blocks = [fence.format(name=name).split() for fence in wanted]
        fences = "\n\n".join(f"```{language}\n{reference}\n```" for language, reference in blocks)
        found[f"{name}.md"] = f"# {snippet.title}\n\nProse with `code` in it.\n\n{fences}\n"
    return found


def _write_site(folder: Path, handbook: Handbook) -> None:
    for page, text in pages(handbook).items():
        rendered = render(text, page, handbook)
        assert not rendered.objections, rendered.objections
        place = folder / "site" / page.removesuffix(".md") / "index.html"
        place.parent.mkdir(parents=True)
        body = "\n".join(line for line in rendered.text.split("\n") if line.startswith("<"))
        place.write_text(SHELL.format(title=page, body=body))
        for name, path in rendered.downloads:
            download = folder / "site" / "snippets" / name / path
            download.parent.mkdir(parents=True, exist_ok=True)
            download.write_bytes(handbook.catalog.snippets[name].offered(path))


def measure(folder: Path) -> dict[str, float]:
    """Seconds to read the library and its records, to render all pages, to audit their site."""
    began = time.perf_counter()
    handbook = Handbook(catalog=load(folder / "library"), store=EvidenceStore(folder / "evidence"), now=NOW)
    unproven = [standing.objection for standing in handbook.snippets.values() if standing.objection]
    unproven += [standing.objection for standing in handbook.pitfalls.values() if standing.objection]
    read = time.perf_counter()
    against = [o for page, text in pages(handbook).items() for o in render(text, page, handbook).objections]
    rendered = time.perf_counter()
    fresh = Handbook(catalog=handbook.catalog, store=handbook.store, now=NOW)
    against += audit(folder / "site", fresh)
    audited = time.perf_counter()
    # What is refused is not measured: an answer that comes early is no answer.
    assert not unproven, unproven[:3]
    assert not against, against[:3]
    return {"catalogue": read - began, "render": rendered - read, "audit": audited - rendered}


if __name__ == "__main__":
    small, folder = Path(sys.argv[1], "small"), Path(sys.argv[1], sys.argv[2])
    once = measure(small)
    sys.stdout.write(json.dumps({"first": once, "then": measure(folder)}))
