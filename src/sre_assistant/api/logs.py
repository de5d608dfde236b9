"""Log lines as JSON on stderr, one per event, with credentials taken out."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime

from sre_assistant.kit import codec
from sre_assistant.kit.redaction import RedactingFilter


class JsonLines(logging.Formatter):
    """One JSON object per record; what a call passes as ``extra={"fields": …}`` becomes its members."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        extra = getattr(record, "fields", None)
        if isinstance(extra, dict):
            line |= extra
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            line["trace"] = record.exc_text
        return codec.encode(line).decode()


def configure_logs(level: str) -> None:
    """Sends the logs of this program and of its server to stderr, from ``level`` upwards."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(RedactingFilter())
    chatter = level if level in {"debug", "error"} else "warning"
    for name, least in (("sre_assistant", level), ("uvicorn", chatter)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(least.upper())
        logger.propagate = False
