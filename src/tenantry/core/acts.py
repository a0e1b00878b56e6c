"""Who acts in the running transaction, for what the database writes by itself (decision 0034)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Act:
    """`kind` and `id` as in the audit, `action` as declared, `at` what the action takes for now."""

    kind: str
    id: UUID | None
    action: str
    at: datetime

    def __post_init__(self) -> None:
        if not (self.kind + self.action).replace("_", "").replace(".", "").isalnum():
            raise ValueError("codes only: they are written into a statement")

    @property
    def written(self) -> str:
        """As triggers read it (people.migrations.0010)."""
        return f"{self.kind}|{self.id or ''}|{self.action}|{self.at.astimezone(UTC).isoformat()}"


_act: ContextVar[Act | None] = ContextVar("tenantry_act", default=None)


def current() -> Act | None:
    return _act.get()


@contextmanager
def acting(act: Act | None) -> Iterator[None]:
    """The next transaction begins by saying so to the database."""
    token = _act.set(act)
    try:
        yield
    finally:
        _act.reset(token)
