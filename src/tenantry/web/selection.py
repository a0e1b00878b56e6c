"""People and records that were ticked in a list."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.ids import parse_id
from tenantry.web.requests import MemberRequest

MOST = 100


def picked(values: Iterable[str]) -> tuple[UUID, ...] | None:
    """Ids of a selection, each once; None when one of them is none of ours."""
    ids = {value: parse_id(value) for value in values}
    if not all(ids.values()):
        return None
    return tuple(i for i in ids.values() if i is not None)


def selected(request: MemberRequest) -> tuple[UUID, ...]:
    """The ticked people of a list.

    :raises NotFound, InvalidInput: no ids, none, or too many.
    """
    ids = picked(request.POST.getlist("ids"))
    if ids is None:
        raise NotFound
    if not ids:
        raise InvalidInput({"ids": _("Select somebody first.")})
    if len(ids) > MOST:
        raise InvalidInput({"ids": _("At most %(count)s people at once.") % {"count": MOST}})
    return ids
