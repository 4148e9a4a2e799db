"""Notes: what people write and bring, and finds itself again after a release, a crash and a restore."""

import logging

import psycopg
from cryptography.fernet import InvalidToken
from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    send_from_directory,
    session,
    url_for,
)
from werkzeug.wrappers import Response as Answer

from app import notes, uploads

blueprint = Blueprint("notes", __name__, url_prefix="/notes")
log = logging.getLogger(__name__)

LONGEST = 2000
# A cookie holds four kilobytes.
REMEMBERED = 20


def database() -> str:
    """Where the notes are."""
    return current_app.extensions["settings"].database or abort(404, "There is no database to keep notes in.")


@blueprint.errorhandler(psycopg.OperationalError)
@blueprint.errorhandler(psycopg.errors.UndefinedTable)
def away(error: psycopg.Error) -> tuple[str, int, dict[str, str]]:
    """Whoever asked is told that it passes."""
    log.warning("the database is not ready: %s", error)
    return "The database is not ready. Try again in a moment.\n", 503, {"Retry-After": "5"}


@blueprint.get("")
def index() -> str:
    """The newest notes, or those with the words asked for; whoever left a contact sees it, and nobody else."""
    found = notes.search(database(), request.args.get("q", ""))
    mine = set(session.get("notes", []))
    contacts = {note.id: opened(note.contact) for note in found if note.id in mine and note.contact}
    may_upload = current_app.extensions["settings"].uploads is not None
    return render_template("notes.html", notes=found, contacts=contacts, may_upload=may_upload)


@blueprint.post("")
def add() -> Answer:
    """Keep a note: what was answered with 303 is in the database, and its file on the disk."""
    text = request.form.get("text", "").strip()
    if not 0 < len(text) <= LONGEST:
        abort(400, f"A note is a text of at most {LONGEST} characters.")
    contact, file = request.form.get("contact", "").strip(), request.files.get("file")
    upload = name = None
    if file and file.filename:
        folder = current_app.extensions["settings"].uploads or abort(400, "Nobody may bring a file here.")
        upload, name = uploads.keep(folder, file), file.filename
    sealed = current_app.extensions["seal"].seal(contact) if contact else None
    number = notes.add(database(), text=text, contact=sealed, upload=upload, upload_name=name)
    session["notes"] = [*session.get("notes", []), number][-REMEMBERED:]
    return redirect(url_for("notes.index"), 303)


@blueprint.get("/<int:number>/file")
def file(number: int) -> Response:
    """Handed on as it came, to be saved: a page that somebody brought is not shown as one of ours."""
    note, folder = notes.find(database(), number), current_app.extensions["settings"].uploads
    if note is None or note.upload is None or folder is None:
        abort(404)
    return send_from_directory(
        folder, note.upload, as_attachment=True, download_name=note.upload_name, mimetype="application/octet-stream"
    )


def opened(sealed: bytes) -> str:
    """What was sealed; where its key is gone for good, that is said and the page goes on."""
    try:
        return current_app.extensions["seal"].open(sealed)
    except InvalidToken:
        log.warning("a contact cannot be opened: it was sealed with a key that is gone")
        return "sealed with a key that is gone"
