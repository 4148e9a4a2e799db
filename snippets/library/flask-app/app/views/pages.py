"""What a browser opens."""

import logging

import psycopg
from flask import Blueprint, current_app, render_template, session

from app import visits

blueprint = Blueprint("pages", __name__)
log = logging.getLogger(__name__)


@blueprint.get("/")
def index() -> tuple[str, int]:
    """The page, with the visits of all and of this browser. 503 while the database is away."""
    settings = current_app.extensions["settings"]
    session["visits"] = session.get("visits", 0) + 1
    total, status = None, 200
    if settings.database:
        try:
            total = visits.record(settings.database)
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable) as error:
            # libpq's message names host and user, never the password.
            log.warning("the database is not ready: %s", error)
            status = 503
    page = render_template(
        "index.html",
        database=settings.database is not None,
        total=total,
        yours=session["visits"],
        revision=settings.revision,
    )
    return page, status
