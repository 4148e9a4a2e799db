"""The bench's figures: how they are taken, met, written, and which commands and pages they are taken of."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bench import synthetic
from bench.__main__ import table
from bench.bare import typed
from bench.checkout import MARK, Checkout
from bench.command import BARE, copy, help_, list_
from bench.contract import by_family, judge
from bench.figure import Figure, Machine, Results, Spread
from bench.shell import BenchError, Done, run
from snippets.contract import CONTRACT
from snippets.handbook import Handbook
from tests.unit.fake_image import image_in
from tests.unit.fake_site import PROJECT


def test_every_edit_writes_other_bytes_and_one_line(tmp_path: Path) -> None:
    """No cache knows them, and the file does not grow."""
    file = tmp_path / "snippets" / "library" / "web" / "pyproject.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[project]\n")
    checkout = Checkout(root=tmp_path)

    first = checkout.edit("web/pyproject.toml")
    second = checkout.edit("web/pyproject.toml")

    assert first != second
    assert first.startswith(MARK)
    assert file.read_text() == f"[project]\n{second}\n"


@pytest.mark.parametrize(
    ("values", "containers", "met"),
    [([1.0, 1.4, 9.0], None, True), ([1.0, 1.6, 1.7], None, False), ([1.0], 0, True), ([1.0], 1, False)],
)
def test_a_figure_is_met_by_its_median(values: list[float], containers: int | None, *, met: bool) -> None:
    """And by no container where none may be started."""
    figure = Figure.judged("f", "says", limit=1.5, values=values, parts={"ours s": values}, containers=containers)

    assert figure.met is met
    assert figure.values == Spread(
        minimum=min(values), median=sorted(values)[len(values) // 2], maximum=max(values), count=len(values)
    )
    assert ("MISSED: says" in table([figure])) is not met


def test_no_value_is_no_figure() -> None:
    """Nothing may pass by being empty."""
    with pytest.raises(BenchError, match="nothing was measured"):
        Figure.judged("f", "says", limit=1.5, values=[], parts={})


def test_results_name_the_machine_and_what_ci_measured(tmp_path: Path) -> None:
    """Where `.ci/run` measured nothing they say so; what it wrote wrongly is refused."""
    machine = Machine(processor="CPU", cores=2, memory_gib=4.0, system="Linux", python="3.11", engine="Docker 26")
    figure = Figure.judged("f", "says", limit=1.5, values=[1.0], parts={})
    ci = tmp_path / "ci.json"

    assert Results.gathered(machine, 4, [figure], ci).ci is None
    ci.write_text('{"took_s": 600.0, "peak_mib": 2048}')
    Results.gathered(machine, 4, [figure], ci).write(tmp_path / "results.json")
    written = json.loads((tmp_path / "results.json").read_text())
    assert written["machine"]["processor"] == "CPU"
    assert written["ci"] == {"took_s": 600.0, "peak_mib": 2048.0}
    assert written["figures"][0]["values"] == {"minimum": 1.0, "median": 1.0, "maximum": 1.0, "count": 1}
    ci.write_text('{"took_s": 600.0, "peak_gib": 2}')
    with pytest.raises(BenchError, match=r"ci.json: Object contains unknown field `peak_gib`"):
        Results.gathered(machine, 4, [figure], ci)


def test_a_command_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its status and its last lines; all that it printed is kept, and not where a real failure's is."""
    monkeypatch.setattr("bench.shell.FAILURE", tmp_path / "failure.log")
    with pytest.raises(BenchError, match=r"`sh -c echo oops; exit 3` exits 3:\noops"):
        run(["sh", "-c", "echo oops; exit 3"])
    assert (tmp_path / "failure.log").read_text() == "oops\n"


def test_a_bare_page_holds_what_its_references_show(proven: Callable[[], Handbook]) -> None:
    """A file is typed into a fence, a card stays HTML, prose stays as it is."""
    page = "# Web\n\n```snippet\nweb/Dockerfile\n```\n\n```command\nweb/build\n```\n\n```evidence\nweb\n```\n\nProse.\n"

    text = typed(page, "web.md", proven())

    assert "`````docker\nFROM python:3.13\nCOPY serve.conf .\nUSER 10001\n`````\n" in text
    assert "`````console\ndocker build .\n`````\n" in text
    assert '<details class="hb-evidence"' in text
    assert text.endswith("\n\nProse.\n")
    assert "```snippet" not in text


def test_a_synthetic_library_is_proven_and_its_site_passes(tmp_path: Path) -> None:
    """So what is timed is what a real site costs, and no early refusal."""
    synthetic.write(tmp_path, 12)

    assert set(synthetic.measure(tmp_path)) == {"catalogue", "render", "audit"}
    assert len(list((tmp_path / "site").glob("s*/index.html"))) == 12
    (tmp_path / "site" / "s0001" / "index.html").write_text("<pre>typed by hand</pre>")
    with pytest.raises(AssertionError, match=r"s0001/index\.html"):
        synthetic.measure(tmp_path)


def test_the_contract_is_timed_as_the_proof_judges_it(tmp_path: Path) -> None:
    """All promises on one trial, which shares its boots; every second of a finding is in its family's."""
    image = image_in(tmp_path)

    judged = judge(CONTRACT, image, PROJECT)

    assert [finding.promise for finding in judged.findings] == [promise.slug for promise in CONTRACT]
    assert judged.boots == len(image.booted)
    assert 0 < judged.boots < len(CONTRACT)
    assert all(container.closed for container in image.booted)
    slow = [replace(finding, took_s=1.0) for finding in judged.findings]
    taken = by_family(CONTRACT, slow)
    assert taken["logs"] == 1.0
    assert sum(taken.values()) == len(CONTRACT)


def test_a_contract_that_is_broken_is_no_measure(tmp_path: Path) -> None:
    """A promise that fails early takes no time."""
    image = replace(image_in(tmp_path), setuid=("/bin/su",))

    with pytest.raises(BenchError, match=r"no-setuid is broken: .*/bin/su"):
        judge(CONTRACT, image, PROJECT)


@pytest.mark.parametrize(
    ("take", "name"),
    [
        pytest.param(help_, "handbook --help", id="help"),
        pytest.param(list_, "handbook list", id="list"),
        pytest.param(copy, "handbook copy flask-uv", id="copy"),
    ],
)
def test_a_command_is_timed_against_a_bare_interpreter(
    take: Callable[[int, Callable[[str], None]], Figure], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are run once for the caches and then as often as was asked, each time in a directory that is new."""
    called: list[str] = []
    folders: set[Path] = set()

    def taken(command: Sequence[str], *, cwd: Path = Path()) -> Done:
        is_bare = command == BARE
        called.append("bare" if is_bare else " ".join([Path(command[0]).name, *command[1:]]))
        folders.update([] if is_bare else [cwd])
        return Done(status=0, output="", took_s=0.01 if is_bare else 0.05)

    monkeypatch.setattr("bench.command.run", taken)
    figure = take(2, lambda _: None)

    assert called == [name, "bare"] * 3
    assert len(folders) == 3
    assert (figure.values.count, round(figure.values.median, 2)) == (2, 5.0)
    assert round(figure.parts[f"{name} ms"].median) == 50
