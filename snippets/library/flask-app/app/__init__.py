"""The sample application: a page that counts its visits, notes with files, and the routes that a platform probes.

Importing this package needs no setting, so an image can try the import while it is built;
``create_app()`` needs them all, so a container without one ends at once.
"""

import logging

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from app.request_ids import name_requests
from app.seal import Seal
from app.settings import Settings, SettingsError
from app.views import BLUEPRINTS

# gunicorn takes this status of a worker to mean "the
# application does not load": it stops instead of
# starting the worker again, and passes the status on.
APP_LOAD_ERROR = 4

HOUR_S = 60 * 60
YEAR_S = 365 * 24 * HOUR_S
# Of a whole request. The proxy in front needs the
# same limit, or it takes what is refused here.
LARGEST_BYTES = 8 * 1024 * 1024


class Application(Flask):
    """Flask, but for how long browsers may keep a static file."""

    def get_send_file_max_age(self, filename: str | None) -> int:
        """An hour, in which a release is seen; a year where the name holds the content's hash."""
        return YEAR_S if (filename or "").startswith("dist/assets/") else HOUR_S


def create_app() -> Flask:
    """Build the application from the environment; end the process where a setting is missing."""
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        # One line that names the setting. A traceback
        # would bury it, and might print values.
        logging.getLogger(__name__).critical("%s", error)
        raise SystemExit(APP_LOAD_ERROR) from None

    app = Application(__name__)
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SECRET_KEY_FALLBACKS=list(settings.secret_key_fallbacks),
        MAX_CONTENT_LENGTH=LARGEST_BYTES,
        SESSION_COOKIE_SAMESITE="Lax",
        # Behind a proxy the visitor's side is HTTPS;
        # without one, a Secure cookie would be lost.
        SESSION_COOKIE_SECURE=settings.proxy_hops > 0,
    )
    app.extensions["settings"] = settings
    app.extensions["seal"] = Seal([settings.secret_key, *settings.secret_key_fallbacks])
    name_requests(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.after_request(add_security_headers)
    if settings.proxy_hops:
        # Anyone can send X-Forwarded-For: believe as
        # many entries as there are proxies of ours.
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
    return app


def add_security_headers(response: Response) -> Response:
    """Only this origin's files load, no page frames ours, no type is guessed."""
    response.headers.setdefault("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    return response
