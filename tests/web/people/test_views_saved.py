"""Views of the directory under a name."""

import re

import pytest

from factories.organizations import make_organization
from support.visitors import post, signed_in
from tenantry.audit.models import Entry
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import SavedView
from tenantry.usecases.offboarding import deactivate_members, remove_members
from tenantry.usecases.saving_views import MOST

LIST = "/admin/users/u"
NEW = f"{LIST}/views/new"


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def views(org) -> dict:
    with scope.tenant(org.id), reading():
        return {view.name: view for view in SavedView.objects.select_related("owner")}


def save(client, person, name: str, query: str, **more):
    return post(client, person, NEW, {"name": name, "query": query, **more})


def chips(client) -> str:
    body = client.get(LIST).content.decode()
    return body.partition('id="views"')[2].partition("</nav>")[0]


def test_what_the_directory_shows_is_saved_and_comes_back(org, client):
    org.invite(given_name="Hanna", family_name="Virtanen")
    answer = save(client, org.owner, "Waiting", "status=pending&sort=-added&columns=phone&cursor=x")
    there = answer["Location"]
    assert there == f"{LIST}?status=pending&sort=-added&columns=phone"
    page = client.get(there).content.decode()
    assert "Hanna" in page
    assert "Maren Holt</a>" not in page
    assert re.search(r'<a class="t-chip on"[^>]*aria-current="page"[^>]*><span[^>]*>Waiting<', page)
    assert ">Waiting<" in chips(client)


def test_the_same_name_twice_is_refused_and_keeps_what_was_typed(org, client):
    save(client, org.owner, "Waiting", "status=pending")
    again = save(client, org.owner, "waiting", "status=active")
    assert again.status_code == 409
    assert 'value="waiting"' in again.content.decode()
    other = org.person("administrator")
    assert save(signed_in(other), other, "Waiting", "status=active").status_code == 303


def test_private_ones_are_nobody_elses(org, client):
    save(client, org.owner, "Mine", "status=pending")
    view = views(org)["Mine"]
    other = org.person("administrator")
    visitor = signed_in(other)
    assert "Mine" not in chips(visitor)
    for do in ("save", "delete"):
        answer = post(visitor, other, f"{LIST}/views/{view.id}", {"name": "Theirs", "do": do})
        assert answer.status_code == 404
    assert "Mine" in views(org)


def test_sharing_needs_a_permission_and_shows_nobody_more_than_they_may_see(org, client):
    org.invite(given_name="Hanna", family_name="Virtanen")
    save(client, org.owner, "Waiting", "status=pending", is_shared="on")
    manager = org.person("manager")
    visitor = signed_in(manager)
    assert "Waiting" in chips(visitor)
    assert "Hanna" not in visitor.get(f"{LIST}?status=pending").content.decode()
    view = views(org)["Waiting"]
    if "people.edit" not in {code for held in manager.actor.grants.held for code in held.permissions}:
        refused = post(visitor, manager, f"{LIST}/views/{view.id}", {"name": "Mine now"})
        assert refused.status_code == 403
        save(visitor, manager, "My own", "status=active", is_shared="on")
        assert not views(org)["My own"].is_shared
    assert views(org)["Waiting"].is_shared
    with scope.tenant(org.id), reading():
        entry = Entry.objects.filter(action="people.view_shared").get()
        # Its name may name a person: it stands beside the chain.
        assert "Waiting" not in str(entry.values)


def test_renamed_shown_otherwise_and_deleted(org, client):
    save(client, org.owner, "Waiting", "status=pending")
    view = views(org)["Waiting"]
    one = f"{LIST}/views/{view.id}"
    renamed = post(client, org.owner, one, {"name": "All", "query": "status=active"})
    assert renamed["Location"] == f"{LIST}?status=pending"
    replaced = post(client, org.owner, one, {"name": "All", "query": "status=active", "replace": "1"})
    assert replaced["Location"] == f"{LIST}?status=active"
    assert views(org)["All"].query == "status=active"
    assert post(client, org.owner, one, {"do": "delete"}).status_code == 303
    assert views(org) == {}
    assert client.get(one).status_code == 404


def test_a_shared_view_stays_through_deactivation_and_leaves_with_removal(org, client):
    admin = org.person("administrator")
    save(signed_in(admin), admin, "Theirs", "status=active", is_shared="on")
    org.perform(deactivate_members, membership_ids=(admin.membership_id,))
    assert "Theirs" in chips(client)
    org.perform(remove_members, membership_ids=(admin.membership_id,))
    assert "Theirs" not in chips(client)


def test_another_organizations_view_is_not_there(org, client):
    other = make_organization()
    save(signed_in(other.owner), other.owner, "Theirs", "status=active", is_shared="on")
    view = views(other)["Theirs"]
    assert "Theirs" not in chips(client)
    assert client.get(f"{LIST}/views/{view.id}").status_code == 404


@pytest.mark.parametrize("name", ["", " ", "x" * 200, "a\0b"])
def test_names_are_bounded(org, client, name):
    assert save(client, org.owner, name, "status=active").status_code == 422
    assert views(org) == {}


def test_an_address_that_is_too_long_is_refused(org, client):
    assert save(client, org.owner, "Long", f"q={'x' * 5000}").status_code in (422, 303)
    assert all(len(view.query) <= 4000 for view in views(org).values())


def test_as_many_as_anybody_needs(org, client):
    with scope.tenant(org.id):
        for n in range(MOST):
            save(client, org.owner, f"View {n}", f"q={n}")
    assert save(client, org.owner, "One more", "q=more").status_code == 409
    page = client.get(f"{LIST}/views").content.decode()
    assert "View 49" in page
    assert f"{MOST - 8} more views" in chips(client)
