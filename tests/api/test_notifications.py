"""One's own notifications by the interface: reading, unreading, choosing."""

from uuid import uuid4

from api.callers import by_key, by_session, make_organization
from support.told import notices, publish, states


def test_a_program_reads_unreads_and_counts_what_its_person_was_told():
    org = make_organization()
    person = org.person()
    for role in ("Auditor", "Trainer"):
        publish(org, ("RoleGiven", {"membership_id": person.membership_id, "role": role}))
    mine = by_session(person)
    items = mine.get("/me/notifications").body["items"]
    assert [one["sentence"] for one in items] == [
        f"You also hold the role {role} here now." for role in ("Trainer", "Auditor")
    ]
    assert {one["kind"] for one in items} == {"role_given"}
    path = f"/me/notifications/{items[0]['id']}/reading"
    assert mine.post(path).status == 204
    assert mine.get("/me/notifications/unread").body == {"unread": 1}
    assert [one["id"] for one in mine.get("/me/notifications?unread=true").body["items"]] == [items[1]["id"]]
    assert states(person.email) == ["queued", "canceled"]
    assert mine.delete(path).status == 204
    assert mine.get("/me/notifications/unread").body == {"unread": 2}
    assert mine.post("/me/notifications/reading").status == 204
    assert mine.get("/me/notifications/unread").body == {"unread": 0}


def test_nobody_elses_and_no_keys():
    org = make_organization()
    person = org.person()
    publish(org, ("RoleGiven", {"membership_id": person.membership_id, "role": "Auditor"}))
    [row] = notices(person)
    for caller in (by_session(org.owner), by_session(make_organization().owner), by_key(org)):
        for way in (f"/me/notifications/{row.id}/reading", f"/me/notifications/{uuid4()}/reading"):
            assert caller.post(way).code == caller.delete(way).code == "not_found"
    key = by_key(org)
    for path in ("/me/notifications", "/me/notifications/unread", "/me/notification-choices"):
        assert key.get(path).code == "not_found"
    assert notices(person)[0].read_at is None


def test_choices():
    mine = by_session(make_organization().person())
    items = {one["kind"]: one for one in mine.get("/me/notification-choices").body["items"]}
    assert (items["role_changed"]["fixed"], items["member_joined"]["mail"]) == (True, "digest")
    assert "invoice_issued" not in items
    wanted = {"kind": "member_joined", "centre": False, "mail": "at_once"}
    changed = mine.patch("/me/notification-choices", {"items": [wanted]}).body["items"]
    [joined] = [one for one in changed if one["kind"] == "member_joined"]
    assert (joined["centre"], joined["mail"], joined["chosen"]) == (False, "at_once", True)
    for kind in ("role_changed", "invoice_issued", "invented"):
        refused = mine.patch("/me/notification-choices", {"items": [{**wanted, "kind": kind}]})
        assert refused.code == "invalid_input"
    assert mine.patch("/me/notification-choices", {"items": [{**wanted, "mail": "hourly"}]}).status == 422
