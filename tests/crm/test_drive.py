"""Drive: whose files count for how much, what becomes of bytes, and folders that are moved and deleted."""

import io
import os
from datetime import timedelta
from uuid import uuid4

import pytest
from PIL import Image

from factories.organizations import make_organization
from factories.records import make_record
from support.holding import make_workspace
from support.races import failures, together
from support.structure import give, make_role
from support.uploads import (
    DRAWING,
    MARKUP,
    discarded,
    document,
    file_row,
    huge_picture,
    picture,
    put_file,
    used,
)
from tenantry.acting.errors import Busy
from tenantry.core import files
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, PlanChanged, VersionChanged
from tenantry.core.files.errors import BytesMissing
from tenantry.core.ids import NIL
from tenantry.core.painting import NoPicture
from tenantry.core.sizes import in_words
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm import tasks
from tenantry.crm.actions.files import clean_name, edit_file, move_files, replace_file
from tenantry.crm.actions.folders import create_folder, delete_folder, edit_folder, plan_delete_folder
from tenantry.crm.actions.records import archive_records, delete_records, give_records
from tenantry.crm.drive import quota, room_of
from tenantry.crm.drive_errors import (
    DriveFull,
    FileTooLarge,
    FolderElsewhere,
    FolderInItself,
    FolderTooDeep,
    UploadCut,
)
from tenantry.crm.errors import RecordArchived
from tenantry.crm.kinds import content_type_of
from tenantry.crm.models import DriveUsage, File, Folder
from tenantry.crm.uploading import preview_of, received, taken_in
from tenantry.crm.work import Subject
from tenantry.organizations.models import Entitlement


@pytest.fixture(scope="module")
def org():
    return make_organization()


@pytest.fixture(scope="module")
def tidying(org):
    """A role that deletes what one owns, and reaches no further."""
    verbs = ("view", "edit", "delete")
    return make_role(org, "addition", {"files.create": "yes", **{f"files.{verb}": "own" for verb in verbs}})


@pytest.fixture
def person(org, tidying):
    found = org.person()
    give(org, found, tidying)
    return found


def content_of(org, file_id) -> bytes:
    row = file_row(org, file_id)
    return b"".join(files.pieces(org.id, row.store_key))


def entitle(org, limit: int | None) -> None:
    with scope.platform("demo", org.id), writing():
        Entitlement.objects.update_or_create(key="drive_bytes", defaults={"limit": limit})


# --- Coming -------------------------------------------------------------------------------


def test_a_file_is_kept_under_its_uploader_and_what_it_is(org, person):
    done = put_file(org, person, b"Dear Tarek,\n", "Letter to Tarek.txt")
    row = file_row(org, done.id)
    assert (row.owner_id, row.name, row.size) == (person.membership_id, "Letter to Tarek.txt", 12)
    assert (row.content_type, row.pages, row.folder_id, row.subject) == ("text/plain", 0, None, None)
    assert content_of(org, done.id) == b"Dear Tarek,\n"
    assert used(org, person.membership_id) == 12


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (picture(), "a.txt", "image/png"),
        (picture(kind="JPEG"), "a", "image/jpeg"),
        (picture(kind="GIF"), "a.gif", "image/gif"),
        (picture(kind="WEBP"), "a.webp", "image/webp"),
        (document(1), "a.exe", "application/pdf"),
        (MARKUP, "page.html", "text/plain"),
        (DRAWING, "drawing.svg", "text/plain"),
        (b"a;b\n1;2\n", "table.csv", "text/csv"),
        ("Grüße 😀".encode(), "a.txt", "text/plain"),
        (("ä" * 3000).encode()[:4096], "a.txt", "text/plain"),
        (b"MZ\x90\x00\x03", "setup.html", "application/octet-stream"),
        (b"PK\x03\x04rest", "a.zip", "application/zip"),
        (b"PK\x03\x04rest", "a.html", "application/zip"),
        (b"", "empty.html", "text/plain"),
    ],
)
def test_what_a_file_is_its_bytes_say(content, name, expected):
    """Nothing that a browser would run is ever among the answers, whatever a file is called."""
    assert content_type_of(content[:4096], name) == expected


def test_a_file_at_a_record_stands_in_its_workspace(org, person):
    deal = make_record(org, "deal", person)
    done = put_file(org, person, b"terms", "terms.txt", subject=Subject("deal", deal))
    assert file_row(org, done.id).subject == ("deal", deal)


