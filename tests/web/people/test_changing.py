"""Names, roles, sessions, password resets and the tabs of one person, over HTTP."""

import io
import re

import pytest
from PIL import Image

from factories.organizations import make_organization
from support.visitors import post, signed_in
from tenantry.access.actions.assigning import change_role
from tenantry.access.selectors import roles_of
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.models import Membership
from tenantry.people.pictures import make_picture


def page_of(person) -> str:
    return f"/admin/users/u/{person.membership_id}"


def hidden(answer, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', answer.content.decode())
    assert found, answer.content.decode()
    return found.group(1)


def role_of(org, person) -> str:
    with scope.tenant(org.id), reading():
        return roles_of([person.membership_id])[person.membership_id].key


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def rep(org):
    return org.person()


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def test_a_role_is_chosen_read_and_confirmed(org, rep, client):
    chosen = client.get(f"{page_of(rep)}/role").content.decode()
    assert "Choose a role" in chosen
    select = re.search(r'<select name="role".*?</select>', chosen, re.DOTALL)
    assert select
    assert f'value="{org.role("member")}"' not in select[0]
    plan = post(client, org.owner, f"{page_of(rep)}/role", {"role": str(org.role("manager"))})
    assert plan.status_code == 200
    assert "See people" in plan.content.decode()
    assert role_of(org, rep) == "member"
    done = post(
        client, org.owner, f"{page_of(rep)}/role", {"role": hidden(plan, "role"), "digest": hidden(plan, "digest")}
    )
    assert done.status_code == 303
    assert role_of(org, rep) == "manager"


def test_undo_gives_the_role_before_unless_it_changed_meanwhile(org, rep, client):
    plan = post(client, org.owner, f"{page_of(rep)}/role", {"role": str(org.role("manager"))})
    answer = {"role": hidden(plan, "role"), "digest": hidden(plan, "digest")}
    post(client, org.owner, f"{page_of(rep)}/role", answer)
    undo = re.search(r'action="([^"]+/role/undo[^"]+)"', client.get(page_of(rep)).content.decode())
    assert undo
    address = undo.group(1).replace("&amp;", "&")
    org.perform(change_role, membership_id=rep.membership_id, role_id=org.role("administrator"))
    assert post(client, org.owner, address).status_code == 409
    assert role_of(org, rep) == "administrator"
    org.perform(change_role, membership_id=rep.membership_id, role_id=org.role("manager"))
    assert post(client, org.owner, address).status_code == 303
    assert role_of(org, rep) == "member"


def test_a_role_plan_that_grew_old_comes_back_anew(org, rep, client):
    plan = post(client, org.owner, f"{page_of(rep)}/role", {"role": str(org.role("manager"))})
    org.perform(change_role, membership_id=rep.membership_id, role_id=org.role("read_only"))
    answer = post(
        client, org.owner, f"{page_of(rep)}/role", {"role": hidden(plan, "role"), "digest": hidden(plan, "digest")}
    )
    assert answer.status_code == 409
    assert "Read-only" in answer.content.decode()
    assert role_of(org, rep) == "read_only"


@pytest.mark.parametrize("role", ["", "x", "00000000-0000-0000-0000-000000000000", "\0", "x" * 100_000])
def test_what_is_no_role_is_refused_beside_the_field(org, rep, client, role):
    answer = post(client, org.owner, f"{page_of(rep)}/role", {"role": role, "digest": "0" * 32})
    assert answer.status_code == 422
    assert role_of(org, rep) == "member"


def test_nobody_gives_more_than_their_role_lists(org, rep):
    people_admin = org.person("people_administrator")
    client = signed_in(people_admin)
    for key in ("owner", "administrator"):
        answer = post(client, people_admin, f"{page_of(rep)}/role", {"role": str(org.role(key))})
        assert answer.status_code == 422
    assert (
        post(client, people_admin, f"{page_of(people_admin)}/role", {"role": str(org.role("member"))}).status_code
        == 403
    )
    assert role_of(org, rep) == "member"
    assert role_of(org, people_admin) == "people_administrator"


def test_a_name_is_changed_and_bad_ones_are_kept_in_the_form(org, rep, client):
    for bad in ("", "x" * 81, "x" * 1_000_000, "a\0b", "\u202eevil", "a\nb\x07"):
        answer = post(client, org.owner, f"{page_of(rep)}/edit", {"given_name": bad, "family_name": "Kept"})
        assert answer.status_code == 422, bad[:20]
        assert 'value="Kept"' in answer.content.decode()
    assert "Pat Example" in client.get(page_of(rep)).content.decode()
    good = post(client, org.owner, f"{page_of(rep)}/edit", {"given_name": "  Ada 🦊 ", "family_name": "Ünal"})
    assert good.status_code == 303
    assert "Ada 🦊 Ünal" in client.get(page_of(rep)).content.decode()


def test_sessions_end_for_who_may_and_are_hidden_from_others(org, rep, client):
    theirs = signed_in(rep)
    assert "Unknown device" in client.get(f"{page_of(rep)}/sessions").content.decode()
    clerk = org.person("billing_administrator")
    clerks = signed_in(clerk)
    assert clerks.get(f"{page_of(rep)}/sessions").status_code == 404
    assert clerks.get(f"{page_of(clerk)}/sessions").status_code == 200
    assert post(clerks, clerk, f"{page_of(rep)}/sessions").status_code == 403
    assert theirs.get("/").status_code == 200
    assert post(client, org.owner, f"{page_of(rep)}/sessions").status_code == 303
    assert "Signed in nowhere" in client.get(f"{page_of(rep)}/sessions").content.decode()


def test_a_password_reset_is_mailed_to_the_person(org, rep, client):
    assert post(client, org.owner, f"{page_of(rep)}/password-reset").status_code == 303
    with scope.platform("mail"), reading():
        assert MailDelivery.objects.filter(recipient=rep.email, kind="people.password_reset").count() == 1


def test_the_access_tab_says_what_the_role_allows(org, client):
    manager = org.person("manager")
    body = client.get(page_of(manager)).content.decode()
    assert "create teams and change who is in them" in body
    assert "(their teams)" in body
    assert "Maren Holt" in body
    assert "also what later releases add" in client.get(page_of(org.owner)).content.decode()


def test_the_audit_tab_tells_what_was_done_to_whom_it_may_concern(org, rep, client):
    org.perform(change_role, membership_id=rep.membership_id, role_id=org.role("manager"))
    body = client.get(f"{page_of(rep)}/audit").content.decode()
    assert "Manager" in body
    clerk = org.person("manager")
    assert signed_in(clerk).get(f"{page_of(clerk)}/audit").status_code == 404


def test_a_picture_is_private_and_asked_for_again_by_its_tag(org, rep, client):
    assert client.get(f"{page_of(rep)}/picture").status_code == 404
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=rep.membership_id).update(picture=make_picture(_png()))
    answer = client.get(f"{page_of(rep)}/picture")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert answer["Cache-Control"].startswith("private")
    again = client.get(f"{page_of(rep)}/picture", headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    assert f"{page_of(rep)}/picture" in client.get("/admin/users/u").content.decode()
    other = make_organization()
    assert signed_in(other.owner).get(f"{page_of(rep)}/picture").status_code == 404


def _png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize("unknown", ["x", "1", "00000000-0000-0000-0000-00000000000g", "%00"])
def test_what_is_no_id_is_no_address(client, unknown):
    assert client.get(f"/admin/users/u/{unknown}").status_code == 404
