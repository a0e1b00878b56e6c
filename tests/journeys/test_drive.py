"""Files come into Drive in a browser: with their progress, several at once, dropped, called off, refused; and without a
script. Set TENANTRY_TEST_SCREENSHOTS to a folder to keep the pictures.
"""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from factories.organizations import PASSWORD, Organization, make_organization
from factories.records import make_record
from support.accessibility import faults
from support.processes import wait_for
from support.steps import sign_in
from support.uploads import document, picture
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.models import File
from tenantry.organizations.models import Entitlement

DRIVE = "/apps/workspace/drive"
# Bytes a second: a megabyte takes some seconds.
SLOW = 200_000
# Writes down how far each bar was, as the browser shows it.
WATCH = """
window.shown = [];
new MutationObserver(changes => changes.forEach(({ target }) => {
  if (target.matches?.("progress")) window.shown.push(Number(target.getAttribute("value")));
})).observe(document, { subtree: true, attributes: true, attributeFilter: ["value"] });
"""


def enter(page: Page, org: Organization, path: str = DRIVE) -> None:
    sign_in(page, org.owner.email, PASSWORD)
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    page.goto(path)
    page.wait_for_load_state()


def look(page: Page, name: str) -> None:
    """No fault of accessibility, nothing beyond the width."""
    assert not (found := faults(page)), found
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name}: {wide} px beyond the width"
    if folder := os.environ.get("TENANTRY_TEST_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def slow_down(page: Page, rate: int) -> None:
    """Bytes a second upwards; -1: as fast as it goes."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": rate},
    )


def chosen(name: str, content: bytes) -> dict[str, object]:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def field_of(page: Page) -> Locator:
    return page.locator("form[data-upload] input[type=file]")


def uploads(page: Page) -> Locator:
    return page.locator("#uploads")


def upload_of(page: Page, name: str) -> Locator:
    return uploads(page).locator("li", has_text=name)


def listed(page: Page, name: str) -> Locator:
    return page.locator("#drive-list").get_by_role("link", name=name, exact=True)


def kept(org: Organization) -> dict[str, int]:
    with scope.tenant(org.id), reading():
        return dict(File.objects.values_list("name", "size"))


# --- With the script ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("look_", "options"),
    [("wide", {"viewport": {"width": 1440, "height": 900}}), ("narrow", {"viewport": {"width": 390, "height": 844}})],
    ids=["wide", "narrow"],
)
def test_a_large_file_shows_how_far_it_is(new_context, look_, options):
    context = new_context(**options, color_scheme="dark" if look_ == "narrow" else "light")
    context.add_init_script(WATCH)
    page, org = context.new_page(), make_organization()
    enter(page, org)
    slow_down(page, SLOW)
    field_of(page).set_input_files(
        [chosen("plans of the whole depot.bin", b"\1" * 1_000_000), chosen("note.txt", b"hello")]
    )
    expect(upload_of(page, "plans of the whole depot.bin")).to_be_visible()
    under_way = "window.shown.some(value => value > 0 && value < 100)"
    wait_for(lambda: page.evaluate(under_way), seconds=20, what="the bar has moved")
    # The second waits for its turn.
    expect(upload_of(page, "note.txt").get_by_role("button", name="Cancel")).to_be_visible()
    look(page, f"drive-upload-{look_}")
    expect(upload_of(page, "plans of the whole depot.bin")).to_contain_text("Stored")
    expect(listed(page, "note.txt")).to_be_visible()
    expect(listed(page, "plans of the whole depot.bin")).to_be_visible()
    first = page.evaluate("window.shown.slice(0, window.shown.indexOf(100) + 1)")
    assert first == sorted(first)
    assert len(set(first)) > 2, first
    assert kept(org) == {"plans of the whole depot.bin": 1_000_000, "note.txt": 5}
    # Nothing is left to read about what went well.
    expect(uploads(page)).to_be_hidden(timeout=10_000)


def test_several_come_one_by_one_and_space_and_list_follow(page):
    org = make_organization()
    enter(page, org)
    expect(page.get_by_text("Your Drive is empty")).to_be_visible()
    field_of(page).set_input_files(
        [chosen("terrace.png", picture()), chosen("offer.pdf", document()), chosen("empty.txt", b"")]
    )
    for name in ("terrace.png", "offer.pdf", "empty.txt"):
        expect(listed(page, name)).to_be_visible()
    expect(page.get_by_text("Your Drive is empty")).to_have_count(0)
    expect(page.get_by_text("3 files are here.")).to_have_count(1)
    space = page.locator("#space strong").inner_text()
    assert space != "0 bytes"
    # What the script has put into the page works as what the server sent with it.
    page.get_by_role("checkbox", name="Select terrace.png").check()
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(listed(page, "terrace.png")).to_have_count(0)
    assert sorted(kept(org)) == ["empty.txt", "offer.pdf", "terrace.png"]


@pytest.mark.parametrize("width", [1440, 390])
def test_a_name_without_an_end_breaks_and_widens_nothing(new_context, width):
    page, org = new_context(viewport={"width": width, "height": 844}).new_page(), make_organization()
    enter(page, org)
    name = f"{'n' * 120}.txt"
    field_of(page).set_input_files([chosen(name, b"A line.")])
    expect(listed(page, name)).to_be_visible()
    look(page, f"long-name-{width}")
    # What stands beside it keeps its words whole.
    expect(upload_of(page, name).get_by_text("Stored")).to_be_in_viewport()
    kind = page.locator("#drive-list tbody td", has_text="Text").last
    assert width < 992 or kind.evaluate("cell => getComputedStyle(cell).whiteSpace") == "nowrap"


def test_files_are_dropped_onto_the_page(page):
    org = make_organization()
    enter(page, org)
    dropped = page.evaluate_handle(
        """() => { const data = new DataTransfer();
        for (const name of ["one.txt", "two.txt"]) data.items.add(new File([name], name));
        return data; }"""
    )
    zone = page.locator("[data-drop]")
    zone.dispatch_event("dragover", {"dataTransfer": dropped})
    expect(zone).to_have_class("over")
    zone.dispatch_event("drop", {"dataTransfer": dropped})
    expect(listed(page, "two.txt")).to_be_visible()
    expect(page.locator("[data-drop].over")).to_have_count(0)
    assert kept(org) == {"one.txt": 7, "two.txt": 7}


def test_one_that_is_too_large_is_never_sent(page, tmp_path):
    org = make_organization()
    huge = tmp_path / "recording.mov"
    with huge.open("wb") as file:
        file.truncate(100_000_001)
    small = tmp_path / "note.txt"
    small.write_text("hello")
    enter(page, org)
    sent = list[str]()
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    field_of(page).set_input_files([huge, small])
    expect(upload_of(page, "recording.mov")).to_contain_text("Larger than 100 MB")
    expect(upload_of(page, "note.txt")).to_contain_text("Stored")
    expect(listed(page, "note.txt")).to_be_visible()
    expect(page.locator("#live")).to_have_text("1 file is here. 1 file did not come; its line says why.")
    look(page, "drive-upload-refused")
    assert len(sent) == 1
    assert kept(org) == {"note.txt": 5}
    # It stays until it was read.
    uploads(page).get_by_role("button", name="Close").click()
    expect(uploads(page)).to_be_hidden()


def test_a_refusal_is_said_at_its_file_and_keeps_no_other_from_coming(page):
    org = make_organization()
    with scope.platform("demo", org.id), writing():
        Entitlement.objects.update_or_create(key="drive_bytes", defaults={"limit": 2_000})
    enter(page, org)
    field_of(page).set_input_files(
        [chosen("a.txt", b"x" * 1_500), chosen("b.txt", b"x" * 501), chosen("c.txt", b"x" * 500)]
    )
    expect(upload_of(page, "b.txt")).to_contain_text("“b.txt” needs 501 bytes, and 500 bytes of 2 KB are free")
    expect(listed(page, "c.txt")).to_be_visible()
    expect(page.locator("#space")).to_contain_text("It is full")
    assert kept(org) == {"a.txt": 1_500, "c.txt": 500}


def test_an_upload_is_called_off(page):
    org = make_organization()
    enter(page, org)
    slow_down(page, SLOW // 2)
    field_of(page).set_input_files(
        [chosen("wrong.bin", b"\1" * 2_000_000), chosen("never.txt", b"no"), chosen("right.txt", b"yes")]
    )
    # One that waits goes from the list; the one under way is broken off.
    upload_of(page, "never.txt").get_by_role("button", name="Cancel").click()
    expect(upload_of(page, "never.txt")).to_have_count(0)
    upload_of(page, "wrong.bin").get_by_role("button", name="Cancel").click()
    expect(upload_of(page, "wrong.bin")).to_contain_text("Canceled")
    expect(listed(page, "right.txt")).to_be_visible()
    assert kept(org) == {"right.txt": 3}


def test_an_answer_that_is_not_ours_is_said(page):
    org = make_organization()
    enter(page, org)
    page.route("**/drive/files", lambda route: route.fulfill(status=502, body="Bad gateway"))
    field_of(page).set_input_files([chosen("a.txt", b"x")])
    expect(upload_of(page, "a.txt")).to_contain_text("That did not reach the server. Please try again.")
    expect(page.locator("#live")).to_have_text("1 file did not come; its line says why.")
    page.unroute("**/drive/files")
    field_of(page).set_input_files([chosen("a.txt", b"x")])
    expect(listed(page, "a.txt")).to_be_visible()


def test_files_come_to_a_record_and_take_the_place_of_others(page):
    org = make_organization()
    lead = make_record(org, "lead", org.owner)
    enter(page, org, f"/apps/momentum/leads/{lead}")
    field_of(page).set_input_files([chosen("terms.txt", b"first")])
    there = page.locator("#files-at").get_by_role("link", name="terms.txt")
    expect(there).to_be_visible()
    there.click()
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Replace content").click()
    field_of(page).set_input_files([chosen("another name.txt", b"the second one")])
    expect(page.get_by_role("heading", level=1, name="terms.txt")).to_be_visible()
    assert kept(org) == {"terms.txt": 14}


# --- Without it ---------------------------------------------------------------------------


def test_without_a_script_the_form_does_it(new_context):
    page, org = new_context(java_script_enabled=False).new_page(), make_organization()
    enter(page, org)
    field_of(page).set_input_files(
        [chosen("a.txt", b"one"), chosen("y" * 210 + ".txt", b"no"), chosen("terrace.png", picture())]
    )
    page.get_by_role("button", name="Send").click()
    expect(listed(page, "a.txt")).to_be_visible()
    expect(listed(page, "terrace.png")).to_be_visible()
    expect(page.locator("[data-toast]", has_text="2 files are here.")).to_be_visible()
    expect(page.locator("[data-toast]", has_text="yyy…”: At most 200 characters.")).to_be_visible()
    expect(uploads(page)).to_be_hidden()
    assert sorted(kept(org)) == ["a.txt", "terrace.png"]


def test_without_a_script_one_that_is_too_large_is_said(new_context, tmp_path):
    page, org = new_context(java_script_enabled=False).new_page(), make_organization()
    huge = tmp_path / "recording.mov"
    with huge.open("wb") as file:
        file.truncate(100_000_001)
    enter(page, org)
    field_of(page).set_input_files([huge])
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("100 MB")).to_be_visible()
    assert kept(org) == {}
