"""Jobs of use cases: what is planned for people is told before it and carried out on its day; accounts are erased."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from tenantry.acting.actions import perform
from tenantry.acting.errors import Busy
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.jobs import Job, enqueue, job
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.planned import due, of_another_zone, to_announce
from tenantry.usecases.erasing import forget_account
from tenantry.usecases.planned_work import announce_planned, carry_out_planned, note_refused, realign_planned

MOST = 500


@job("planning.find_due", every="* * * * * 15", retry=None)
def find_due() -> None:
    """Which organizations have something to do or to tell; each is served by a job of its own."""
    now = clock.now()
    with scope.platform("schedule"), writing():
        parts = (of_another_zone(), due(now), to_announce(now))
        ids = {row for rows in parts for row in rows.order_by().values_list("organization_id")}
        enqueue(*(Job("planning.tend", {"organization_id": str(i)}, once=f"planning.tend:{i}") for (i,) in sorted(ids)))


@job("planning.tend")
def tend(*, organization_id: UUID) -> None:
    """One action for each change, in the order of their days: one that is refused keeps no other from its day, and
    comes again."""
    actor = Actor.system("planning", organization_id)
    for action, rows in _parts():
        with reading():
            found = list(rows().values_list("membership_id", "id")[:MOST])
        for membership_id, planned_id in found:
            about = {"membership_id": membership_id, "planned_id": planned_id}
            try:
                perform(action, actor=actor, **about)
            except Busy:
                # Nothing was done; the next round tries again.
                continue
            except Refusal as refused:
                if action is carry_out_planned:
                    perform(note_refused, actor=actor, code=refused.code, **about)


def _parts() -> tuple[tuple[Any, Callable[[], QuerySet[Any]]], ...]:
    """Moments are put right before they are asked, and what happened needs no telling that it will."""
    return (
        (realign_planned, of_another_zone),
        (carry_out_planned, lambda: due(clock.now())),
        (announce_planned, lambda: to_announce(clock.now())),
    )


@job("erasing.account")
def erase_account(*, user_id: UUID) -> None:
    """Their membership is erased already; the account follows where no organization has them any more."""
    with scope.platform("schedule"), writing():
        forget_account(user_id)
