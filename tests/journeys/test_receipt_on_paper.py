"""The receipt of somebody who left, printed: all of it, and nothing that belongs to a screen."""

import pypdfium2
import pytest
from playwright.sync_api import expect

from factories.organizations import PASSWORD, make_organization
from factories.records import make_record
from support.steps import sign_in
from tenantry.usecases.offboarding import remove_members
from tenantry.usecases.person import edit_person


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_receipt_is_printed(new_context, scheme):
    org = make_organization()
    leaver = org.person("member")
    org.perform(edit_person, membership_id=leaver.membership_id, given_name="Jonas", family_name="Weber")
    for _ in range(2):
        make_record(org, "lead", leaver)
    org.perform(remove_members, membership_ids=(leaver.membership_id,))
    page = new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme).new_page()
    page.add_init_script("window.print = () => { window.printed = (window.printed || 0) + 1 }")
    sign_in(page, org.owner.email, PASSWORD)
    page.wait_for_url("**/")
    page.goto(f"/admin/users/u/{leaver.membership_id}/receipt")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed") == 1
    page.emulate_media(media="print", color_scheme=scheme)
    expect(page.get_by_role("button", name="Print")).to_have_count(0)
    expect(page.get_by_role("link", name="Directory")).to_have_count(0)
    chain = page.locator("code.text-break").inner_text()
    paper = pypdfium2.PdfDocument(page.pdf(format="A4"))
    assert len(paper) == 1
    said = " ".join(paper[0].get_textpage().get_text_range().split())
    for words in ("Jonas Weber was removed", leaver.email, "2 records became unassigned", "Entry"):
        assert words in said, (words, said)
    assert chain in said.replace(" ", ""), "the audit's chain is on paper"
