"""Choosing among more folders of Drive than any list shows: where a file or a folder lies, where several go."""

import re

import pytest

from factories.organizations import make_organization
from factories.records import make_record
from support.visitors import body, post, signed_in
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.models import File, Folder

DRIVE = "/apps/workspace/drive"
CHOICES = f"{DRIVE}/folders/choices"
MANY = 210


@pytest.fixture(scope="module")
def crowded(database):
    """Somebody with more folders than are offered; Zürich lies in Allée, and another one at the top."""
    org = make_organization()
    for number in range(MANY):
        make_record(org, "folder", org.owner, name=f"Case {number:03}")
    avenue = make_record(org, "folder", org.owner, name="Allée")
    make_record(org, "folder", org.owner, name="Zürich", parent_id=avenue)
    make_record(org, "folder", org.owner, name="Zürich")
    return org


@pytest.fixture(scope="module")
def client(crowded):
    return signed_in(crowded.owner)


def folder(org, name: str, *, inside: bool = False) -> str:
    with scope.tenant(org.id), reading():
        return str(Folder.objects.get(name=name, parent__isnull=not inside).id)


def boxes(answer) -> dict[str, bool]:
    found = re.findall(r'<input[^>]*type="radio" name="place" value="([^"]*)"( checked)?', body(answer))
    return {value: bool(checked) for value, checked in found}


def lies_in(org, model, one) -> str:
    with scope.tenant(org.id), reading():
        row = model.objects.get(id=one)
        return str(row.folder_id if model is File else row.parent_id)


def test_a_file_is_put_into_any_of_many_folders(crowded, client):
    file = make_record(crowded, "file", crowded.owner)
    at = f"{DRIVE}/files/{file}/edit"
    inner, outer = folder(crowded, "Zürich", inside=True), folder(crowded, "Zürich")
    start = client.get(at)
    assert len(boxes(start)) == 9
    assert boxes(start)[""]
    assert "There are more: search for a name." in body(start)
    # Accents aside, told apart by what is above them.
    asked = client.get(f"{CHOICES}?field=place&place_typed=zurich")
    assert boxes(asked) == {"": True, inner: False, outer: False}
    assert "Allée › Zürich" in body(asked)
    assert "<html" not in body(asked)
    with scope.tenant(crowded.id), reading():
        row = File.objects.get(id=file)
    sent = {"name": "Plan.pdf", "place": "", "version": row.version}
    looked = post(client, crowded.owner, at, {**sent, "place_typed": "allee", "find": "place"})
    assert looked.status_code == 200
    assert boxes(looked) == {"": True, folder(crowded, "Allée"): False}
    assert 'value="Plan.pdf"' in body(looked)
    # Two are called so: one of them is chosen, not guessed.
    assert post(client, crowded.owner, at, {**sent, "place_typed": "Zürich"}).status_code == 422
    assert post(client, crowded.owner, at, {**sent, "place": inner, "place_typed": "zurich"}).status_code == 303
    assert lies_in(crowded, File, file) == inner
    again = boxes(client.get(at))
    assert again[inner]
    named = {"name": "Plan.pdf", "place": "", "place_typed": "case 007", "version": row.version + 1}
    assert post(client, crowded.owner, at, named).status_code == 303
    assert lies_in(crowded, File, file) == folder(crowded, "Case 007")


def test_a_folder_is_offered_no_place_within_itself(crowded, client):
    avenue, inner = folder(crowded, "Allée"), folder(crowded, "Zürich", inside=True)
    asked = client.get(f"{CHOICES}?field=place&moving={avenue}&place_typed=zurich")
    assert boxes(asked) == {"": True, folder(crowded, "Zürich"): False}
    at = f"{DRIVE}/folders/{avenue}/edit"
    assert f"moving={avenue}" in body(client.get(at))
    for wrong in (avenue, inner, str(new_id()), "x"):
        assert post(client, crowded.owner, at, {"name": "Allée", "place": wrong, "version": 1}).status_code == 422


def test_several_files_go_into_one_of_many_folders(crowded, client):
    ids = [str(make_record(crowded, "file", crowded.owner)) for _n in range(2)]
    wanted = folder(crowded, "Case 200")
    shown = post(client, crowded.owner, f"{DRIVE}/move", {"ids": ids, "do": "move"})
    assert wanted not in boxes(shown)
    looked = post(client, crowded.owner, f"{DRIVE}/move", {"ids": ids, "place_typed": "200", "find": "place"})
    assert looked.status_code == 200
    assert boxes(looked) == {"": True, wanted: False}
    assert all(f'name="ids" value="{one}"' in body(looked) for one in ids)
    assert post(client, crowded.owner, f"{DRIVE}/move", {"ids": ids, "place": wanted}).status_code == 303
    assert [lies_in(crowded, File, one) for one in ids] == [wanted] * 2


def test_few_folders_stand_as_a_tree_and_out_of_sight_stays_where_it_is(database):
    org = make_organization()
    one = org.person("member")
    top = make_record(org, "folder", one, name="Zoo")
    make_record(org, "folder", one, name="Ape", parent_id=top)
    make_record(org, "folder", one, name="Yard")
    hidden = make_record(org, "folder", org.owner, name="Secret")
    file = make_record(org, "file", one, folder_id=hidden)
    client, at = signed_in(one), f"{DRIVE}/files/{file}/edit"
    start = client.get(at)
    assert re.findall(r"<span>(Yard|Zoo|Zoo › Ape|The folder where it is now|Secret)</span>", body(start)) == [
        "The folder where it is now", "Yard", "Zoo", "Zoo › Ape",
    ]  # fmt: skip
    assert "place_typed" not in body(start)
    assert boxes(start)[str(hidden)]
    with scope.tenant(org.id), reading():
        version = File.objects.get(id=file).version
    assert post(client, one, at, {"name": "New.txt", "place": str(hidden), "version": version}).status_code == 303
    assert lies_in(org, File, file) == str(hidden)
    # Elsewhere the same folder is nobody's to name.
    other = make_record(org, "file", one)
    sent = {"name": "New.txt", "place": str(hidden), "version": 1}
    assert post(client, one, f"{DRIVE}/files/{other}/edit", sent).status_code == 422
    assert boxes(client.get(f"{CHOICES}?field=place&place_typed=secret")) == {"": True}
    assert client.get(f"{CHOICES}?field=%22%3E").status_code == 404
