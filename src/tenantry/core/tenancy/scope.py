"""Which organization the running code may see.

Arming a scope sets a context variable and opens no transaction; the database backend gives every transaction that
begins under it the role and the organization (`core.database`). Outside of a scope tenant tables can't be read at all.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from django.db import connection

from tenantry.core.ids import NIL

# The chain of what belongs to no organization (operators' acts, sign-ups that failed) lives under this id.
INSTALLATION = NIL


class NoTenant(RuntimeError):
    """A tenant table was asked for while no scope was open."""


class ScopeInTransaction(RuntimeError):
    """A scope was opened or changed while a transaction was running: its role would not change with it."""


@dataclass(frozen=True, slots=True)
class Scope:
    kind: Literal["tenant", "platform"]
    organization_id: UUID | None
    reason: str = ""


_scope: ContextVar[Scope | None] = ContextVar("tenantry_scope", default=None)


def current() -> Scope | None:
    return _scope.get()


def organization_id() -> UUID:
    """The organization of the open scope.

    :raises NoTenant: no scope is open, or it is a crossing without an organization.
    """
    scope = _scope.get()
    if scope is None or scope.organization_id is None:
        raise NoTenant
    return scope.organization_id


@contextmanager
def _armed(scope: Scope) -> Iterator[Scope]:
    if scope != _scope.get() and connection.in_atomic_block:
        raise ScopeInTransaction
    token = _scope.set(scope)
    try:
        yield scope
    finally:
        _scope.reset(token)


@contextmanager
def tenant(organization_id: UUID) -> Iterator[Scope]:
    """Arms one organization."""
    if organization_id == INSTALLATION or not isinstance(organization_id, UUID):
        raise NoTenant
    with _armed(Scope("tenant", organization_id)) as scope:
        yield scope


@contextmanager
def platform(reason: str, organization_id: UUID | None = None) -> Iterator[Scope]:
    """The one way across organizations. `reason` must stand in `CROSSINGS`.

    With `organization_id` the managers filter by it as usual, while the database lets the crossing through.
    """
    if reason not in CROSSINGS:
        raise ValueError(f"{reason!r} is not a declared crossing")
    with _armed(Scope("platform", organization_id, reason)) as scope:
        yield scope


@contextmanager
def installation(reason: str) -> Iterator[Scope]:
    """What belongs to no organization: operators' acts and their audit chain."""
    with platform(reason, INSTALLATION) as scope:
        yield scope


# Reason -> who uses it and why it can't stay inside one organization. Reviewed; a test compares it with the callers.
CROSSINGS: dict[str, str] = {
    "sign_in": "which organizations a person may enter is asked before one is entered",
    "sign_up": "the organization does not exist yet",
    "accept_invitation": "a link names its organization only after it has been looked up; the user row is global",
    "link_lookup": "a link names its organization only after it has been looked up",
    "change_address": "one address is a person's in all of their organizations, and moves in all of them at once",
    "key_lookup": "an API key names its organization only after it has been looked up",
    "switch_organization": "a person sees the names of the organizations they belong to",
    "console": "operators see organizations, mail and jobs of the installation",
    "command_line": "an operator's command finds organizations by their address",
    "schedule": "periodic jobs find the organizations that have something due",
    "mail": "the mail log belongs to the installation",
    "gateway": "a gateway's word names its organization only after it has been looked up",
    "metrics": "figures of the installation, without names",
    "demo": "loads the demonstration organizations",
}
