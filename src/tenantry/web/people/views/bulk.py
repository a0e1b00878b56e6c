"""Something for a selection of the directory: the plan with everybody who can't be, then the deed with its digest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.access.places import unit_choices
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, PlanChanged
from tenantry.core.ids import parse_id
from tenantry.core.transactions import reading
from tenantry.organizations.errors import OrganizationNameAsked
from tenantry.organizations.labels import label
from tenantry.people.actions import JoinPlan, join_team, plan_join_team
from tenantry.people.permissions import DEACTIVATE, EDIT, INVITE, REMOVE, TEAMS_MANAGE, VIEW
from tenantry.people.selectors import manageable_teams
from tenantry.usecases.offboarding import (
    LeavingPlan,
    deactivate_members,
    plan_deactivate_members,
    plan_remove_members,
    remove_members,
)
from tenantry.usecases.placing import PlacingPlan, move_to_unit, plan_move_to_unit
from tenantry.usecases.resending import ResendPlan, plan_resend_invitations, resend_invitations
from tenantry.web.people.answers import current_url
from tenantry.web.people.forms import picked
from tenantry.web.people.plans import blockers, leaving_effects, listing, resend_effects
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

MOST = 100
AnyPlan = LeavingPlan | ResendPlan | JoinPlan | PlacingPlan


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that can be done to a selection. `button` and `title` are its words on screen; `into`: the name of the
    field that says where to, for what needs a place to be chosen first."""

    permission: str
    title: str | Promise
    button: str | Promise
    dangerous: bool
    perform: Any
    plan: Callable[..., AnyPlan]
    into: str = ""

    def called(self, text: str | Promise, labels: Mapping[str, str]) -> str:
        """One of its words, with the organization's own for teams and units."""
        return str(text) % {"team": label(labels, "one_team"), "unit": label(labels, "one_unit")}

    def place(self, place_id: UUID | None) -> dict[str, Any]:
        """What action and plan are told about it."""
        return {f"{self.into}_id": place_id} if self.into else {}


KINDS: dict[str, Kind] = {
    "deactivation": Kind(
        DEACTIVATE,
        gettext_lazy("Deactivate people"),
        gettext_lazy("Deactivate"),
        True,
        deactivate_members,
        plan_deactivate_members,
    ),
    "removal": Kind(
        REMOVE,
        gettext_lazy("Remove people"),
        gettext_lazy("Remove"),
        True,
        remove_members,
        plan_remove_members,
    ),
    "resend": Kind(
        INVITE,
        gettext_lazy("Send invitations again"),
        gettext_lazy("Send again"),
        False,
        resend_invitations,
        plan_resend_invitations,
    ),
    "team": Kind(
        TEAMS_MANAGE,
        gettext_lazy("Add people to a %(team)s"),
        gettext_lazy("Add to the %(team)s"),
        False,
        join_team,
        plan_join_team,
        "team",
    ),
    "unit": Kind(
        EDIT,
        gettext_lazy("Put people into a %(unit)s"),
        gettext_lazy("Put there"),
        False,
        move_to_unit,
        plan_move_to_unit,
        "unit",
    ),
}


@screen(VIEW, methods=("POST",))
def person_bulk(request: MemberRequest) -> HttpResponse:
    """`do`: what, `ids`: to whom, `digest`: the plan that was read; without it the plan is shown."""
    do, kind, ids = _asked(request)
    place_id = _place(request, kind)
    digest = request.POST.get("digest", "")
    if not digest or (kind.into and place_id is None):
        return _plan_page(request, do, kind, ids, place_id)
    more = kind.place(place_id)
    if do == "deactivation":
        more["organization_name"] = request.POST.get("organization_name", "")
    try:
        result = perform(kind.perform, actor=request.actor, membership_ids=ids, digest=digest, **more)
    except PlanChanged as changed:
        return _plan_page(request, do, kind, ids, place_id, changed=changed)
    except OrganizationNameAsked as asked:
        return _plan_page(request, do, kind, ids, place_id, asked=asked)
    toast(request, _told(do, len(result.members), len(result.refused)))
    return go(request, _back(request))


