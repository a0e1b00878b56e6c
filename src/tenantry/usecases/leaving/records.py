"""What becomes of the records of people who leave: policy `people.removal_records`, the successor, what there is."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Sum

from tenantry.core.actor import Actor
from tenantry.core.decisions import decide
from tenantry.core.errors import NotFound
from tenantry.core.records import NOWHERE, owned_types
from tenantry.crm.errors import ReceiverNotActive
from tenantry.crm.models import Deal
from tenantry.crm.opening import Closed, lie_in_workspaces, named_closed, opening
from tenantry.crm.records import DEAL, VALUE
from tenantry.organizations.models import Workflow
from tenantry.people.models import Membership
from tenantry.people.selectors import visible_members
from tenantry.usecases.handing_over import Spread
from tenantry.usecases.handing_over.counting import counts_of, places_of
from tenantry.usecases.handing_over.spreads import Group
from tenantry.usecases.leaving.errors import SuccessorLeaves, SuccessorNotOffered

REMOVAL_RECORDS = "people.removal_records"
REQUIRED, OPTIONAL, UNASSIGN = "successor_required", "successor_optional", "unassign"
Status = Membership.Status


@dataclass(frozen=True, slots=True)
class Owned:
    """What people own, together. `open_value`: (currency, minor units), empty for whoever may not see it of all."""

    counts: tuple[tuple[str, int], ...] = ()
    open_deals: int = 0
    open_value: tuple[tuple[str, int], ...] = ()

    @property
    def total(self) -> int:
        return sum(number for _key, number in self.counts)


def owned_by_each(ids: Collection[UUID]) -> dict[UUID, dict[str, int]]:
    """By member, of every type, archived ones too; one query, none for nobody."""
    return counts_of(ids, owned_types().values()) if ids else {}


def owned_together(actor: Actor, ids: Collection[UUID], each: Mapping[UUID, Mapping[str, int]]) -> Owned:
    """`each`: see `owned_by_each`. One query where there are deals."""
    found: dict[str, int] = {}
    for one in ids:
        for key, number in each.get(one, {}).items():
            found[key] = found.get(key, 0) + number
    counts = tuple((key, found[key]) for key in owned_types() if found.get(key))
    if not found.get(DEAL.key):
        return Owned(counts)
    rows = Deal.objects.filter(owner_id__in=ids, state=Deal.State.OPEN).order_by().values_list("currency")
    deals = list(rows.annotate(n=Count("*"), value_=Sum("value")).order_by("currency"))
    sees = decide(actor, DEAL.permissions["view"], NOWHERE, field=VALUE.code)
    value = tuple((currency, int(amount)) for currency, _n, amount in deals) if sees else ()
    return Owned(counts, sum(n for _currency, n, _amount in deals), value)


def successor_of(actor: Actor, successor_id: UUID | None, rule: str, leaving: Collection[UUID]) -> Membership | None:
    """:raises SuccessorNotOffered, SuccessorLeaves, ReceiverNotActive, NotFound: see there."""
    if successor_id is None:
        return None
    if rule == UNASSIGN:
        raise SuccessorNotOffered
    member = visible_members(actor).filter(id=successor_id).defer("picture").first()
    if member is None:
        raise NotFound
    if successor_id in leaving:
        raise SuccessorLeaves(name=member.name)
    if member.status != Status.ACTIVE:
        raise ReceiverNotActive(name=member.name)
    return member


def closed_to(
    successor_id: UUID | None, each: Mapping[UUID, Mapping[str, int]], now: datetime
) -> dict[UUID, dict[UUID | None, dict[str, int]]]:
    """Owner -> workspace -> records by type that the successor could not open. `each`: see `owned_by_each`. At most
    three queries, however many records there are; none where there are none."""
    owners = [one for one, counts in each.items() if counts]
    if successor_id is None or not owners:
        return {}
    if lie_in_workspaces():
        groups = places_of(owners, owned_types().values())
    else:
        groups = [Group(key, one, None, number) for one in owners for key, number in each[one].items()]
    opens = opening([successor_id], now)
    found: dict[UUID, dict[UUID | None, dict[str, int]]] = {}
    for group in groups:
        if not opens(successor_id, group.type_key, group.place):
            found.setdefault(group.owner, {}).setdefault(group.place, {})[group.type_key] = group.number
    return found


def closed_together(
    actor: Actor,
    successor: Membership | None,
    found: Mapping[UUID, Mapping[UUID | None, Mapping[str, int]]],
    ids: Collection[UUID],
) -> tuple[Closed, ...]:
    """Of these owners. `found`: see `closed_to`. At most one query."""
    if successor is None:
        return ()
    counts: dict[tuple[UUID, UUID | None], dict[str, int]] = {}
    for one in ids:
        for place, numbers in found.get(one, {}).items():
            here = counts.setdefault((successor.id, place), {})
            for key, number in numbers.items():
                here[key] = here.get(key, 0) + number
    return named_closed(actor, counts, {successor.id: successor.name})


def spread_of(successor_id: UUID | None) -> Spread:
    return Spread("one", (successor_id,)) if successor_id else Spread("nobody")


def workflows_of(owner_id: UUID) -> list[tuple[UUID, str]]:
    """(id, name) of the workflows of somebody's deals; one query."""
    rows = Workflow.objects.filter(Exists(Deal.objects.filter(workflow_id=OuterRef("id"), owner_id=owner_id)))
    return list(rows.order_by("sort_name", "id").values_list("id", "name"))
