"""What attacks on people in depth come to: long work and views of others, links to what is not one's own."""

from typing import Any

import pytest

from factories.organizations import Organization, make_organization
from support.holding import make_unit
from support.structure import give, make_role
from support.visitors import post, signed_in
from tenantry.acting.operations import cancel_operation
from tenantry.core.errors import NotFound
from tenantry.people.errors import AlreadyMember
from tenantry.usecases.bulk_changing import changing
from tenantry.usecases.bulk_changing.changing import change_people
from tenantry.usecases.saving_views import change_view, delete_view, save_view


@pytest.fixture
def org() -> Organization:
    return make_organization()


@pytest.fixture
def under_way(org, monkeypatch) -> Any:
    """The owner's, of three people, which a worker would go on with."""
    monkeypatch.setattr(changing, "BATCH", 1)
    ids = tuple(org.person().membership_id for _ in range(3))
    return org.perform(change_people, do="deactivation", membership_ids=ids).operation_id


@pytest.mark.parametrize("page", ["", "/progress", "/refused.csv"])
def test_long_work_is_nobodys_in_another_organization(org, under_way, page):
    other = make_organization()
    assert signed_in(other.owner).get(f"/admin/operations/{under_way}{page}").status_code == 404
    assert signed_in(org.owner).get(f"/admin/operations/{under_way}{page}").status_code == 200


def test_whoever_may_do_nothing_to_people_neither_sees_nor_stops_it(org, under_way):
    member = org.person()
    assert signed_in(member).get(f"/admin/operations/{under_way}").status_code == 403
    with pytest.raises(NotFound):
        org.perform(cancel_operation, by=member, operation_id=under_way)


def test_a_plan_of_one_selection_confirms_no_other(org):
    first, second = org.person(), org.person()
    client = signed_in(org.owner)
    asked = {"do": "deactivation", "ids": str(first.membership_id)}
    planned = post(client, org.owner, "/admin/users/u/bulk", asked)
    digest = planned.context["plan"].digest
    sent = {**asked, "ids": str(second.membership_id), "digest": digest}
    assert post(client, org.owner, "/admin/users/u/bulk", sent).status_code == 409
    assert org.status(second.membership_id) == "active"


def test_a_private_view_is_unknown_to_everybody_else(org):
    colleague = org.person("people_administrator")
    view = org.perform(save_view, name="Mine", query="status=active")
    with pytest.raises(NotFound):
        org.perform(change_view, by=colleague, view_id=view.id, name="Stolen", is_shared=False)
    with pytest.raises(NotFound):
        org.perform(delete_view, by=colleague, view_id=view.id)
    assert "Mine" not in signed_in(colleague).get("/admin/users/u/views").content.decode()


def test_a_branchs_manager_neither_sees_nor_stops_what_reaches_further(org, under_way):
    person = org.person()
    role = make_role(org, "unit", {"people.view": "all", "people.deactivate": "all"})
    give(org, person, role, unit_id=make_unit(org))
    assert signed_in(person).get(f"/admin/operations/{under_way}").status_code == 404
    with pytest.raises(NotFound):
        org.perform(cancel_operation, by=person, operation_id=under_way)


def test_whoever_types_the_address_of_somebody_out_of_sight_is_told_no_name(org):
    here = make_unit(org)
    agent = org.person()
    content = {"people.view": "all", "people.invite": "yes"}
    give(org, agent, make_role(org, "unit", content, assignable=(org.role("member"),)), unit_id=here)
    hidden = org.person()
    with pytest.raises(AlreadyMember) as refused:
        org.invite(email=hidden.email, by=agent, unit_id=here)
    assert hidden.email in str(refused.value)
    assert "Example" not in str(refused.value)
    assert not refused.value.params["membership_id"]
    with pytest.raises(AlreadyMember, match="Example"):
        org.invite(email=hidden.email)


def test_a_status_that_is_none_finds_nobody(org):
    client = signed_in(org.owner)
    answer = post(client, org.owner, "/admin/users/u/bulk", {"do": "deactivation", "all": "1", "query": "status=actve"})
    assert answer.status_code == 422
    assert "Nobody is selected." in answer.content.decode()
