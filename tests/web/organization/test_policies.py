"""Policies on pages: read, changed in two steps, taken back."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from factories.organizations import make_organization
from support.policies import allowed, value_of
from support.visitors import body, post, signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.organizations.models import PolicyValue
from tenantry.organizations.policies import CATALOGUE, POLICIES
from tenantry.organizations.policies.typed import fields_of

LIST = "/admin/org/policies"
DAYS = "people.invitation_days"
CONTROL = re.compile(r"SET|SAVEPOINT|RELEASE|BEGIN|COMMIT|ROLLBACK|\s*SELECT set_config", re.IGNORECASE)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
TOAST = re.compile(r'<form method="post" action="(/admin/audit/\d+/undo)">')


def store(org, code, value):
    with scope.tenant(org.id), writing():
        PolicyValue.objects.update_or_create(code=code, defaults={"value": value})


def hidden(page):
    """The hidden fields of the page's form, as a browser sends them."""
    found: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(page):
        found.setdefault(name, []).append(value)
    return {name: values for name, values in found.items() if name not in ("csrfmiddlewaretoken", "_organization")}


def two_steps(client, org, code, value):
    """The value, then the confirmation with what the second page carries. Returns that page and the last answer."""
    fields = fields_of(CATALOGUE[code], value)
    effect = post(client, org.owner, f"{LIST}/{code}", fields)
    assert effect.status_code == 200, body(effect)
    page = body(effect)
    sent = hidden(page)
    assert {name: sent[name] for name in fields if fields[name]} == {n: v for n, v in fields.items() if v}
    return page, post(client, org.owner, f"{LIST}/{code}", sent)


def test_every_policy_stands_in_its_group_with_its_effect_and_value():
    org = make_organization()
    page = body(signed_in(org.owner).get(LIST))
    for one in POLICIES:
        assert f'id="{one.code}"' in page
        row = page[page.index(f'id="{one.code}"') :]
        row = row[: row.index("</li>")]
        assert row.index(str(escape(one.effect))) < row.index(str(escape(one.title)))
        assert (f"{LIST}/{one.code}" in row) is not one.operator_only
        assert ("Only the operator of this installation changes this" in row) is one.operator_only
    order = [page.index(f'id="group-{group}"') for group in ("people", "seats", "access", "password", "organization")]
    assert order == sorted(order)
    assert "Changed; the blueprint says" not in page
    org.perform(change_policy, code=DAYS, value=3)
    assert "Changed; the blueprint says “7 days”" in body(signed_in(org.owner).get(LIST))


def test_whoever_only_sees_policies_is_offered_no_change():
    org = make_organization()
    client = signed_in(org.person("people_administrator"))
    page = body(client.get(LIST))
    assert f"{LIST}/" not in page
    assert client.get(f"{LIST}/{DAYS}").status_code == 403
    assert post(client, org.owner, f"{LIST}/{DAYS}", {"value": "3"}).status_code == 403
    assert value_of(org, DAYS) == 7


def test_what_is_the_operators_says_so_by_address_too():
    org = make_organization()
    client = signed_in(org.owner)
    answer = client.get(f"{LIST}/seats.growth")
    assert answer.status_code == 403
    assert "Only the operator of this installation changes “At the seat limit”." in body(answer)
    answer = post(client, org.owner, f"{LIST}/seats.growth", {"value": "per_person", "digest": "x", "version": "1"})
    assert answer.status_code == 403
    assert value_of(org, "seats.growth") == "licensed"
    assert client.get(f"{LIST}/people.unheard_of").status_code == 404


def test_a_change_in_two_steps_with_its_effect_first_and_an_undo():
    org = make_organization()
    org.invite()
    client = signed_in(org.owner)
    page = body(client.get(f"{LIST}/{DAYS}"))
    assert re.search(r'<input class="form-control" id="value" name="value" value="7"', page)
    page, answer = two_steps(client, org, DAYS, 3)
    assert re.search(r"<del>7 days</del>.*<ins>3 days</ins>", page)
    assert re.search(r"<b>1</b><span>open invitation keeps its end", page)
    assert answer["Location"] == LIST
    assert value_of(org, DAYS) == 3
    page = body(client.get(LIST))
    assert "Life of an invitation: now “3 days”." in page
    undo = TOAST.search(page).group(1)
    answer = post(client, org.owner, undo, {}, headers={"Referer": f"http://testserver{LIST}"})
    assert answer["Location"] == f"http://testserver{LIST}"
    assert value_of(org, DAYS) == 7
    assert "Life of an invitation: taken back." in body(client.get(LIST))


def test_nothing_to_change_offers_nothing_to_confirm():
    org = make_organization()
    answer = post(signed_in(org.owner), org.owner, f"{LIST}/{DAYS}", {"value": "7"})
    page = body(answer)
    assert "It is so already: 7 days. Nothing changes." in page
    assert 'name="digest"' not in page
    assert "Change it" not in page


