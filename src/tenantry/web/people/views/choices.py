"""What the searches of forms and filters about people offer while one types."""

from django.http import HttpResponse

from tenantry.access.permissions import ASSIGN
from tenantry.core.decisions import require_any
from tenantry.core.errors import NotFound
from tenantry.people.permissions import EDIT, INVITE, TEAMS_MANAGE, UNITS_MANAGE, VIEW
from tenantry.web.offers import options_of
from tenantry.web.people.choosing import SEARCHED, offers_of, person_picker
from tenantry.web.people.grouping import asked_picker
from tenantry.web.people.heirs import HEIR, asked_heirs
from tenantry.web.picking import FIELD, Picker
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen


@screen(VIEW, INVITE, EDIT, ASSIGN, TEAMS_MANAGE, UNITS_MANAGE)
def person_choices(request: MemberRequest) -> HttpResponse:
    """What is offered for what is typed: `?field=` of a form; with `?as=filter` one of the directory's filters, with
    `?as=heir` of whoever goes on with something, else of a kind of `web.people.grouping`."""
    said = request.GET
    field, kind = said.get("field", "person"), said.get("as", "")
    if kind != "filter" and not FIELD.fullmatch(field):
        raise NotFound
    if kind and kind not in ("filter", HEIR):
        picker: Picker = asked_picker(request.actor, said, field, request.organization.labels)
        return page(request, "components/picked.html", {"picker": picker})
    require_any(request.actor, VIEW)
    if kind != "filter":
        picker = asked_heirs(request.actor, said, field) if kind else person_picker(request.actor, said, field)
        return page(request, "components/picked.html", {"picker": picker})
    offer = offers_of(request.actor, said, only=field).get(field) if field in SEARCHED else None
    if offer is None:
        raise NotFound
    return page(request, "components/filter_options.html", options_of(offer, said, field))
