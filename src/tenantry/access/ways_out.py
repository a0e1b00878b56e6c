"""Ways out of a refusal: those that the actor can go, and who can go the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import and_

from django.db.models import Q

from tenantry.access.models import Assignment
from tenantry.access.selectors import Grantor
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal, Remedy
from tenantry.people.models import Membership

MOST = 5


@dataclass(frozen=True, slots=True)
class WayOut:
    """`people`: who can, where the actor can't; keyholders first."""

    remedy: Remedy
    mine: bool
    people: tuple[Grantor, ...] = ()


def ways_out(refusal: Refusal, actor: Actor | None) -> list[WayOut]:
    """In the order of the refusal. One query for each set of permissions that the actor lacks."""
    known: dict[tuple[str, ...], tuple[Grantor, ...]] = {}
    found = []
    for remedy in refusal.remedies:
        wanted = remedy.permissions
        if actor is None and wanted:
            continue
        if actor is None or all(actor.may(code) for code in wanted):
            found.append(WayOut(remedy, mine=True))
            continue
        if wanted not in known:
            known[wanted] = tuple(people_with(wanted))
        found.append(WayOut(remedy, mine=False, people=known[wanted]))
    return found


def people_with(codes: Iterable[str], limit: int = MOST) -> list[Grantor]:
    """Active people whose role in the organization gives all of these."""
    gives = reduce(and_, (Q(role__permissions__has_key=code) for code in codes), Q())
    able = Q(role__is_keyholder=True) | gives
    rows = Assignment.objects.filter(able, is_base=True, membership__status=Membership.Status.ACTIVE)
    ordered = rows.select_related("role", "membership").order_by("role__position", "membership__sort_name", "id")
    return [Grantor(one.membership_id, one.membership.name, one.role.name) for one in ordered[:limit]]