def test_bad_values_stay_in_the_form_with_the_reason():
    org = make_organization()
    client = signed_in(org.owner)
    answer = post(client, org.owner, f"{LIST}/{DAYS}", {"value": "91"})
    assert answer.status_code == 422
    page = body(answer)
    assert 'value="91"' in page
    assert "A whole number from 1 to 90." in page
    fields = {"place.invitation_link": "1", "place.temporary_password": "1"}
    answer = post(client, org.owner, f"{LIST}/people.entry_modes", fields)
    assert answer.status_code == 422
    assert "Give everything that is used a place of its own." in body(answer)
    answer = post(client, org.owner, f"{LIST}/people.deactivation_by", {"value": "somebody", "digest": "1" * 32})
    assert answer.status_code == 422
    assert value_of(org, "people.deactivation_by") == "permission"


def test_a_plan_that_grew_old_is_shown_anew():
    org = make_organization()
    client = signed_in(org.owner)
    sent = hidden(body(post(client, org.owner, f"{LIST}/{DAYS}", {"value": "3"})))
    org.perform(change_policy, code=DAYS, value=5)
    answer = post(client, org.owner, f"{LIST}/{DAYS}", sent)
    assert answer.status_code == 409
    page = body(answer)
    assert "Somebody else changed this meanwhile" in page
    assert "<del>5 days</del>" in page
    assert value_of(org, DAYS) == 5
    assert post(client, org.owner, f"{LIST}/{DAYS}", hidden(page)).status_code == 303
    assert value_of(org, DAYS) == 3


def test_an_effect_that_grew_is_shown_anew():
    org = make_organization()
    client = signed_in(org.owner)
    sent = hidden(body(post(client, org.owner, f"{LIST}/{DAYS}", {"value": "3"})))
    org.invite()
    answer = post(client, org.owner, f"{LIST}/{DAYS}", sent)
    assert answer.status_code == 409
    assert "Something changed since you looked" in body(answer)
    assert value_of(org, DAYS) == 7


def _sampled(code):
    values = allowed(CATALOGUE[code])
    return values if len(values) <= 12 else [values[0], values[1], values[len(values) // 2], values[-1]]


@pytest.mark.parametrize("code", sorted(p.code for p in POLICIES if not p.operator_only))
def test_every_widget_shows_what_is_stored_and_stores_what_is_chosen(code):
    org = make_organization()
    client = signed_in(org.owner)
    start = value_of(org, code)
    for value in (v for v in _sampled(code) if v != start):
        _page, answer = two_steps(client, org, code, value)
        assert answer.status_code == 303, value
        assert value_of(org, code) == value
        page = body(client.get(f"{LIST}/{code}"))
        checked = re.findall(r'value="([^"]*)" id="value-[a-z_]+" checked', page)
        chosen = re.findall(r'<option value="(\d+)" selected', page)
        number = re.search(r'id="value" name="value" value="([^"]*)"', page)
        shown = [one for one in checked or chosen or [number.group(1) if number else ""] if one]
        assert sorted(shown) == sorted(v for sent in fields_of(CATALOGUE[code], value).values() for v in sent if v)


def test_a_dialog_over_the_list_and_a_page_of_its_own():
    org = make_organization()
    client = signed_in(org.owner)
    path = f"{LIST}/people.deactivation_by"
    fragment = body(client.get(path, headers={"HX-Request": "true", "HX-Target": "dialog"}))
    assert "<dialog" in fragment
    assert "<html" not in fragment
    assert "Whoever has the permission" in fragment
    page = body(client.get(path))
    assert "<html" in page
    answer = post(client, org.owner, path, {"value": "nobody"}, headers={"HX-Request": "true"})
    sent = hidden(body(answer))
    answer = post(client, org.owner, path, sent, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == LIST


@pytest.mark.parametrize("path", ["", f"/{DAYS}", "/people.deactivation_by", "/teams.per_person"])
def test_pages_stay_within_ten_queries(path):
    org = make_organization(seats=5)
    client = signed_in(org.owner)
    client.get("/admin/org")
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"{LIST}{path}").status_code == 200
    asked = [q["sql"] for q in captured if not CONTROL.match(q["sql"])]
    assert len(asked) <= 10, "\n".join(asked)


def test_the_security_tab_leads_to_the_rules_of_passwords_and_sessions():
    org = make_organization()
    page = body(signed_in(org.owner).get("/admin/org/security"))
    for code in ("password.minimum_length", "password.breached", "session.idle_hours", "session.sso_hours"):
        assert f'href="{LIST}/{code}"' in page
    assert f'href="{LIST}/password.locked"' not in page
    assert "No common password, and nothing like your name or address." in page
    org.perform(change_policy, code="password.breached", value=False)
    page = body(signed_in(org.owner).get("/admin/org/security"))
    assert "Nothing like your name or address." in page
    assert "No common password" not in page
    assert "nobody here sees or sets them" in page
    org.perform(change_policy, code="people.entry_modes", value=["administrator_password"])
    page = body(signed_in(org.owner).get("/admin/org/security"))
    assert "nobody here sees or sets them" not in page
    # Who sees the organization and not its policies reads the rules in words.
    page = body(signed_in(org.person("billing_administrator")).get("/admin/org/security"))
    assert "Nothing like your name or address." in page
    assert LIST not in page


def test_a_stored_value_of_an_earlier_release_breaks_no_page():
    org = make_organization()
    store(org, "people.add_fields", ["email"])
    assert signed_in(org.owner).get(LIST).status_code == 200
