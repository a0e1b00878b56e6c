"""Changes of plan, money and meters: the money side for those who see billing, what it means for everybody else, and
what each contact of the organization is mailed."""

from datetime import UTC, datetime

import pytest

from factories.organizations import make_organization, unique
from support.selling import Customer
from support.told import mails, notices, publish, sentences, states
from support.visitors import mail_to
from tenantry.audit.models import OutboxCursor
from tenantry.audit.outbox import dispatch
from tenantry.billing.actions.plans import change_plan, plan_change_plan
from tenantry.core import clock
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.notifications import tasks
from tenantry.notifications.kinds import subscription
from tenantry.notifications.models import CONTACT_MAIL, MAIL
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.actions.profile import change_contact

AT = datetime(2027, 3, 1, tzinfo=UTC)
CHANGES = (
    "started upgraded downgrade_planned change_planned downgraded downgrade_withdrawn cancel_planned canceled resumed"
    " seats_changed interval_changed trial_ending trial_ended payment_pending recovered frozen trial_started agreed"
    " agreement_ending seats_planned"
).split()


@pytest.fixture(scope="module")
def org(database):
    return make_organization()


@pytest.fixture(scope="module")
def member(org):
    return org.person()


def contact(org, kind: str) -> str:
    address = f"{unique(kind)}@example.test"
    org.perform(change_contact, kind=kind, name="Ida", email=address, phone="")
    return address


def test_every_change_has_its_sentence_for_both_sides(org, member):
    assert set(CHANGES) == set(subscription.MANAGED) == set(subscription.HERE)
    told = [
        ("SubscriptionChanged", {"change": one, "plan": "Grow", "before_plan": "Start Up", "at": AT, "seats": 12})
        for one in CHANGES
    ]
    told[-1][1]["next_seats"] = 9
    publish(org, *told)
    managed = sentences(org.owner, "subscription_managed")
    here = sentences(member, "subscription_here")
    assert len(set(managed)) == len(set(here)) == len(CHANGES)
    assert set(managed).isdisjoint(here)
    assert not [one for one in managed + here if "%" in one or "  " in one or "None" in one]
    assert "The plan changes to Grow on 1 March 2027. Until then everything stays as it is paid for." in managed
    ended = "Your organization’s trial has ended. You can read and export, not change, until it chooses a plan."
    assert ended in here
    # Nobody gets both, members get no mail unless they want one, and whoever manages gets one for all of it.
    assert {row.kind for row in notices(member)} == {"subscription_here"}
    assert "subscription_here" not in {row.kind for row in notices(org.owner)}
    assert mails(member.email) == []
    assert "The plan is Grow now, up from Start Up." in mail_to(org.owner.email, MAIL)["text"]


def test_what_billing_publishes_is_told_with_plans_and_sums():
    """The events themselves, of a plan that is bought, paid and made smaller."""
    customer = Customer()
    member = customer.org.person()
    customer.subscribe("business", seats=4)
    asked = customer.ask(plan_change_plan, plan="team", seats=4)
    customer.act(change_plan, plan="team", seats=4, at=asked.at, digest=asked.digest)
    dispatch(customer.org.id)
    told = sentences(customer.org.owner)
    number = customer.invoices[0].written_number
    assert f"Invoice {number} over $116.00 was issued." in told
    assert "A payment came in." in told
    assert [one for one in told if one.startswith("The plan changes to Team on ")]
    assert [one for one in told if one.startswith("The plan Business has started.")]
    assert sentences(member, "subscription_here")


def test_a_second_delivery_of_an_event_tells_nobody_again(org, member):
    publish(org, ("SubscriptionChanged", {"change": "resumed", "plan": "Grow"}))
    before = len(notices(member))
    with scope.tenant(org.id), writing():
        cursor = OutboxCursor.objects.get(subscriber="notifications")
        cursor.number -= 1
        cursor.save()
    dispatch(org.id)
    assert len(notices(member)) == before


def test_meters_and_money_reach_those_who_see_billing_alone(member):
    org = make_organization()
    rep = org.person()
    billing, technical = contact(org, "billing"), contact(org, "technical")
    reached = {"meter": "ai_tokens", "used": 8000, "limit": 10000, "resets_at": AT}
    publish(
        org,
        ("MeterReached", {**reached, "percent": 80}),
        ("MeterReached", {**reached, "percent": 100, "used": 10000}),
        ("InvoiceIssued", {"invoice_id": new_id()}),
        ("PaymentFailed", {"invoice_id": new_id(), "again_at": AT}),
        ("PaymentReceived", {"invoice_id": new_id()}),
        ("PackBought", {"meter": "ai_tokens", "amount": 5000}),
        ("MeterReached", {"meter": "drive", "percent": 80, "used": 4_000_000_000, "limit": 5_000_000_000}),
    )
    assert notices(rep) == []
    assert sentences(org.owner, "meter_reached") == [
        "AI tokens: 80% are used, 8,000 of 10,000. The count begins anew on 1 March 2027.",
        "AI tokens: all 10,000 are used. The count begins anew on 1 March 2027.",
        "Drive storage: 80% are used, 4 GB of 5 GB.",
    ]
    assert "A payment failed. It is tried again on 1 March 2027." in sentences(org.owner)
    assert "A pack of 5,000 was bought for AI tokens." in sentences(org.owner)
    assert "80% are used" in mail_to(org.owner.email, MAIL)["text"]
    assert len(mails(billing, CONTACT_MAIL)) == 4
    [alert] = mails(technical, CONTACT_MAIL)
    text = mail_to(technical, CONTACT_MAIL)
    assert text["subject"].startswith("Halden Supply: AI tokens: all 10,000 are used.")
    assert "http" not in text["text"], "a contact signs in nowhere"
    assert "<a " not in text["html"]
    assert "named this address as its technical contact" in text["text"]
    assert alert.recipient == technical


def test_legal_hears_of_rules_about_data_and_signing_in_and_of_no_other():
    org = make_organization()
    legal = contact(org, "legal")
    org.perform(change_policy, code="people.invitation_days", value=6)
    org.perform(change_policy, code="session.idle_hours", value=9)
    dispatch(org.id)
    assert len(mails(legal)) == 1
    assert "was changed." in mail_to(legal, CONTACT_MAIL)["text"]
    with scope.tenant(org.id):
        dispatch(org.id)
    assert len(mails(legal)) == 1


def test_a_stopped_follower_is_told_once_to_the_technical_contact():
    org = make_organization()
    other = make_organization()
    technical, elsewhere = contact(org, "technical"), contact(other, "technical")
    with scope.tenant(org.id), writing():
        OutboxCursor.objects.create(subscriber="a-mirror", number=7, parked_at=clock.now(), failures=5)
    for _twice in range(2):
        tasks.tell_trouble(organization_id=org.id)
    assert states(technical) == ["queued"]
    assert "a-mirror" in mail_to(technical, CONTACT_MAIL)["text"]
    assert mails(elsewhere) == []
