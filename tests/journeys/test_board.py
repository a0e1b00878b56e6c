"""The board in a browser: by drag, by keys, by its menu without a script, on a phone; stages, a mentor's word.

Set TENANTRY_TEST_SCREENSHOTS to a folder to keep the pictures.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Locator, Page, expect

from factories.organizations import PASSWORD, Organization, make_organization
from factories.records import make_record, make_workflow, stages_of
from support.accessibility import faults
from support.steps import sign_in
from tenantry.access.actions.giving import give_role
from tenantry.core import clock
from tenantry.crm.actions.deal_members import Share, add_deal_members, split_commission
from tenantry.crm.actions.deals import move_deal
from tenantry.crm.actions.mentors import set_mentor
from tenantry.crm.actions.stages import StageFields, edit_stage
from tenantry.usecases.person import change_own_profile
from tenantry.usecases.workflows import add_to_workflow

DEALS = (
    ("Wharf extension", "Nordhavn Marine", 0, 148_000_00, 20),
    ("Cold store, two bays", "Vestby Foods", 0, 62_500_00, 2),
    ("Crane service contract", "Halvorsen Lifting", 1, 31_900_00, 5),
    ("Pontoons for the marina of the northern harbour", "Sundby Yachts", 1, 210_000_00, 9),
    ("Fleet lease renewal", "Kystbuss", 2, 84_000_50, 12),
    ("Quay lighting", "Port of Moss", 3, 19_750_00, 1),
)


def furnished() -> tuple[Organization, UUID, dict[str, UUID]]:
    """A board that looks alive, its deals by name."""
    org = make_organization("Halden Supply")
    flow, deals = make_workflow(org, "Harbour business"), {}
    rep = org.person("manager")
    org.perform(change_own_profile, by=rep, given_name="Petra", family_name="Lindqvist")
    for number, (name, company, at, value, days) in enumerate(DEALS):
        owner = rep if number % 2 else org.owner
        deals[name] = make_record(
            org,
            "deal",
            owner,
            workflow_id=flow,
            stage_id=stages_of(org, flow)[at],
            name=name,
            value=value,
            stage_since=clock.now() - timedelta(days=days),
            company_id=make_record(org, "company", owner, name=company),
            closes_on=(clock.now() + timedelta(days=30 - 3 * days)).date(),
        )
    return org, flow, deals


def enter(page: Page, org: Organization, path: str, email: str = "") -> None:
    sign_in(page, email or org.owner.email, PASSWORD)
    page.goto(path)
    page.wait_for_load_state()


def lane(page: Page, name: str) -> Locator:
    return page.locator(".t-lane", has=page.get_by_role("heading", name=name, exact=True))


def card(page: Page, name: str) -> Locator:
    return page.locator(".t-deal", has_text=name)


def look(page: Page, name: str) -> None:
    """No fault of accessibility, nothing beyond the width."""
    assert not (found := faults(page)), found
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name}: {wide} px beyond the width"
    if folder := os.environ.get("TENANTRY_TEST_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_a_deal_is_dragged_and_moved_by_keys(new_context):
    org, flow, deals = furnished()
    page = new_context(viewport={"width": 1440, "height": 900}).new_page()
    enter(page, org, f"/apps/momentum/board/{flow}")
    expect(lane(page, "New").locator(".t-lane-count")).to_have_text("2")
    card(page, "Wharf extension").drag_to(lane(page, "Proposal").locator(".t-cards"))
    expect(page.locator("[data-toast]", has_text="“Wharf extension” is in “Proposal” now.")).to_be_visible()
    expect(lane(page, "Proposal").locator(".t-deal", has_text="Wharf extension")).to_be_visible()
    expect(lane(page, "New").locator(".t-lane-count")).to_have_text("1")
    expect(lane(page, "Proposal")).to_contain_text("€232,000.50")
    link = card(page, "Wharf extension").get_by_role("link", name="Wharf extension")
    expect(link).to_be_focused()
    page.keyboard.press("Alt+ArrowRight")
    expect(lane(page, "Negotiation").locator(".t-deal", has_text="Wharf extension")).to_be_visible()
    expect(link).to_be_focused()
    page.keyboard.press("Alt+ArrowLeft")
    expect(lane(page, "Proposal").locator(".t-deal", has_text="Wharf extension")).to_be_visible()
    # Somebody else moves it meanwhile: the board says so and shows where it is.
    org.perform(move_deal, deal_id=deals["Wharf extension"], stage_id=stages_of(org, flow)[0])
    card(page, "Wharf extension").drag_to(lane(page, "Qualified").locator(".t-cards"))
    expect(page.locator("[data-toast].bad", has_text="it is in “New” now")).to_be_visible()
    expect(lane(page, "New").locator(".t-deal", has_text="Wharf extension")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False], ids=["with-script", "without-script"])
def test_the_menu_moves_wins_and_loses(new_context, javascript):
    org, flow, _deals = furnished()
    page = new_context(java_script_enabled=javascript).new_page()
    enter(page, org, f"/apps/momentum/board/{flow}")
    page.get_by_role("button", name="Move Quay lighting").click()
    card(page, "Quay lighting").get_by_role("button", name="New", exact=True).click()
    expect(lane(page, "New").locator(".t-deal", has_text="Quay lighting")).to_be_visible()
    page.get_by_role("button", name="Move Quay lighting").click()
    card(page, "Quay lighting").get_by_role("button", name="Won", exact=True).click()
    expect(card(page, "Quay lighting")).to_have_count(0)
    page.get_by_role("button", name="Move Fleet lease renewal").click()
    card(page, "Fleet lease renewal").get_by_role("link", name="Lost…").click()
    page.get_by_label("Why was it lost?").fill("They bought their own")
    page.get_by_role("button", name="Mark as lost").click()
    expect(page.locator("[data-toast]", has_text="The deal is lost.")).to_be_visible()
    page.goto("/apps/momentum/deals?state=lost")
    page.get_by_role("link", name="Fleet lease renewal").click()
    expect(page.get_by_text("They bought their own")).to_be_visible()
    page.get_by_role("button", name="Reopen").click()
    expect(page.locator(".t-stages [aria-current=step]")).to_have_text("Proposal")
    page.locator(".t-stages").get_by_role("button", name="Qualified").click()
    expect(page.locator(".t-stages [aria-current=step]")).to_have_text("Qualified")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_boards_deals_and_stages_look_well(new_context, width, scheme):
    org, flow, deals = furnished()
    deal, rep = deals["Fleet lease renewal"], org.person("manager")
    org.perform(change_own_profile, by=rep, given_name="Ewan", family_name="Drummond")
    org.perform(add_deal_members, deal_id=deal, membership_ids=(rep.membership_id,))
    org.perform(split_commission, deal_id=deal, commission=420_000, shares=(Share(rep.membership_id, 2500),))
    lodged = StageFields("Lodged", 80, is_milestone=True, is_lodgement=True, stale_days=20)
    org.perform(edit_stage, workflow_id=flow, stage_id=stages_of(org, flow)[2], fields=lodged)
    page = new_context(viewport={"width": width, "height": 900}, color_scheme=scheme).new_page()
    enter(page, org, f"/apps/momentum/board/{flow}")
    look(page, f"board-{width}-{scheme}")
    for path, name in (
        (f"/apps/momentum/deals/{deal}", "deal"),
        ("/apps/momentum/deals", "deals"),
        (f"/apps/momentum/deals/new?workflow={flow}", "deal-new"),
        (f"/apps/momentum/deals/{deal}/split", "deal-split"),
        (f"/admin/workflows/{flow}", "stages"),
        (f"/admin/workflows/{flow}/stages/{stages_of(org, flow)[0]}/deletion", "stage-deletion"),
        (f"/admin/workflows/{flow}/deletion", "workflow-deletion"),
        ("/apps/momentum/approvals", "approvals"),
    ):
        page.goto(path)
        page.wait_for_load_state()
        look(page, f"{name}-{width}-{scheme}")


def test_stages_are_kept_in_order_by_hand(new_context):
    org, flow, _deals = furnished()
    page = new_context().new_page()
    enter(page, org, f"/admin/workflows/{flow}")
    page.get_by_role("button", name="Move Proposal up").click()
    expect(page.locator("table", has_text="Probability").locator("tbody tr").nth(1)).to_contain_text("Proposal")
    page.get_by_role("button", name="Actions for Proposal").click()
    page.get_by_role("link", name="Delete").last.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("deal has nowhere to go yet")
    dialog.get_by_label("Where its deals go").select_option(label="Qualified")
    dialog.get_by_role("button", name="Show what this does").click()
    expect(dialog).to_contain_text("deal goes to Qualified")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator("[data-toast]", has_text="The stage Proposal was deleted.")).to_be_visible()
    page.goto(f"/apps/momentum/board/{flow}")
    expect(lane(page, "Qualified").locator(".t-deal", has_text="Fleet lease renewal")).to_be_visible()


def brokers() -> tuple[Organization, UUID, Any, Any]:
    org = make_organization(blueprint="brokerage")
    flow, mentor, mentee = make_workflow(org), org.person("broker"), org.person("broker")
    org.perform(change_own_profile, by=mentor, given_name="Ada", family_name="Berg")
    org.perform(change_own_profile, by=mentee, given_name="Kofi", family_name="Ito")
    org.perform(give_role, membership_id=mentor.membership_id, role_id=org.role("mentor"))
    org.perform(add_to_workflow, workflow_id=flow, membership_ids=(mentor.membership_id, mentee.membership_id))
    org.perform(set_mentor, membership_id=mentee.membership_id, mentor_id=mentor.membership_id)
    lodged = StageFields("Lodged", 80, is_lodgement=True)
    org.perform(edit_stage, workflow_id=flow, stage_id=stages_of(org, flow)[1], fields=lodged)
    make_record(org, "deal", mentee, workflow_id=flow, name="Home of the Okafors")
    return org, flow, mentor, mentee


def test_a_mentor_is_asked_and_answers(new_context):
    org, flow, mentor, mentee = brokers()
    page = new_context().new_page()
    enter(page, org, f"/apps/momentum/board/{flow}", mentee.email)
    page.get_by_role("link", name="Home of the Okafors").focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("[data-toast]", has_text="Ada Berg was asked about “Home of the Okafors”.")).to_be_visible()
    expect(lane(page, "New").locator(".t-deal", has_text="Waits for approval")).to_be_visible()
    other = new_context().new_page()
    enter(other, org, "/apps/momentum/approvals", mentor.email)
    look(other, "approvals-waiting")
    other.get_by_role("link", name="Home of the Okafors").click()
    dialog = other.get_by_role("dialog")
    expect(dialog).to_contain_text("Kofi Ito asks whether this deal may enter “Lodged”.")
    dialog.get_by_label("What you want to say").fill("Well prepared")
    look(other, "approval")
    dialog.get_by_role("button", name="Approve").click()
    expect(other.locator("[data-toast]", has_text="is approved and goes on")).to_be_visible()
    page.reload()
    expect(lane(page, "Lodged").locator(".t-deal", has_text="Home of the Okafors")).to_be_visible()
    page.get_by_role("link", name="Home of the Okafors").click()
    expect(page.get_by_text("Well prepared").first).to_be_visible()
