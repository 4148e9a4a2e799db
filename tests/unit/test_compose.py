"""Compose files: every image that one fetches is found, however it is written, or the file is refused by key."""

import json

import pytest

from snippets.catalog.compose import Composed, composed, other_file
from tests.unit.sample import DOCKERFILE, REHEARSAL, SHOP, WEB, Library
from tests.unit.test_catalog import faults

FILES = {
    "Dockerfile": "FROM python:3.13 AS base\nFROM base\nCOPY --from=caddy:2 /usr/bin/caddy /usr/bin/\n",
    "web/Dockerfile": "FROM node:24\n",
    "web/prod.Dockerfile": "ARG TAG=3\nARG OTHER\nFROM alpine:$TAG AS build\nARG LATER\nFROM scratch AS slim\n",
    "web/package.json": "{}\n",
}


def read(text: str) -> Composed:
    """What a compose file beside these files fetches."""
    return composed(text, FILES, FILES.__getitem__)


def service(text: str) -> str:
    """A file of one service, `web`, by what it says."""
    return f"services:\n  web:\n    {text}\n"


def build(text: str) -> str:
    """A file of one service that is built, by what it says of that."""
    return service(f"build: {{ {text} }}")


@pytest.mark.parametrize(
    ("text", "bases"),
    [
        ("services: { web: { image: 'postgres:18' } }", ["postgres:18"]),
        ('{"services": {"web": {"image": "postgres:18"}}}', ["postgres:18"]),
        (json.dumps({"services": {"a": {"image": "a:1"}, "b": {"image": "b:2"}}}, indent=4), ["a:1", "b:2"]),
        ("services:\n  web: { image: postgres:18 } # image: no:1\n", ["postgres:18"]),
        (service("image: >-\n      postgres:18"), ["postgres:18"]),
        (service('"image" : "postgres:18"'), ["postgres:18"]),
        (service("? image\n    : postgres:18"), ["postgres:18"]),
        (service("!!str image: !!str postgres:18"), ["postgres:18"]),
        (service("image: ghcr.io:443/a/b-c_d:1.2@sha256:" + "0" * 64), ["ghcr.io:443/a/b-c_d:1.2@sha256:" + "0" * 64]),
        (service("image: caddy:2\n    command: 'echo image: no:1'\n    labels: [ 'image: no:1' ]"), ["caddy:2"]),
        (
            "x-db: &db { image: 'postgres:18', restart: always }\nservices:\n  a: *db\n  b: { <<: *db, tty: true }",
            ["postgres:18"],
        ),
        ("x-a: &a { image: 'a:1' }\nx-b: &b { image: 'b:1' }\nservices: { web: { <<: [*b, *a] } }", ["b:1"]),
        ("x-a: &a { image: 'a:1' }\nservices: { web: { <<: *a, image: 'c:1' } }", ["c:1"]),
        (service("image: ${VAR:-postgres:18}"), ["postgres:18"]),
        (service("image: postgres:${TAG-18}"), ["postgres:18"]),
        (service("image: '${REPO:-ghcr.io/${OWNER:-me}}/app:${TAG:-1}'"), ["ghcr.io/me/app:1"]),
        (service("build: ."), ["python:3.13", "caddy:2"]),
        (service("build: ./web"), ["node:24"]),
        (service("build: ./web/"), ["node:24"]),
        (service("build: ${DIR:-web}"), ["node:24"]),
        (build("context: web, dockerfile: prod.Dockerfile"), ["alpine:3"]),
        (build("context: web, dockerfile: ../Dockerfile"), ["python:3.13", "caddy:2"]),
        (build("context: web/../web, target: '0'"), ["node:24"]),
        (build("dockerfile: web/prod.Dockerfile, target: slim, args: { LATER: x }"), ["alpine:3"]),
        (build("dockerfile_inline: 'FROM debian:13'"), ["debian:13"]),
        (
            service(
                "build:\n      context: web\n      dockerfile_inline: |\n        FROM debian:13\n        RUN : $$HOME"
            ),
            ["debian:13"],
        ),
        (build("context: ., additional_contexts: { caddy:2: docker-image://httpd:2 }"), ["python:3.13", "httpd:2"]),
        (build("additional_contexts: [ 'python:3.13=docker-image://python:3.14', caddy:2=./web ]"), ["python:3.14"]),
        (service("build: web\n    image: web:1") + "  worker: { image: 'web:1' }\n", ["node:24"]),
        (service("build: web\n    pull_policy: build"), ["node:24"]),
        (service("extends: db\n") + "  db: { image: 'postgres:18' }", ["postgres:18"]),
        (
            service("extends: { service: db }\n    image: a:1") + "  db: { image: 'postgres:18' }",
            ["a:1", "postgres:18"],
        ),
        (
            service("image: a:1\n    volumes: [ './x:/x', { type: image, source: 'data:2', target: /data } ]"),
            ["a:1", "data:2"],
        ),
        (
            "name: shop\nversion: '3'\nnetworks: {}\nvolumes: {}\nconfigs: {}\nsecrets: {}\n" + service("image: a:1"),
            ["a:1"],
        ),
        (
            build("context: web, additional_contexts: { a: 'service:db', b: ., c: web }") + "  db: { image: 'b:1' }",
            ["node:24", "b:1"],
        ),
        (service("image: a:1\n    x-note: { image: 'no:1' }\n    profiles: [debug]"), ["a:1"]),
    ],
)
def test_every_image_is_found_however_it_is_written(text: str, bases: list[str]) -> None:
    """As compose itself reads it, with every variable at its default."""
    assert read(text) == Composed(bases=tuple(bases))


