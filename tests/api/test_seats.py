"""Seats for programs: the meter, the ledger, and a refusal that says what helps."""

from api.callers import Caller, by_key, make_organization
from support.holding import make_role
from tenantry.people.models import SeatLine
from tenantry.security.actions import create_key
from tenantry.usecases.offboarding import deactivate_members


def by_role(org, role_id) -> Caller:
    made = org.perform(create_key, name="narrow key", role_id=role_id)
    return Caller({"Authorization": f"Bearer {made.secret}"}, secret=made.secret)


def furnished():
    org = make_organization(seats=9)
    kept = [org.person() for _ in range(2)]
    org.invite(given_name="Di")
    org.perform(deactivate_members, membership_ids=(kept[1].membership_id,))
    return org, kept


def test_the_meter_says_who_holds_a_seat():
    org, _kept = furnished()
    found = by_key(org).get("/billing/seats")
    assert found.status == 200
    assert (found.body["in_use"], found.body["limit"], found.body["free"], found.body["growth"]) == (
        3,
        9,
        6,
        "licensed",
    )
    assert found.body["people"] == [
        {"status": "active", "number": 2, "holds": True, "free": 0},
        {"status": "pending", "number": 1, "holds": True, "free": 0},
        {"status": "deactivated", "number": 1, "holds": False, "free": 0},
        {"status": "expired", "number": 0, "holds": False, "free": 0},
    ]
    assert sum(one["number"] for one in found.body["people"] if one["holds"]) == found.body["in_use"]


def test_the_ledger_in_pages_with_the_number_after_each_line():
    org, kept = furnished()
    key, cursor, lines = by_key(org), "", []
    while True:
        page = key.get(f"/billing/seats/ledger?limit=2{cursor}").body
        lines += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    number = 0
    for line in reversed(lines):
        number += line["change"]
        assert line["in_use_after"] == number
    assert number == 3
    (only,) = key.get(f"/billing/seats/ledger?kind=deactivated&person={kept[1].membership_id}").body["items"]
    assert (only["member_name"], only["change"], only["in_use_after"]) == ("Pat Example", -1, 3)
    assert (only["actor_kind"], only["actor_id"]) == ("member", str(org.owner.membership_id))
    assert (only["counted"], only["growth"], only["amount"]) == (["active", "invited"], "licensed", None)
    assert only["action"] == "usecases.offboarding.deactivate_members"
    assert key.get("/billing/seats/ledger?kind=paid").status == 422


def test_every_kind_is_published():
    fields = by_key(make_organization()).get("/openapi.json").body["components"]["schemas"]["SeatLineOut"]["properties"]
    assert set(fields["kind"]["enum"]) == set(SeatLine.Kind.values)


def test_a_refusal_says_what_helps_and_who_can():
    org = make_organization()
    role = make_role(
        org, "base", permissions={"people.view": "all", "people.invite": "yes"}, assignable=[org.role("member")]
    )
    org.limit_seats(1)
    wanted = {"email": "x@example.test", "role_id": str(org.role("member"))}
    refused = by_key(org).post("/people", wanted)
    assert refused.code == "at_seat_limit"
    assert [(one["code"], one["yours"], one["people"]) for one in refused.body["remedies"]] == [
        ("upgrade", True, []),
        ("buy_seats", True, []),
        ("free_seat", True, []),
        ("revoke_invitation", True, []),
    ]
    assert refused.body["remedies"][1]["url"].endswith("/admin/billing/seats#buy")
    weaker = by_role(org, role).post("/people", wanted)
    assert weaker.code == "at_seat_limit"
    assert [(one["code"], one["yours"], one["people"]) for one in weaker.body["remedies"]] == [
        ("upgrade", False, ["Maren Holt"]),
        ("buy_seats", False, ["Maren Holt"]),
        ("free_seat", False, ["Maren Holt"]),
        ("revoke_invitation", True, []),
    ]
