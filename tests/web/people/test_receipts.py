"""The receipt of a leaving, as somebody reads it who sees only a part of the people."""

import pytest

from api.callers import by_session
from factories.organizations import make_organization
from factories.records import make_record
from support.selling import Customer, selling
from support.structure import give, make_role, somebody
from support.visitors import body, signed_in
from tenantry.billing.actions.addons import switch_addon
from tenantry.billing.models import AddonSwitch
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.models import Mentorship
from tenantry.people.models import SavedView
from tenantry.usecases.offboarding import remove_members
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.units import create_unit
from usecases.test_handing_over_undone import foreseen, newest, undo


def test_records_that_went_to_somebody_out_of_sight_did_not_become_unassigned():
    org = make_organization(seats=20)
    leaver, heir, agent = org.person(), org.person(), somebody(org, {})
    branch = org.perform(create_unit, name="Bergen").id
    org.perform(move_to_unit, membership_ids=(leaver.membership_id,), unit_id=branch)
    role = make_role(org, "unit", {"people.view": "all", "people.remove": "yes"})
    give(org, agent, role, unit_id=branch)
    make_record(org, "lead", leaver)
    org.perform(remove_members, membership_ids=(leaver.membership_id,), successor_id=heir.membership_id)
    receipt = f"/admin/users/u/{leaver.membership_id}/receipt"
    assert "1 record went to Pat Example" in body(signed_in(org.owner).get(receipt, follow=True))
    said = body(signed_in(agent).get(receipt, follow=True))
    assert "1 record went to somebody out of your sight: 1 lead." in said
    assert "became unassigned" not in said


@pytest.mark.parametrize("goes_on", [True, False])
def test_what_a_receipt_counts_is_all_that_ended_or_went_on(goes_on):
    org = make_organization(seats=20)
    leaver, heir = org.person("manager"), org.person("owner")
    mentees = [org.person().membership_id for _n in range(2)]
    now = clock.now()
    with scope.tenant(org.id), writing():
        for name, shared in (("Mine", False), ("Mine too", False), ("Ours", True)):
            SavedView.objects.create(
                owner_id=leaver.membership_id, name=name, sort_name=name.lower(), is_shared=shared, created_at=now
            )
        for one in mentees:
            Mentorship.objects.create(mentor_id=leaver.membership_id, mentee_id=one, since=now)
    successor = heir.membership_id if goes_on else None
    org.perform(remove_members, membership_ids=(leaver.membership_id,), successor_id=successor)
    said = body(signed_in(org.owner).get(f"/admin/users/u/{leaver.membership_id}/receipt", follow=True))
    assert "saved views ended or went to the successor" in said
    numbers = by_session(org.owner).get(f"/people/{leaver.membership_id}/receipt").body["numbers"]
    assert numbers["views"] == 3
    assert {name: numbers.get(name) for name in ("mentees", "mentees_alone")} == (
        {"mentees": 2, "mentees_alone": None} if goes_on else {"mentees": None, "mentees_alone": 2}
    )


def test_add_ons_of_whoever_leaves_are_said_before_and_after():
    """They cost something, so it is an effect; a taking back switches none on, and says so."""
    with selling():
        customer = Customer("brokerage")
        customer.card()
        org = customer.org
        customer.subscribe("brokerage")
        broker, administrator = org.person("broker"), org.person("system_administrator")
        customer.act(switch_addon, key="mortgage_broker", membership_ids=(broker.membership_id,), on=True)
        page = f"/admin/users/u/{broker.membership_id}"
        owner = signed_in(org.owner)
        assert "add-on is switched off" in body(owner.get(f"{page}/removal"))
        # What somebody costs is told to whoever sees billing.
        assert "add-on is switched off" not in body(signed_in(administrator).get(f"{page}/removal"))
        org.perform(remove_members, membership_ids=(broker.membership_id,))
        assert "add-on was switched off" in body(owner.get(f"{page}/receipt", follow=True))
        assert "add-on" not in body(signed_in(administrator).get(f"{page}/receipt", follow=True))
        number = newest(org, "people.removed")
        assert "Add-on stays switched off" in [one.text for one in foreseen(org, number).effects]
        undo(org, number)
        with scope.tenant(org.id), reading():
            assert not AddonSwitch.objects.exists()
