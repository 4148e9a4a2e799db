"""A page in React. Vite's manifest says which files it is made of, for their names hold a hash."""

import json
from pathlib import Path

import psycopg
from flask import Blueprint, Response, current_app, make_response, render_template

from app import visits

ENTRY = "src/main.jsx"
DIST = Path(__file__).parents[1] / "static" / "dist"


class AssetsError(Exception):
    """The page names files that are not there."""


def read_assets(dist: Path, entry: str) -> dict[str, list[str]]:
    """What the page has to name: its `scripts`, the chunks they import, to `preload`, and the `styles` of all.

    Raises AssetsError where the manifest, the entry or one of the files is missing.
    """
    manifest = dist / ".vite" / "manifest.json"
    try:
        chunks = json.loads(manifest.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AssetsError(f"{manifest} is missing: run `pnpm run build` in frontend/") from None
    if not chunks.get(entry, {}).get("isEntry"):
        entries = ", ".join(name for name, chunk in chunks.items() if chunk.get("isEntry"))
        raise AssetsError(f"{manifest} has no entry {entry}, only {entries or 'none'}")

    order: list[str] = []
    ahead = [entry]
    while ahead:
        name = ahead.pop()
        if name not in order:
            order.append(name)
            ahead.extend(reversed(chunks[name].get("imports", [])))
    assets = {
        "scripts": [chunks[entry]["file"]],
        "preload": [chunks[name]["file"] for name in order if name != entry],
        "styles": list(dict.fromkeys(style for name in order for style in chunks[name].get("css", []))),
    }
    missing = [file for files in assets.values() for file in files if not (dist / file).is_file()]
    if missing:
        raise AssetsError(f"{manifest} names files that are not in {dist}: {', '.join(missing)}")
    return assets


blueprint = Blueprint("board", __name__)
# Read once, on import: a build without the page's
# files stops in the build, not at the first visitor.
assets = read_assets(DIST, ENTRY)


@blueprint.get("/board")
def board() -> Response:
    """Send an empty element for React and the names of the files that fill it."""
    page = make_response(render_template("board.html", assets=assets))
    # The files may be kept for a year because this
    # page, which names them, is asked for each time.
    page.headers["Cache-Control"] = "no-cache"
    return page


@blueprint.post("/api/visits")
def visit() -> tuple[dict[str, int | str | None], int]:
    """Count one more; null where there is no database, 503 while it is away."""
    database = current_app.extensions["settings"].database
    if database is None:
        return {"visits": None}, 200
    try:
        return {"visits": visits.record(database)}, 200
    except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
        return {"error": "the database is not ready"}, 503
