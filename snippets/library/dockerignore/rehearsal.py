"""What the builder is sent of each stack, beyond what reaches a layer of an image."""

import re

from ...contract.observation import Rebuild
from ...contract.project import Project
from ...contract.promise import Judgement, kept_if, promise
from ...contract.subject import Image

# Everything that the builder was sent, and nothing else.
SENT = b"FROM scratch\nCOPY . /\n"
LIMIT_KIB = 256
BESIDE = (
    *(".env", ".env.production", ".git/config", ".aws/credentials", "id_rsa", "server.pem", "dump.sql"),
    *("backup.tar.gz", "notes/customers.csv", "node_modules/left-pad/index.js", ".venv/bin/python"),
)
WITHIN = (
    *(".env", ".env.production", "id_ed25519", "server.key"),
    *("node_modules/a/b.js", "__pycache__/a.pyc", "dist/b.js"),
)


@promise(family="rehearsal", authority="https://docs.docker.com/build/concepts/context/#dockerignore-files")
def private_files_never_reach_the_builder(image: Image, project: Project) -> Judgement:
    """With private files beside and within what is copied, the builder is sent what it is sent without them."""
    folders = sorted(path.name for path in image.context.iterdir() if path.is_dir())
    planted = [*BESIDE, *(f"{folder}/{name}" for folder in folders for name in WITHIN)]
    without, _ = sent(image, {})
    paths, kib = sent(image, dict.fromkeys(planted, b"private\n"))
    if not paths or not folders:
        return kept_if(condition=False, seen="the builder is sent nothing")
    if paths != without:
        more = ", ".join(sorted(set(paths) - set(without))[:6]) or "fewer files"
        return kept_if(condition=False, seen=f"{len(planted)} private files planted, and the builder is sent {more}")
    seen = f"0 of {len(planted)} private files sent, {len(paths)} files of {kib:.0f} of {LIMIT_KIB} KiB are"
    return kept_if(kib < LIMIT_KIB, seen)


def sent(image: Image, edits: dict[str, bytes]) -> tuple[tuple[str, ...], float]:
    """Paths and KiB of all that an image holds whose only step copies the whole context."""
    contents = image.rebuilt(Rebuild(edits={**edits, "Dockerfile": SENT})).contents((), re.compile(""))
    return contents.found, contents.own_bytes / 1024