def test_a_record_out_of_reach_takes_no_file(org, person):
    other = make_organization()
    with pytest.raises(NotFound):
        put_file(org, person, b"x", subject=Subject("deal", make_record(other, "deal", other.owner)))
    away = make_record(org, "deal", person)
    org.perform(archive_records, by=person, type_key="deal", record_ids=(away,))
    with pytest.raises(RecordArchived):
        put_file(org, person, b"x", subject=Subject("deal", away))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("offer.pdf", "offer.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\Ann\\offer.pdf", "offer.pdf"),
        ("  Angebot   für  Zoë.pdf ", "Angebot für Zoë.pdf"),
        ("..", "file"),
        ("=cmd|' /C calc'!A0.csv", "C calc'!A0.csv"),
        ("😀.png", "😀.png"),
        ("<script>.txt", "<script>.txt"),
    ],
)
def test_names_are_the_last_part_of_a_path(given, kept):
    assert clean_name(given) == kept


@pytest.mark.parametrize("given", ["", "a\u202egpj.exe", "a\0b", "a\u200bb", "x" * 201, "dir/"])
def test_names_that_hide_something_are_refused(given):
    with pytest.raises(InvalidInput):
        clean_name(given)


def test_a_cut_upload_keeps_nothing(org):
    with pytest.raises(UploadCut), received(io.BytesIO(b"only this"), 100, "offer.txt"):
        pytest.fail("nothing may come of it")


def test_a_size_that_is_too_large_is_refused_before_a_byte_is_read(settings):
    class Untouched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("was read")

    with pytest.raises(FileTooLarge), received(Untouched(), 4_294_967_296, "bomb.bin"):
        pytest.fail("nothing may come of it")


def test_a_refused_file_leaves_no_bytes(org, person):
    before = _keys(org)
    with pytest.raises(NotFound):
        put_file(org, person, b"x" * 1000, folder_id=uuid4())
    assert _keys(org) == before
    assert used(org, person.membership_id) == 0


def _keys(org) -> set[str]:
    return {key for shelf in files.shelves(org.id) for key in shelf}


# --- Quota --------------------------------------------------------------------------------


def test_the_limit_is_of_the_plan_else_of_the_installation(settings):
    org = make_organization()
    with scope.tenant(org.id), reading():
        assert quota() == settings.DRIVE_QUOTA
    for limit in (5_000, 0, None):
        entitle(org, limit)
        with scope.tenant(org.id), reading():
            assert quota() == limit


def test_what_does_not_fit_is_refused_with_its_figures():
    org = make_organization()
    person = org.person()
    entitle(org, 10_000)
    put_file(org, person, b"x" * 6_000)
    with pytest.raises(DriveFull) as refused:
        put_file(org, person, b"y" * 4_001, "large.bin")
    assert refused.value.params["used"] == 6_000
    assert refused.value.params["limit"] == 10_000
    assert "“large.bin” needs 4 KB, and 4 KB of 10 KB are free" in str(refused.value)
    assert used(org, person.membership_id) == 6_000
    put_file(org, person, b"y" * 4_000)
    # Another person has a Drive of their own; nothing needs no room.
    put_file(org, org.owner, b"z" * 9_000)
    put_file(org, person, b"")


def test_the_limit_holds_when_many_come_at_once():
    """Twelve of 1,000 bytes into room for five: five are there, whoever was first, and the figure is theirs."""
    org = make_organization()
    person = org.person()
    entitle(org, 5_500)
    results = together(*[lambda: put_file(org, person, os.urandom(1_000)) for _ in range(12)])
    refused = failures(results, DriveFull)
    assert len(refused) == 7
    assert used(org, person.membership_id) == 5_000
    with scope.tenant(org.id), reading():
        kept = set(File.objects.values_list("store_key", flat=True))
    assert len(kept) == 5
    assert _keys(org) == kept


def test_replacing_counts_what_it_frees():
    org = make_organization()
    person = org.person()
    entitle(org, 10_000)
    done = put_file(org, person, b"x" * 9_000)

    def replace(content: bytes):
        with scope.tenant(org.id), taken_in(io.BytesIO(content), "a", person.membership_id, replaced=9_000) as stored:
            return org.perform(replace_file, by=person, file_id=done.id, stored=stored)

    with pytest.raises(DriveFull):
        replace(b"y" * 10_001)
    assert content_of(org, done.id) == b"x" * 9_000
    replaced = replace(b"y" * 10_000)
    assert used(org, person.membership_id) == 10_000
    assert replaced.store_key != done.store_key
    assert discarded(org) == [done.store_key]


# --- What is counted by the statements themselves ------------------------------------------


