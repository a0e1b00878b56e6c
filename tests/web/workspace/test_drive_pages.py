"""Drive in a browser without a script: files come in, are looked at, leave; nothing that was uploaded ever runs."""

import io
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from factories.organizations import make_organization
from factories.records import make_record
from support.structure import give, make_role
from support.uploads import DRAWING, MARKUP, document, file_row, picture, put_file
from support.visitors import body, browser, post, signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.actions.folders import create_folder
from tenantry.crm.actions.records import archive_records
from tenantry.crm.models import File, Folder
from tenantry.organizations.models import Entitlement

DRIVE = "/apps/workspace/drive"


@pytest.fixture(scope="module")
def org():
    return make_organization()


@pytest.fixture(scope="module")
def tidying(org):
    verbs = ("view", "edit", "delete")
    return make_role(org, "addition", {"files.create": "yes", **{f"files.{verb}": "own" for verb in verbs}})


@pytest.fixture
def person(org, tidying):
    found = org.person()
    give(org, found, tidying)
    return found


@pytest.fixture
def client(person):
    return signed_in(person)


def upload(client, person, *files: tuple[str, bytes], headers: dict[str, str] | None = None, **more: str) -> Any:
    sent = [SimpleUploadedFile(name, content, "text/html") for name, content in files]
    return post(client, person, f"{DRIVE}/files", {"files": sent, **more}, headers=headers or {})


def own(org, person) -> list[File]:
    with scope.tenant(org.id), reading():
        return list(File.objects.filter(owner_id=person.membership_id).order_by("name"))


# --- Coming in ----------------------------------------------------------------------------


def test_an_empty_drive_says_how_to_begin(client):
    page = body(client.get(DRIVE))
    assert "Your Drive is empty" in page
    assert 'enctype="multipart/form-data"' in page
    assert "of 5 GB" in page


def test_several_files_come_in_by_the_form(client, person, org):
    answer = upload(client, person, ("a.txt", b"one"), ("b.png", picture()))
    assert (answer.status_code, answer["Location"]) == (303, DRIVE)
    page = body(client.get(DRIVE))
    assert "2 files are here." in page
    assert "a.txt" in page
    assert "PNG picture" in page
    assert [row.content_type for row in own(org, person)] == ["text/plain", "image/png"]


def test_one_that_is_refused_keeps_no_other_from_coming(client, person, org):
    answer = upload(client, person, ("good.txt", b"one"), ("x" * 210 + ".exe", b"two"))
    assert answer.status_code == 303
    page = body(client.get(answer["Location"]))
    assert "“good.txt” is here." in page
    assert "At most 200 characters." in page
    assert [row.name for row in own(org, person)] == ["good.txt"]


def test_the_script_is_answered_one_by_one(client, person, org):
    asked = {"HX-Request": "true"}
    assert upload(client, person, ("a.txt", b"one"), headers=asked).status_code == 204
    refused = upload(client, person, ("x" * 210, b"one"), headers=asked)
    assert refused.status_code == 422
    assert "data-toast" in refused.content.decode()
    assert len(own(org, person)) == 1