def _asked(request: MemberRequest) -> tuple[str, Kind, tuple[UUID, ...]]:
    do = request.POST.get("do", "")
    kind = KINDS.get(do)
    if kind is None:
        raise NotFound
    if not request.actor.may(kind.permission):
        raise PermissionMissing(kind.permission)
    ids = picked(request.POST.getlist("ids"))
    if ids is None:
        raise NotFound
    if not ids:
        raise InvalidInput({"ids": _("Select somebody first.")})
    if len(ids) > MOST:
        raise InvalidInput({"ids": _("At most %(count)s people at once.") % {"count": MOST}})
    return do, kind, ids


def _plan_page(
    request: MemberRequest,
    do: str,
    kind: Kind,
    ids: tuple[UUID, ...],
    place_id: UUID | None,
    *,
    changed: PlanChanged | None = None,
    asked: OrganizationNameAsked | None = None,
) -> HttpResponse:
    """`asked`: the organization's name was not what was typed."""
    with reading():
        plan: AnyPlan | None = changed.plan if changed else _plan(request, kind, ids, place_id)
        context: dict[str, Any] = {
            "do": do,
            "kind": kind,
            "title": kind.called(kind.title, request.organization.labels),
            "button": kind.called(kind.button, request.organization.labels),
            "ids": ids,
            "plan": plan,
            "changed": changed,
            "asked": asked,
            "typed": request.POST.get("organization_name", ""),
            "back": _back(request),
            "place_id": place_id,
            "places": _places(request, kind),
            "effects": _effects(do, plan),
            "blockers": blockers(plan) if plan else [],
        }
        return page(request, "people/bulk.html", context, status=409 if changed else 422 if asked else 200)


def _place(request: MemberRequest, kind: Kind) -> UUID | None:
    if kind.into == "team":
        return parse_id(request.POST.get("team", ""))
    return parse_id(request.POST.get("unit", "")) if kind.into == "unit" else None


def _places(request: MemberRequest, kind: Kind) -> list[tuple[UUID, str]]:
    """Where the selection may go."""
    if kind.into == "team":
        return list(manageable_teams(request.actor).values_list("id", "name"))
    return unit_choices(request.actor, EDIT) if kind.into == "unit" else []


def _plan(request: MemberRequest, kind: Kind, ids: tuple[UUID, ...], place_id: UUID | None) -> AnyPlan | None:
    if not kind.into:
        return kind.plan(actor=request.actor, membership_ids=ids, now=clock.now())
    return kind.plan(actor=request.actor, membership_ids=ids, **kind.place(place_id)) if place_id else None


def _effects(do: str, plan: AnyPlan | None) -> list[dict[str, Any]]:
    if isinstance(plan, LeavingPlan):
        return leaving_effects(plan, removing=do == "removal")
    if isinstance(plan, ResendPlan):
        return resend_effects(plan)
    if isinstance(plan, JoinPlan) and plan.members:
        count = len(plan.members)
        text = ngettext("person comes into %(team)s", "people come into %(team)s", count) % {"team": plan.team}
        return [{"number": count, "text": text, "detail": listing(plan.names)}]
    if isinstance(plan, PlacingPlan) and plan.members:
        count = len(plan.members)
        text = ngettext("person stands in %(unit)s then", "people stand in %(unit)s then", count) % {"unit": plan.unit}
        return [{"number": count, "text": text, "detail": listing(plan.names)}]
    return []


def _told(do: str, count: int, refused: int) -> str:
    texts = {
        "deactivation": ngettext("%(n)s person was deactivated.", "%(n)s people were deactivated.", count),
        "removal": ngettext("%(n)s person was removed.", "%(n)s people were removed.", count),
        "resend": ngettext("%(n)s invitation was sent again.", "%(n)s invitations were sent again.", count),
        "team": ngettext("%(n)s person was added.", "%(n)s people were added.", count),
        "unit": ngettext("%(n)s person was moved.", "%(n)s people were moved.", count),
    }
    text = texts[do] % {"n": count}
    if refused:
        left_out = ngettext("%(n)s was left out.", "%(n)s were left out.", refused) % {"n": refused}
        return f"{text} {left_out}"
    return text


def _back(request: MemberRequest) -> str:
    """The list with its filter: said by the dialog's form, else the page behind."""
    lists = (reverse("person_list"), reverse("invitation_list"))
    for url in (request.POST.get("back", ""), current_url(request)):
        if url.partition("?")[0] in lists:
            return url
    return lists[0]
