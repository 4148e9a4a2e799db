"""A built site and the records -> what speaks against publishing it; knows nothing of how it was built."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from snippets.audit.document import audit_document
from snippets.audit.loading import Place
from snippets.audit.published import Published
from snippets.audit.static import static_faults
from snippets.render import Objection
from snippets.standing import Standings
from snippets.tutorials import FOLDER, TutorialStanding, load_tutorials, tutorial_standings

DOCS = Path(__file__).parents[2] / "docs"


def audit(
    site: Path, standings: Standings, tutorials: Mapping[str, TutorialStanding] | None = None
) -> tuple[Objection, ...]:
    """Read every file of a built site, also those that no navigation names, and refuse what nobody proved.

    Pages are read as a browser reads them. `tutorials` default to those of the project's docs, if
    the site has any. Raises SnippetsError where the library or the tutorials cannot be read.
    """
    files = sorted(path for path in site.rglob("*") if path.is_symlink() or not path.is_dir())
    paths = {path.relative_to(site).as_posix(): path for path in files}
    if tutorials is None:
        tutorials = _tutorials(standings) if any(path.startswith(f"{FOLDER}/") for path in paths) else {}
    published = Published(standings=standings, tutorials=tutorials)
    return tuple(_objections(site, paths, published))


def _tutorials(standings: Standings) -> Mapping[str, TutorialStanding]:
    tutorials = load_tutorials(DOCS, standings.catalog)
    catalog, store = standings.catalog, standings.store
    return tutorial_standings(tutorials, catalog, store, now=standings.now, max_age=standings.max_age)


def _objections(site: Path, paths: Mapping[str, Path], published: Published) -> Iterator[Objection]:
    pages = [path for path in paths if path.endswith((".html", ".htm")) and not path.startswith("snippets/")]
    proven, illustrations = 0, set[str]()
    for path in pages:
        source, why = _source(paths[path])
        if why:
            yield Objection(page=path, line=0, why=why)
            continue
        audited = audit_document(source, Place(path, paths.keys()), published)
        proven += audited.proven
        illustrations |= audited.illustrations
        yield from (Objection(page=path, line=line, why=why) for line, why in sorted(audited.faults))
    for path, file in paths.items():
        if path in pages:
            continue
        if file.is_symlink() or not file.is_file():
            yield Objection(page=path, line=0, why="not a file but a link or a device")
            continue
        faults = static_faults(path, file.read_bytes(), published, frozenset(illustrations))
        yield from (Objection(page=path, line=line, why=why) for line, why in faults)
    if not pages:
        yield Objection(page=site.name, line=0, why="the site holds no page")
    elif not proven:
        yield Objection(page=site.name, line=0, why="the site shows nothing that was proven")


def _source(file: Path) -> tuple[str, str | None]:
    """A page's text, and why it cannot be read as a browser would."""
    if file.is_symlink() or not file.is_file():
        return "", "not a file but a link or a device"
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        return "", f"not UTF-8 at byte {error.start}"
    return text, "holds a NUL byte" if "\0" in text else None
