from datetime import UTC, datetime, timedelta

from factories.organizations import make_organization, unique
from support.many import crowd, lines
from tenantry.access.selectors import DirectoryFilter
from tenantry.acting.models import IdempotencyRecord
from tenantry.core import clock, tasks
from tenantry.core.ids import first_id_of, new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.people.models import PasswordReset
from tenantry.security.models import SessionEntry
from tenantry.usecases.bulk_changing.changing import change_people


def test_the_first_id_of_a_moment_parts_earlier_from_later_ones():
    before = first_id_of(datetime.now(UTC) - timedelta(seconds=1))
    assert before < new_id() < first_id_of(datetime.now(UTC) + timedelta(seconds=1))
    assert before.version == 7


def test_rows_go_after_the_days_that_their_model_declares(monkeypatch):
    """Time passes for the job only; rows are made and kept by the database's own."""
    org = make_organization()
    person = org.person()
    email = f"{unique('reset')}@example.test"
    with scope.platform("sign_in"), writing():
        PasswordReset.objects.create(email=email, created_at=clock.now(), expires_at=clock.now())
    with scope.tenant(org.id), writing():
        IdempotencyRecord.objects.create(
            caller_id=person.membership_id, route="r", key="k", body_hash=b"x", created_at=clock.now()
        )

    def left() -> tuple[int, int, int]:
        with scope.platform("schedule", org.id), writing():
            resets = PasswordReset.objects.filter(email=email).count()
            return resets, IdempotencyRecord.objects.count(), SessionEntry.objects.count()

    tasks.prune()
    assert left() == (1, 1, 2)
    # Others' rows of this test database are as young as ours; only the span that the models declare counts.
    later = clock.now() + timedelta(days=1, minutes=1)
    monkeypatch.setattr(tasks.clock, "now", lambda: later)
    tasks.prune()
    monkeypatch.undo()
    assert left() == (0, 0, 2)


def test_what_the_database_made_keys_for_is_as_young_as_it_is():
    """Thousands of lines whose keys never were here: a random one in a hundred and fifty would pass for an old one."""
    org = make_organization()
    crowd(org, 3000)
    begun = org.perform(change_people, do="deactivation", wanted=DirectoryFilter(query="crowd"))
    tasks.prune()
    assert len(lines(org, begun.operation_id)) == begun.total == 3000
