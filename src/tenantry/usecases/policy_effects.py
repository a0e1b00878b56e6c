"""What policies about access, ownership and structure do to those who are here (registered with
`organizations.policies`)."""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.access import grants
from tenantry.access.models import Assignment, Profile, RestrictionSet, Role
from tenantry.core.actor import Grants
from tenantry.organizations.models import Unit, Workflow, Workspace
from tenantry.organizations.policies import CATALOGUE
from tenantry.organizations.policies.effects import Effect, Question, register
from tenantry.people.models import Membership
from tenantry.people.permissions import DEACTIVATE
from tenantry.people.seats import FREE_ROLES, seats
from tenantry.usecases.offboarding import DEACTIVATION_BY, may_deactivate

Status = Membership.Status


@register(DEACTIVATION_BY)
def foretell_deactivation(question: Question) -> Iterator[Effect]:
    """Who gains and who loses it, decided by what deactivating itself asks."""
    able = _possible_deactivators(question.now)
    names = dict(_names(able))
    before = {i for i, granted in able.items() if may_deactivate(granted, question.before)}
    after = {i for i, granted in able.items() if may_deactivate(granted, question.after)}
    lost = tuple(name for i, name in names.items() if i in before - after)
    gained = tuple(name for i, name in names.items() if i in after - before)
    if lost:
        text = ngettext("person can't deactivate any more", "people can't deactivate any more", len(lost))
        yield Effect(text, len(lost), lost, warning=True)
    if gained:
        yield Effect(ngettext("person can deactivate", "people can deactivate", len(gained)), len(gained), gained)
    if not lost and not gained:
        yield Effect(_("The same people can deactivate as before."))
    if question.after == "owner":
        yield Effect(_("Each time the organization's name is typed first."))
    off = Membership.objects.filter(status=Status.DEACTIVATED).count()
    if off:
        yield Effect(ngettext("deactivated person stays so", "deactivated people stay so", off), off)


def _possible_deactivators(now: datetime) -> dict[UUID, Grants]:
    """Grants of active people with a role that might let them, whatever the policy says."""
    able = Q(role__is_keyholder=True) | Q(role__permissions__has_key=DEACTIVATE)
    then = Q(then_role__is_keyholder=True) | Q(then_role__permissions__has_key=DEACTIVATE)
    holders = Assignment.objects.filter(able | then, membership__status=Status.ACTIVE).values("membership_id")
    ids = set(holders.values_list("membership_id", flat=True))
    return grants.of_members(ids, now)


def _names(found: dict[UUID, Grants]) -> list[tuple[UUID, str]]:
    rows = Membership.objects.filter(id__in=list(found)).defer("picture").order_by("sort_name", "id")
    return [(member.id, member.name) for member in rows]


@register(FREE_ROLES)
def foretell_free_roles(question: Question) -> Iterator[Effect]:
    """Who takes a seat by it and who frees one, and whether there are enough."""
    state = seats(question.now)
    holding = (
        _of_roles(question.before, state.counted, question.now),
        _of_roles(question.after, state.counted, question.now),
    )
    freed = tuple(name for key, name in holding[1].items() if key not in holding[0])
    taken = tuple(name for key, name in holding[0].items() if key not in holding[1])
    if freed:
        yield Effect(
            ngettext("person takes no seat any more", "people take no seat any more", len(freed)), len(freed), freed
        )
    if taken:
        text = ngettext("person takes a seat who took none", "people take a seat who took none", len(taken))
        yield Effect(text, len(taken), taken, warning=True)
    after = state.in_use - len(freed) + len(taken)
    yield Effect(_("seats in use before"), state.in_use)
    yield Effect(_("seats in use afterwards"), after, warning=after > state.in_use)
    if state.growth == "licensed" and state.limit is not None and after > state.limit:
        text = _("seats more than the organization has: nobody is thrown out, only adding stops")
        yield Effect(text, after - state.limit, warning=True)


def _of_roles(keys: Collection[str], counted: Collection[str], now: datetime) -> dict[UUID, str]:
    """Names of those who would hold a seat but for one of these roles, as the triggers decide it (access 0004)."""
    rows = Assignment.objects.filter(role__key__in=keys, ends_at=None, unit=None, workspace=None)
    held = Membership.objects.filter(id__in=rows.values("membership_id"), status__in=counted).defer("picture")
    return {one.id: one.name for one in held.order_by("sort_name", "id") if not one.is_expired(now)}


@register("keyholders.maximum")
def foretell_keyholders(question: Question) -> Iterator[Effect]:
    rows = Assignment.objects.filter(is_base=True, role__is_keyholder=True).exclude(membership__status=Status.REMOVED)
    held = rows.select_related("membership").order_by("membership__sort_name", "membership_id")
    names = tuple(one.membership.name for one in held)
    text = ngettext("person holds all permissions now", "people hold all permissions now", len(names))
    yield Effect(text, len(names), names)
    if question.after is not None and len(names) > question.after:
        over = len(names) - question.after
        yield Effect(_("more than that: they keep it, and nobody else gets it"), over, warning=True)
    elif question.after is not None and len(names) == question.after:
        yield Effect(_("Nobody else can get it until one of them gives it up."))


@register("ownership.transfer")
def foretell_transfer(question: Question) -> Iterator[Effect]:
    if question.after == "immediate":
        yield Effect(_("Whoever gives ownership away is without it at once and is signed out."), warning=True)
        return
    yield Effect(_("Whoever gets ownership confirms it first; until then nothing changes."))


@register("organization.deletion")
def foretell_deletion(question: Question) -> Iterator[Effect]:
    if question.after == "support_only":
        yield Effect(_("A request to delete the organization waits for the operator of this installation."))
        return
    yield Effect(_("A request to delete the organization goes on without an operator."), warning=True)


@register("proration.basis")
def foretell_proration(question: Question) -> Iterator[Effect]:
    yield Effect(_("It counts from the next change of plan or seats on. Invoices that are out stay as they are."))


@register("organization.structure")
def foretell_structure(question: Question) -> Iterator[Effect]:
    """Hiding ends nothing: what exists is counted, so that nobody hides it unknowingly."""
    shown = [part for part in question.after if part not in question.before]
    hidden = [part for part in question.before if part not in question.after]
    policy_of = CATALOGUE[question.code]
    if shown:
        yield Effect(_("Shown from now on: %(parts)s.") % {"parts": policy_of.in_words(shown)})
    if hidden:
        yield Effect(_("Not shown any more: %(parts)s.") % {"parts": policy_of.in_words(hidden)})
    for part in hidden:
        count = _in_use(part)
        if count:
            title = policy_of.in_words([part])
            text = _("%(part)s exist: they go on working, and nobody sees them") % {"part": title}
            yield Effect(text, count, warning=True)


def _in_use(part: str) -> int:
    rows = {
        # The root stands for the organization itself.
        "units": Unit.objects.filter(parent__isnull=False),
        "workspaces": Workspace.objects.all(),
        "workflows": Workflow.objects.all(),
        "profiles": Profile.objects.all(),
        "additions": Assignment.objects.filter(role__kind=Role.Kind.ADDITION),
        "restrictions": RestrictionSet.objects.all(),
    }
    return rows[part].count()
