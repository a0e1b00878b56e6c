"""The managed list of departments on its pages."""

import pytest

from factories.organizations import make_organization
from support.visitors import body, post, signed_in
from tenantry.usecases.departments import create_department, set_department

LIST = "/admin/users/departments"


@pytest.fixture
def org():
    return make_organization()


def digest_of(page: str) -> str:
    return page.partition('name="digest" value="')[2].partition('"')[0]


def test_add_rename_merge_delete(org):
    client, owner = signed_in(org.owner), org.owner
    assert "No departments yet" in body(client.get(LIST))
    assert post(client, owner, f"{LIST}/new", {"name": "Sales"}).status_code == 303
    taken = post(client, owner, f"{LIST}/new", {"name": "sales"})
    assert "There is a department called" in body(taken)
    selling = org.perform(create_department, name="Selling").id
    sales = org.perform(create_department, name="Revenue").id
    people = tuple(org.person().membership_id for _ in range(2))
    org.perform(set_department, membership_ids=people, department_id=selling)
    assert post(client, owner, f"{LIST}/{sales}/edit", {"name": "Income"}).status_code == 303
    asked = body(client.get(f"{LIST}/{selling}/merging"))
    assert "2 people are in it." in asked
    plan = body(post(client, owner, f"{LIST}/{selling}/merging", {"to": str(sales)}))
    assert "people come into" in plan
    merged = post(client, owner, f"{LIST}/{selling}/merging", {"to": str(sales), "digest": digest_of(plan)})
    assert merged.status_code == 303
    shown = body(client.get(LIST))
    assert "Selling" not in shown.partition("<tbody")[2].partition("</tbody")[0]
    assert f"?department={sales}" in shown
    plan = body(post(client, owner, f"{LIST}/{sales}/deletion", {"to": ""}))
    assert "in no department then" in plan
    assert post(client, owner, f"{LIST}/{sales}/deletion", {"to": "", "digest": "0" * 32}).status_code == 409
    assert post(client, owner, f"{LIST}/{sales}/deletion", {"to": "", "digest": digest_of(plan)}).status_code == 303


def test_it_is_for_those_who_edit_everybody(org):
    for role, status in (("member", 403), ("manager", 403), ("administrator", 200)):
        assert signed_in(org.person(role)).get(LIST).status_code == status
