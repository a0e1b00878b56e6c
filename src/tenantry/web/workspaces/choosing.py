"""Choosing workspaces, of any number, in which one decides who is in; see `web.picking`."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import Promise

from tenantry.access.workspaces import managed
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound
from tenantry.core.named import offered
from tenantry.people.permissions import WORKSPACES_MANAGE
from tenantry.web.offers import ticked_in, typed_in
from tenantry.web.picking import Picker
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen

FIELD = "workspaces"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedPicker(Picker):
    """Several that are ticked."""

    many: bool = True

    @property
    def url(self) -> str:
        return reverse("managed_choices")

    def any_id(self, actor: Actor) -> UUID:
        """One of them, whatever is looked for."""
        found: UUID = self.choices[0][0] if self.choices else managed(actor).values_list("id", flat=True)[0]
        return found


def managed_picker(
    actor: Actor, said: QueryDict | None, ticked: Collection[str] = (), title: str | Promise = ""
) -> ManagedPicker | None:
    """`ticked`: before the form is sent. None for who manages none. Two queries, one where everything is shown."""
    typed = typed_in(said, FIELD) if said is not None else ""
    on = ticked_in(said, FIELD) if said is not None else tuple(UUID(one) for one in ticked)
    found = offered(managed(actor), typed, on)
    if not found.rows and not (typed and managed(actor).exists()):
        return None
    return ManagedPicker(name=FIELD, typed=typed, choices=found.rows, more=found.more, ticked=on, title=title)


@screen(WORKSPACES_MANAGE)
def managed_choices(request: MemberRequest) -> HttpResponse:
    """What is offered for what is typed."""
    picker = managed_picker(request.actor, request.GET)
    if picker is None:
        raise NotFound
    return page(request, "components/picked.html", {"picker": picker})
