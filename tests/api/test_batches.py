"""Batches of invitations over the interface: a table goes in, is mended and sent; what became of each row comes out."""

import pytest
from django.test import Client

from api.callers import by_key, by_session, make_organization
from support.batches import address, make_batch, rows_of
from support.workbooks import sheet_of, workbook
from tenantry.acting.operations import run
from tenantry.core.sheets import BOUNDS
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import InvitationBatch, Membership

BATCHES = "/invitations/batches"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def org():
    return make_organization(seats=20)


def upload(caller, content: bytes, query: str = "", kind: str = "text/csv", **headers: str):
    return caller.call("POST", f"{BATCHES}{query}", raw=content, **{"Content-Type": kind, **headers})


def sent(org, batch_id: str) -> None:
    """As the worker does."""
    with scope.tenant(org.id), reading():
        operation_id = InvitationBatch.objects.get(id=batch_id).operation_id
    with scope.tenant(org.id):
        run(operation_id)


def test_a_table_is_read_mended_and_sent(org):
    key, good, late = by_key(org), address(), address()
    made = upload(key, f"e-mail;name;role\n{good};Ada Stone;\nnobody;Ben Ode;Manger\n".encode(), "?file_name=a.csv")
    assert (made.status, made.body["state"]) == (201, "ready")
    assert made.headers["Location"] == f"/api/v1{BATCHES}/{made.body['id']}"
    assert made.body["counts"] == {"ready": 1, "warning": 0, "error": 1, "sent": 0, "refused": 0}
    assert made.body["reading"]["separator"] == ";"
    here = f"{BATCHES}/{made.body['id']}"
    [row] = key.get(f"{here}/rows?state=error").body["items"]
    assert (row["line"], row["person_id"]) == (3, None)
    assert [(r["field"], r["warning"]) for r in row["reasons"]] == [("email", False), ("role", False)]
    assert row["reasons"][1]["detail"] == "There is no role called “Manger”."
    mended = key.patch(f"{here}/rows/{row['id']}", {"email": late, "role": "Manager"})
    assert (mended.body["state"], mended.body["name"], mended.body["reasons"]) == ("ready", "Ben Ode", [])
    plan = key.get(f"{here}/delivery/plan").body
    assert (plan["ready"], plan["errors"], plan["seats_needed"]) == (2, 0, 2)
    going = key.post(f"{here}/delivery", {"digest": plan["digest"]})
    assert (going.status, going.body["state"]) == (202, "sending")
    sent(org, made.body["id"])
    done = key.get(here).body
    assert (done["state"], done["counts"]["sent"], done["progress"]) == ("sent", 2, {"done": 2, "total": 2})
    rows = key.get(f"{here}/rows?state=sent").body["items"]
    with scope.tenant(org.id), reading():
        people = dict(Membership.objects.filter(status="invited").values_list("email", "id"))
    assert {row["email"]: row["person_id"] for row in rows} == {email: str(i) for email, i in people.items()}
    assert set(people) == {good, late}


def test_a_workbook_is_read_too(org):
    book = workbook(sheet_of([("email", "name"), (address(), "Ada Stone")]))
    made = upload(by_key(org), book, kind=XLSX)
    assert (made.status, made.body["reading"]["kind"], made.body["counts"]["ready"]) == (201, "xlsx", 1)


