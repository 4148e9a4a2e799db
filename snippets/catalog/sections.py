"""Pages -> the sections that tell of a pitfall: its page, and the anchor of the heading above it."""

from dataclasses import dataclass
from pathlib import Path

from ..errors import CatalogError
from ..reading import regular
from .fences import scan

LANGUAGE = "pitfall"
LARGEST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Section:
    """A page, by its path below the docs, and an anchor on it."""

    page: str
    anchor: str

    @property
    def address(self) -> str:
        """Where it is below the site's root."""
        folder = self.page.removesuffix("index.md").removesuffix(".md").rstrip("/")
        return f"{folder}/#{self.anchor}" if folder else f"#{self.anchor}"


def sections(docs: Path) -> dict[str, Section]:
    """Pitfall -> the section that shows it, of all pages below `docs`.

    Raises CatalogError, which lists every page that cannot be read.
    """
    found: dict[str, Section] = {}
    faults: list[str] = []
    for page in sorted(docs.rglob("*.md")):
        try:
            text = regular(str(page), LARGEST_BYTES).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else f"not UTF-8 at byte {error.start}"
            faults.append(f"{page.relative_to(docs).as_posix()}: {why}")
            continue
        if LANGUAGE not in text:
            continue
        read = scan(text)
        for fence in read.fences:
            if fence.language == LANGUAGE:
                above = [anchor for number, anchor in read.anchors if number < fence.first]
                section = Section(page.relative_to(docs).as_posix(), above[-1] if above else "")
                found |= {line.strip(): section for line in fence.body if line.strip()}
    if faults:
        raise CatalogError(faults)
    return found