@pytest.mark.timeout(120)
def test_what_people_write_is_no_monster() -> None:
    """Many tables beside one another, as many aliases as are let pass, and one of itself that nobody follows."""
    many = "".join(f"  s{number}: {{ image: 'a:1', ports: [], tmpfs: [] }}\n" for number in range(100))
    assert read(f"services:\n{many}") == Composed(bases=("a:1",))
    aliases = "".join(f"  s{number}: *a\n" for number in range(32))
    assert read(f"x-a: &a {{ image: 'a:1' }}\nservices:\n{aliases}") == Composed(bases=("a:1",))
    assert read("x-a: &a [*a]\nservices: { web: { image: 'a:1' } }") == Composed(bases=("a:1",))


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("services: {}", "services: none"),
        ("", "not a table"),
        ("- services", "not a table"),
        ("services: [a]", "services: none"),
        ("services: { web: }", "~: not a table"),
        (service("ports: []"), "~: names neither an image nor a build"),
        (service("image: "), "~.image: not a text"),
        (service("image: 1.5"), "~.image: not a text"),
        (service("image: [a]"), "~.image: not a text"),
        (service("image: ''"), "~.image: '' is no reference of an image"),
        (service("image: 'a b'"), "~.image: 'a b' is no reference of an image"),
        (service("image: ${VAR:-}"), "~.image: '' is no reference of an image"),
        (service("image: ${VAR"), "~.image: '${VAR' is no reference of an image"),
        (service("image: a:$$TAG"), "~.image: 'a:$TAG' is no reference of an image"),
        *(
            (
                service(f"image: 'a:{v}'"),
                f"~.image: 'a:{v}' depends on TAG, which has no default: write ${{TAG:-VALUE}}",
            )
            for v in ("$TAG", "${TAG}", "${TAG:?say}", "${TAG?say}", "${TAG:+alt}", "${TAG+alt}", "${X:-${TAG}}")
        ),
        (service("image: '" + "${A:-a}" * 101 + "'"), "~.image: more than 100 variables"),
        (
            service("imgae: a:1\n    image: b:1"),
            "unknown key ~.imgae: what it fetches is not known (did you mean 'image'?)",
        ),
        (
            service("image: a:1\n    provider: { type: model }"),
            "unknown key ~.provider: what it fetches is not known (did you mean 'profiles'?)",
        ),
        (service("image: a:1") + "include: [other.yaml]", "unknown key include: what it fetches is not known"),
        (service("image: a:1") + "models: { m: { model: ai/x } }", "unknown key models: what it fetches is not known"),
        (service('image: a:1\n    "\\e[2J": 1'), r"unknown key ~.'\x1b[2J': what it fetches is not known"),
        (
            service("extends: { file: base.yaml, service: db }"),
            "~.extends.file: other files are not read: write the service out",
        ),
        (service("extends: dbb") + "  db: { image: a:1 }", "~.extends: no service 'dbb' (did you mean 'db'?)"),
        (service("extends: [db]"), "~.extends: no service ['db']"),
        (service("build: ./wbe"), "~.build: missing file wbe/Dockerfile (did you mean 'web/Dockerfile'?)"),
        (service("build: .."), "~.build: missing file ../Dockerfile (did you mean 'Dockerfile'?)"),
        (service("build: /etc"), "~.build: missing file /etc/Dockerfile (did you mean 'web/Dockerfile'?)"),
        (service("build: https://example.org/a.git"), "~.build: missing file https:/example.org/a.git/Dockerfile"),
        (
            service("build: github.com/a/b"),
            "~.build: missing file github.com/a/b/Dockerfile (did you mean 'web/Dockerfile'?)",
        ),
        (service("build: $DIR"), "~.build.context: '$DIR' depends on DIR, which has no default: write ${DIR:-VALUE}"),
        (service("build: 3"), "~.build.context: not a text"),
        (service("build: [a]"), "~.build.context: not a text"),
        (build("context: web, dockerfile: Other"), "~.build: missing file web/Other"),
        (
            build("dockerfile: D, dockerfile_inline: FROM a"),
            "~.build: dockerfile and dockerfile_inline: it is one of them",
        ),
        (
            build("dockerfile_inline: 'FROM $X'"),
            "~.build.dockerfile_inline: 'FROM $X' depends on X, which has no default: write ${X:-VALUE}",
        ),
        (build("dockerfile_inline: 'FROM $$X'"), "~.build: FROM: '' is no reference of an image"),
        (build("contxt: web"), "unknown key ~.build.contxt: what it fetches is not known (did you mean 'context'?)"),
        (
            build("context: web, dockerfile: prod.Dockerfile, args: { TAG: 4 }"),
            "~.build.args: TAG: a FROM may depend on it: say it in the Dockerfile's own ARG",
        ),
        (
            build("context: web, dockerfile: prod.Dockerfile, args: [TAG=4, OTHER]"),
            "~.build.args: OTHER, TAG: a FROM may depend on it: say it in the Dockerfile's own ARG",
        ),
        (build("context: web, args: 3"), "~.build.args: neither a table nor a list"),
        (build("context: web, target: slim"), "~.build.target: no stage 'slim'"),
        (build("context: web, target: 3"), "~.build.target: not a text"),
        (build("context: web, dockerfile: 3"), "~.build.dockerfile: not a text"),
        (
            build("context: web, additional_contexts: { a: 'service:wbe' }"),
            "~.build.additional_contexts.a: no service 'wbe' (did you mean 'web'?)",
        ),
        (
            build("context: web, additional_contexts: { a: other }") + "  other: { image: 'b:1' }",
            "~.build.additional_contexts.a: 'other' is neither a directory here nor docker-image://...",
        ),
        (
            build("context: web, additional_contexts: { a: https://x }"),
            "~.build.additional_contexts.a: 'https://x' is neither a directory here nor docker-image://...",
        ),
        (
            build("context: web, additional_contexts: { a: ../x }"),
            "~.build.additional_contexts.a: '../x' is neither a directory here nor docker-image://...",
        ),
        (
            build("context: web, additional_contexts: { a: docker-image:// }"),
            "~.build.additional_contexts.a: '' is no reference of an image",
        ),
        (
            service("build: web\n    pull_policy: always"),
            "~.pull_policy: beside a build it is `build`, or it fetches what is built",
        ),
        (service("image: a:1\n    volumes: [ { type: image } ]"), "~.volumes[0].source: not a text"),
        (service("image: a:1\n    image: b:1"), "line 3: 'image' is there twice"),
        ("services: { a: { image: 'a:1' }, a: { image: 'b:1' } }", "line 1: 'a' is there twice"),
        ("services:\n  a: { tty: true, tty: true }\n  z: { image: 'a:1' }", "line 2: 'tty' is there twice"),
        ("x: &x {}\ny: &y {}\nservices: { a: { <<: *x, <<: *y } }", "line 3: '<<' is there twice"),
        ("services: \x01", "not YAML: unacceptable character #x0001: control characters are not allowed"),
        (service("image: a:1") + "---\n" + service("image: b:1"), "line 4: a second document: write all into one"),
        (service("image: !reset a:1"), "line 3: not YAML: could not determine a constructor for the tag '!reset'"),
        (service("image: *nobody"), "line 3: not YAML: found undefined alias"),
        (service("image: a:1\n  bad: : :"), "line 4: not YAML: mapping values are not allowed in this context"),
        ("services: 2021-02-30", "not YAML: a number or a date that there is not"),
        (
            "services: " + "9" * 5000,
            "not YAML: a number or a date that there is not",
        ),
        ("a: " + "[" * 20_000, "line 1: nested more than 32 deep"),
        ("a: " + "{a: " * 10_000, "line 1: nested more than 32 deep"),
        ("\n".join(" " * n + "a:" for n in range(200)), "line 33: nested more than 32 deep"),
        ("a: &a [x]\nb: [" + "*a, " * 33 + "]", "line 2: more than 32 aliases"),
        (
            "a: &a {x: 1}\n"
            + "".join(
                f"{n}: &{n} {{<<: [{', '.join(['*' + ('a' if n == 'b' else chr(ord(n) - 1))] * 9)}]}}\n"
                for n in "bcdefgh"
            ),
            "line 5: more than 32 aliases",
        ),
        ("#" * 66_000, "66000 bytes, larger than 65536: nobody writes so much by hand"),
    ],
    ids=lambda value: value[:40],
)
def test_what_no_record_could_account_for_is_refused_by_its_key(text: str, says: str) -> None:
    """What would be fetched is not known, or depends on where it is run; monsters come to an end at once."""
    assert says.replace("~", "services.web") in read(text).faults


