"""MkDocs' events -> `render`, `refusal` and the downloads; decides nothing itself."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment
from mkdocs.config import config_options
from mkdocs.config.base import Config
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import BasePlugin, get_plugin_logger
from mkdocs.structure.files import Files
from mkdocs.structure.pages import Page

from .cli import main
from .compiled import keep_compiled
from .errors import SnippetsError
from .handbook import Handbook
from .render import DOWNLOADS, Objection, refusal, render
from .render.notebook import render_tutorial, to_download
from .render.passthrough import PassthroughExtension
from .render.thinned import thinned, words
from .tutorials import FOLDER, TutorialStanding

log = get_plugin_logger("handbook")
CACHE = ".cache/templates"
THEMES_SHEETS = "assets/stylesheets/*.css"


def _refuse_links(files: Files, docs: Path) -> None:
    """A page or a file that lies elsewhere would be published, whatever that is by then."""
    root = docs.resolve()
    elsewhere = [
        file.src_uri
        for file in files
        if file.src_dir == str(docs) and Path(str(file.abs_src_path)).resolve() != root / file.src_uri
    ]
    if elsewhere:
        listed = "\n".join(f"  {path}: a link, or within a linked directory" for path in sorted(elsewhere))
        raise PluginError(f"refusing to publish what does not lie in {docs}:\n{listed}\nPut the file itself there.")


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


class HandbookConfig(Config):  # type: ignore[no-untyped-call] # MkDocs leaves it untyped
    """`library` and `evidence`: directories to read in the place of the project's own."""

    library = config_options.Optional(config_options.Dir(exists=True))
    evidence = config_options.Optional(config_options.Dir())


class HandbookPlugin(BasePlugin[HandbookConfig]):  # type: ignore[no-untyped-call] # likewise
    """Puts what is proven into pages, and refuses the site before its first file is written."""

    def on_startup(self, *, command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:  # noqa: ARG002
        """Remember whether somebody is writing: a preview is never published, so it says what is wrong and goes on."""
        self.preview = command == "serve"

    def on_config(self, config: MkDocsConfig) -> MkDocsConfig:
        """Have Markdown leave rendered blocks alone."""
        if not config.use_directory_urls:
            message = "handbook: links of snippets need `use_directory_urls: true`"
            raise PluginError(message)
        # Declared as names; Python-Markdown, which gets the list as it is, takes both.
        extensions: list[Any] = config.markdown_extensions
        extensions.append(PassthroughExtension())
        return config

    def on_pre_build(self, *, config: MkDocsConfig) -> None:
        """Read library and records once a build."""
        self.objections: list[Objection] = []
        self.downloads: set[tuple[str, str]] = set()
        try:
            self.handbook = replace(Handbook.here(*self._given(), Path(config.docs_dir)), program=main)
            # Also what no page asks for, which is wrong by that.
            self.diagrams = self.handbook.diagrams
        except SnippetsError as error:
            raise PluginError(str(error)) from None

    def _given(self) -> tuple[Path | None, Path | None]:
        """Library and records, where the configuration names others than the project's own."""
        library, evidence = self.config.library, self.config.evidence
        return Path(library) if library else None, Path(evidence) if evidence else None

    def on_files(self, files: Files, *, config: MkDocsConfig) -> Files:
        """Refuse links to files elsewhere; read the tutorials."""
        _refuse_links(files, Path(config.docs_dir))
        self.tutorials: dict[str, TutorialStanding] = {}
        pages = [file.src_uri for file in files.documentation_pages()]
        if any(uri.startswith(f"{FOLDER}/") and uri != f"{FOLDER}/index.md" for uri in pages):
            try:
                self.tutorials = {standing.tutorial.page: standing for standing in self.handbook.tutorials.values()}
            except SnippetsError as error:
                raise PluginError(str(error)) from None
        return files

    def on_page_markdown(self, markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG002
        """Render one page; what speaks against it is kept until all pages are read."""
        uri = page.file.src_uri
        if uri in self.tutorials:
            rendered = render_tutorial(self.tutorials[uri])
        else:
            first_line = page.file.content_string.count("\n") - markdown.count("\n") + 1
            rendered = render(markdown, uri, self.handbook, first_line=first_line)
        self.objections += rendered.objections
        self.downloads |= rendered.downloads
        return rendered.text

    def on_env(self, env: Environment, *, config: MkDocsConfig, files: Files) -> Environment:  # noqa: ARG002
        """Refuse: every page is rendered by now, and not one is written."""
        if self.objections:
            error = refusal(self.objections)
            if not getattr(self, "preview", False):
                raise PluginError(str(error))
            # Below a warning, which in strict mode would end the preview.
            log.log(logging.INFO, "this is a preview; a build would say:\n%s", error)
        keep_compiled(env, Path(config.config_file_path).parent / CACHE)
        return env

    def on_post_build(self, *, config: MkDocsConfig) -> None:
        """Write the files that pages link to, byte for byte; of the theme's style sheets leave what some page needs."""
        site = Path(config.site_dir)
        sheets = sorted(site.glob(THEMES_SHEETS))
        named = words(path.read_text() for kind in ("*.html", "*.js") for path in site.rglob(kind)) if sheets else ()
        for sheet in sheets:
            sheet.write_text(thinned(sheet.read_text(), named))
        for name, path in sorted(self.downloads):
            try:
                content = self.handbook.catalog.snippets[name].offered(path)
            except SnippetsError as error:
                raise PluginError(str(error)) from None
            _write(Path(config.site_dir) / DOWNLOADS / name / path, content)
        for standing in self.tutorials.values():
            if standing.objection is None and standing.execution is not None:
                for path, content in to_download(standing.tutorial, standing.execution).items():
                    _write(Path(config.site_dir) / path, content)

    def on_serve(self, server: LiveReloadServer, *, config: MkDocsConfig, builder: object) -> LiveReloadServer:  # noqa: ARG002
        """Build again when a snippet or a record changes."""
        for folder in (
            *{snippet.root.parent for snippet in self.handbook.catalog.snippets.values()},
            self.handbook.store.root,
        ):
            if Path(folder).is_dir():
                server.watch(str(folder))
        return server
