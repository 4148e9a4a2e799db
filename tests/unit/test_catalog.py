"""The catalog: what is read, and what is refused at the door. `tests/packages/` holds one defect a directory."""

import os
from pathlib import Path

import pytest

from snippets.catalog import Catalog, load
from snippets.catalog.directory import FILE_LIMIT_BYTES
from snippets.errors import CatalogError
from snippets.evidence.objection import fault_digest
from tests.unit.sample import ALMA, BESIDE, CONF, DOCKERFILE, REHEARSAL, SERVICES, SHOP, WEB, Library

PACKAGES = sorted((Path(__file__).parent.parent / "packages").iterdir())


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_a_defect_is_refused_by_file_and_key(package: Path) -> None:
    """Each defect is refused in the words of its faults.txt: all faults of it, and nothing else."""
    with pytest.raises(CatalogError) as refused:
        load(package / "library")

    said = "\n".join(refused.value.faults).replace(str(package), ".")
    assert said + "\n" == (package / "faults.txt").read_text()


def test_the_handbook_s_own_library_has_no_fault() -> None:
    """What readers copy is read without a fault, pitfalls included."""
    catalog = load()

    assert len(catalog.snippets) >= 5
    assert len(catalog.pitfalls) >= 8


def test_a_snippet_holds_its_files_and_the_shared_ones(library: Library) -> None:
    """A file that is used stands under its own name here, with the bytes of where it lies."""
    web = library.snippet()

    assert sorted(web.sources) == ["Dockerfile", "serve.conf"]
    assert web.content("serve.conf") == b"workers = 3\n"
    assert web.sources["serve.conf"].path == library.root / "conf" / "serve.conf"


def test_a_directory_is_shared_whole(library: Library) -> None:
    """A trailing slash on both sides takes every file below."""
    library.write("conf/conf.d/a/b.conf", "b\n")
    library.write("web/snippet.toml", WEB.replace("[project]", '"etc/" = "conf/conf.d/"\n\n[project]'))

    assert library.snippet().content("etc/a/b.conf") == b"b\n"


def test_sharing_is_followed_however_far(library: Library) -> None:
    """What a snippet uses through another counts, in the order in which it is laid out."""
    library.write("more/snippet.toml", WEB.replace("conf/serve.conf", "web/serve.conf"))
    catalog = library.write("more/Dockerfile", DOCKERFILE).load()

    assert catalog.made_of(catalog.snippets["more"]) == ("conf", "web", "more")


def test_stated_settings_are_those_of_all_that_is_used(library: Library) -> None:
    """An image is judged by the settings that the configuration it uses states."""
    promised = CONF.replace('["drains"]', '["drains", "config-meant"]')
    catalog = library.write("conf/snippet.toml", promised + '\n[effective]\nworkers = "3"\n').load()

    assert catalog.effective(catalog.snippets["web"]) == {"workers": "3"}


def test_a_configuration_is_carried_by_each_image_that_has_its_files(library: Library) -> None:
    """Also by those whose base may not be had; of any other kind a snippet carries itself."""
    library.write("more/snippet.toml", WEB).write("more/Dockerfile", DOCKERFILE)
    library.write("alma/snippet.toml", ALMA.replace("[project]", '[uses]\n"a" = "conf/serve.conf"\n\n[project]'))
    catalog = library.load()

    assert [each.name for each in catalog.carriers(catalog.snippets["conf"])] == ["alma", "more", "web"]
    assert [each.name for each in catalog.carriers(catalog.snippets["alma"])] == ["alma"]


def test_what_stands_apart_is_part_of_the_description(library: Library) -> None:
    """Services beside it, stated settings and exemptions: promises are told of them by one value."""
    catalog = library.write("web/snippet.toml", WEB + BESIDE).load()
    web = catalog.snippets["web"]
    project = web.project({"workers": "3"})

    assert (project.port, project.effective) == (8000, {"workers": "3"})
    assert project.not_applicable == {"cpu-aware": "It is one process."}
    assert {name: service.image for name, service in project.beside.items()} == {"database": "postgres:18"}
    assert web.bases == ("python:3.13", "postgres:18")
    with pytest.raises(TypeError, match="conf is of kind config and describes no container"):
        catalog.snippets["conf"].project({})


