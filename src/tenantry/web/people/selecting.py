"""A selection of the directory as its form sends it: people who are ticked, or all who match."""

from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from tenantry.acting.operations import BATCH
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.web.selection import picked

# As many as are done at once.
MOST = BATCH


def ticked(sent: QueryDict) -> tuple[UUID, ...]:
    """:raises NotFound: an id that is none. :raises InvalidInput: nobody, or more than fit into one."""
    ids = picked(sent.getlist("ids"))
    if ids is None:
        raise NotFound
    if not ids:
        raise InvalidInput({"ids": _("Select somebody first.")})
    if len(ids) > MOST:
        sentence = _("At most %(count)s people are ticked at once. Select all that match a filter instead.")
        raise InvalidInput({"ids": sentence % {"count": MOST}})
    return ids