def test_the_door_names_the_file(library: Library) -> None:
    """As it does for any other file of a snippet; and bases of a base that is withheld are asked of it all the same."""
    library.write("shop/snippet.toml", SHOP).write("shop/rehearsal.py", REHEARSAL)
    library.write("shop/compose.yaml", "services: { web: { build: ./web }, db: { image: $DB } }")

    assert faults(library) == (
        "shop/compose.yaml: services.web.build: missing file web/Dockerfile",
        "shop/compose.yaml: services.db.image: '$DB' depends on DB, which has no default: write ${DB:-VALUE}",
    )


def test_an_image_with_services_beside_it_fetches_both(library: Library) -> None:
    """Its own Dockerfile's bases come first."""
    library.write("web/web/Dockerfile", "FROM node:24\n")
    library.write("web/compose.yaml", "services: { a: { build: . }, b: { build: web }, c: { image: 'redis:8' } }")

    assert library.snippet().bases == ("python:3.13", "node:24", "redis:8")


@pytest.mark.parametrize(
    "path",
    [
        "compose.override.yaml",
        "compose.override.yml",
        "docker-compose.yml",
        "docker-compose.override.yml",
        "compose.yml",
    ],
)
def test_compose_would_read_this_as_well_and_no_proof_did(library: Library, path: str) -> None:
    """Whoever copies it would run another project than the one that was proven."""
    library.write("web/compose.yaml", "services: { web: { build: . } }").write(f"web/{path}", "services: {}\n")

    assert faults(library) == (f"web/snippet.toml: unexpected file {path}: compose.yaml alone is read and proven",)


