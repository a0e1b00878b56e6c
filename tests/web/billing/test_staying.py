"""Who stays when there are more people than seats: also while nothing else works, by the rules of the organization."""

import re

from factories.records import make_record
from support.selling import Customer, selling
from support.visitors import body, post, signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import Membership

STAY, PLANS = "/admin/billing/seats/stay", "/admin/billing/plans"


def hidden(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(digest)" value="(\w+)">', html))


def halves(html: str) -> list[str]:
    return re.findall(r'<h3 class="mb-1">(\w+)</h3>', html)


def ticks(html: str) -> set[str]:
    return set(re.findall(r'name="stay" value="([0-9a-f-]+)" checked', html))


def states(customer: Customer) -> dict[str, str]:
    with scope.tenant(customer.org.id), reading():
        return dict(Membership.objects.values_list("given_name", "status"))


def test_after_a_trial_the_owner_chooses_who_stays_and_goes_on_with_a_smaller_plan():
    customer = Customer("standard")
    org = customer.org
    kept = [org.person() for _ in range(2)]
    going = org.invite(given_name="Zoe")
    accepted = org.accept(org.token_for(going.membership_id), given_name="Zoe")
    org.invite(given_name="Yan")
    customer.go_to(customer.row.trial_ends_at)
    with selling():
        owner = signed_in(org.owner)
        assert f'href="{STAY}"' in body(owner.get("/admin/billing"))
        chosen = body(owner.get(f"{PLANS}?plan=free"))
        assert f'href="{STAY}?seats=3"' in chosen
        # What is done to people otherwise waits for a plan.
        refused = post(owner, org.owner, f"/admin/users/u/{accepted.membership_id}/deactivation")
        assert refused.status_code == 403
        first = body(owner.get(STAY))
        assert "5 seats in use." in re.sub(r"<[^>]+>", "", first)
        assert len(ticks(first)) == 3
        assert str(org.owner.membership_id) in ticks(first)
        # Somebody is looked for, and who is ticked stays ticked.
        stay = [str(one.membership_id) for one in kept]
        searched = body(post(owner, org.owner, STAY, {"seats": "3", "stay": stay, "q": "yan", "find": "1"}))
        assert ticks(searched) == {*stay, str(org.owner.membership_id)}
        assert "Yan Example" in searched
        assert "Zoe Example" not in searched
        told = body(post(owner, org.owner, STAY, {"seats": "3", "stay": stay, "show": "1"}))
        assert halves(told) == ["Deactivated", "Removed"]
        assert "Zoe Example" in told
        old = post(owner, org.owner, STAY, {"seats": "3", "stay": stay[:1], **hidden(told)})
        assert old.status_code == 409
        assert set(states(customer).values()) == {"active", "invited"}
        done = post(owner, org.owner, STAY, {"seats": "3", "stay": stay, **hidden(told)})
        assert (done.status_code, done["Location"]) == (303, PLANS)
        assert {states(customer)[name] for name in ("Zoe", "Yan")} == {"deactivated", "removed"}
        assert "Reduce this first" not in body(owner.get(f"{PLANS}?plan=free"))
    customer.subscribe("free")
    assert (customer.state, customer.entitlements["seats"]) == (("active", "active"), 3)


def test_where_nobody_is_deactivated_they_are_removed_and_only_whoever_may_chooses():
    customer = Customer("messaging")
    org = customer.org
    member, billing = org.person("member"), org.person("billing_admin")
    customer.go_to(customer.row.trial_ends_at)
    with selling():
        assert signed_in(member).get(STAY).status_code == 403
        helper = signed_in(billing)
        assert helper.get(STAY).status_code == 200
        told = post(helper, billing, STAY, {"seats": "2", "stay": [], "show": "1"})
        assert told.status_code == 403
        owner = signed_in(org.owner)
        sent = {"seats": "2", "stay": [str(billing.membership_id)]}
        told = body(post(owner, org.owner, STAY, {**sent, "show": "1"}))
        assert halves(told) == ["Removed"]
        post(owner, org.owner, STAY, {**sent, **hidden(told)})
    with scope.tenant(org.id), reading():
        assert Membership.objects.get(id=member.membership_id).status == "removed"
        assert Membership.objects.get(id=billing.membership_id).status == "active"


def test_when_one_half_changed_since_it_was_shown_nothing_of_the_other_happens():
    customer = Customer("standard")
    org = customer.org
    person, pending = org.person(), org.invite(given_name="Yan")
    with selling():
        owner = signed_in(org.owner)
        sent = {"seats": "1", "stay": []}
        told = body(post(owner, org.owner, STAY, {**sent, "show": "1"}))
        assert halves(told) == ["Deactivated", "Removed"]
        org.invite(given_name="Dan")
        old = post(owner, org.owner, STAY, {**sent, **hidden(told)})
        assert old.status_code == 409
        assert "Dan Example" in body(old)
        assert org.status(person.membership_id) == "active"
        assert org.status(pending.membership_id) == "invited"
        done = post(owner, org.owner, STAY, {**sent, **hidden(body(old))})
        assert done.status_code == 303
    assert states(customer) == {"Maren": "active", "Pat": "deactivated", "Yan": "removed", "Dan": "removed"}


def test_what_several_leave_behind_stays_under_their_names():
    customer = Customer("standard")
    org = customer.org
    for _n in range(2):
        make_record(org, "lead", org.person())
    with selling():
        told = body(post(signed_in(org.owner), org.owner, STAY, {"seats": "1", "stay": [], "show": "1"}))
    assert "records stay under their owners&#x27; names" in told