def test_files_count_for_whoever_owns_them_however_they_are_written(org):
    one, other = org.person(), org.person()
    first = put_file(org, one, b"x" * 300)
    put_file(org, one, b"x" * 200)
    org.perform(give_records, type_key="file", record_ids=(first.id,), owner_id=other.membership_id)
    assert (used(org, one.membership_id), used(org, other.membership_id)) == (200, 300)
    unowned = used(org, NIL)
    org.perform(give_records, type_key="file", record_ids=(first.id,), owner_id=None)
    assert (used(org, other.membership_id), used(org, NIL)) == (0, unowned + 300)
    org.perform(archive_records, type_key="file", record_ids=(first.id,))
    assert used(org, NIL) == unowned + 300
    org.perform(delete_records, type_key="file", record_ids=(first.id,))
    assert used(org, NIL) == unowned


def test_one_statement_over_many_owners_counts_each():
    org = make_organization()
    people = [org.person() for _ in range(3)]
    for number, person in enumerate(people, 1):
        for _ in range(number):
            make_record(org, "file", person, size=100)
    target = people[0].membership_id
    with scope.tenant(org.id), writing():
        File.objects.update(owner_id=target)
    assert [used(org, one.membership_id) for one in people] == [600, 0, 0]
    with scope.tenant(org.id), writing():
        File.objects.update(name="renamed")
    assert used(org, target) == 600
    with scope.tenant(org.id), writing():
        File.objects.all().delete()
    with scope.tenant(org.id), reading():
        assert set(DriveUsage.objects.values_list("used", flat=True)) == {0}


def test_statements_that_give_files_both_ways_at_once_count_right():
    org = make_organization()
    one, other = org.person(), org.person()
    mine = [make_record(org, "file", one, size=10) for _ in range(10)]
    theirs = [make_record(org, "file", other, size=1) for _ in range(10)]

    def give(ids, to):
        return lambda: org.perform(give_records, type_key="file", record_ids=tuple(ids), owner_id=to.membership_id)

    failures(together(give(mine[:5], other), give(theirs[:5], one), give(mine[5:], other), give(theirs[5:], one)), Busy)
    with scope.tenant(org.id), reading():
        for person in (one, other):
            real = sum(File.objects.filter(owner_id=person.membership_id).values_list("size", flat=True))
            assert used_now(person) == real


def used_now(person) -> int:
    return DriveUsage.objects.get(owner_id=person.membership_id).used


# --- Bytes after the row ------------------------------------------------------------------


def test_bytes_go_after_the_commit_and_not_before(org, person):
    done = put_file(org, person, b"to be deleted")
    org.perform(delete_records, by=person, type_key="file", record_ids=(done.id,))
    assert b"".join(files.pieces(org.id, done.store_key)) == b"to be deleted"
    assert done.store_key in discarded(org)
    with scope.tenant(org.id):
        tasks.discard_bytes(organization_id=org.id)
        tasks.discard_bytes(organization_id=org.id)
    assert discarded(org) == []
    with pytest.raises(BytesMissing):
        files.pieces(org.id, done.store_key)


def test_a_deletion_that_is_taken_back_keeps_the_bytes(org, person):
    done = put_file(org, person, b"still needed")

    class TakenBack(Exception):
        pass

    with scope.tenant(org.id), pytest.raises(TakenBack), writing():
        File.objects.filter(id=done.id).delete()
        raise TakenBack
    with scope.tenant(org.id):
        tasks.discard_bytes(organization_id=org.id)
    assert content_of(org, done.id) == b"still needed"


def test_bytes_that_a_file_needs_after_all_are_kept(org, person):
    done = put_file(org, person, b"needed again")
    with scope.tenant(org.id), writing():
        row = File.objects.get(id=done.id)
        File.objects.filter(id=done.id).delete()
        File.objects.bulk_create([row])
    with scope.tenant(org.id):
        tasks.discard_bytes(organization_id=org.id)
    assert content_of(org, done.id) == b"needed again"


def test_orphans_are_swept_after_a_day(org, person, monkeypatch):
    done = put_file(org, person, b"a file")
    orphan = files.put(org.id, io.BytesIO(b"a process was killed here")).key
    stranger = files.put(uuid4(), io.BytesIO(b"of another installation")).key
    with scope.tenant(org.id):
        tasks.sweep_orphans(organization_id=org.id)
    assert orphan in _keys(org)
    monkeypatch.setattr(tasks, "ORPHANED_AFTER", timedelta(seconds=-60))
    with scope.tenant(org.id):
        tasks.sweep_orphans(organization_id=org.id)
    assert orphan not in _keys(org)
    assert done.store_key in _keys(org)
    assert any(stranger in shelf for i in files.organizations() for shelf in files.shelves(i))


