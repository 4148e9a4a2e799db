"""Images at their worst: without programs, unable to start, with layers of all kinds; each is judged, in words."""

import re
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from snippets.contract import PROMISES, Project, Reload, Trial, Verdict
from snippets.contract.container.contents import MIB, SECRET, pass_over
from snippets.engine.docker import docker
from snippets.engine.engine import Engine
from snippets.engine.subjects.image import BuiltImage
from snippets.errors import BuildError
from tests.faults.hostile import ALONE, BASE, DEBIAN, LONGEST_FINDING, SERVES, built, judged


@pytest.fixture(scope="module")
def alone_on_trial(alone: BuiltImage) -> Iterator[Trial]:
    """The same, with the boots that promises share."""
    with Trial(alone) as trial:
        yield trial


@pytest.mark.parametrize(
    ("slug", "seen"),
    [
        ("numeric-non-root", "uid 65532 for 1 of 1 processes, USER is '65532'"),
        ("server-is-pid-1", "process 1 is '/httpd -f -p 8000 -h /www'"),
        ("reachable", "3 of 3 requests answered 200, "),
        ("unprivileged-port", "listens on 8000, where ports below 1024 are root's"),
        ("state-explicit", "anonymous volumes: none; files written outside /tmp: none"),
        ("fits-memory", "; 0 processes killed for their memory"),
    ],
)
def test_an_image_with_one_program_is_judged_from_outside(alone_on_trial: Trial, slug: str, seen: str) -> None:
    """Neither a shell nor `ps` nor `cat` inside is needed to see who runs, listens, writes and takes memory."""
    finding = PROMISES[slug].judge(alone_on_trial, Project(port=8000))

    assert (finding.verdict, seen in finding.seen) == (Verdict.KEPT, True), finding


@pytest.mark.parametrize(
    ("slug", "seen"),
    [
        ("config-meant", r"`gunicorn --print-config` exits 12[67]: .*exec: \"gunicorn\": executable file not found"),
        ("grace-adds-up", r"`gunicorn --print-config` exits 12[67]: .*exec: \"gunicorn\": executable file not found"),
        ("reload-lossless", r"there is no /srv/app\.py in the container"),
        ("logs-structured", r"nothing on stdout; access lines a request: \[0, 0, 0\], one each expected"),
        ("health-honest", r"the image declares no HEALTHCHECK"),
    ],
)
def test_a_missing_program_breaks_the_promise_that_needs_it(alone_on_trial: Trial, slug: str, seen: str) -> None:
    """What has to be asked inside, where nobody can be asked, is broken and says which program is missing."""
    reload = Reload(signal="SIGHUP", path="/srv/app.py", find="1", replace="2", url="/", shows="2")
    project = Project(port=8000, server="gunicorn", reload=reload)

    finding = PROMISES[slug].judge(alone_on_trial, project)

    assert finding.verdict is Verdict.BROKEN
    assert re.search(seen, finding.seen), finding.seen
    assert len(finding.seen) < LONGEST_FINDING


