"""A notice waits before it is mailed, several become one mail, reading cancels it, and once a day is once a day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from factories.organizations import make_organization
from support.races import failures, together
from support.told import mails, notices, publish, sentences, states
from support.visitors import mail_to
from tenantry.core import clock, crypto
from tenantry.core.mail import sending
from tenantry.core.mail.queue import PURPOSE
from tenantry.core.mail.sending import send
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.notifications import digests, tasks
from tenantry.notifications.actions import Choice, choose_channels, mark_all_read, mark_read, mark_unread
from tenantry.notifications.digests import due_members, last_hour, make_digests
from tenantry.notifications.models import DIGEST, MAIL, Notification
from tenantry.organizations.models import CompanyProfile
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.person import change_own_profile

EIGHT = datetime(2027, 1, 12, 8, tzinfo=UTC)


@pytest.fixture
def org():
    return make_organization()


def given(org, person, *roles: str) -> None:
    """One notice a role, to the person, by mail at once."""
    publish(org, *(("RoleGiven", {"membership_id": person.membership_id, "role": one}) for one in roles[:1]))
    for one in roles[1:]:
        publish(org, ("RoleGiven", {"membership_id": person.membership_id, "role": one}))


def joined(org, *names: str) -> None:
    """One notice a person who joins, to whoever invited, once a day."""
    for name in names:
        invited = org.invite()
        org.accept(org.token_for(invited.membership_id), given_name=name, family_name="Berg")
    with scope.tenant(org.id):
        publish(org)


def aged(person, created: datetime) -> None:
    with scope.tenant(person.organization_id), writing():
        Notification.objects.filter(membership_id=person.membership_id).update(created_at=created)


def digest_at(org, moment: datetime) -> int:
    with scope.tenant(org.id):
        with reading():
            due = due_members(moment)
        with writing():
            return make_digests(due, moment)


def test_a_notice_waits_two_minutes_and_one_mail_tells_all_that_wait(org, settings):
    person = org.person()
    given(org, person, "Auditor", "Trainer", "Cashier")
    at = _scheduled(mails(person.email)[0])
    assert timedelta(seconds=100) < at - clock.now() <= timedelta(seconds=settings.NOTICE_DELAY)
    mail = mail_to(person.email, MAIL)
    assert mail["subject"] == "Halden Supply: 3 notifications"
    assert all(f"the role {role} here now." in mail["text"] for role in ("Auditor", "Trainer", "Cashier"))
    for delivery in mails(person.email):
        send(delivery.id)
    assert sorted(states(person.email)) == ["canceled", "canceled", "outbox"]


def _scheduled(delivery: MailDelivery) -> datetime:
    return ProcrastinateJob.objects.get(args__delivery_id=str(delivery.id)).scheduled_at


def test_reading_cancels_the_mail_that_has_not_gone_out(org):
    person = org.person()
    given(org, person, "Auditor", "Trainer")
    first, _second = notices(person)
    org.perform(mark_read, by=person, notification_id=first.id)
    assert states(person.email) == ["canceled", "queued"]
    mail = mail_to(person.email, MAIL)
    assert "Trainer" in mail["text"]
    assert "Auditor" not in mail["text"]
    # Unread again it counts, and no mail is made of it.
    org.perform(mark_unread, by=person, notification_id=first.id)
    given(org, person, "Cashier")
    assert "Auditor" not in mail_to(person.email, MAIL)["text"]


def test_a_composed_mail_of_several_goes_out_while_one_of_them_is_unread(org, settings):
    person = org.person()
    given(org, person, "Auditor", "Trainer")
    mail_to(person.email, MAIL)
    first, second = notices(person)
    assert first.letter_id == second.letter_id
    org.perform(mark_read, by=person, notification_id=first.id)
    assert "outbox" in states(person.email)
    org.perform(mark_read, by=person, notification_id=second.id)
    for delivery in mails(person.email):
        send(delivery.id)
    assert states(person.email) == ["canceled", "canceled"]
    assert [row.sealed_body for row in mails(person.email)] == [None, None]


def test_whoever_can_not_sign_in_any_more_gets_no_mail(org):
    person = org.person()
    given(org, person, "Auditor")
    org.perform(deactivate_members, membership_ids=(person.membership_id,))
    [delivery] = mails(person.email)
    send(delivery.id)
    assert states(person.email) == ["canceled"]


def test_reading_while_the_server_answers_slowly_keeps_the_mail_back(org, settings, monkeypatch):
    """The last question is asked once the connection stands: what was read until then is not sent."""
    person = org.person()
    given(org, person, "Auditor")
    sent: list[str] = []
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    monkeypatch.setattr(sending, "connect", lambda: _Server(sent, lambda: org.perform(mark_all_read, by=person)))
    [delivery] = mails(person.email)
    send(delivery.id)
    assert sent == []
    assert states(person.email) == ["canceled"]


def test_what_was_taken_by_the_server_is_never_called_canceled(org, settings, monkeypatch):
    person = org.person()
    given(org, person, "Auditor")
    sent: list[str] = []
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    server = _Server(sent, lambda: None, late=lambda: org.perform(mark_all_read, by=person))
    monkeypatch.setattr(sending, "connect", lambda: server)
    [delivery] = mails(person.email)
    send(delivery.id)
    assert sent == [person.email]
    assert states(person.email) == ["handed_over"]
    assert mails(person.email)[0].sealed_body is None


class _Server:
    """A mail server during whose answer somebody reads."""

    def __init__(self, sent, early, late=lambda: None):
        self.sent, self.early, self.late = sent, early, late

    def __enter__(self):
        self.early()
        return self

    def __exit__(self, *_error):
        return None

    def send_message(self, message):
        self.late()
        self.sent.append(message["To"])


def test_reading_and_sending_at_the_same_moment_always_agree(org, settings, monkeypatch):
    """Whatever wins: a mail was sent exactly where its log says so, and never one whose reading came first."""
    sent: list[str] = []
    settings.SMTP_URL = "smtp://127.0.0.1:1"
    monkeypatch.setattr(sending, "connect", lambda: _Server(sent, lambda: None))
    people = [org.person() for _ in range(8)]
    for person in people:
        given(org, person, "Auditor", "Trainer")
        one, other = mails(person.email)
        failures(
            together(
                lambda one=one: send(one.id),
                lambda other=other: send(other.id),
                lambda person=person: org.perform(mark_all_read, by=person),
            )
        )
        went = sent.count(person.email)
        assert states(person.email).count("handed_over") == went <= 1
        assert states(person.email).count("canceled") == 2 - went
        assert all(row.read_at for row in notices(person))


@pytest.mark.parametrize(
    ("now", "zone", "day", "moment"),
    [
        # Summer time begins in Berlin on 28 March 2027, ends on 31 October: eight is eight on the wall.
        ("2027-03-27T07:00Z", "Europe/Berlin", "2027-03-27", "2027-03-27T07:00Z"),
        ("2027-03-28T05:59Z", "Europe/Berlin", "2027-03-27", "2027-03-27T07:00Z"),
        ("2027-03-28T06:00Z", "Europe/Berlin", "2027-03-28", "2027-03-28T06:00Z"),
        ("2027-10-31T06:59Z", "Europe/Berlin", "2027-10-30", "2027-10-30T06:00Z"),
        ("2027-10-31T07:00Z", "Europe/Berlin", "2027-10-31", "2027-10-31T07:00Z"),
        ("2027-06-01T02:14Z", "Asia/Kathmandu", "2027-05-31", "2027-05-31T02:15Z"),
        ("2027-06-01T02:15Z", "Asia/Kathmandu", "2027-06-01", "2027-06-01T02:15Z"),
        ("2027-06-01T20:30Z", "Pacific/Auckland", "2027-06-02", "2027-06-01T20:00Z"),
        ("2027-06-01T07:59Z", "Nowhere/Land", "2027-05-31", "2027-05-31T08:00Z"),
    ],
)
def test_eight_on_the_wall_of_the_readers_own_place(now, zone, day, moment):
    found = last_hour(datetime.fromisoformat(now), zone)
    assert found == (date.fromisoformat(day), datetime.fromisoformat(moment))


def test_every_zone_has_one_eight_a_day_all_year():
    for zone in ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/St_Johns"):
        hours = [datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=15 * n) for n in range(365 * 96)]
        moments = dict(last_hour(one, zone) for one in hours)
        assert len(moments) == 366
        assert {m.astimezone(ZoneInfo(zone)).strftime("%H:%M") for m in moments.values()} == {"08:00"}


def test_the_digest_tells_what_is_unread_and_was_in_no_mail_once(org):
    org.perform(change_own_profile, time_zone="Europe/Berlin")
    with scope.tenant(org.id), writing():
        CompanyProfile.objects.update_or_create(defaults={"colour": "#7a1f5c"})
    joined(org, "Ada", "Bo", "Cy")
    read, *_others = notices(org.owner)
    org.perform(mark_read, notification_id=read.id)
    aged(org.owner, EIGHT - timedelta(hours=5))
    assert mails(org.owner.email, DIGEST) == []
    assert digest_at(org, EIGHT - timedelta(hours=1, minutes=1)) == 0
    # Seven in UTC is eight in Berlin.
    assert digest_at(org, EIGHT - timedelta(hours=1)) == 1
    mail = mail_to(org.owner.email, DIGEST)
    assert mail["subject"] == "Halden Supply: Your day: 2 notifications"
    assert "Bo Berg accepted the invitation and is in." in mail["text"]
    assert "Cy Berg" in mail["html"]
    assert "Ada Berg" not in mail["text"] + mail["html"]
    assert "#7a1f5c" in mail["html"]
    assert "Halden Supply" in mail["html"]
    # The same day again, and the next: nothing is told twice, and of nothing no mail is made.
    assert digest_at(org, EIGHT + timedelta(hours=3)) == 0
    assert digest_at(org, EIGHT + timedelta(days=1)) == 0
    assert len(mails(org.owner.email, DIGEST)) == 1


def test_what_comes_after_eight_waits_for_the_next_day(org):
    joined(org, "Ada")
    aged(org.owner, EIGHT + timedelta(seconds=1))
    assert digest_at(org, EIGHT + timedelta(hours=9)) == 0
    assert digest_at(org, EIGHT + timedelta(days=1)) == 1


def test_reading_cancels_the_digest_too(org):
    joined(org, "Ada", "Bo")
    aged(org.owner, EIGHT - timedelta(hours=1))
    assert digest_at(org, EIGHT) == 1
    org.perform(mark_all_read)
    assert states(org.owner.email, DIGEST) == ["canceled"]


def test_a_digest_that_is_killed_in_the_middle_goes_out_once(org, monkeypatch):
    joined(org, "Ada")
    aged(org.owner, clock.now() - timedelta(days=1))

    def killed(**_given):
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(digests, "queue_mails", killed)
        with pytest.raises(RuntimeError):
            _make(org)
    assert mails(org.owner.email, DIGEST) == []
    # Nothing of it stayed: two workers find it at once when it comes back, and one mail is made.
    failures(together(*(lambda: _make(org) for _ in range(4))))
    assert len(mails(org.owner.email, DIGEST)) == 1
    [delivery] = mails(org.owner.email, DIGEST)
    failures(together(*(lambda: send(delivery.id) for _ in range(3))))
    assert states(org.owner.email, DIGEST) == ["outbox"]
    with scope.platform("mail"), reading():
        sealed = MailDelivery.objects.get(pk=delivery.pk).sealed_body
    assert b"Ada Berg" in crypto.unseal(bytes(sealed), PURPOSE)


def _make(org) -> None:
    with scope.tenant(org.id):
        tasks.make_due_digests(organization_id=org.id)


def test_the_job_finds_organizations_in_which_something_waits(org):
    joined(org, "Ada")
    tasks.find_digests()
    found = ProcrastinateJob.objects.filter(task_name=tasks.MAKE, args__organization_id=str(org.id))
    assert found.count() == 1
    tasks.find_digests()
    assert found.count() == 1


def test_what_somebody_chose_is_what_they_get(org):
    publish(org)
    choices = {
        "member_joined": Choice(centre=False, mail="at_once"),
        "access_ending": Choice(centre=True, mail="never"),
    }
    org.perform(choose_channels, choices=choices)
    joined(org, "Ada")
    [row] = notices(org.owner)
    assert (row.in_centre, row.mail) == (False, "at_once")
    assert "Ada Berg" in mail_to(org.owner.email, MAIL)["text"]
    org.perform(choose_channels, choices={"member_joined": Choice(centre=False, mail="never")})
    joined(org, "Bo")
    assert len(notices(org.owner)) == 1
    assert sentences(org.owner) == ["Ada Berg accepted the invitation and is in."]
