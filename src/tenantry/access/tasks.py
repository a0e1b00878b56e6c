"""Jobs of access: what has an end is told before it and tidied up after; large organizations stay searchable and
counted."""

import time
from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from tenantry.access.actions.ending import announce_end, end_assignment
from tenantry.access.ends import ended, to_announce
from tenantry.access.overview import take_snapshot
from tenantry.access.searching import keeping
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import Refusal
from tenantry.core.jobs import LONG, TURN_SECONDS, Job, enqueue, job
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.headcounts import scattered, sum_up
from tenantry.people.models import SearchState, SearchWaiting

MOST = 500


@job("access.find_ends", every="* * * * * 0", retry=None)
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


@job("access.find_search", every="* * * * * */5", retry=None)
def find_search() -> None:
    """Which large organizations have people whose search rows are old, or none yet."""
    with scope.platform("schedule"), writing():
        waiting = SearchWaiting.objects.filter(organization_id=OuterRef("organization_id"))
        rows = SearchState.objects.filter(Exists(waiting) | Q(ready_at=None))
        _keep(sorted(rows.values_list("organization_id", flat=True)))


@job("access.find_large", every="* * * * * */10", retry=None, lane=LONG)
def find_large() -> None:
    """Which organizations have grown large, and what large ones need from time to time."""
    now = clock.now()
    with scope.platform("schedule"), reading():
        grown, known = keeping.grown(), keeping.tended()
    for organization_id in grown:
        with scope.platform("schedule", organization_id), writing():
            keeping.begin(now)
    with scope.platform("schedule"), writing():
        _keep(known)


@job("access.keep_search", lane=LONG, retry=None)
def keep_search(*, organization_id: UUID) -> None:
    """Fills and folds, batch by batch, each in a transaction of its own, for as long as its turn is; then others have
    theirs."""
    ends = time.monotonic() + TURN_SECONDS
    while time.monotonic() < ends:
        with writing():
            state = keeping.locked_state()
            if state is None or not keeping.tend(state, clock.now()):
                return
    with writing():
        _keep([organization_id])


@job("access.find_snapshots", every="* * * * * */20", retry=None)
def find_snapshots() -> None:
    """Large organizations are counted anew when somebody changed."""
    with scope.platform("schedule"), writing():
        enqueue(
            *(
                Job("access.take_snapshot", {"organization_id": str(i)}, once=f"access.take_snapshot:{i}")
                for i in keeping.tended()
            )
        )


@job("access.take_snapshot", retry=None, lane=LONG)
def snapshot(*, organization_id: UUID) -> None:
    with writing():
        take_snapshot(clock.now())


@job("access.sum_up_headcounts", every="* * * * * 45", retry=None, lane=LONG)
def sum_up_headcounts() -> None:
    """Organizations whose people were counted by many rows."""
    with scope.platform("schedule"), reading():
        found = scattered()
    for organization_id in found:
        with scope.platform("schedule", organization_id), writing():
            sum_up(clock.now())


def _keep(organization_ids: Iterable[UUID]) -> None:
    enqueue(
        *(
            Job("access.keep_search", {"organization_id": str(i)}, once=f"access.keep_search:{i}")
            for i in organization_ids
        )
    )
