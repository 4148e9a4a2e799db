"""The other atom of the library: a pitfall, which must be caught."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .metadata import Edit, PitfallTable
from .snippet import Snippet, Source


@dataclass(frozen=True, kw_only=True)
class Pitfall:
    """A mutant of a snippet that a named promise must catch, with a stated message.

    One edit, or an exhibit: whole files as somebody would write them, by the path that they replace.
    """

    snippet: str
    slug: str
    table: PitfallTable
    table_sha256: str
    exhibit: Mapping[str, Source] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Snippet and slug, as pages and records name it."""
        return f"{self.snippet}/{self.slug}"

    @property
    def edit(self) -> Edit:
        """The edit; an exhibit has none."""
        if self.table.edit is None:
            message = f"{self.name} is an exhibit: whole files and no edit"
            raise TypeError(message)
        return self.table.edit

    def replaced(self, owner: Snippet) -> Mapping[Path, str]:
        """The mutant's text, by the path where the good bytes lie; nothing where a command alone is edited."""
        if self.exhibit:
            return {owner.sources[path].path: source.text for path, source in self.exhibit.items()}
        if self.edit.path is None:
            return {}
        return {owner.sources[self.edit.path].path: self.edit.applied(owner.text(self.edit.path))}

    def commands(self, owner: Snippet) -> Mapping[str, str]:
        """The mutant's commands."""
        edited = self.table.edit.command if self.table.edit else None
        return {
            name: self.edit.applied(command) if name == edited else command for name, command in owner.commands.items()
        }
