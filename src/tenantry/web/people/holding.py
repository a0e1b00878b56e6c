"""What one person holds, as the Access tab shows it, with the buttons that the actor may use."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from tenantry.access.directory import may_act_on
from tenantry.access.ends import last_day
from tenantry.access.hands import may_assign
from tenantry.access.holding import Holding, holding_of
from tenantry.access.permissions import ASSIGN, RESTRICT, TRANSFER
from tenantry.core.actor import Actor
from tenantry.core.permissions import REACH_TITLES, restrictions
from tenantry.core.records import Target
from tenantry.web.people.rows import Row


@dataclass(frozen=True, slots=True)
class Line:
    """`until`: in words, empty for good; `acts`: `end` and `change_end`, where the actor may."""

    id: UUID
    role_id: UUID
    name: str
    where: str
    since: datetime
    given_by: str
    until: str = ""
    then: str = ""
    is_keyholder: bool = False
    is_ended: bool = False
    acts: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    title: Any
    sentence: Any
    value: str
    where: str
    since: datetime
    set_by: str


def until_in_words(ends_at: datetime | None, zone: str) -> str:
    return date_format(last_day(ends_at, zone), "DATE_FORMAT") if ends_at else ""


def access_context(actor: Actor, row: Row, organization: Any, used: Iterable[str], now: datetime) -> dict[str, Any]:
    """For the Access tab: what is held, and what may be done about it. Parts that are not in use stay away.

    `used`: the policy `organization.structure`.
    """
    held = holding_of(row.id)
    parts = set(used)
    may_give = row.status != "removed" and may_act_on(actor, row.member, ASSIGN)
    may_restrict = row.status != "removed" and may_act_on(actor, row.member, RESTRICT)
    above = frozenset(getattr(row.member, "above", ()))
    target = Target("member", row.id, owner=row.id, units=above)
    return {
        "holding": held,
        "assignment": held.base,
        "lines": _lines(actor, held, target, organization, now, may_give=may_give),
        "taken": _taken(held),
        "may_give": may_give and held.base is not None and bool({"additions", "units"} & parts),
        "may_restrict": may_restrict,
        "shows_profile": "profiles" in parts or held.profile is not None,
        "shows_restrictions": "restrictions" in parts or bool(held.restrictions),
        "may_transfer": (
            row.status == "active" and not row.is_self and actor.may(TRANSFER) and not _is_keyholder(held)
        ),
    }


def _is_keyholder(held: Holding) -> bool:
    return held.base is not None and held.base.role.is_keyholder and held.base.ends_at is None and not held.restrictions


def _lines(
    actor: Actor, held: Holding, target: Target, organization: Any, now: datetime, *, may_give: bool
) -> list[Line]:
    found = []
    for one in ([held.base] if held.base else []) + [*held.beside, *held.levels]:
        place = one.unit or one.workspace
        # Whether at that unit, the action decides: asking for each line would be a query for each.
        mine = may_give and not one.is_base and one.workspace_id is None
        found.append(
            Line(
                id=one.id,
                role_id=one.role_id,
                name=one.role.name,
                where=place.name if place else organization.name,
                since=one.given_at,
                given_by=one.given_by.name if one.given_by else "",
                until=until_in_words(one.ends_at, organization.time_zone),
                then=one.then_role.name if one.then_role else "",
                is_keyholder=one.role.is_keyholder,
                is_ended=one.ends_at is not None and one.ends_at <= now,
                acts=mine and (one.unit_id is not None or may_assign(actor, one.role, target)),
            )
        )
    return found


def _taken(held: Holding) -> list[Taken]:
    declared, found = restrictions(), []
    for row in held.restrictions:
        known = declared.get(row.code)
        if known is None:
            continue
        found.append(
            Taken(
                title=known.title,
                sentence=known.sentence,
                value=str(REACH_TITLES[row.value]) if known.choices else "",
                where=row.workspace or _("everywhere"),
                since=row.since,
                set_by=row.set_by,
            )
        )
    return found