def test_a_health_command_without_a_shell_is_quoted(
    engine: Engine, folders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HEALTHCHECK in its shell form, where no shell is: broken, with the engine's own words for it."""
    monkeypatch.setattr("snippets.contract.container.lifecycle.HEALTHY_WITHIN_S", 5.0)
    check = "HEALTHCHECK --interval=1s --timeout=1s --retries=1 CMD exit 0\n"

    finding = judged(built(engine, folders / "no-shell", ALONE + check + SERVES, DEBIAN), "health-honest")

    assert finding.verdict is Verdict.BROKEN
    assert re.search(r"unhealthy 5 s after its first answer: .*exec: \"/bin/sh\".* no such file", finding.seen), finding


@pytest.mark.parametrize(
    ("name", "ends", "seen"),
    [
        ("no-user", f"{SERVES}USER nobody\n", "unable to find user nobody: no matching entries in passwd file"),
        ("no-group", f"{SERVES}USER 1:users\n", "unable to find group users: no matching entries in group file"),
        ("no-program", 'CMD ["/absent"]\n', "no such file or directory"),
        ("no-right", 'CMD ["/www/livez"]\n', "permission denied"),
        ("no-format", 'COPY --from=programs --chmod=755 /empty /program\nCMD ["/program"]\n', "exec format error"),
        ("no-command", "USER 65532\n", "no command specified"),
    ],
)
def test_an_image_that_cannot_start_is_broken_and_no_error(
    engine: Engine, folders: Path, name: str, ends: str, seen: str
) -> None:
    """The engine refuses what the image asks for: that is the image's fault, in the engine's words."""
    finding = judged(built(engine, folders / name, ALONE + ends, DEBIAN), "numeric-non-root")

    assert finding.verdict is Verdict.BROKEN, finding
    assert re.search(
        f"^does not come up: the container (does not start|exited with status \\d+; its last lines):\\s.*{seen}",
        finding.seen,
    ), finding


def layered(engine: Engine, folder: Path, count: int) -> BuiltImage:
    """The lonely server below so many layers that all replace the same file."""
    folder.mkdir()
    for number in range(count):
        (folder / str(number)).write_text(str(number))
    copies = "".join(f"COPY {number} /same\n" for number in range(count))
    return built(engine, folder, ALONE + copies + SERVES, DEBIAN)


def test_an_image_of_120_layers_is_judged(engine: Engine, folders: Path) -> None:
    """Near the engine's limit it boots, and each of its layers is read."""
    image = layered(engine, folders / "layers", 116)

    assert judged(image, "reachable").verdict is Verdict.KEPT
    assert judged(image, "lean").verdict is Verdict.KEPT
    assert len(Trial(image).once(pass_over).layers) == 120


def depth_is_limited() -> bool:
    """Whether the engine keeps its layers itself: the containerd image store starts what has hundreds."""
    return "containerd.snapshotter" not in docker("info", "--format={{json .DriverStatus}}")[0]


def test_an_image_with_too_many_layers_to_start_is_broken(engine: Engine, folders: Path) -> None:
    """The engine builds one layer more than it starts: a finding of the image, and no error of the engine."""
    finding = judged(layered(engine, folders / "too-many", 124), "reachable")

    if not depth_is_limited():
        assert finding.verdict is Verdict.KEPT, finding
        return
    assert finding.verdict is Verdict.BROKEN, finding
    assert finding.seen == "does not come up: the container does not start: max depth exceeded"


def test_an_image_with_too_many_layers_to_build_is_a_build_error(engine: Engine, folders: Path) -> None:
    """The builder's own words, and the line of the Dockerfile at which it gave up."""
    if not depth_is_limited():
        image = layered(engine, folders / "far-too-many", 200)
        assert (judged(image, "reachable").verdict, len(image.layers)) == (Verdict.KEPT, 204)
        return
    with pytest.raises(
        BuildError, match=r"^the image does not build:\n(.|\n)*>>> COPY \d+ /same(.|\n)*max depth"
    ) as no:
        layered(engine, folders / "far-too-many", 200)

    assert len(str(no.value)) < LONGEST_FINDING


ODD = f"""\
FROM {BASE}
RUN mkdir /deleted /emptied /linked \
 && cp --preserve=mode /usr/bin/true /deleted/setuid && cp /deleted/setuid /emptied/setuid \
 && cp /deleted/setuid /replaced && cp /deleted/setuid /linked/first \
 && chmod 4755 /deleted/setuid /emptied/setuid /replaced /linked/first && ln /linked/first /linked/second \
 && echo {SECRET}DELETED > /deleted/secret && echo {SECRET}EMPTIED > /emptied/secret
RUN rm -r /deleted && rm -r /emptied && mkdir /emptied && touch /emptied/fresh && rm /replaced && touch /replaced
RUN python3 -c 'open(b"/caf\\xe9\\n", "wb").write(b"{SECRET}NAME")'
"""
SPARSE = 512 * MIB


def test_layers_that_hide_link_and_misname_files_are_read_as_they_are(engine: Engine, folders: Path) -> None:
    """Deleted files give nobody root and still tell their secrets; each name of a hard link counts; bytes are shown."""
    image = built(engine, folders / "odd", ODD, BASE)
    with Trial(image) as trial:
        setuid = PROMISES["no-setuid"].judge(trial, image.project)
        secrets = PROMISES["no-secrets"].judge(trial, image.project)

    assert (setuid.verdict, secrets.verdict) == (Verdict.BROKEN, Verdict.BROKEN)
    assert re.findall("/deleted|/emptied|/replaced|/linked/[a-z]+", setuid.seen) == ["/linked/first", "/linked/second"]
    assert re.findall(r"/(deleted|emptied)/secret in layer", secrets.seen) == ["deleted", "emptied"]
    assert "/caf\\xe9" in secrets.seen
    assert secrets.seen.encode().isascii()


def test_a_sparse_file_is_read_in_bounded_time_and_memory(engine: Engine, folders: Path) -> None:
    """All its bytes count, the last ones are read, and they pass through a buffer of a few MiB."""
    sparse = f"RUN truncate --size={SPARSE} /sparse && printf {SECRET}END >> /sparse\nFROM scratch\n"
    image = built(engine, folders / "sparse", f"FROM {DEBIAN} AS made\n{sparse}COPY --from=made /sparse /\n", DEBIAN)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Trial(image) as trial:
        lean = PROMISES["lean"].judge(trial, image.project)
        secrets = PROMISES["no-secrets"].judge(trial, image.project)
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before

    assert lean.seen.startswith("adds 512 of 250 MiB to its base, ")
    assert "found /sparse in layer" in secrets.seen
    assert lean.took_s < 30
    assert grown_kib < 64 << 10
