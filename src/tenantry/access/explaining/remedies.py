"""The smallest change that would alter the answer, and who could make it. Every one is tried: grants are built from the
changed row and `decide` is asked again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField, Value
from django.db.models.functions import Concat, Trim

from tenantry.access.explaining.changes import NEEDED, Change, Means, giving, means_for, seat, taking, thaw
from tenantry.access.explaining.names import Names
from tenantry.access.explaining.situation import Situation
from tenantry.access.grants import build, sources
from tenantry.access.hands import Standing, in_hand, may_assign
from tenantry.access.models import Assignment
from tenantry.access.weighing import differ
from tenantry.core.actor import Actor, Grants
from tenantry.core.decisions import ORDER, Step, decide
from tenantry.core.permissions import Reach, catalogue
from tenantry.people.models import Membership
from tenantry.people.permissions import VIEW
from tenantry.people.selectors import visible_members

MOST = 5
# So many people who might make a change are asked; the strongest roles first.
ASKED = 200
_FIRST_OF_TWO = 8
_SECOND_OF_TWO = 60


@dataclass(frozen=True, slots=True)
class Able:
    """Somebody who could make the change."""

    id: UUID
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Remedy:
    """`also`: permissions that it gives (or takes) besides the one asked about; `widens`: how many come to reach more,
    or less; `people`: the first who could make all of it; `mine`: whoever asks could."""

    changes: tuple[Change, ...]
    also: tuple[str, ...]
    loses: tuple[str, ...]
    widens: int
    people: tuple[Able, ...] = ()
    mine: bool = False

    @property
    def weight(self) -> tuple[int, int, int]:
        return (len(self.changes), len(self.also) + self.widens, len(self.loses))


def remedies(actor: Actor, situation: Situation, names: Names, *, most: int = MOST) -> tuple[Remedy, ...]:
    """The lightest first."""
    means = means_for(situation)
    found = sorted(proposals(situation, means, names), key=lambda one: one.weight)[:most]
    if not found:
        return ()
    return tuple(_with_people(actor, situation, standing_in(situation, means), found))


def proposals(situation: Situation, means: Means, names: Names) -> list[Remedy]:
    """Everything that was tried and turns the answer round."""
    if situation.decision():
        tried = [(change,) for change in taking(situation, means, names)]
        return [_weighed(situation, situation, one) for one in tried if not applied(situation, one).decision()]
    first = _first(situation)
    if first is None:
        return []
    ground = applied(situation, first)
    if ground.decision():
        return [_weighed(situation, ground, first)]
    changes = list(giving(ground, means, names))
    alone = [(change,) for change in changes if change.apply(ground).decision()]
    found = alone or _pairs(ground, changes)
    return [_weighed(ground, ground, one, first) for one in found]


def _first(situation: Situation) -> tuple[Change, ...] | None:
    """What has to be so before roles count; None where nothing helps."""
    found: list[Change] = []
    if situation.decision().step is Step.STATE:
        if situation.state == "closed":
            return None
        found.append(thaw(situation))
    if situation.status != Membership.Status.ACTIVE:
        seated = seat(situation)
        if seated is None:
            return None
        found.append(seated)
    return tuple(found)


def applied(situation: Situation, changes: Iterable[Change]) -> Situation:
    for change in changes:
        situation = change.apply(situation)
    return situation


def _pairs(ground: Situation, changes: Sequence[Change]) -> list[tuple[Change, ...]]:
    """Two changes: one that gets past the step that refuses, and one that gets past the next."""
    step = ground.decision().step

    def further(change: Change) -> bool:
        reached = change.apply(ground).decision().step
        return step is not None and reached is not None and ORDER.index(reached) > ORDER.index(step)

    found: list[tuple[Change, ...]] = []
    opening = islice((change for change in changes if further(change)), _FIRST_OF_TWO)
    for one in [*opening] or changes[:_FIRST_OF_TWO]:
        after = one.apply(ground)
        seconds = (other for other in changes[:_SECOND_OF_TWO] if other is not one and other.kind != one.kind)
        found += [(one, other) for other in seconds if other.apply(after).decision()]
    return found


def _weighed(
    before: Situation, ground: Situation, changes: tuple[Change, ...], first: tuple[Change, ...] = ()
) -> Remedy:
    after, question = applied(ground, changes), ground.question
    change = differ(ground.source, after.source, question.now)
    granted = bool(after.decision()) and not before.decision()
    more, less = (change.gains, change.loses) if granted else (change.loses, change.gains)
    if any(one.kind == "deactivate" for one in changes):
        more = tuple(code for code in catalogue() if ground.grants.anywhere(code))
    reach = [one.widens for one in changes if one.widens]
    widens = sum(1 for code in catalogue() if any(_means_more(ground.grants, code, bit) for bit in reach))
    return Remedy((*first, *changes), tuple(code for code in more if code != question.permission), less, widens)


def _means_more(grants: Grants, code: str, bit: Reach) -> bool:
    return any(line.reach & bit == bit and line.reach != Reach.ALL for line in grants.lines(code))


# --- Who could make it ------------------------------------------------------------------------


def standing_in(situation: Situation, means: Means) -> Standing:
    """`access.hands.standing_of` the person, from what was read already."""
    outside = [one for one in situation.source["assigned"] if not one["workspace"]]
    ids = [one[key]["id"] for key in ("role", "then") for one in outside if one[key] and one[key]["id"]]
    base = next((means.roles[UUID(str(one["role"]["id"]))] for one in outside if one["base"]), None)
    return Standing(base, tuple(means.roles[UUID(str(i))] for i in ids), situation.question.place)


def _with_people(actor: Actor, situation: Situation, standing: Standing, found: list[Remedy]) -> list[Remedy]:
    others = list(_others(actor, situation, found))
    done = []
    for one in found:
        able = [person for who, person in others if can_make(who, one.changes, situation, standing)]
        mine = can_make(actor, one.changes, situation, standing)
        done.append(Remedy(one.changes, one.also, one.loses, one.widens, tuple(able[:MOST]), mine))
    return done


def can_make(who: Actor, changes: Iterable[Change], situation: Situation, standing: Standing) -> bool:
    """Whether this actor could make all of it; nobody changes what they hold themselves."""
    return all(_can_make_one(who, change, situation, standing) for change in changes)


def _can_make_one(who: Actor, change: Change, situation: Situation, standing: Standing) -> bool:
    if change.by_them:
        return who.membership_id == situation.question.member.id
    if who.membership_id == situation.question.member.id and change.kind != "thaw":
        return False
    if not all(decide(who, code, target) for code, target in change.asks):
        return False
    if change.role is not None and not may_assign(who, change.role, change.at):
        return False
    return not change.in_hand or in_hand(who, standing)


def _others(actor: Actor, situation: Situation, found: list[Remedy]) -> Iterable[tuple[Actor, Able]]:
    """Active people whom the asking actor sees and whose roles hold something of what is needed; one query."""
    if not decide(actor, VIEW):
        return
    codes = {code for one in found for change in one.changes for code, _target in change.asks}
    thawed = any(change.kind == "thaw" for one in found for change in one.changes)
    for row in _holders(actor, codes):
        role = next((one["role"]["name"] for one in row["assigned"] if one["base"]), "")
        who = Actor(
            kind="member",
            organization_id=situation.question.organization_id,
            grants=build(row, situation.question.now),
            membership_id=row["id"],
            label=row["shown"],
            state="active" if thawed else situation.state,
        )
        yield who, Able(row["id"], row["shown"], role)


def _holders(actor: Actor, codes: Iterable[str]) -> QuerySet[Membership, Any]:
    """Rows of `grants.sources` with the name as `shown`, keyholders first."""
    holds = Q(role__is_keyholder=True) | Q(role__permissions__has_any_keys=sorted(set(codes) & set(NEEDED)))
    mine = Assignment.objects.filter(membership_id=OuterRef("id"))
    rows = visible_members(actor).filter(Exists(mine.filter(holds)), status=Membership.Status.ACTIVE)
    name = Trim(Concat("given_name", Value(" "), "family_name", output_field=TextField()))
    found = sources(rows).annotate(shown=name, keyholder=Exists(mine.filter(role__is_keyholder=True)))
    return found.order_by("-keyholder", "sort_name", "id")[:ASKED]


def until(situation: Situation) -> datetime | None:
    """When an assignment that counts now ends next."""
    return situation.grants.until
