"""A name for each request: in its answer, in every line that is logged for it, and in front of the proxy as well."""

import logging
import re
import uuid

from flask import Flask, Response, g, request

from app.logs import RequestRecord

HEADER = "X-Request-ID"
# Anybody can send one. What is taken goes into
# logs, so it is short and plain, or it is ours.
PLAIN = re.compile(r"[A-Za-z0-9._-]{1,64}")


def name_requests(app: Flask) -> None:
    """Take the id that the proxy gave, or make one."""
    logging.setLogRecordFactory(RequestRecord)

    @app.before_request
    def take() -> None:
        given = request.headers.get(HEADER, "")
        g.request_id = given if PLAIN.fullmatch(given) else uuid.uuid4().hex

    @app.after_request
    def tell(response: Response) -> Response:
        response.headers[HEADER] = g.request_id
        return response
