"""What handing records over would do, in numbers that are exact: how many of which type leave whom, and who gets how
many. The same numbers are carried out (`carrying`)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import Count, Q, Sum

from tenantry.acting.plans import Plan, Refused
from tenantry.core.actor import Actor
from tenantry.core.decisions import decide
from tenantry.core.ids import NIL
from tenantry.crm.models import Deal
from tenantry.crm.opening import Closed, lie_in_workspaces, named_closed, opening
from tenantry.crm.records import DEAL, VALUE
from tenantry.people.locks import lock_members
from tenantry.people.models import Membership
from tenantry.usecases.handing_over.counting import groups_of, lock_records
from tenantry.usecases.handing_over.giving import Givers, ask_of_oneself, givers_of, targets_of
from tenantry.usecases.handing_over.portions import Part, Portion, checked, records
from tenantry.usecases.handing_over.receiving import candidates_of
from tenantry.usecases.handing_over.spreads import NOBODY, Group, Sharing, Spread, closed_of, numbers_of, shared

# Up to so many records change hands while somebody waits; more go by an operation.
AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class HandoverPlan(Plan):
    """`from_ids`: whose records; nil is the queue. `counts`: (key of a type, records) of those that move. `open_value`:
    (currency, minor units), empty for whoever may not see the value of deals. `receivers`: (membership, name, records).
    `unassigned`: how many go to the queue; `staying`: how many of the queue's stay there, because nobody is found who
    receives them. `large`: carried out by an operation."""

    from_ids: tuple[UUID, ...]
    from_names: tuple[str, ...]
    spread: Spread
    portion: Portion
    counts: tuple[tuple[str, int], ...]
    total: int
    open_deals: int
    open_value: tuple[tuple[str, int], ...]
    receivers: tuple[tuple[UUID, str, int], ...]
    unassigned: int
    staying: int
    refused: tuple[Refused, ...]
    large: bool
    # Records that whoever receives them could not open, by receiver and workspace.
    closed: tuple[Closed, ...] = ()
    # How it is shared out (`Sharing`), while it is being carried out. What is confirmed are the numbers alone.
    sharing: Any = field(default=None, compare=False, repr=False)


def plan_reassign_records(
    *,
    actor: Actor,
    from_ids: Iterable[UUID],
    spread: Spread,
    now: datetime,
    portion: Portion = Portion(),  # noqa: B008 frozen
    locking: bool = False,
) -> HandoverPlan:
    """What would happen. Who of `from_ids` can't be acted on is named and left out. `locking`: inside of an action,
    so that what is planned is what there is at its commit.

    :raises NotFound: somebody is unknown or out of reach. :raises InvalidInput: spread or portion make no sense.
    :raises NotOnOneself, PermissionMissing, MemberOutOfHand: nobody of `from_ids` is left.
    :raises ReceiverNotActive: of `one` and `round_robin`. :raises PermissionMissing: the actor would receive what they
    may not see.
    """
    part, givers = checked(portion), givers_of(actor, dict.fromkeys(from_ids), portion)
    if locking:
        lock_members({*givers.ids, *spread.to})
    places = spread.kind != NOBODY and lie_in_workspaces()
    groups = groups_of(givers, part, workflows=spread.by_workflow, places=places)
    if locking and sum(group.number for group in groups) <= AT_ONCE:
        lock_records(givers, part)
        groups = groups_of(givers, part, workflows=spread.by_workflow, places=places)
    candidates = candidates_of(actor, givers.ids, spread, part.types)
    opens = opening(candidates.everybody if groups else (), now)
    sharing = shared(groups, candidates, opens)
    ask_of_oneself(actor, givers, groups, sharing)
    plan = _plan(actor, givers, part, portion, spread, groups, sharing)
    names = {one: name for one, name, _number in plan.receivers}
    return replace(plan, closed=named_closed(actor, closed_of(sharing, groups, opens), names))


def _plan(
    actor: Actor,
    givers: Givers,
    part: Part,
    portion: Portion,
    spread: Spread,
    groups: list[Group],
    sharing: Sharing,
) -> HandoverPlan:
    staying = [one for one in groups if one.owner == NIL and sharing.pool_of(one) is None]
    moving = [one for one in groups if one not in staying]
    numbers = numbers_of(sharing, moving)
    counts: dict[str, int] = {}
    for group in moving:
        counts[group.type_key] = counts.get(group.type_key, 0) + group.number
    total = sum(counts.values())
    open_deals, open_value = _open_deals(actor, givers, part, spread, moving) if counts.get(DEAL.key) else (0, ())
    return HandoverPlan(
        from_ids=givers.ids,
        from_names=tuple(givers.names[one] for one in givers.ids),
        spread=spread,
        portion=portion,
        counts=tuple(counts.items()),
        total=total,
        open_deals=open_deals,
        open_value=open_value,
        receivers=_named(numbers),
        unassigned=numbers.get(None, 0),
        staying=sum(one.number for one in staying),
        refused=tuple(Refused(one, name, why.code, str(why)) for one, (name, why) in givers.refused.items()),
        large=total > AT_ONCE,
        sharing=sharing,
    )


def _open_deals(
    actor: Actor, givers: Givers, part: Part, spread: Spread, moving: list[Group]
) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Of those that move."""
    ids = [one for one in givers.ids if DEAL in givers.types(one, part) and one != NIL]
    owned = Q(owner_id__in=ids)
    if queue := [one.workflow for one in moving if one.owner == NIL and one.type_key == DEAL.key]:
        owned |= Q(owner_id__isnull=True, workflow_id__in=queue) if spread.by_workflow else Q(owner_id__isnull=True)
    rows = records(DEAL, part).filter(owned, state=Deal.State.OPEN).order_by().values_list("currency")
    found = list(rows.annotate(n=Count("*"), value_=Sum("value")).order_by("currency"))
    view, targets = DEAL.permissions["view"], targets_of(givers.ids)
    sees = all(decide(actor, view, targets[one], field=VALUE.code) for one in givers.ids)
    value = tuple((currency, int(amount)) for currency, _n, amount in found) if sees else ()
    return sum(n for _currency, n, _amount in found), value


def _named(numbers: Mapping[UUID | None, int]) -> tuple[tuple[UUID, str, int], ...]:
    """In the order of names."""
    wanted = [one for one in numbers if one is not None]
    rows = Membership.objects.filter(id__in=wanted).only("given_name", "family_name", "email", "sort_name")
    found = sorted(rows, key=lambda row: (row.sort_name, row.id))
    return tuple((row.id, row.name, numbers[row.id]) for row in found)
