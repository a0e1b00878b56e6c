"""What every write shares: one transaction, permission, idempotency, retries, and nothing left of a refusal."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import DataError, IntegrityError, OperationalError, connection
from procrastinate.contrib.django.models import ProcrastinateJob

from factories.organizations import Organization, make_organization, unique
from support import catalogue
from support.races import failures, together
from tenantry.access.actions.assigning import change_role
from tenantry.acting.actions import ATTEMPTS, Done, Idempotency, Outcome, action, perform
from tenantry.acting.errors import AnswerNotRepeated, Busy, KeyReused
from tenantry.audit.chain import Entry, Event, verify
from tenantry.audit.models import Entry as Row
from tenantry.audit.models import OutboxEvent
from tenantry.core import clock
from tenantry.core.actor import ALL_GRANTS, Actor
from tenantry.core.errors import NoLongerIn, NotFound, PermissionMissing, Refusal
from tenantry.core.jobs import Job
from tenantry.core.mail import queue_mail
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.tenancy.scope import NoTenant
from tenantry.core.transactions import NoTransaction, reading
from tenantry.organizations.permissions import EDIT
from tenantry.people.actions import add_to_team, delete_team
from tenantry.people.models import Team
from tenantry.people.ways import end_ways
from tenantry.security.actions import create_key


class Refused(Refusal):
    code = "refused_by_test"


@dataclass(frozen=True, slots=True)
class Made:
    id: UUID
    at: datetime
    names: tuple[str, ...]


CALLS: list[int] = []


@action(EDIT)
def make_team(*, actor: Actor, now: datetime, name: str, stop: bool = False, wait: float = 0) -> Outcome[Made]:
    CALLS.append(1)
    team = Team(name=name, sort_name=name.lower(), created_at=now)
    team.save(force_insert=True)
    queue_mail(kind="test", to="a@example.test", now=now, organization_id=actor.organization_id, subject_id=team.id)
    if wait:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(%s)", [wait])
    if stop:
        raise Refused
    return Outcome(
        Made(team.id, now, (name,)),
        Entry("teams.created", "team", team.id, {"name": name}),
        events=(Event("Test", {"n": name}),),
        jobs=(Job("core.send_mail", {"delivery_id": str(team.id)}),),
    )


@action(open_to="a test", holds_secret=True)
def make_secret(*, actor: Actor, now: datetime) -> Outcome[Done]:
    return Outcome(Done(), Entry("test.secret"))


@pytest.fixture(scope="module")
def org() -> Organization:
    return make_organization()


@dataclass(frozen=True)
class Counts:
    """Everything that an action leaves behind."""

    entries: int
    events: int
    teams: int
    mails: int
    jobs: int
    keys: int


def counts(org: Organization) -> Counts:
    [row] = catalogue.rows(
        "SELECT (SELECT count(*) FROM audit_entry WHERE organization_id = %s),"
        " (SELECT count(*) FROM audit_outboxevent WHERE organization_id = %s),"
        " (SELECT count(*) FROM people_team WHERE organization_id = %s),"
        " (SELECT count(*) FROM core_maildelivery WHERE organization_id = %s),"
        " (SELECT count(*) FROM procrastinate_jobs),"
        " (SELECT count(*) FROM acting_idempotencyrecord WHERE organization_id = %s)",
        *[org.id] * 5,
    )
    return Counts(*row)


def test_everything_commits_together(org):
    before = counts(org)
    name = unique("team")
    org.perform(make_team, name=name)
    after = counts(org)
    assert (after.entries, after.events, after.teams, after.mails) == (
        before.entries + 1, before.events + 1, before.teams + 1, before.mails + 1,
    )  # fmt: skip
    # The mail's, the action's own, and the outbox's.
    assert after.jobs == before.jobs + 3
    with scope.tenant(org.id), reading():
        entry = Row.objects.latest("number")
        assert OutboxEvent.objects.latest("number").number == entry.number
        assert verify().sound


def test_a_refusal_leaves_nothing(org):
    before = counts(org)
    with pytest.raises(Refused):
        org.perform(make_team, name=unique("team"), stop=True)
    assert counts(org) == before


def test_a_refusal_with_a_key_leaves_the_key_free(org):
    key, name = Idempotency("POST /t", unique("key"), b"1"), unique("team")
    before = counts(org)
    with pytest.raises(Refused):
        org.perform(make_team, idempotency=key, name=name, stop=True)
    assert counts(org) == before
    assert org.perform(make_team, idempotency=key, name=name).names == (name,)


def test_an_error_leaves_nothing(org):
    before = counts(org)
    with pytest.raises(DataError):
        org.perform(make_team, name=unique("team"), wait="nonsense")
    assert counts(org) == before


def test_jobs_are_seen_only_after_the_commit(org):
    name = unique("team")
    before = counts(org).jobs
    seen = []

    def look() -> None:
        with catalogue.superuser() as other:
            other.execute("SELECT pg_sleep(0.2)")
            seen.append(other.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()[0])

    failures(together(lambda: org.perform(make_team, name=name, wait=0.6), look))
    assert seen == [before]
    assert counts(org).jobs == before + 3


def test_the_permission_is_asked(org):
    member = org.person("member")
    before = counts(org)
    with pytest.raises(PermissionMissing) as refusal:
        org.perform(make_team, by=member, name="x")
    assert refusal.value.params == {"permission": EDIT, "step": "permission"}
    assert counts(org) == before


def test_grants_on_the_actor_are_not_believed(org):
    """The actor is built at the edge; what it may do is read again under its lock."""
    member = org.person("member")
    forged = member.actor.with_grants(ALL_GRANTS)
    with scope.tenant(org.id), pytest.raises(PermissionMissing):
        perform(make_team, actor=forged, name="x")


def test_an_actor_of_another_organization_is_refused(org):
    there = make_organization()
    with scope.tenant(there.id), pytest.raises(NoLongerIn):
        perform(make_team, actor=org.owner.actor, name="x")


def test_without_a_scope_nothing_is_done(org):
    actor = org.owner.actor
    with pytest.raises(NoTenant):
        perform(make_team, actor=actor, name="x")


def test_a_guest_does_nothing_that_asks_for_a_permission(org):
    with scope.tenant(org.id), pytest.raises(PermissionMissing):
        perform(make_team, actor=Actor.guest(org.id), name="x")


def test_steps_and_actions_refuse_to_run_outside(org):
    with scope.tenant(org.id), pytest.raises(NoTransaction):
        end_ways([], clock.now())


def test_an_action_inside_an_action_or_a_page_is_refused(org):
    actor = org.owner.actor
    with scope.tenant(org.id), pytest.raises(RuntimeError, match="durable"), reading():
        perform(make_team, actor=actor, name="x")


def test_a_page_can_write_nothing(org):
    with scope.tenant(org.id), pytest.raises(Exception, match="read-only transaction"), reading():
        Team.objects.create(name="x", sort_name="x", created_at=clock.now())


# --- Idempotency -------------------------------------------------------------------------


def test_the_same_key_and_body_is_answered_from_the_first_time(org):
    key, name = unique("key"), unique("team")
    first = org.perform(make_team, idempotency=Idempotency("POST /t", key, b"1"), name=name)
    before = counts(org)
    asked = Idempotency("POST /t", key, b"1")
    second = org.perform(make_team, idempotency=asked, name=name)
    assert second == first
    assert isinstance(second.at, datetime)
    assert isinstance(second.id, UUID)
    assert asked.replayed
    assert counts(org) == before


def test_the_same_key_with_another_body_is_refused(org):
    key = unique("key")
    org.perform(make_team, idempotency=Idempotency("POST /t", key, b"1"), name=unique("team"))
    before = counts(org)
    with pytest.raises(KeyReused):
        org.perform(make_team, idempotency=Idempotency("POST /t", key, b"2"), name=unique("team"))
    assert counts(org) == before


def test_a_key_belongs_to_caller_route_and_organization(org):
    key = unique("key")
    other = org.person("administrator")
    there = make_organization()
    for where, by, route in (
        (org, None, "POST /a"),
        (org, other, "POST /a"),
        (org, None, "POST /b"),
        (there, None, "POST /a"),
    ):
        made = where.perform(make_team, by=by, idempotency=Idempotency(route, key, b"1"), name=unique("team"))
        assert made.id


def test_ten_at_once_with_one_key_act_once(org):
    key, name, actor = unique("key"), unique("team"), org.owner.actor
    CALLS.clear()

    def call() -> Any:
        with scope.tenant(org.id):
            return perform(make_team, actor=actor, idempotency=Idempotency("POST /t", key, b"1"), name=name)

    results = together(*(call for _ in range(10)))
    failures(results)
    assert len(set(results)) == 1
    assert len(CALLS) == 1


def test_a_replay_needs_the_permission_of_now(org):
    person = org.person("administrator")
    key, name = unique("key"), unique("team")
    org.perform(make_team, by=person, idempotency=Idempotency("POST /t", key, b"1"), name=name)
    org.perform(change_role, membership_id=person.membership_id, role_id=org.role("member"))
    with pytest.raises(PermissionMissing):
        org.perform(make_team, by=person, idempotency=Idempotency("POST /t", key, b"1"), name=name)


def test_a_secret_is_not_told_twice(org):
    key = unique("key")
    org.perform(make_secret, idempotency=Idempotency("POST /s", key))
    with pytest.raises(AnswerNotRepeated):
        org.perform(make_secret, idempotency=Idempotency("POST /s", key))


def test_what_holds_a_secret_is_declared_and_its_answer_not_stored(org):
    key = unique("key")
    made = org.perform(
        create_key, idempotency=Idempotency("POST /k", key), name="deploy", role_id=org.role("read_only")
    )
    found = catalogue.rows(
        "SELECT count(*) FROM acting_idempotencyrecord t WHERE t.result::text LIKE %s", f"%{made.secret}%"
    )
    assert found == [(0,)]


# --- Collisions --------------------------------------------------------------------------


class _Collision(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize("sqlstate", ["40001", "40P01", "55P03", "23503", "23505"])
def test_a_collision_is_tried_again(org, sqlstate):
    tries = []

    @action(open_to="a test")
    def collide(*, actor: Actor, now: datetime) -> Outcome[Done]:
        tries.append(1)
        if len(tries) < 3:
            kind = IntegrityError if sqlstate.startswith("23") else OperationalError
            raise kind from _Collision(sqlstate)
        return Outcome(Done(), Entry("test.collided"))

    before = counts(org).entries
    org.perform(collide)
    assert len(tries) == 3
    assert counts(org).entries == before + 1


def test_colliding_for_ever_is_busy(org):
    @action(open_to="a test")
    def collide(*, actor: Actor, now: datetime) -> Outcome[Done]:
        raise OperationalError from _Collision("40P01")

    with pytest.raises(Busy):
        org.perform(collide)


def test_other_faults_of_the_database_are_not_tried_again(org):
    tries = []

    @action(open_to="a test")
    def broken(*, actor: Actor, now: datetime) -> Outcome[Done]:
        tries.append(1)
        raise OperationalError from _Collision("53300")

    with pytest.raises(OperationalError):
        org.perform(broken)
    assert len(tries) == 1
    assert ATTEMPTS > 1


def test_a_real_deadlock_does_not_surface(org):
    """Two actions lock two teams in opposite order; PostgreSQL ends one of them, and it succeeds at its second try."""
    ids = [org.perform(make_team, name=unique("team")).id for _ in range(2)]

    @action(open_to="a test")
    def cross(*, actor: Actor, now: datetime, order: tuple[UUID, ...]) -> Outcome[Done]:
        for team_id in order:
            if Team.objects.select_for_update(no_key=True).filter(id=team_id).first() is None:
                raise NotFound
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.2)")
        return Outcome(Done(), Entry("test.crossed"))

    actors = [org.owner.actor, org.person("administrator").actor]

    def run(actor: Actor, order: tuple[UUID, ...]) -> Any:
        def call() -> Any:
            with scope.tenant(org.id):
                return perform(cross, actor=actor, order=order)

        return call

    failures(together(run(actors[0], (ids[0], ids[1])), run(actors[1], (ids[1], ids[0]))))


def test_a_team_deleted_while_somebody_joins_it_is_not_found(org):
    """The link is checked at the commit; the next try finds that the team is gone."""
    person = org.person()
    owner, admin = org.owner.actor, org.person("administrator").actor
    for _ in range(10):
        team = org.perform(make_team, name=unique("team")).id

        def add(team: UUID = team) -> Any:
            with scope.tenant(org.id):
                return perform(add_to_team, actor=owner, team_id=team, membership_ids=(person.membership_id,))

        def delete(team: UUID = team) -> Any:
            with scope.tenant(org.id):
                return perform(delete_team, actor=admin, team_id=team)

        added, deleted = together(add, delete)
        failures([added], NotFound)
        failures([deleted])


def test_a_finished_job_queue_holds_only_ids(org):
    org.perform(make_team, name=unique("team"))
    names = {row.task_name for row in ProcrastinateJob.objects.all()}
    assert names
    for row in ProcrastinateJob.objects.all():
        assert all(isinstance(v, str | int | bool | None) for v in row.args.values())
    with scope.platform("mail"), reading():
        assert MailDelivery.objects.filter(kind="test").exists()
