"""One JSON object a line, for the commands that run without gunicorn; and which request a line belongs to."""

import json
import logging
import sys
from datetime import UTC, datetime

from flask import g, has_request_context


class RequestRecord(logging.LogRecord):
    """A log record that knows the request in which it was made."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.request_id = g.get("request_id") if has_request_context() else None


class JsonLines(logging.Formatter):
    """The same lines as the server's."""

    def format(self, record: logging.LogRecord) -> str:
        """Time, level, logger, message, and the traceback where there is one."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def start() -> None:
    """Log to standard output from here on."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
