"""Logs: one JSON object a line on standard error, with the request's id, without secrets."""

import logging
import re
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from tenantry.core.tracing import REQUEST_ID

# Tokens travel in links ("/accept/<token>") and query values; both could reach a log line
# through a path or an error text. Forty base64 characters are 240 bits: nothing that a
# person typed, and longer than the hexadecimal ids we log.
_TOKEN = re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z0-9])[\w-]{40,}(?![\w-])")
HIDDEN = "[hidden]"


class WithoutSecrets(logging.Filter):
    """Adds the request id and takes tokens out of the message."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place; none is dropped."""
        record.request_id = REQUEST_ID.get()
        message = record.getMessage()
        cleaned = _TOKEN.sub(HIDDEN, message)
        if cleaned != message:
            record.msg, record.args = cleaned, None
        return True


class JsonLines(JsonFormatter):
    """One JSON object a line; empty fields are left out."""

    def __init__(self) -> None:
        super().__init__(
            "%(levelname)s %(name)s %(message)s %(request_id)s",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="at",
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Hide tokens in every field and drop what is empty.

        Django adds the request itself to some records; written out it is its path, and paths hold tokens.
        """
        cleaned = super().process_log_record(log_data)
        cleaned.pop("request", None)
        for key, value in cleaned.items():
            if isinstance(value, str):
                cleaned[key] = _TOKEN.sub(HIDDEN, value)
            elif value is not None and not isinstance(value, bool | int | float):
                cleaned[key] = _TOKEN.sub(HIDDEN, str(value))
        return {key: value for key, value in cleaned.items() if value not in (None, "")}


def logging_tree(*, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything to standard error, libraries from WARNING on."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"safe": {"()": WithoutSecrets}},
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "json",
                "filters": ["safe"],
            }
        },
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "tenantry": {"level": level},
            "django": {"level": "WARNING", "handlers": [], "propagate": True},
            # Answers below 500 are not news; each 5xx is logged with its traceback.
            "django.request": {"level": "ERROR"},
            "django.server": {"level": "WARNING", "handlers": [], "propagate": True},
            "procrastinate": {"level": "WARNING"},
        },
    }
