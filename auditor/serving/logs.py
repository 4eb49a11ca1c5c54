"""Logs for machines: one JSON object on each line, times in UTC."""

import logging
from datetime import UTC, datetime
from typing import Any, Final, TextIO

import orjson

_LOGGER: Final = logging.getLogger("auditor.serving")


class _Lines(logging.Formatter):
    """A record's event and fields; control characters are escaped as JSON does."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, Any] = {
            "time": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def write_to(stream: TextIO) -> None:
    """Send the service's lines, and waitress's own, to `stream`."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_Lines())
    for logger, level in ((_LOGGER, logging.INFO), (logging.getLogger("waitress"), logging.WARNING)):
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False


def info(event: str, **fields: Any) -> None:
    """Say what happened."""
    _LOGGER.info(event, extra={"fields": fields})


def error(event: str, *, trace: bool = False, **fields: Any) -> None:
    """Say what went wrong; within an `except` block, where it is asked for, with the traceback."""
    _LOGGER.error(event, exc_info=trace, extra={"fields": fields})
