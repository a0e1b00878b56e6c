"""Carrying out actions: once, also when the call is sent again with the same Idempotency-Key."""

import re
from typing import Any, TypeVar

from tenantry.acting.actions import Action, Idempotency, perform
from tenantry.api.errors import MalformedKey
from tenantry.api.requests import ApiRequest

Result = TypeVar("Result")
HEADER = "Idempotency-Key"
_VISIBLE = re.compile(r"[\x21-\x7e]{1,200}")


def given(request: ApiRequest, said: bytes | None = None) -> Idempotency | None:
    """`said`: what was asked for, where that is not the body alone.

    :raises MalformedKey: not 1 to 200 visible ASCII characters.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not _VISIBLE.fullmatch(key):
        raise MalformedKey
    return Idempotency(f"{request.method} {request.path}", key, request.body if said is None else said)


def carry_out(request: ApiRequest, action: Action[Result], *, said: bytes | None = None, **params: Any) -> Result:
    """The one `perform` of an operation. `said`: see `given`."""
    idempotency = given(request, said)
    result = perform(action, actor=request.actor, idempotency=idempotency, **params)
    request.replayed = idempotency is not None and idempotency.replayed
    return result
