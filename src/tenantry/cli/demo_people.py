"""What the demonstration knows of its people: departments, managers, phones, time zones, and who leaves soon."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tenantry.usecases.departments import create_department, set_department
from tenantry.usecases.person import edit_person
from tenantry.usecases.planning import schedule_leaving

DEPARTMENTS = ("Sales", "Customer success", "Marketing", "Finance", "Operations")
# How many of the people each has, of a dozen.
SHARES = (6, 3, 1, 1, 1)
ZONES = ("Europe/Helsinki", "Europe/London", "America/New_York", "Asia/Kolkata")
LEAD, REPORTS = 0, 3


@dataclass(frozen=True, slots=True)
class Introduction:
    """`people`: those of the ordinary role who stay; `lets_go`: whether deactivating is offered at all."""

    act: Callable[..., Any]
    people: Sequence[UUID]
    at: datetime
    lets_go: bool
    organization_name: str


def introduce(wanted: Introduction) -> None:
    rest, at = list(wanted.people), wanted.at
    dozens = max(1, len(rest) // sum(SHARES))
    groups = []
    for name, share in zip(DEPARTMENTS, SHARES, strict=True):
        made = wanted.act(create_department, at, name=name)
        group, rest = rest[: share * dozens], rest[share * dozens :]
        if group:
            wanted.act(set_department, at, membership_ids=tuple(group), department_id=made.id)
            groups.append(group)
    for group in groups[:2]:
        for place, member in enumerate(group[1 : REPORTS + 1]):
            zone = ZONES[place % len(ZONES)]
            more = {"phone": f"+47 22 00 01 {place + 10}", "time_zone": zone}
            wanted.act(edit_person, at, membership_id=member, manager_id=group[LEAD], **more)
    if wanted.lets_go and len(wanted.people) > REPORTS + 1:
        day = (at + timedelta(days=5)).date()
        wanted.act(
            schedule_leaving,
            at,
            membership_id=wanted.people[REPORTS],
            last_day=day,
            back_on=day + timedelta(days=21),
            organization_name=wanted.organization_name,
        )