# --- Changing -----------------------------------------------------------------------------


def test_a_file_is_renamed_and_moved(org, person):
    folder = org.perform(create_folder, by=person, name="Offers")
    done = put_file(org, person, b"x")
    org.perform(edit_file, by=person, file_id=done.id, name="New name.txt", folder_id=folder.id, version=1)
    row = file_row(org, done.id)
    assert (row.name, row.folder_id, row.version, row.search_text) == (
        "New name.txt",
        folder.id,
        2,
        " new name.txt name txt",
    )
    with pytest.raises(VersionChanged):
        org.perform(edit_file, by=person, file_id=done.id, name="Late", folder_id=None, version=1)


def test_somebody_elses_file_is_not_moved(org):
    one, other = org.person(), org.person()
    done = put_file(org, one, b"x")
    folder = org.perform(create_folder, by=other, name="Mine")
    with pytest.raises((NotFound, PermissionMissing)):
        org.perform(move_files, by=other, file_ids=(done.id,), folder_id=folder.id)
    assert file_row(org, done.id).folder_id is None


def test_several_are_moved_or_none(org, person):
    folder = org.perform(create_folder, by=person, name="Offers")
    ids = tuple(put_file(org, person, b"x").id for _ in range(3))
    org.perform(archive_records, by=person, type_key="file", record_ids=ids[:1])
    with pytest.raises(RecordArchived):
        org.perform(move_files, by=person, file_ids=ids, folder_id=folder.id)
    assert {file_row(org, i).folder_id for i in ids} == {None}
    moved = org.perform(move_files, by=person, file_ids=ids[1:], folder_id=folder.id)
    assert set(moved.ids) == set(ids[1:])


# --- Folders ------------------------------------------------------------------------------


def test_a_folder_is_never_put_into_itself(org, person):
    one = org.perform(create_folder, by=person, name="One").id
    two = org.perform(create_folder, by=person, name="Two", parent_id=one).id
    three = org.perform(create_folder, by=person, name="Three", parent_id=two).id
    for target in (one, two, three):
        with pytest.raises(FolderInItself):
            org.perform(edit_folder, by=person, folder_id=one, name="One", parent_id=target)


def test_two_folders_that_are_put_into_each_other_at_once_make_no_ring(org, person):
    for _ in range(5):
        one = org.perform(create_folder, by=person, name="One").id
        two = org.perform(create_folder, by=person, name="Two").id

        def into(folder, target):
            return lambda: org.perform(edit_folder, by=person, folder_id=folder, name="Moved", parent_id=target)

        refused = failures(together(into(one, two), into(two, one)), FolderInItself, Busy)
        assert len(refused) == 1
        with scope.tenant(org.id), reading():
            parents = dict(Folder.objects.filter(id__in=[one, two]).values_list("id", "parent_id"))
        assert sorted(value is None for value in parents.values()) == [False, True]


def test_folders_lie_so_deep_and_no_deeper(org, person):
    inner = None
    for number in range(10):
        inner = org.perform(create_folder, by=person, name=f"Level {number}", parent_id=inner).id
    with pytest.raises(FolderTooDeep):
        org.perform(create_folder, by=person, name="Too deep", parent_id=inner)
    tree = org.perform(create_folder, by=person, name="Tree").id
    org.perform(create_folder, by=person, name="Branch", parent_id=tree)
    with scope.tenant(org.id), reading():
        ninth = Folder.objects.get(id=inner).parent_id
    with pytest.raises(FolderTooDeep):
        org.perform(edit_folder, by=person, folder_id=tree, name="Tree", parent_id=ninth)


def test_a_folder_stays_in_its_workspace(org, person):
    space = make_workspace(org)
    there = make_record(org, "folder", org.owner, workspace_id=space)
    mine = org.perform(create_folder, name="Mine").id
    with pytest.raises(FolderElsewhere):
        org.perform(edit_folder, folder_id=mine, name="Mine", parent_id=there)


