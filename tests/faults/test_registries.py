"""Registries: silent, forbidden, or newer than what is here. What is recorded of a base is what a build takes."""

import gzip
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from snippets.catalog import load
from snippets.contract import PROMISES, Trial, Verdict
from snippets.engine.bases import ground
from snippets.engine.bases.standin import LOCAL, safe
from snippets.engine.build import build
from snippets.engine.docker import docker, try_docker
from snippets.engine.engine import Engine
from snippets.engine.inspection import inspected
from snippets.errors import EngineError
from snippets.proving.judging import withheld

BASE = "python:3.13-slim-trixie"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


class Registry(ThreadingHTTPServer):
    """A registry of one image, as https://github.com/opencontainers/distribution-spec asks; a port is its own name."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Shelf)
        self.held: dict[str, tuple[str, bytes]] = {}
        self.digest = ""
        self.layer = ""

    @property
    def reference(self) -> str:
        """How the image is asked for; the engine takes plain HTTP from this address."""
        return f"127.0.0.1:{self.server_port}/base:now"

    def offer(self, word: str) -> None:
        """Hold, from now on, an image whose only file says this word."""
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as archive:
            info = tarfile.TarInfo("word")
            info.size = len(word)
            archive.addfile(info, io.BytesIO(word.encode()))
        self.layer = digest_of(plain.getvalue())
        rootfs = {"type": "layers", "diff_ids": [self.layer]}
        config = self._hold(CONFIG, json.dumps({"architecture": "amd64", "os": "linux", "rootfs": rootfs}).encode())
        layer = self._hold(LAYER, gzip.compress(plain.getvalue(), mtime=0))
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [layer]}
        self.digest = str(self._hold(MANIFEST, json.dumps(manifest).encode())["digest"])
        self.held["now"] = self.held[self.digest]

    def offer_image(self, image: str, folder: Path) -> None:
        """Hold a whole image that the engine has, as it saves it: https://github.com/opencontainers/image-spec/blob/main/image-layout.md."""
        docker("save", "--output", str(folder / "saved.tar"), image)
        with tarfile.open(folder / "saved.tar") as saved:
            index = json.loads(content_of(saved, "index.json"))
            manifest = json.loads(content_of(saved, blob(index["manifests"][0]["digest"])))
            parts = [manifest["config"], *manifest["layers"]]
            for part in parts:
                self.held[part["digest"]] = part["mediaType"], content_of(saved, blob(part["digest"]))
        self.digest = str(self._hold(MANIFEST, json.dumps(manifest | {"mediaType": MANIFEST}).encode())["digest"])
        self.held["now"] = self.held[self.digest]

    def _hold(self, kind: str, content: bytes) -> dict[str, object]:
        digest = digest_of(content)
        self.held[digest] = (kind, content)
        return {"mediaType": kind, "digest": digest, "size": len(content)}


class Shelf(BaseHTTPRequestHandler):
    """Gives out what the registry holds, by digest or tag."""

    server: Registry
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Content, or 404."""
        kind, content = self.server.held.get(self.path.rpartition("/")[2], ("text/plain", b""))
        self.send_response(200 if content or self.path == "/v2/" else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Docker-Content-Digest", digest_of(content))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    do_HEAD = do_GET  # noqa: N815 - http.server looks for this name

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def blob(digest: str) -> str:
    """Where a saved image has it."""
    return f"blobs/{digest.replace(':', '/')}"


def content_of(archive: tarfile.TarFile, name: str) -> bytes:
    """One file of it."""
    file = archive.extractfile(name)
    assert file is not None, name
    return file.read()


def digest_of(content: bytes) -> str:
    """As registries name what they hold."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@pytest.fixture
def registry() -> Iterator[Registry]:
    """It answers on a port of its own, and what was taken from it is removed."""
    server = Registry()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()
    # By name: what it gave out may be here under another one as well, on which others build.
    name = server.reference.removesuffix(":now")
    pulled = try_docker("image", "ls", "--format={{.Repository}}:{{.Tag}}", f"--filter=reference={name}")
    digests = try_docker(
        "image", "ls", "--format={{.Repository}}@{{.Digest}}", "--digests", f"--filter=reference={name}"
    )
    try_docker("image", "rm", *pulled, *digests, f"{LOCAL}/trusting/{safe(server.reference)}")