def test_a_compose_project_is_read_with_what_it_fetches(library: Library) -> None:
    """Its table says where it answers; the images of its services are its bases, and its rehearsals are its own."""
    library.write("shop/snippet.toml", SHOP).write("shop/rehearsal.py", REHEARSAL)
    shop = library.write("shop/compose.yaml", SERVICES).snippet("shop")

    assert shop.table.stack is not None
    assert (shop.table.stack.service, shop.table.stack.port, shop.table.stack.published) == ("web", 8000, "PORT")
    assert shop.bases == ("python:3.13", "postgres:18")
    assert shop.rehearsals == {"it-sells": "it_sells", "it-closes": "it_closes"}
    assert sorted(shop.sources) == ["compose.yaml"]
    assert shop.promises == ()


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(library: Library) -> None:
    """A file above the limit is refused with both sizes."""
    library.write("web/big.txt", b"x" * FILE_LIMIT_BYTES).load()
    library.write("web/big.txt", b"x" * (FILE_LIMIT_BYTES + 1))

    assert faults(library) == ("web: big.txt: 1048577 bytes, larger than 1048576",)


@pytest.mark.timeout(120)
def test_what_is_not_a_file_is_refused_without_being_opened(library: Library) -> None:
    """A named pipe among the files would block whoever reads it."""
    os.mkfifo(library.root / "web" / "pipe")

    assert faults(library) == ("web: pipe: not a file",)


@pytest.mark.parametrize(
    "line",
    [
        "stop_grace_s = 0.1",
        "graceful_timeout_s = 0.1",
        "memory_mib = 1",
        "size_mib = 1",
        "pre_stop_s = 0",
        "pre_stop_s = 0.1",
    ],
)
def test_any_limit_that_is_one_is_let_in(library: Library, line: str) -> None:
    """However small."""
    assert library.write("web/snippet.toml", WEB.replace("port = 8000", f"port = 8000\n{line}")).load()


@pytest.mark.parametrize("port", [1, 65535])
def test_any_port_is_let_in(library: Library, port: int) -> None:
    """The first and the last."""
    assert library.write("web/snippet.toml", WEB.replace("port = 8000", f"port = {port}")).load()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("stop_grace_s = 0", "stop_grace_s: 0.0 is no limit"),
        ("stop_grace_s = nan", "stop_grace_s: nan is no limit"),
        ("graceful_timeout_s = -1", "graceful_timeout_s: -1.0 is no limit"),
        ("pre_stop_s = inf", "pre_stop_s: inf is no time"),
        ("pre_stop_s = nan", "pre_stop_s: nan is no time"),
        ("pre_stop_s = -0.1", "pre_stop_s: -0.1 is no time"),
    ],
)
def test_what_is_no_limit_is_refused(library: Library, line: str, said: str) -> None:
    """Zero is what an engine takes for none, and what is no number passes every comparison or none."""
    library.write("web/snippet.toml", WEB.replace("port = 8000", f"port = 8000\n{line}"))

    assert faults(library) == (f"web/snippet.toml: project.{said}",)


@pytest.mark.parametrize("port", [0, 65536])
def test_what_is_no_port_is_refused(library: Library, port: int) -> None:
    """Neither before the first nor after the last."""
    library.write("web/snippet.toml", WEB.replace("port = 8000", f"port = {port}"))

    assert faults(library) == (f"web/snippet.toml: project.port: {port} is no port",)


def test_one_slug_is_one_snippet(library: Library, tmp_path: Path) -> None:
    """Two directories of one name in two roots are refused, naming the other."""
    with pytest.raises(CatalogError) as refused:
        load(library.root, Library(tmp_path / "more").write("web/snippet.toml", WEB).root)

    assert refused.value.faults == (f"web: duplicate slug, also {library.root / 'web'}",)


def test_an_absent_library_is_refused(tmp_path: Path) -> None:
    """A root that is not there is a fault, not an empty catalog."""
    with pytest.raises(CatalogError) as refused:
        load(tmp_path / "nowhere")

    assert refused.value.faults == (f"{tmp_path / 'nowhere'}: No such file or directory",)


