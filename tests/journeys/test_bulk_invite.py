"""Bulk invite in a browser, with the real worker: files as spreadsheet programs write them, mended and sent."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from factories.organizations import PASSWORD, Organization, make_organization
from support.accessibility import faults
from support.batches import address, make_batch
from support.processes import wait_for
from support.steps import sign_in, told
from support.workbooks import sheet_of, workbook
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.actions import create_team
from tenantry.people.models import Membership

BULK = "/admin/users/invitations/bulk"
DESKTOP = {"viewport": {"width": 1440, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}}
WITHOUT_SCRIPT = {**PHONE, "java_script_enabled": False}
WAYS = [
    pytest.param(DESKTOP, id="desktop"),
    pytest.param(PHONE, id="phone"),
    pytest.param(WITHOUT_SCRIPT, id="without-script"),
]


def enter(new_context: Any, way: dict[str, Any], org: Organization) -> Page:
    page: Page = new_context(**way).new_page()
    sign_in(page, org.owner.email, PASSWORD)
    page.wait_for_url("**/")
    return page


def fits(page: Page) -> None:
    # A form that was sent may be on its way to the next page.
    page.wait_for_load_state()
    page.wait_for_selector("h1")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url}: {wide} px beyond the width"


def invited(org: Organization) -> set[str]:
    with scope.tenant(org.id), reading():
        return set(Membership.objects.filter(status="invited").values_list("email", flat=True))


def choose(page: Page, name: str, content: bytes, *, scripted: bool) -> None:
    page.goto("/admin/users/invitations")
    page.get_by_role("link", name="Bulk Invite").click()
    fits(page)
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "", "buffer": content})
    if not scripted:
        page.get_by_role("button", name="Read the file").click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    fits(page)


@pytest.mark.parametrize("way", WAYS)
def test_a_file_of_a_spreadsheet_program_is_mended_and_sent(new_context, tmp_path, way):
    org, scripted = make_organization(seats=20), way is not WITHOUT_SCRIPT
    org.perform(create_team, name="Field sales")
    good, mended = address("åse".replace("å", "a")), address()
    lines = ["E-Mail;Name;Role;Team", f"{good};Åse Holt;;Field sales", "nobody;Ben Ode;Manger;", f"{good};;;"]
    page = enter(new_context, way, org)
    choose(page, "people.csv", ("\ufeff" + "\r\n".join(lines)).encode(), scripted=scripted)
    expect(page.get_by_text("separated by semicolon, UTF-8, 4 columns")).to_be_visible()
    expect(page.get_by_text("Åse Holt").first).to_be_attached()
    page.get_by_role("link", name="Error 2").click()
    page.get_by_label("Fix line 3").click()
    page.get_by_label("E-mail", exact=True).fill(mended)
    page.get_by_label("Role", exact=True).select_option("Manager")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Error 1")).to_be_visible()
    page.get_by_label("Drop line 4").click()
    told(page, "The line was dropped.")
    take_faulty_rows_of_none(page)
    page.get_by_role("button", name="Send all 2 invitations").click()
    arrive(page, "2 invitations were sent.", scripted=scripted)
    fits(page)
    assert invited(org) == {good, mended}
    page.goto("/admin/users/invitations")
    expect(page.get_by_role("row", name="people.csv")).to_contain_text("Sent")


def take_faulty_rows_of_none(page: Page) -> None:
    """Once every row is mended there is no such file to offer."""
    expect(page.get_by_role("link", name="Faulty rows")).to_have_count(0)


def arrive(page: Page, text: str, *, scripted: bool) -> None:
    """The page follows by itself; without a script somebody presses Refresh."""
    if scripted:
        expect(page.get_by_text(text)).to_be_visible(timeout=30_000)
        return

    def refreshed() -> bool:
        refresh = page.get_by_role("link", name="Refresh")
        if refresh.count():
            refresh.click()
        return page.get_by_text(text).count() > 0

    wait_for(refreshed, seconds=30, what=text)


def test_a_workbook_is_read_and_its_faulty_rows_come_back(new_context, tmp_path):
    org, good, late = make_organization(seats=20), address(), address()
    page = enter(new_context, DESKTOP, org)
    rows = [("email", "name", "role"), (good, "Ada Stone", ""), ("nobody", "Ben Ode", "")]
    choose(page, "people.xlsx", workbook(sheet_of(rows)), scripted=True)
    expect(page.get_by_text("Excel workbook, 3 columns")).to_be_visible()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Faulty rows").click()
    faulty = Path(tmp_path / "faulty.csv")
    taken.value.save_as(faulty)
    faulty.write_bytes(faulty.read_bytes().replace(b"nobody", late.encode()))
    page.get_by_role("button", name="Send 1 invitation").click()
    expect(page.get_by_text("1 invitation was sent.")).to_be_visible(timeout=30_000)
    choose(page, "faulty.csv", faulty.read_bytes(), scripted=True)
    page.get_by_role("button", name="Send 1 invitation").click()
    expect(page.get_by_text("1 invitation was sent.")).to_be_visible(timeout=30_000)
    assert invited(org) == {good, late}


def test_a_long_file_fills_the_page_while_it_is_read_and_after_a_reload(new_context):
    org = make_organization(seats=5)
    page = enter(new_context, DESKTOP, org)
    lines = ["email,name", *(f"{n}.{address()},Rep {n}" for n in range(12_000))]
    choose(page, "long.csv", "\n".join(lines).encode(), scripted=True)
    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page.get_by_role("row").nth(3)).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="All 12,000")).to_be_visible(timeout=60_000)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_text("11,996 rows find no seat")).to_be_visible()
    page.get_by_role("link", name="Discard").click()
    expect(page.get_by_text("12,000 rows and the file go")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("region", name="Messages")).to_contain_text("The batch was discarded.")


def test_a_list_is_pasted_and_mended_with_the_keyboard_alone(new_context):
    org, good = make_organization(seats=20), address()
    page = enter(new_context, DESKTOP, org)
    page.goto(BULK)
    page.get_by_label("Addresses, in any form").focus()
    page.keyboard.type(f"{good}\nnobody")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Pasted list")).to_be_visible()
    page.get_by_label("Fix line 3").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("E-mail", exact=True)
    expect(field).to_be_focused()
    field.fill(address())
    page.keyboard.press("Enter")
    send = page.get_by_role("button", name="Send all 2 invitations")
    expect(send).to_be_visible()
    expect(page.get_by_label("Fix line 3")).to_be_focused()
    send.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 invitations were sent.")).to_be_visible(timeout=30_000)


def test_a_file_that_is_too_large_never_sets_out(new_context, tmp_path):
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(26 * 1024 * 1024)
    page = enter(new_context, DESKTOP, make_organization())
    page.goto(BULK)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    page.locator("input[type=file]").set_input_files(large)
    expect(page.get_by_text("This file is larger than 25 MB.")).to_be_visible()
    assert "POST" not in asked


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("way", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_everybody_can_use_its_pages(new_context, way, scheme):
    org = make_organization(seats=4)
    lines = (f"{address()},,", f"{address()},Owner,", f"{org.owner.email},Manger,Nowhere", *[f"{address()},,"] * 2)
    batch = make_batch(org, "email,role,team", *lines, name="everything.csv")
    page = enter(new_context, {**way, "color_scheme": scheme}, org)
    for path in (BULK, f"{BULK}/{batch}", "/admin/users/invitations/batches", "/admin/users/invitations"):
        page.goto(path)
        fits(page)
        looked_at(page)
    page.goto(f"{BULK}/{batch}?state=error")
    page.get_by_text("How it was read").click()
    page.get_by_label("Fix line 4").click()
    expect(page.get_by_role("button", name="Save")).to_be_visible()
    fits(page)
    looked_at(page)
    page.goto(f"{BULK}/{batch}")
    page.get_by_role("button", name="Send all").click()
    expect(page.get_by_text("invitations were sent.")).to_be_visible(timeout=30_000)
    looked_at(page)


def looked_at(page: Page) -> None:
    assert not (found := faults(page)), found