def built_on(reference: str, image: str | None, engine: Engine, folder: Path) -> list[str]:
    """Layers of what a Dockerfile makes that starts from this base and adds one."""
    (folder / "Dockerfile").write_text(f"FROM {reference}\nCOPY Dockerfile /\n")
    contexts = {reference: image} if image else {}
    return list(inspected(build(folder, engine.run.tag("based"), contexts=contexts).id)["RootFS"]["Layers"])


@pytest.mark.parametrize("trusting", [False, True], ids=["as-it-is", "trusting"])
def test_what_is_recorded_of_a_base_is_what_a_build_takes(
    registry: Registry, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, trusting: bool
) -> None:
    """An image of that name that is here already, and old, is neither recorded nor built on."""
    (tmp_path / "bundle.crt").write_text("an authority\n")
    monkeypatch.setenv("HANDBOOK_CA_BUNDLE", str(tmp_path / "bundle.crt") if trusting else "")
    registry.offer("old")
    docker("pull", "--quiet", registry.reference)
    old = registry.layer
    registry.offer("new")

    found = ground.resolved(registry.reference)
    layers = built_on(registry.reference, found.image, engine, tmp_path)

    assert (found.base.digest, found.base.stand_in) == (registry.digest, False)
    assert registry.layer in layers
    assert old not in layers


def test_layers_of_a_base_are_known_without_its_registry(registry: Registry) -> None:
    """What is here is what a build takes, so nobody has to be asked; where it is not here, the registry is."""
    registry.offer("a base")
    assert ground.base_layers(registry.reference, {}) == (registry.layer,)
    docker("pull", "--quiet", registry.reference)
    registry.held.clear()
    ground._registry_layers.cache_clear()  # noqa: SLF001 - or it would know from before

    assert ground.base_layers(registry.reference, {}) == (registry.layer,)


WITHHELD = """\
title = "A shop"
summary = "On a base that nobody can stand in for."
kind = "image"

[project]
port = 8000
live = "/"
ready = "/"

[withheld]
base = "{base}"
reason = "No registry answers."

[commands]
build = "docker build --tag shop ."
"""


def test_what_is_withheld_is_judged_like_any_other_where_its_base_answers(
    registry: Registry, engine: Engine, tmp_path: Path
) -> None:
    """It is what becomes of a run, not what a snippet is: a minute later a registry is there, and it is proven."""
    shop = tmp_path / "library" / "shop"
    shop.mkdir(parents=True)
    (shop / "snippet.toml").write_text(WITHHELD.format(base=registry.reference))
    serve = 'USER 10001\nEXPOSE 8000\nCMD ["python", "-m", "http.server", "8000"]\n'
    (shop / "Dockerfile").write_text(f"FROM {registry.reference}\n{serve}")
    catalog = load(shop.parent)
    snippet = catalog.snippets["shop"]

    assert str(withheld(snippet, engine)).startswith(f"no registry answers for {registry.reference}, and no recipe")
    ground._registry_digest.cache_clear()  # noqa: SLF001 - another run would have asked by itself
    registry.offer_image(engine.contexts([BASE]).get(BASE, BASE), tmp_path)
    assert withheld(snippet, engine) is None
    image = engine.image(catalog, snippet)
    with Trial(image) as trial:
        finding = PROMISES["reachable"].judge(trial, image.project)

    assert finding.verdict is Verdict.KEPT, finding.seen
    assert [(base.ref, base.digest, base.stand_in) for base in engine.bases(snippet)] == [
        (registry.reference, registry.digest, False)
    ]


def test_silent_registry_is_an_error_and_names_the_base(engine: Engine) -> None:
    """Neither a registry nor a recipe: the engine cannot judge, and says for which base."""
    with pytest.raises(EngineError, match=r"no registry answers for registry\.invalid/nobody:1, and no recipe"):
        ground.resolve("registry.invalid/nobody:1", engine.run)


def test_registry_choice_never_substitutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """HANDBOOK_BASES=registry refuses a stand-in that it could make."""
    monkeypatch.setenv("HANDBOOK_BASES", "registry")
    monkeypatch.setattr(ground, "_registry_digest", lambda _reference: None)

    with pytest.raises(EngineError, match=f"no registry answers for {BASE}, and HANDBOOK_BASES=registry forbids"):
        ground.resolved(BASE)


def test_misspelt_choice_of_bases_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that means nothing is not taken for the default."""
    monkeypatch.setenv("HANDBOOK_BASES", "registri")

    with pytest.raises(EngineError, match="HANDBOOK_BASES=registri is none of registry, stand-in, auto"):
        ground.resolved(BASE)
