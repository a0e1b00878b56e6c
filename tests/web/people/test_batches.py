"""Bulk invite on its pages: upload, paste, preview, mending, sending, result, history. Jobs are carried out by hand
here; a real worker is in tests/journeys."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from factories.organizations import make_organization
from support.batches import address
from support.policies import by_operator
from support.visitors import body, post, signed_in
from tenantry.acting.operations import run
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import BatchRow, InvitationBatch, Membership
from tenantry.usecases.bulk_inviting import judging
from tenantry.usecases.bulk_inviting.tasks import read
from tenantry.usecases.joining import revoke_invitation
from tenantry.usecases.offboarding import deactivate_members

BULK = "/admin/users/invitations/bulk"


@pytest.fixture
def org():
    return make_organization(seats=20)


@pytest.fixture
def client(org):
    return signed_in(org.owner)


def sheet(*lines: str, name: str = "people.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join(lines).encode(), "text/csv")


def upload(org, client, *lines: str, name: str = "people.csv") -> str:
    """The address of the batch's page."""
    answer = post(client, org.owner, BULK, {"file": sheet(*lines, name=name)})
    assert answer.status_code == 303, body(answer)
    return answer["Location"]


def digest_in(page: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', page)
    assert found, page
    return found.group(1)


def batch_of(org) -> InvitationBatch:
    with scope.tenant(org.id), reading():
        return InvitationBatch.objects.defer("content").latest("created_at")


def row_of(org, email: str) -> BatchRow:
    with scope.tenant(org.id), reading():
        return BatchRow.objects.get(email=email)


def send(org, client, url: str) -> None:
    answer = post(client, org.owner, url, {"digest": digest_in(body(client.get(url)))})
    assert answer.status_code == 303, body(answer)
    with scope.tenant(org.id):
        run(batch_of(org).operation_id)


def test_a_file_is_looked_through_and_sent(org, client):
    good, manager, wrong = address(), address(), "nobody"
    url = upload(
        org, client, "E-Mail;Name;Rolle;role", f"{good};Ada Stone;;", f"{manager};Ben Ode;;Manager", f"{wrong};;;"
    )
    page = body(client.get(url))
    assert "people.csv" in page
    assert "separated by semicolon, UTF-8, 4 columns, 1 not used" in page
    assert "This is not an e-mail address." in page
    assert "Send all 2 invitations" in page
    assert "row stays behind: it has an error" in page
    send(org, client, url)
    page = body(client.get(url))
    assert "2 invitations were sent." in page
    assert "1 row with errors stayed behind." in page
    with scope.tenant(org.id), reading():
        assert set(Membership.objects.filter(status="invited").values_list("email", flat=True)) == {good, manager}
    assert "2 sent, 1 with errors" in body(client.get("/admin/users/invitations/batches"))


def test_a_fault_that_shows_late_is_told_with_its_line_and_what_to_do(org, client):
    rows = [f"{address()};Ada Stone" for _ in range(600)]
    url = upload(org, client, "email;name", *rows, 'x@y.example;"open')
    page = body(client.get(url))
    assert "Reading the file" in page
    assert 'hx-trigger="every 1s"' in page
    assert "Refresh" in page
    with scope.tenant(org.id):
        read(batch_of(org).id)
    page = body(client.get(url))
    assert "This file can’t be read" in page
    assert "In line 602 a quotation mark opens" in page
    assert "choose another file" in page
    assert "Read again" in page
    assert "every 1s" not in page


def test_rows_that_could_not_be_looked_at_are_told_with_what_to_do(org, client, monkeypatch):
    exclusive = make_organization(blueprint="crm-suite")
    taken = [exclusive.invite("standard_user").email for _ in range(3)]
    monkeypatch.setattr(judging, "LIMIT", 1)
    url = upload(org, client, "email", address(), *taken)
    page = body(client.get(url))
    assert "2 rows could not be looked at" in page
    assert "upload the rest again in an hour" in page
    assert f'href="{url}/faulty.csv" download>faulty rows as a file' in page
    faulty = b"".join(client.get(f"{url}/faulty.csv").streaming_content).decode()
    assert [one for one in taken if one in faulty] == taken
    assert "Send 1 invitation" in page or "Send all 1" in page
    other = upload(org, client, "email", address(), "nobody")
    assert "could not be looked at" not in body(client.get(other))


def test_a_list_is_pasted(org, client):
    one, two = address(), address()
    answer = post(client, org.owner, BULK, {"text": f"{one}, {two}; nobody"})
    assert answer.status_code == 303
    page = body(client.get(answer["Location"]))
    assert "Pasted list" in page
    assert "How it was read" not in page
    assert "Send all 2 invitations" in page
    assert page.count("This is not an e-mail address.") == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "Choose a file first."),
        ({"text": "  "}, "Paste at least one address."),
        ({"text": "nobody at all"}, "There is no address in this text."),
        ({"text": "x" * 500_001}, "at most 500000 characters"),
        ({"file": SimpleUploadedFile("a.csv", b"")}, "The file is empty."),
        ({"file": SimpleUploadedFile("a.csv", b"a,b\n1,2")}, "The first row must name the columns"),
        ({"file": SimpleUploadedFile("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600)}, "has the old format"),
        ({"file": SimpleUploadedFile("a.csv", b"email\n" + b"x" * 5_000)}, "is longer than"),
    ],
)
def test_what_can_not_be_read_says_so_on_the_form_and_keeps_nothing(org, client, data, said):
    for part in data.values():
        if not isinstance(part, str):
            part.seek(0)
    answer = post(client, org.owner, BULK, data)
    assert answer.status_code == 422
    assert said in body(answer)
    with scope.tenant(org.id), reading():
        assert not InvitationBatch.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(org, client):
    answer = client.post(BULK, {}, CONTENT_LENGTH=str(26 * 1024 * 1024))
    assert answer.status_code == 413
    assert "A file may have up to 25 MB." in body(answer)
    assert f'href="{BULK}"' in body(answer)


def test_reasons_stand_beside_the_fields_that_they_are_about(org, client):
    here, gone = org.person(), org.person()
    org.perform(deactivate_members, membership_ids=(gone.membership_id,))
    twice = address()
    lines = [f"{here.email},,", f"{gone.email},,", f"{twice},Manger,", f"{twice},,Nowhere"]
    page = body(client.get(upload(org, client, "email,role,team", *lines) + "?state=error"))
    cells = re.findall(r"<td[^>]*>(.*?)</td>", page, re.DOTALL)
    beside = {
        "Pat Example is already in this organization.": here.email,
        "Pat Example is deactivated here.": gone.email,
        "There is no role called “Manger”.": "Manger",
        "This address stands in line 4 already.": twice,
        "There is no team called “Nowhere”.": "Nowhere",
    }
    for sentence, value in beside.items():
        assert any(sentence in cell and value in cell for cell in cells), sentence
    assert f'href="/admin/users/u/{here.membership_id}">Open their page' in page
    assert f'href="/admin/users/u/{gone.membership_id}/reactivation">Reactivate them' in page
    assert "No row is ready." in page


def test_states_are_filters_with_their_numbers(org, client):
    url = upload(org, client, "email,role", f"{address()},", f"{address()},Owner", f"{address()},Manger")
    page = body(client.get(url))
    for text, count in (("All", 3), ("Ready", 1), ("Warning", 1), ("Error", 1)):
        assert re.search(rf'>{text}<span class="num[^>]*>{count}</span>', page), text
    page = body(client.get(f"{url}?state=warning"))
    assert "The role “Owner” has all permissions." in page
    assert "Manger" not in page
    assert client.get(f"{url}?state=nonsense").status_code == 200
    assert client.get(f"{url}?cursor=nonsense").status_code == 422


def test_rows_come_in_pages_and_keep_their_filter(org, client):
    url = upload(org, client, "email,role", *(f"{address()},Manger" for _ in range(60)))
    first = body(client.get(f"{url}?state=error"))
    following = re.search(r'rel="next" href="([^"]+)"', first).group(1).replace("&amp;", "&")
    assert "state=error" in following
    second = body(client.get(f"{url}{following}"))
    assert (first.count('id="row-'), second.count('id="row-')) == (50, 10)


def test_a_row_is_mended_without_a_script(org, client):
    mended = address()
    url = upload(org, client, "email,name,role", "nobody,Ada Stone,Manger")
    row = row_of(org, "nobody")
    form = body(client.get(f"{url}/rows/{row.id}?state=error"))
    assert "<!doctype html>" in form.lower()
    assert "There is no role called “Manger”." in form
    assert "Manger (unknown here)" in form
    data = {"email": mended, "name": "Ada Stone", "role": "Manager", "team": ""}
    answer = post(client, org.owner, f"{url}/rows/{row.id}?state=error", data)
    assert (answer.status_code, answer["Location"]) == (303, f"{url}?state=error#row-{row.id}")
    assert (row_of(org, mended).state, row_of(org, mended).role) == ("ready", "Manager")
    assert "No row has an error" in body(client.get(f"{url}?state=error"))


def test_with_a_script_a_row_becomes_a_form_and_the_page_follows(org, client):
    url = upload(org, client, "email,name", "nobody,Ada Stone")
    row = row_of(org, "nobody")
    hx = {"HTTP_HX_REQUEST": "true"}
    form = body(client.get(f"{url}/rows/{row.id}", **hx))
    assert form.lstrip().startswith("<hx-partial")
    long = post(client, org.owner, f"{url}/rows/{row.id}", {"email": "x" * 9_000}, **hx)
    assert long.status_code == 422
    assert "At most 2000 characters." in body(long)
    page = body(post(client, org.owner, f"{url}/rows/{row.id}", {"email": address(), "name": "Ada"}, **hx))
    assert "Send 1 invitation" in page
    assert "<html" not in page


def test_what_a_form_does_not_show_stays(org, client):
    url = upload(org, client, "email,department", "nobody,Sales")
    row = row_of(org, "nobody")
    mended = address()
    assert post(client, org.owner, f"{url}/rows/{row.id}", {"email": mended, "department": "Sales"}).status_code == 303
    assert row_of(org, mended).department == "Sales"


def test_a_row_is_dropped_and_its_double_is_ready(org, client):
    twice = address()
    url = upload(org, client, "email", twice, twice)
    with scope.tenant(org.id), reading():
        first = BatchRow.objects.get(email=twice, position=2)
    answer = post(client, org.owner, f"{url}/rows/{first.id}/drop?state=error")
    assert (answer.status_code, answer["Location"]) == (303, f"{url}?state=error")
    assert row_of(org, twice).state == "ready"


def test_a_file_is_read_another_way(org, client):
    url = upload(org, client, "email,name", f"{address()},Åse;Holt")
    assert "separated by comma" in body(client.get(url))
    answer = post(client, org.owner, f"{url}/reading", {"separator": "0", "encoding": "cp1252"})
    assert (answer.status_code, answer["Location"]) == (303, url)
    page = body(client.get(url))
    assert "separated by comma, Windows-1252" in page
    assert "Ã…se;Holt" in page
    post(client, org.owner, f"{url}/reading", {"separator": "2", "encoding": "utf-8"})
    page = body(client.get(url))
    assert "The column “email” is missing" in page or "The first row must name the columns" in page
    assert "Windows-1252" in page, "what could not be read leaves everything as it was"


def test_faulty_rows_are_a_file(org, client):
    url = upload(org, client, "email,name", f"{address()},Ada", 'nobody,"=1+1"')
    file = client.get(f"{url}/faulty.csv")
    content = b"".join(file.streaming_content).decode("utf-8-sig")
    assert "attachment" in file["Content-Disposition"]
    assert content.splitlines()[1].startswith("nobody,'=1+1,")
    assert "This is not an e-mail address." in content
    again = SimpleUploadedFile("faulty.csv", content.encode())
    assert post(client, org.owner, BULK, {"file": again}).status_code == 303


def test_the_template_can_be_uploaded(org, client):
    template = client.get(f"{BULK}/template.csv")
    answer = post(client, org.owner, BULK, {"file": SimpleUploadedFile("template.csv", template.content)})
    assert "ada@company.example" in body(client.get(answer["Location"]))


def test_what_sending_means_is_said_first():
    few = make_organization(seats=3)
    client = signed_in(few.owner)
    url = upload(few, client, "email", *(address() for _ in range(4)), "nobody")
    page = body(client.get(url))
    assert "Send all 2 invitations" in page
    assert "2 rows find no seat" in page
    assert "seats are needed" in page
    assert "2 seats are free." in page
    send(few, client, url)
    page = body(client.get(f"{url}?state=refused"))
    assert page.count("At seat limit: 3 of 3 seats are in use.") >= 2
    assert "Buy seats" in page
    assert "2 invitations were sent. 2 rows were refused. 1 row with errors stayed behind." in page


def test_whoever_will_hold_no_seat_is_not_counted_as_needing_one():
    few = make_organization(seats=3)
    client = signed_in(few.owner)
    rows = [f"{address()};{role}" for role in ("Read-only", "Member", "Read-only", "Member", "Read-only")]
    url = upload(few, client, "email;role", *rows)
    assert "3 rows find no seat" in body(client.get(url))
    by_operator(few, code="seats.free_roles", value=["read_only"])
    page = body(client.get(url))
    assert "Send all 5 invitations" in page
    assert re.search(r"2</b>\s*<span>seats are needed", page)
    assert "2 seats are free." in page
    assert "find no seat" not in page
    send(few, client, url)
    assert "5 invitations were sent." in body(client.get(url))
    # With no seat left, only those without a fee still find their place.
    rows = [f"{address()};{role}" for role in ("Member", "Read-only")]
    page = body(client.get(upload(few, client, "email;role", *rows)))
    assert "1 row finds no seat" in page
    assert "Send 1 invitation" in page
    assert re.search(r"1</b>\s*<span>seat is needed", page)


def test_seats_that_grow_with_people_are_charged(org, client):
    by_operator(org, code="seats.growth", value="per_person", reason="Contract 17")
    page = body(client.get(upload(org, client, "email", address())))
    assert "Seats grow with people here: every added person is charged." in page


def test_a_plan_that_grew_old_is_shown_anew(org, client):
    url = upload(org, client, "email", address(), address())
    digest = digest_in(body(client.get(url)))
    with scope.tenant(org.id), reading():
        row = BatchRow.objects.first()
    post(client, org.owner, f"{url}/rows/{row.id}/drop")
    answer = post(client, org.owner, url, {"digest": digest})
    assert answer.status_code == 409
    page = body(answer)
    assert "Something changed since you looked." in page
    assert "Send 1 invitation" in page
    assert digest_in(page) != digest
    assert batch_of(org).state == "ready"


def test_nothing_that_can_be_sent_can_not_be_sent(org, client):
    url = upload(org, client, "email", "nobody")
    page = body(client.get(url))
    assert re.search(r'<button class="btn btn-primary" aria-disabled="true" aria-describedby="why-not">', page)
    assert "No row is ready." in page
    assert post(client, org.owner, url, {"digest": digest_in(page)}).status_code == 409
    assert batch_of(org).state == "ready"


def test_sending_is_stopped_and_goes_on(org, client):
    url = upload(org, client, "email", address())
    post(client, org.owner, url, {"digest": digest_in(body(client.get(url)))})
    page = body(client.get(url))
    assert "Sending the invitations" in page
    assert "0 of 1." in page
    assert "Stop sending?" in body(client.get(f"{url}/cancellation"))
    assert post(client, org.owner, f"{url}/cancellation").status_code == 303
    assert "Nothing is being sent any more." in body(client.get(f"{url}/cancellation"))
    page = body(client.get(url))
    assert "Sending was stopped. 0 invitations were sent. 1 row was not sent." in page
    send(org, client, url)
    assert "1 invitation was sent." in body(client.get(url))


def test_the_refused_are_sent_again_when_there_is_a_seat():
    few = make_organization(seats=2)
    client = signed_in(few.owner)
    url = upload(few, client, "email", address(), address())
    send(few, client, url)
    with scope.tenant(few.id), reading():
        waiting = Membership.objects.get(status="invited")
    few.perform(revoke_invitation, membership_id=waiting.id)
    assert "Send the failed again" in body(client.get(url))
    assert post(client, few.owner, f"{url}/retry").status_code == 303
    with scope.tenant(few.id):
        run(batch_of(few).operation_id)
    assert "2 invitations were sent." in body(client.get(url))
    assert "Send the failed again" not in body(client.get(url))


def test_a_batch_of_which_nothing_was_sent_is_discarded(org, client):
    url = upload(org, client, "email", address())
    assert "1 row and the file go" in body(client.get(f"{url}/deletion"))
    assert post(client, org.owner, f"{url}/deletion").status_code == 303
    assert client.get(url).status_code == 404
    sent_one = upload(org, client, "email", address())
    send(org, client, sent_one)
    assert client.get(f"{sent_one}/deletion").status_code == 409
    assert post(client, org.owner, f"{sent_one}/deletion").status_code == 409


def test_the_history_stands_with_the_invitations(org, client):
    assert "Batches" not in body(client.get("/admin/users/invitations"))
    url = upload(org, client, "email", address(), name="spring.csv")
    page = body(client.get("/admin/users/invitations"))
    assert "spring.csv" in page
    assert "Maren Holt" in page
    assert "1 ready" in page
    send(org, client, url)
    assert "1 sent" in body(client.get("/admin/users/invitations"))


def test_who_may_not_add_people_finds_no_batches(org, client):
    url = upload(org, client, "email", address())
    clerk = org.person("billing_administrator")
    other = signed_in(clerk)
    for path in (BULK, url, f"{url}/faulty.csv", "/admin/users/invitations/batches"):
        assert other.get(path).status_code == 403
    assert post(other, clerk, url, {"digest": "0" * 32}).status_code == 403


def test_the_word_on_the_buttons_is_the_organizations():
    sales = make_organization(blueprint="sales-floor")
    client = signed_in(sales.owner)
    for path in ("/admin/users/u", "/admin/users/invitations"):
        assert "Bulk Invite</a>" in body(client.get(path))
    assert "<h1>Bulk Invite</h1>" in body(client.get(BULK))
