"""Which request the present work belongs to: set at the edge, written into every log line."""

from contextvars import ContextVar

REQUEST_ID: ContextVar[str | None] = ContextVar("request_id", default=None)
