"""The receipt of a leaving, as somebody reads it who sees only a part of the people."""

from factories.organizations import make_organization
from factories.records import make_record
from support.structure import give, make_role, somebody
from support.visitors import body, signed_in
from tenantry.usecases.offboarding import remove_members
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.units import create_unit


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