def test_nothing_chosen_is_said(client, person):
    answer = upload(client, person, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert "Choose a file first." in answer.content.decode()


def test_a_full_drive_says_so_with_its_figures():
    org = make_organization()
    with scope.platform("demo", org.id), writing():
        Entitlement.objects.update_or_create(key="drive_bytes", defaults={"limit": 2_000})
    client = signed_in(org.owner)
    upload(client, org.owner, ("a.txt", b"x" * 1_500))
    answer = upload(client, org.owner, ("b.txt", b"x" * 501))
    page = body(client.get(answer["Location"]))
    assert "“b.txt” needs 501 bytes, and 500 bytes of 2 KB are free in this Drive." in page
    assert len(own(org, org.owner)) == 1


def test_files_come_into_a_folder(client, person, org):
    folder = org.perform(create_folder, by=person, name="Offers").id
    upload(client, person, ("a.txt", b"one"), folder=str(folder), back=f"{DRIVE}/folders/{folder}")
    page = body(client.get(f"{DRIVE}/folders/{folder}"))
    assert "a.txt" in page
    assert "a.txt" not in body(client.get(DRIVE))


def test_whoever_may_not_add_files_sees_no_form_and_is_refused(org):
    reader = org.person("read_only")
    client = signed_in(reader)
    page = body(client.get(DRIVE))
    assert "multipart/form-data" not in page
    assert "You may look at files, but not add any." in page
    assert upload(client, reader, ("a.txt", b"one")).status_code == 403
    assert own(org, reader) == []


@pytest.mark.parametrize("signed", [True, False])
def test_a_large_body_is_refused_before_it_is_read(org, signed):
    """Strangers and those who may add nothing never make us write an upload to disk."""
    client = signed_in(org.person("read_only")) if signed else browser()
    answer = client.generic(
        "POST", f"{DRIVE}/files", b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="50000000"
    )
    assert answer.status_code == 413


def test_a_body_of_a_gigabyte_is_refused_for_members_too(client):
    for length in ("1073741824", "4294967297", "9" * 30):
        answer = client.generic(
            "POST", f"{DRIVE}/files", b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=length
        )
        assert answer.status_code == 413


# --- Going out ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [("page.html", MARKUP), ("drawing.svg", DRAWING), ("picture.png", picture()), ("offer.pdf", document(1))],
)
def test_what_was_uploaded_is_saved_and_never_shown(client, person, org, name, content):
    """Security case 26: whatever it is, however it is called, whatever its uploader said it was."""
    upload(client, person, (name, content))
    [row] = own(org, person)
    answer = client.get(f"{DRIVE}/files/{row.id}/content")
    assert b"".join(answer.streaming_content) == content
    assert answer["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "html" not in answer["Content-Type"]
    assert "svg" not in answer["Content-Type"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]


def test_names_leave_as_they_are(client, person, org):
    done = put_file(org, person, b"x", 'Angebot "Zoë" 😀.txt')
    header = client.get(f"{DRIVE}/files/{done.id}/content")["Content-Disposition"]
    assert header == "attachment; filename*=utf-8''Angebot%20%22Zo%C3%AB%22%20%F0%9F%98%80.txt"


def test_a_name_that_looks_like_markup_is_text(client, person, org):
    done = put_file(org, person, b"x", "<img src=x onerror=alert(1)>.txt")
    for path in (DRIVE, f"{DRIVE}/files/{done.id}", f"{DRIVE}/all", f"{DRIVE}/largest"):
        page = body(client.get(path))
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_a_part_of_a_file(client, person, org):
    done = put_file(org, person, bytes(range(256)) * 4)
    path = f"{DRIVE}/files/{done.id}/content"
    whole = client.get(path)
    assert (whole.status_code, whole["Accept-Ranges"], whole["Content-Length"]) == (200, "bytes", "1024")
    part = client.get(path, headers={"Range": "bytes=1000-"})
    assert part.status_code == 206
    assert part["Content-Range"] == "bytes 1000-1023/1024"
    assert b"".join(part.streaming_content) == (bytes(range(256)) * 4)[1000:]
    again = client.get(path, headers={"Range": "bytes=0-1", "If-Range": whole["ETag"]})
    assert again.status_code == 206
    other = client.get(path, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (other.status_code, len(b"".join(other.streaming_content))) == (200, 1024)
    behind = client.get(path, headers={"Range": "bytes=2000-"})
    assert (behind.status_code, behind["Content-Range"]) == (416, "bytes */1024")
    assert client.get(path, headers={"If-None-Match": whole["ETag"]}).status_code == 304
    head = client.head(path)
    assert (head.status_code, head["Content-Length"], head.content if not head.streaming else b"") == (200, "1024", b"")


def test_previews_are_pictures_of_ours(client, person, org):
    done = put_file(org, person, document(2), "offer.pdf")
    page = body(client.get(f"{DRIVE}/files/{done.id}"))
    assert "Page 2 of offer.pdf" in page
    for number in (1, 2):
        shown = client.get(f"{DRIVE}/files/{done.id}/preview/{number}/1280")
        assert shown["Content-Type"] == "image/webp"
        assert Image.open(io.BytesIO(shown.content)).width <= 1280
        assert "sandbox" in shown["Content-Security-Policy"]
        assert "no-cache" in shown["Cache-Control"]
    for path in ("preview/3/1280", "preview/0/1280", "preview/1/99999"):
        assert client.get(f"{DRIVE}/files/{done.id}/{path}").status_code == 404
    text = put_file(org, person, MARKUP, "page.html")
    assert client.get(f"{DRIVE}/files/{text.id}/preview/1/320").status_code == 404
    assert "No preview" in body(client.get(f"{DRIVE}/files/{text.id}"))


def test_bytes_that_are_gone_are_named(client, person, org):
    row = make_record(org, "file", person)
    answer = client.get(f"{DRIVE}/files/{row}/content")
    assert answer.status_code == 503
    assert "not in the file store" in answer.content.decode()


# --- Reach --------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", ["another organization", "somebody out of reach"])
def test_what_is_out_of_reach_is_not_there(client, person, org, whose):
    other = make_organization() if whose == "another organization" else org
    stranger = other.person()
    done = put_file(other, stranger, picture(), "secret.png")
    folder = other.perform(create_folder, by=stranger, name="Secret folder").id
    for path in (
        f"files/{done.id}",
        f"files/{done.id}/content",
        f"files/{done.id}/preview/1/320",
        f"files/{done.id}/edit",
        f"files/{done.id}/replacement",
        f"folders/{folder}",
        f"folders/{folder}/edit",
        f"folders/{folder}/deletion",
        f"folders/new?in={folder}",
        f"move?ids={done.id}",
    ):
        assert client.get(f"{DRIVE}/{path}").status_code == 404, path
    for more in ({"folder": str(folder)}, {"file": str(done.id)}, {"type": "deal", "id": str(done.id)}):
        assert upload(client, person, ("a.txt", b"x"), **more).status_code == 404
    assert own(org, person) == []
    assert "secret.png" not in body(client.get(f"{DRIVE}/all"))
    assert file_row(other, done.id).sha256 == file_row(other, done.id).sha256


def test_ids_of_a_form_that_are_none_are_not_there(client, person):
    assert upload(client, person, ("a.txt", b"x"), folder="nonsense").status_code == 404


# --- Changing -----------------------------------------------------------------------------


def test_folders_are_made_renamed_and_deleted(client, person, org):
    made = post(client, person, f"{DRIVE}/folders/new", {"name": "Offers"})
    path = made["Location"]
    assert "Nothing lies in this folder" in body(client.get(path))
    inside = post(client, person, f"{DRIVE}/folders/new?in={path.rpartition('/')[2]}", {"name": "2026"})
    assert "Offers" in body(client.get(inside["Location"]))
    put_file(org, person, b"x" * 1000, folder_id=_id(inside["Location"]))
    form = {"name": "All offers", "place": "", "version": "1"}
    assert post(client, person, f"{path}/edit", form)["Location"] == path
    shown = body(client.get(f"{path}/deletion"))
    assert "Delete All offers" in shown
    assert "1 KB" in shown
    digest = shown.partition('name="digest" value="')[2][:32]
    done = post(client, person, f"{path}/deletion", {"digest": digest})
    assert done["Location"] == DRIVE
    with scope.tenant(org.id), reading():
        assert not Folder.objects.filter(owner_id=person.membership_id).exists()
    assert own(org, person) == []


def _id(path: str) -> UUID:
    return UUID(path.rpartition("/")[2])


def test_a_folder_that_changed_is_shown_anew(client, person, org):
    folder = org.perform(create_folder, by=person, name="Offers").id
    digest = body(client.get(f"{DRIVE}/folders/{folder}/deletion")).partition('name="digest" value="')[2][:32]
    put_file(org, person, b"x", folder_id=folder)
    answer = post(client, person, f"{DRIVE}/folders/{folder}/deletion", {"digest": digest})
    assert answer.status_code == 409
    assert len(own(org, person)) == 1


def test_what_was_typed_stays_when_it_is_refused(client, person, org):
    folder = org.perform(create_folder, by=person, name="Offers").id
    answer = post(client, person, f"{DRIVE}/folders/{folder}/edit", {"name": "x" * 201, "place": "", "version": "1"})
    assert answer.status_code == 422
    assert "At most 200 characters." in body(answer)
    late = post(client, person, f"{DRIVE}/folders/{folder}/edit", {"name": "Late", "place": "", "version": "9"})
    assert late.status_code == 409
    assert "Late" in body(late)


def test_files_are_moved_by_their_boxes(client, person, org):
    folder = org.perform(create_folder, by=person, name="Offers").id
    ids = [str(put_file(org, person, b"x").id) for _ in range(2)]
    shown = post(client, person, f"{DRIVE}/move", {"ids": ids, "do": "move"})
    assert "Move 2 files" in body(shown)
    done = post(client, person, f"{DRIVE}/move", {"ids": ids, "place": str(folder)})
    assert done.status_code == 303
    assert {row.folder_id for row in own(org, person)} == {folder}


def test_other_content_under_the_same_name(client, person, org):
    done = put_file(org, person, b"first", "offer.txt")
    assert "keeps its name" in body(client.get(f"{DRIVE}/files/{done.id}/replacement"))
    upload(client, person, ("another name.txt", b"second, longer"), file=str(done.id))
    [row] = own(org, person)
    assert (row.name, row.size, row.version) == ("offer.txt", 14, 2)
    answer = client.get(f"{DRIVE}/files/{done.id}/content")
    assert b"".join(answer.streaming_content) == b"second, longer"


def test_archived_files_leave_the_lists_and_still_count(client, person, org):
    done = put_file(org, person, b"x" * 2000, "old.txt")
    org.perform(archive_records, by=person, type_key="file", record_ids=(done.id,))
    assert "old.txt" not in body(client.get(DRIVE))
    assert "old.txt" in body(client.get(f"{DRIVE}/all?archived=yes"))
    assert "old.txt" in body(client.get(f"{DRIVE}/largest"))
    assert "It still counts" in body(client.get(f"{DRIVE}/files/{done.id}"))
    assert "<strong>2 KB</strong>" in body(client.get(DRIVE))


def test_the_list_of_everything_searches_and_filters(client, person, org):
    put_file(org, person, picture(), "terrace.png")
    put_file(org, person, document(1), "terms.pdf")
    put_file(org, person, b"x", "notes.txt")
    assert "terrace.png" in body(client.get(f"{DRIVE}/all?q=terr"))
    assert "notes.txt" not in body(client.get(f"{DRIVE}/all?q=ter"))
    only = body(client.get(f"{DRIVE}/all?kind=pdf"))
    assert "terms.pdf" in only
    assert "terrace.png" not in only


# --- At a record --------------------------------------------------------------------------


def test_files_hang_on_a_record(client, person, org):
    lead = make_record(org, "lead", person)
    page = body(client.get(f"/apps/momentum/leads/{lead}"))
    assert "No file here yet." in page
    answer = upload(client, person, ("terms.txt", b"x"), type="lead", id=str(lead), back=f"/apps/momentum/leads/{lead}")
    assert answer["Location"] == f"/apps/momentum/leads/{lead}"
    assert "terms.txt" in body(client.get(answer["Location"]))
    assert "terms.txt" in body(client.get(f"{DRIVE}/at/lead/{lead}"))
    assert f"/apps/momentum/leads/{lead}" in body(client.get(f"{DRIVE}/files/{own(org, person)[0].id}"))
    assert client.get(f"{DRIVE}/at/note/{lead}").status_code == 404


# --- Cost ---------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/all", "/largest"])
def test_pages_ask_ten_times_at_most_and_no_more_for_more_files(person, org, path):
    client = signed_in(person)
    client.get(DRIVE)
    asked = []
    for count in (1, 3):
        for _ in range(count):
            put_file(org, person, b"x")
            org.perform(create_folder, by=person, name="One more")
        with CaptureQueriesContext(connection) as captured:
            client.get(DRIVE + path)
        asked.append(sum(one["sql"].startswith("SELECT") for one in captured.captured_queries))
    assert asked[0] == asked[1] <= 10
