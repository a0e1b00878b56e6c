"""A program: in the installation of its environment, hands many records over, has it go on, or looks at the audit.

python handover_in_another_place.py begin NUMBER            prints organization, operation, receiver
python handover_in_another_place.py go_on ORGANIZATION      what the schedule finds a minute later
python handover_in_another_place.py check ORGANIZATION OPERATION   prints what the audit says of it
"""

# ruff: noqa: E402 the settings come before whatever reads them

import os
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenantry.config.settings")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

django.setup()

from factories.organizations import make_organization
from support.handing import many_records
from tenantry.acting.models import Operation
from tenantry.acting.operations import OPEN
from tenantry.acting.tasks import find_stuck
from tenantry.audit.chain import verify
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.usecases.handing_over import HANDED_OVER, Spread, reassign_records


def begin(number: int) -> None:
    org = make_organization()
    leaver, taker = org.person().membership_id, org.person().membership_id
    many_records(org, leaver, number)
    begun = org.perform(reassign_records, from_ids=(leaver,), spread=Spread("one", (taker,)))
    print(org.id, begun.operation_id, taker)


def go_on(organization_id: UUID) -> None:
    with scope.tenant(organization_id), writing():
        Operation.objects.filter(state__in=OPEN).update(moved_at=clock.now() - timedelta(minutes=2))
    find_stuck()


def check(organization_id: UUID, operation_id: UUID) -> None:
    with scope.tenant(organization_id), reading():
        entries = Entry.objects.filter(action=HANDED_OVER, target_id=operation_id)
        print(sum(entry.values["count"] for entry in entries), verify().sound)


if __name__ == "__main__":
    what, *given = sys.argv[1:]
    if what == "begin":
        begin(int(given[0]))
    elif what == "go_on":
        go_on(UUID(given[0]))
    else:
        check(UUID(given[0]), UUID(given[1]))