def test_every_fault_of_a_run_is_listed(library: Library) -> None:
    """The message counts the faults and holds a line for each."""
    library.write("web/latin.txt", b"\xe9").write("conf/latin.txt", b"\xe9")

    with pytest.raises(CatalogError) as refused:
        library.load()

    assert str(refused.value) == (
        "the library has 2 fault(s):\n  conf: latin.txt: not UTF-8 at byte 0\n  web: latin.txt: not UTF-8 at byte 0"
    )


def test_the_digest_covers_bytes_modes_names_and_metadata(library: Library) -> None:
    """Whatever a reader would get otherwise gives another digest."""
    digests = [library.snippet().digest]
    (library.root / "web" / "Dockerfile").chmod(0o755)
    digests.append(library.snippet().digest)
    digests.append(library.write("conf/serve.conf", "workers = 4\n").snippet().digest)
    digests.append(library.write("web/empty", "").snippet().digest)
    digests.append(library.write("web/snippet.toml", WEB + "\n").snippet().digest)

    assert len(set(digests)) == 5


def test_modes_that_git_does_not_keep_do_not_count(library: Library) -> None:
    """The digest is the same under every umask."""
    before = library.snippet().digest
    (library.root / "web" / "Dockerfile").chmod(0o600)

    assert library.snippet().digest == before


def test_a_file_changed_since_it_was_read_is_not_given_out(library: Library) -> None:
    """Content is what the digest is of: the file on disk may have moved on since."""
    web = library.snippet()
    library.write("web/Dockerfile", "FROM evil\n")

    with pytest.raises(CatalogError, match=r"web: Dockerfile: changed since the library was read"):
        web.content("Dockerfile")


def test_an_assembled_snippet_is_its_bytes_and_modes(library: Library, tmp_path: Path) -> None:
    """Shared files are laid out as well, and only the executable ones are executable."""
    library.write("web/start", "#!/bin/sh\n")
    (library.root / "web" / "start").chmod(0o700)
    context = library.snippet().assemble(tmp_path / "context")

    laid_out = {p.name: oct(p.stat().st_mode & 0o777) for p in context.iterdir()}
    assert laid_out == {"Dockerfile": "0o644", "serve.conf": "0o644", "start": "0o755"}
    assert (context / "serve.conf").read_text() == "workers = 3\n"


def test_a_pitfall_edits_the_shared_file_wherever_it_is_used(library: Library, tmp_path: Path) -> None:
    """The mutant of a configuration reaches the image that uses it, and nothing else changes."""
    library.write("conf/pitfalls/many.toml", pitfall("serve.conf", "workers = 3", "workers = 99"))
    catalog = library.load()
    replaced = catalog.pitfalls["conf/many"].replaced(catalog.snippets["conf"])
    context = catalog.snippets["web"].assemble(tmp_path / "context", replaced)

    assert (context / "serve.conf").read_text() == "workers = 99\n"
    assert (context / "Dockerfile").read_text() == DOCKERFILE


def test_a_pitfall_s_digest_moves_with_the_fault_and_with_the_good_snippet(library: Library) -> None:
    """Its record is of this edit of these bytes."""

    def digest(catalog: Catalog) -> str:
        return fault_digest(catalog.pitfalls["web/user-by-name"], catalog)

    first = digest(library.load())
    second = digest(library.write("conf/serve.conf", "workers = 4\n").load())
    edit = library.root / "web" / "pitfalls" / "user-by-name.toml"
    third = digest(library.write(str(edit.relative_to(library.root)), edit.read_text() + "# more\n").load())

    assert len({first, second, third}) == 3


def test_a_pitfall_may_edit_a_command(library: Library) -> None:
    """No file is another then, and of the commands that one; who notices is the command's own end."""
    edit = 'command = "build", find = "build", replace = "biuld"'
    library.write("web/pitfalls/typo.toml", rehearsed("command-build", edit))
    catalog = library.load()
    fault, web = catalog.pitfalls["web/typo"], catalog.snippets["web"]

    assert fault.commands(web) == {"build": "docker biuld ."}
    assert fault.replaced(web) == {}
    assert fault.edit.place == "commands.build"
    assert catalog.pitfalls["web/user-by-name"].commands(web) == web.commands
    assert catalog.pitfalls["web/user-by-name"].edit.place == "Dockerfile"


