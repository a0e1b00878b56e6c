"""Jobs of blueprints: a release reaches the organizations that were founded before it."""

from collections.abc import Callable
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tenantry.access.actions.releasing import follow_release, wanted_of_profiles, wanted_of_roles
from tenantry.access.models import Profile, Role
from tenantry.acting.actions import perform
from tenantry.blueprints.schema import SHIPPED, load
from tenantry.core.actor import Actor
from tenantry.core.jobs import Job, enqueue, job
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.selectors import blueprints_of

FIND = "blueprints.find_outdated"


@job(FIND, every="7 * * * * 0", retry=None)
def find_outdated() -> None:
    """Which organizations hold roles of an older release; each is served by a job of its own."""
    with scope.platform("schedule"), writing():
        enqueue(
            *(
                Job("blueprints.follow_release", {"organization_id": str(i)}, once=f"blueprints.follow_release:{i}")
                for i in outdated()
            )
        )


def outdated() -> list[UUID]:
    """Organizations whose system roles or profiles differ from their document; three queries over all of them."""
    chosen = blueprints_of()
    found = set()
    parts: tuple[tuple[QuerySet[Any], Callable[..., Any], str], ...] = (
        (Role.objects.all(), wanted_of_roles, "roles"),
        (Profile.objects.all(), wanted_of_profiles, "profiles"),
    )
    for rows, wanted, kind in parts:
        ordered = rows.order_by("organization_id", "position", "id").iterator(chunk_size=2000)
        for organization_id, group in groupby(ordered, key=lambda row: row.organization_id):
            key = chosen.get(organization_id, "")
            if key in SHIPPED:
                document = load(key)
                written = document.role_rows() if kind == "roles" else document.profile_rows()
                if wanted(list(group), written):
                    found.add(organization_id)
    return sorted(found)


@job("blueprints.follow_release")
def follow(*, organization_id: UUID) -> None:
    """Brings one organization up to this release."""
    with reading():
        key = blueprints_of().get(organization_id, "")
    if key not in SHIPPED:
        return
    document = load(key)
    perform(
        follow_release,
        actor=Actor.system("release", organization_id),
        roles=tuple(document.role_rows()),
        profiles=tuple(document.profile_rows()),
    )


def enqueue_find() -> None:
    """Asked after migrations, so that a release reaches everybody without waiting for the hour."""
    enqueue(Job(FIND, once=FIND))
