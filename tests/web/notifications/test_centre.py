"""The centre, the figure at the bell, and what somebody chooses to be told, over HTTP."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from factories.organizations import make_organization
from support.catalogue import rows
from support.told import notices, publish, states
from support.visitors import body, browser, post, signed_in
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.notifications.models import Notification
from tenantry.organizations.models import Organization
from tenantry.security.models import SessionEntry

OFFERS = "Mark all as read"


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def person(org):
    return org.person()


def given(org, person, *roles: str) -> None:
    for role in roles:
        publish(org, ("RoleGiven", {"membership_id": person.membership_id, "role": role}))


def test_newest_first_by_day_in_the_organizations_time_zone(org, person):
    given(org, person, "Auditor", "Trainer", "Cashier")
    first, second, _third = notices(person)
    now = clock.now()
    with scope.tenant(org.id), writing():
        Organization.objects.update(time_zone="Pacific/Auckland")
        Notification.objects.filter(id=first.id).update(created_at=now - timedelta(days=40))
        Notification.objects.filter(id=second.id).update(created_at=now - timedelta(days=1))
    page = body(signed_in(person).get("/notifications"))
    places = [page.index(f"the role {role} here now") for role in ("Cashier", "Trainer", "Auditor")]
    assert places == sorted(places)
    titles = re.findall(r'<h2[^>]*id="day-\d"[^>]*>(.*?)</h2>', page)
    assert len(titles) == 3
    assert "Today" in titles[0]
    assert "Yesterday" in titles[1]
    assert page.count(", unread</span>") == 3


def test_pages_reach_every_notice_once(org, person):
    given(org, person, *(f"Role {n}" for n in range(33)))
    client = signed_in(person)
    page, seen = body(client.get("/notifications")), []
    seen += re.findall(r"the role (Role \d+) here", page)
    following = re.search(r'href="(\?cursor=[^"]+)"[^>]*>[^<]*(?:<[^>]+>)*\s*Next', page)
    assert following
    seen += re.findall(r"the role (Role \d+) here", body(client.get(f"/notifications{following[1]}")))
    assert seen == [f"Role {n}" for n in reversed(range(33))]


def test_one_is_read_unread_and_opened(org, person):
    given(org, person, "Auditor", "Trainer")
    first, second = notices(person)
    client = signed_in(person)
    assert post(client, person, f"/notifications/{first.id}/read").status_code == 303
    page = body(client.get("/notifications?show=unread"))
    assert "Trainer" in page
    assert "Auditor" not in page
    assert states(person.email) == ["canceled", "queued"]
    back = post(
        client, person, f"/notifications/{first.id}/unread", HTTP_REFERER="http://testserver/notifications?show=unread"
    )
    assert back["Location"] == "/notifications?show=unread"
    assert body(client.get("/notifications")).count(", unread</span>") == 2
    opened = post(client, person, f"/notifications/{second.id}/open")
    assert (opened.status_code, opened["Location"]) == (303, "/me")
    assert body(client.get("/notifications")).count(", unread</span>") == 1
    # Looking at the list reads nothing: only what somebody does.
    assert client.get(f"/notifications/{first.id}/open").status_code == 405


def test_every_link_of_a_notice_leads_somewhere(org, person):
    """The address of each kind, as the centre makes it, is one of ours."""
    given(org, person, "Auditor")
    client = signed_in(person)
    [row] = notices(person)
    way = post(client, person, f"/notifications/{row.id}/open")["Location"]
    assert client.get(way).status_code == 200


def test_all_are_read_but_not_what_came_after_the_page(org, person):
    given(org, person, "Auditor")
    client = signed_in(person)
    newest = re.search(r'name="newest" value="([^"]+)"', body(client.get("/notifications")))[1]
    given(org, person, "Trainer")
    assert post(client, person, "/notifications/read", {"newest": newest}).status_code == 303
    page = body(client.get("/notifications?show=unread"))
    assert "Trainer" in page
    assert "Auditor" not in page
    assert post(client, person, "/notifications/read", {"newest": "x"}).status_code == 422
    assert post(client, person, "/notifications/read").status_code == 303
    assert "Nothing unread" in body(client.get("/notifications?show=unread"))
    assert OFFERS not in body(client.get("/notifications"))


def test_nobody_reads_the_notices_of_others(org, person):
    given(org, person, "Auditor")
    [row] = notices(person)
    stranger = make_organization().owner
    for other in (org.owner, stranger):
        client = signed_in(other)
        for way in ("open", "read", "unread"):
            theirs = post(client, other, f"/notifications/{row.id}/{way}")
            nobodys = post(client, other, f"/notifications/{uuid4()}/{way}")
            assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert rows("SELECT read_at FROM notifications_notification WHERE id = %s", row.id) == [(None,)]


def test_the_bell_asks_for_a_figure_that_costs_little(org, person, django_assert_max_num_queries):
    given(org, person, "Auditor", "Trainer")
    client = signed_in(person)
    answer = client.get("/notifications/unread.json")
    assert answer.json() == {"unread": 2, "of": str(person.membership_id)}
    assert answer["Cache-Control"] == "private, no-cache"
    again = client.get("/notifications/unread.json", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    # Session, user, entry with grants, figure; each in its transaction.
    with django_assert_max_num_queries(14):
        client.get("/notifications/unread.json")
    post(client, person, "/notifications/read")
    changed = client.get("/notifications/unread.json", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert changed.json()["unread"] == 0
    assert browser().get("/notifications/unread.json").status_code == 303


def test_asking_for_the_figure_does_not_keep_a_session_open(person):
    client = signed_in(person)
    entry = client.get("/me").wsgi_request.entry.id
    past = clock.now() - timedelta(minutes=30)
    with scope.tenant(person.organization_id), writing():
        assert SessionEntry.objects.filter(id=entry).update(seen_at=past) == 1
    client.get("/notifications/unread.json")
    assert rows("SELECT seen_at FROM security_sessionentry WHERE id = %s", entry) == [(past,)]
    client.get("/notifications")
    assert rows("SELECT seen_at FROM security_sessionentry WHERE id = %s", entry)[0][0] > past


def test_choices_are_shown_kept_and_refused(org, person):
    client = signed_in(person)
    page = body(client.get("/me/notifications"))
    assert "Your role changed" in page
    assert 'name="mail.role_changed"' not in page
    assert "An invoice was issued" not in page
    form = dict.fromkeys(re.findall(r'<select[^>]*name="(mail\.[a-z_]+)"', page), "never")
    assert post(client, person, "/me/notifications", {**form, "mail.member_joined": "at_once"}).status_code == 303
    page = body(client.get("/me/notifications"))
    assert not re.search(r'name="centre\.member_joined"[^>]* checked', page)
    chosen = re.search(r'name="mail\.member_joined".*?</select>', page)[0]
    assert 'value="at_once" selected' in chosen
    assert "An invoice was issued" in body(signed_in(org.owner).get("/me/notifications"))
    assert post(client, person, "/me/notifications", {**form, "mail.member_joined": "hourly"}).status_code == 422


def test_what_is_wanted_by_mail_alone_is_in_no_list_and_no_count(org, person):
    client = signed_in(person)
    page = body(client.get("/me/notifications"))
    form = dict.fromkeys(re.findall(r'<select[^>]*name="(mail\.[a-z_]+)"', page), "at_once")
    post(client, person, "/me/notifications", form)
    publish(org, ("ProfileSet", {"membership_id": person.membership_id, "profile": "Sales"}))
    assert states(person.email) == ["queued"]
    assert client.get("/notifications/unread.json").json()["unread"] == 0
    assert "Nothing new" in body(client.get("/notifications"))


def test_the_page_of_contacts_says_what_each_is_mailed(org):
    page = body(signed_in(org.owner).get("/admin/org/contacts"))
    assert "Gets by mail: invoices" in page
    assert "its mails hold no link that signs in" in page
