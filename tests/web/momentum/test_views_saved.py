"""Views of lists of records under a name: the directory's mechanism, for every list of records."""

import re

import pytest

from factories.organizations import make_organization
from factories.records import make_record
from support.visitors import body, post, signed_in
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import SavedView
from tenantry.web.momentum.listing import listing_of

LEADS = "/apps/momentum/leads"
HOME = "/apps/momentum/records"
LISTS = {
    "lead": LEADS,
    "contact": "/apps/momentum/contacts",
    "company": "/apps/momentum/companies",
    "deal": "/apps/momentum/deals",
    "note": "/apps/momentum/notes",
    "activity": "/apps/momentum/activities",
    "task": "/apps/workspace/tasks",
}


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def save(client, person, kind, name, query, **more):
    return post(client, person, f"{HOME}/{kind}/views/new", {"name": name, "query": query, **more})


def view_of(org, name) -> SavedView:
    with scope.tenant(org.id), reading():
        return SavedView.objects.get(name=name)


def chips(page) -> str:
    return page.partition('id="views"')[2].partition("</nav>")[0]


@pytest.mark.parametrize("kind", LISTS)
def test_every_list_of_records_keeps_filter_order_and_columns(org, client, kind):
    make_record(org, kind, org.owner)
    listing = listing_of(kind)
    column = listing.columns[0].key
    query = f"owner=me&sort=-added&columns={column}"
    assert "Save view" in chips(body(client.get(f"{LISTS[kind]}?{query}")))
    there = save(client, org.owner, kind, "Mine", f"{query}&cursor=x&other=1")["Location"]
    assert there == f"{LISTS[kind]}?{query}"
    page = body(client.get(there))
    assert re.search(r'<a class="t-chip on"[^>]*aria-current="page"[^>]*><span[^>]*>Mine<', chips(page))
    assert page.count('name="ids"') == 1
    other = next(one for one in LISTS if one != kind)
    assert "Mine" not in chips(body(client.get(LISTS[other])))
    assert "Mine" not in chips(body(client.get("/admin/users/u")))
    # The same name is free in another list.
    assert save(client, org.owner, other, "Mine", "owner=me").status_code == 303
    assert save(client, org.owner, kind, "mine", "owner=me").status_code == 409


def test_ones_own_columns_stay_for_addresses_that_name_none(org, client):
    make_record(org, "lead", org.owner, email="nora@vik.test", source="Fair in Bergen")
    post(client, org.owner, f"{HOME}/lead/columns", {"query": "", "columns": ["email"]})
    page = body(client.get(LEADS))
    assert "nora@vik.test" in page
    assert "Fair in Bergen" not in page
    post(client, org.owner, f"{HOME}/lead/columns", {"query": "", "do": "usual"})
    assert "Fair in Bergen" in body(client.get(LEADS))


def test_shared_ones_show_nobody_more_and_are_shared_by_whoever_edits_everybodys(org, client):
    make_record(org, "lead", org.owner, given_name="Hanna")
    assert save(client, org.owner, "lead", "Everybody’s", "state=new", is_shared="on").status_code == 303
    rep = org.person("member")
    visitor = signed_in(rep)
    page = body(visitor.get(f"{LEADS}?state=new"))
    assert "Everybody’s" in chips(page)
    assert "Hanna" not in page
    shared = view_of(org, "Everybody’s")
    assert post(visitor, rep, f"{HOME}/lead/views/{shared.id}", {"name": "Mine now"}).status_code == 403
    save(visitor, rep, "lead", "My own", "state=new", is_shared="on")
    assert not view_of(org, "My own").is_shared
    assert "My own" not in chips(body(client.get(LEADS)))
    assert post(client, org.owner, f"{HOME}/lead/views/{view_of(org, 'My own').id}").status_code == 404
    # A view is reached by the list that it is of.
    assert client.get(f"{HOME}/deal/views/{shared.id}").status_code == 404
    assert client.get(f"{HOME}/file/views").status_code == 404
    renamed = post(client, org.owner, f"{HOME}/lead/views/{shared.id}", {"name": "New ones", "is_shared": "on"})
    assert renamed["Location"] == f"{LEADS}?state=new"
    assert "New ones" in body(visitor.get(f"{HOME}/lead/views"))
    assert post(client, org.owner, f"{HOME}/lead/views/{shared.id}", {"do": "delete"}).status_code == 303
    assert "New ones" not in chips(body(visitor.get(LEADS)))


def test_a_view_that_names_something_gone_says_so_and_lets_it_be_taken_off(org, client):
    make_record(org, "lead", org.owner, given_name="Hanna")
    gone = new_id()
    there = save(client, org.owner, "lead", "Theirs", f"owner={gone}&state=new&state=nonsense")["Location"]
    page = body(client.get(there))
    assert "Nothing matches" in page
    assert page.count("something that is gone") == 2
    assert f'type="hidden" name="owner" value="{gone}"' in page
    off = re.search(r'href="([^"]*)"><span class="text-secondary">Owner', page).group(1).replace("&amp;", "&")
    assert "Hanna" in body(client.get(f"{LEADS}{off}"))
    # Columns that are no more are left out.
    assert "Hanna" in body(client.get(f"{LEADS}?columns=gone"))
