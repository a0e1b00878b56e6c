"""Jobs of access: what has an end is told before it, and tidied up after."""

from contextlib import suppress
from uuid import UUID

from tenantry.access.actions.ending import announce_end, end_assignment
from tenantry.access.ends import ended, to_announce
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.jobs import Job, enqueue, job
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing

MOST = 500


@job("access.find_ends", every="0 * * * * *", retry=None)
def find_ends() -> None:
    """Which organizations have something due; each is served by a job of its own."""
    now = clock.now()
    with scope.platform("schedule"), writing():
        due = {row for rows in (ended(now), to_announce(now)) for row in rows.order_by().values_list("organization_id")}
        enqueue(
            *(
                Job("access.tend_ends", {"organization_id": str(i)}, once=f"access.tend_ends:{i}")
                for (i,) in sorted(due)
            )
        )


@job("access.tend_ends")
def tend_ends(*, organization_id: UUID) -> None:
    """One action for each assignment: one that is refused keeps no other from its end, and comes again."""
    actor, now = Actor.system("access", organization_id), clock.now()
    with reading():
        due = [
            (action, *row)
            for action, rows in ((end_assignment, ended(now)), (announce_end, to_announce(now)))
            for row in rows.values_list("membership_id", "id")[:MOST]
        ]
    for action, membership_id, assignment_id in due:
        with suppress(Refusal):
            perform(action, actor=actor, membership_id=membership_id, assignment_id=assignment_id)