def test_a_pitfall_of_any_kind_may_be_noticed_by_a_rehearsal(library: Library) -> None:
    """One of its own, or a command: for a configuration that of the image it is proven in."""
    edit = 'path = "serve.conf", find = "3", replace = "4"'
    library.write("conf/rehearsal.py", REHEARSAL)
    library.write("conf/pitfalls/four.toml", rehearsed("it-sells", edit))
    library.write("conf/pitfalls/more.toml", rehearsed("command-build", edit))

    assert {"conf/four", "conf/more"} <= library.load().pitfalls.keys()


def faults(library: Library) -> tuple[str, ...]:
    """What speaks against a library."""
    with pytest.raises(CatalogError) as refused:
        library.load()
    return refused.value.faults


def rehearsed(by: str, edit: str) -> str:
    """A pitfall that a rehearsal notices."""
    return (
        f'title = "T"\nedit = {{ {edit} }}\nstage = "rehearsal"\npromise = "{by}"\nmessage = "exit 1"\n'
        'why = "W."\nfix = "F."\n'
    )


def pitfall(path: str, find: str, replace: str) -> str:
    """A pitfall that the contract notices."""
    return (
        f'title = "T"\nedit = {{ path = "{path}", find = "{find}", replace = "{replace}" }}\n'
        'stage = "contract"\npromise = "drains"\nmessage = "cut short"\nwhy = "W."\nfix = "F."\n'
    )


def test_a_command_holds_what_a_shell_takes(library: Library) -> None:
    """TOML can say a zero byte, and no program can be told one."""
    library.write("web/snippet.toml", WEB.replace("docker build .", "docker build \\u0000."))

    assert faults(library) == ("web/snippet.toml: commands.build: a zero byte, which no shell takes",)


@pytest.mark.parametrize(
    ("path", "edit", "says"),
    [
        (
            "web/snippet.toml",
            ("[project]", "[highlight]\nDockerfile = [1, 3]\n'serve.conf' = [1]\n\n[project]"),
            [],
        ),
        (
            "web/snippet.toml",
            ("[project]", "[highlight]\nnone = [1]\nDockerfile = [0, 4]\n\n[project]"),
            ["highlight: missing file none", "highlight: Dockerfile has 3 lines, not [0, 4]"],
        ),
        ("conf/snippet.toml", ('"web"', '"konf"'), ["proven_in.snippet: no image 'konf'"]),
        (
            "web/pitfalls/user-by-name.toml",
            ('"USER 10001"', '""'),
            ["edit.find: says nothing", f"edit.find: occurs {len(DOCKERFILE) + 1} times in Dockerfile, not once"],
        ),
    ],
    ids=["lit", "unlit", "no-image", "nothing-found"],
)
def test_each_fault_is_told_and_nothing_else(
    library: Library, path: str, edit: tuple[str, str], says: list[str]
) -> None:
    """Up to the first and the last line that there is; what follows a fault is looked at as well."""
    library.write(path, (library.root / path).read_text().replace(*edit))
    if not says:
        assert library.snippet().name == "web"
    else:
        assert faults(library) == tuple(f"{path}: {each}" for each in says)


@pytest.mark.parametrize(("port", "is_one"), [(0, False), (1, True), (65535, True), (65536, False)])
def test_a_port_is_one_that_there_is(library: Library, port: int, *, is_one: bool) -> None:
    """Of an image and of a compose project alike."""
    library.write("shop/rehearsal.py", REHEARSAL).write("shop/compose.yaml", SERVICES)
    library.write("shop/snippet.toml", SHOP.replace("8000", str(port)))
    library.write("web/snippet.toml", WEB.replace("8000", str(port)))
    said = (f"shop/snippet.toml: stack.port: {port} is no port", f"web/snippet.toml: project.port: {port} is no port")
    if is_one:
        assert library.snippet("shop").table.stack is not None
    else:
        assert faults(library) == said


def test_every_file_that_the_carrier_lacks_is_named(library: Library) -> None:
    """A configuration is judged in an image that holds all of it."""
    library.write("conf/b.conf", "b\n").write("conf/a.conf", "a\n")

    assert faults(library) == ("conf/snippet.toml: proven_in.snippet: web does not use a.conf, b.conf",)