def test_deleting_a_folder_says_and_does_the_same(org, person):
    """What is the actor's goes; what others put in comes to lie at the top, theirs as before."""
    outer = org.perform(create_folder, by=person, name="Outer").id
    inner = org.perform(create_folder, by=person, name="Inner", parent_id=outer).id
    mine = [put_file(org, person, b"x" * 10, folder_id=where).id for where in (outer, inner, inner)]
    theirs = make_record(org, "file", org.owner, folder_id=inner)
    their_folder = make_record(org, "folder", org.owner, parent_id=outer)
    kept_inside = make_record(org, "file", org.owner, folder_id=their_folder)
    with scope.tenant(org.id), reading():
        plan = plan_delete_folder(actor=person.actor, folder_id=outer)
    assert (plan.folders, plan.files, plan.size, plan.kept) == (2, 3, 30, 2)
    before = used(org, person.membership_id)
    done = org.perform(delete_folder, by=person, folder_id=outer, digest=plan.digest)
    assert done == plan
    assert all(file_row(org, i) is None for i in mine)
    assert used(org, person.membership_id) == before - 30
    assert file_row(org, theirs).folder_id is None
    assert file_row(org, kept_inside).folder_id == their_folder
    with scope.tenant(org.id), reading():
        assert Folder.objects.get(id=their_folder).parent_id is None
        assert not Folder.objects.filter(id__in=[outer, inner]).exists()
    assert len(discarded(org)) >= 3


def test_a_folder_that_filled_meanwhile_is_shown_anew(org, person):
    folder = org.perform(create_folder, by=person, name="Filling").id
    with scope.tenant(org.id), reading():
        plan = plan_delete_folder(actor=person.actor, folder_id=folder)
    late = put_file(org, person, b"late", folder_id=folder)
    with pytest.raises(PlanChanged) as refused:
        org.perform(delete_folder, by=person, folder_id=folder, digest=plan.digest)
    assert refused.value.plan.files == 1
    assert file_row(org, late.id).folder_id == folder


def test_files_that_come_while_a_folder_goes_are_deleted_or_refused(org, person):
    for _ in range(5):
        folder = org.perform(create_folder, by=person, name="Busy").id
        results = together(
            lambda f=folder: org.perform(delete_folder, by=person, folder_id=f),
            *[lambda f=folder: put_file(org, person, b"late", folder_id=f) for _ in range(3)],
        )
        failures(results, NotFound, Busy, PlanChanged)
        with scope.tenant(org.id), reading():
            assert not File.objects.filter(folder_id=folder).exists() or Folder.objects.filter(id=folder).exists()


# --- Previews -----------------------------------------------------------------------------


def painted(org, file_id, page=1, width=320) -> bytes:
    return preview_of(file_row(org, file_id), page, width)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_pictures_are_painted_anew(org, person, kind):
    done = put_file(org, person, picture(900, 600, kind), f"a.{kind.lower()}")
    assert file_row(org, done.id).pages == 1
    shown = painted(org, done.id)
    assert shown[:4] == b"RIFF"
    assert shown[8:12] == b"WEBP"
    with pytest.raises(NoPicture):
        painted(org, done.id, page=2)


def test_nothing_of_a_picture_but_its_look_goes_along(org, person):
    exif = Image.Exif()
    exif[0x010E] = "taken at 59.91, 10.75"
    done = put_file(org, person, picture(kind="JPEG", exif=exif) + b"<script>alert(1)</script>", "a.jpg")
    shown = painted(org, done.id)
    assert b"59.91" not in shown
    assert b"script" not in shown


def test_pages_of_a_document_are_painted(org, person):
    done = put_file(org, person, document(3), "offer.pdf")
    assert file_row(org, done.id).pages == 3
    assert painted(org, done.id, 1) != painted(org, done.id, 3)
    with pytest.raises(NoPicture):
        painted(org, done.id, 4)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (huge_picture(), "bomb.png"),
        (picture()[:60], "cut.png"),
        (b"%PDF-1.7\nnothing of a document", "broken.pdf"),
        (b"\xff\xd8\xff\xe0 no picture", "broken.jpg"),
        (MARKUP, "page.html"),
        (DRAWING, "drawing.svg"),
    ],
)
def test_what_can_not_be_painted_is_kept_without_a_preview(org, person, content, name):
    done = put_file(org, person, content, name)
    assert file_row(org, done.id).pages == 0
    assert content_of(org, done.id) == content
    with pytest.raises(NoPicture):
        painted(org, done.id)


# --- Words --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 KB"),
        (1500, "1.5 KB"),
        (99_940, "99.9 KB"),
        (100_400, "100 KB"),
        (999_400, "999 KB"),
        (999_600, "1 MB"),
        (5_000_000_000, "5 GB"),
        (4_240_000_000, "4.2 GB"),
        (3 * 10**15, "3,000 TB"),
    ],
)
def test_sizes_in_words(size, words):
    assert in_words(size) == words


def test_room_is_never_less_than_none(org):
    person = org.person()
    make_record(org, "file", person, size=6_000_000_000)
    with scope.tenant(org.id), reading():
        room = room_of(person.membership_id)
    assert (room.left, room.holds(0), room.holds(1)) == (0, True, False)