@pytest.mark.parametrize("path", ["compose.yml", "deploy/compose.yaml", "Docker-Compose.prod.yml"])
def test_a_compose_file_that_nobody_reads_is_refused(library: Library, path: str) -> None:
    """What it fetches stands in no record."""
    assert faults(library.write(f"web/{path}", "services: {}\n")) == (
        f"web/snippet.toml: unexpected file {path}: compose.yaml alone is read and proven",
    )


def test_settings_that_a_proof_writes_over_are_refused(library: Library) -> None:
    """A reader's project would stand on them, and the proven one did not."""
    library.write("web/compose.yaml", "services: { web: { build: . } }").write("web/.env", "TAG=1\n")

    assert faults(library) == (
        "web/snippet.toml: unexpected file .env: where it is proven another is written in its place",
    )


@pytest.mark.parametrize(
    ("command", "word"),
    [
        ("docker compose -f prod.yaml up", "-f"),
        ("docker compose --file=prod.yaml up", "--file=prod.yaml"),
        ("docker compose -p x --profile a -f prod.yaml up", "-f"),
        ("docker compose \\\n  --project-directory a up", "--project-directory"),
        ("true && docker-compose -fprod.yaml up", "-fprod.yaml"),
        ("COMPOSE_FILE=a.yaml docker compose up", "COMPOSE_FILE=a.yaml"),
        ("docker compose up --detach --wait", None),
        ("docker compose logs -f", None),
        ("docker compose -p shop logs -f web", None),
        ("docker build -f prod.Dockerfile .", None),
        ("compose -f x", None),
    ],
)
def test_a_command_reads_the_file_that_was_proven(library: Library, command: str, word: str | None) -> None:
    """And no other: its images would stand in no record."""
    assert other_file(command) == word
    library.write("web/snippet.toml", WEB.replace("docker build .", command.replace("\\\n", "")))
    if word is None:
        assert "build" in library.snippet().commands
    else:
        assert faults(library) == (f"web/snippet.toml: commands.build: {word}: compose.yaml alone is read and proven",)


def test_the_sample_s_own_files_are_as_they_were() -> None:
    """A file of two stages fetches what its Dockerfile alone is known to."""
    assert composed(service("build: ."), {"Dockerfile"}, lambda _: DOCKERFILE) == Composed(bases=("python:3.13",))