def test_sent_again_with_its_key_a_table_is_kept_once(org):
    key, content = by_key(org), f"email\n{address()}\n".encode()
    first, again = (upload(key, content, Idempotency_Key="table-1") for _ in range(2))
    assert first.body["id"] == again.body["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    other = upload(key, content, "?separator=tab", Idempotency_Key="table-1")
    assert (other.status, other.code) == (422, "idempotency_key_reused")
    assert len(key.get(BATCHES).body["items"]) == 1


@pytest.mark.parametrize(
    ("content", "query", "code"),
    [
        (b"", "", "sheet_empty"),
        (b"name\nAda\n", "", "sheet_missing_column"),
        (b"a;b\n1;2\n", "", "sheet_no_heading"),
        (b"email\n\xff\n", "?encoding=utf-8", "sheet_wrong_encoding"),
        (b"email\nx\n", "?encoding=nonesuch", "sheet_unknown_encoding"),
        (b"email\nx\n", "?separator=colon", "invalid_input"),
        (b"PK\x03\x04broken", "", None),
        (b'email\n"x\n', "", "sheet_quote_not_closed"),
    ],
)
def test_what_is_wrong_with_a_file_is_a_problem_with_a_code(org, content, query, code):
    answer = upload(by_key(org), content, query)
    assert answer.status == 422
    assert answer.code.startswith("sheet_") if code is None else answer.code == code
    with scope.tenant(org.id), reading():
        assert not InvitationBatch.objects.exists()


def test_other_bodies_and_larger_ones_are_refused_unread(org):
    key = by_key(org)
    assert upload(key, b"{}", kind="application/json").code == "media_not_taken"
    response = Client().generic(
        "POST",
        f"/api/v1{BATCHES}",
        b"x",
        content_type="text/csv",
        headers=key.headers,
        CONTENT_LENGTH=str(BOUNDS.file + 1),
    )
    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


def test_a_session_sends_its_token_with_a_file(org):
    answer = upload(by_session(org.owner, enforce_csrf=True), f"email\n{address()}\n".encode())
    assert (answer.status, answer.code) == (403, "csrf_missing")


def test_rows_come_in_pages(org):
    batch = make_batch(org, "email", *(address() for _ in range(5)))
    key, found, path = by_key(org), [], f"{BATCHES}/{batch}/rows?limit=2"
    while path:
        page = key.get(path).body
        found += [row["line"] for row in page["items"]]
        path = f"{BATCHES}/{batch}/rows?limit=2&cursor={page['next']}" if page["next"] else ""
    assert found == [2, 3, 4, 5, 6]


def test_faulty_rows_are_a_file_that_can_be_uploaded_again(org):
    key, batch = by_key(org), make_batch(org, "email,name", f"{address()},Ada", '=cmd,"=1+1"')
    file = Client().get(f"/api/v1{BATCHES}/{batch}/faulty-rows", headers=key.headers)
    content = b"".join(file.streaming_content)
    assert file.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert b"'=cmd,'=1+1" in content
    again = upload(key, content)
    assert (again.status, again.body["counts"]["error"]) == (201, 1)
    assert key.get(f"{BATCHES}/{batch}/rows?state=error").body["items"][0]["email"] == "=cmd"


def test_a_plan_that_grew_old_is_refused_with_the_new_one(org):
    key, batch = by_key(org), make_batch(org, "email", address(), address())
    digest = key.get(f"{BATCHES}/{batch}/delivery/plan").body["digest"]
    assert key.delete(f"{BATCHES}/{batch}/rows/{rows_of(org, batch)[0].id}").status == 204
    answer = key.post(f"{BATCHES}/{batch}/delivery", {"digest": digest})
    assert (answer.status, answer.code, answer.body["plan"]["ready"]) == (409, "plan_changed", 1)
    assert key.get(f"{BATCHES}/{batch}").body["state"] == "ready"


def test_what_is_stopped_is_not_sent_and_can_go_on(org):
    key, batch = by_key(org), make_batch(org)
    key.post(f"{BATCHES}/{batch}/delivery", {})
    stopped = key.post(f"{BATCHES}/{batch}/cancellation")
    assert (stopped.status, stopped.body["state"]) == (200, "canceled")
    sent(org, str(batch))
    assert key.get(f"{BATCHES}/{batch}").body["counts"]["sent"] == 0
    assert key.delete(f"{BATCHES}/{batch}").code == "batch_not_ready"
    assert key.post(f"{BATCHES}/{batch}/delivery", {}).status == 202
    sent(org, str(batch))
    assert key.get(f"{BATCHES}/{batch}").body["counts"]["sent"] == 1


def test_the_refused_are_sent_again(org):
    few = make_organization(seats=2)
    key, batch = by_key(few), make_batch(few, "email", address(), address())
    key.post(f"{BATCHES}/{batch}/delivery", {})
    sent(few, str(batch))
    [row] = key.get(f"{BATCHES}/{batch}/rows?state=refused").body["items"]
    assert [reason["code"] for reason in row["reasons"]] == ["at_seat_limit"]
    assert key.post(f"{BATCHES}/{batch}/retry").status == 202
    sent(few, str(batch))
    assert key.get(f"{BATCHES}/{batch}").body["counts"] == {
        "ready": 0,
        "warning": 0,
        "error": 0,
        "sent": 1,
        "refused": 1,
    }


def test_a_batch_of_which_nothing_was_sent_is_thrown_away(org):
    key, batch = by_key(org), make_batch(org)
    assert key.delete(f"{BATCHES}/{batch}").status == 204
    assert key.get(f"{BATCHES}/{batch}").code == "not_found"
    assert key.get(BATCHES).body["items"] == []
