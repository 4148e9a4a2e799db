"""What a program asks. Everything below /api is JSON, the errors too."""

from typing import Any

from flask import Blueprint, request

blueprint = Blueprint("api", __name__, url_prefix="/api")


@blueprint.get("/request")
def seen() -> dict[str, Any]:
    """How this request looks from inside, to see whether PROXY_HOPS is right."""
    return {"client": request.remote_addr, "scheme": request.scheme, "host": request.host}


@blueprint.route("/", defaults={"path": ""})
@blueprint.route("/<path:path>")
def missing(path: str) -> tuple[dict[str, str], int]:
    """A program cannot read an HTML page that says 404."""
    return {"error": f"there is no /api/{path}"}, 404
