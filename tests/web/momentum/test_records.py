"""Leads, contacts and companies in a browser: found, made, changed, converted, put away."""

import csv
import io
import re

import pytest

from factories.organizations import make_organization
from factories.records import make_record, make_workflow
from support.visitors import post, signed_in
from tenantry.access.actions.restricting import set_profile, set_restrictions
from tenantry.access.models import Profile
from tenantry.core.ids import new_id
from tenantry.core.permissions import catalogue
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.models import Company, Contact, Deal, File, Lead, Note, Task

HOME = "/apps/momentum"


@pytest.fixture
def org():
    return make_organization()


@pytest.fixture
def rep(org):
    return org.person("member")


@pytest.fixture
def client(rep):
    return signed_in(rep)


def one(org, model, **wanted):
    with scope.tenant(org.id), reading():
        return model.objects.filter(**wanted).first()


def page(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.content.decode()[:500])
    return answer.content.decode()


def digest_in(answer) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', answer.content.decode())
    assert found, answer.content.decode()
    return found.group(1)


# --- Making and changing ------------------------------------------------------------------


def test_a_lead_is_made_edited_and_shown_with_its_history(org, rep, client):
    assert "No leads yet" in page(client, f"{HOME}/leads")
    made = post(
        client, rep, f"{HOME}/leads/new", {"given_name": "Nora", "family_name": "Vik", "email": "nora@vik.test"}
    )
    assert made.status_code == 303, made.content.decode()
    path = made["Location"]
    assert "Nora Vik" in page(client, path)
    assert "Nora Vik" in page(client, f"{HOME}/leads")
    form = page(client, f"{path}/edit")
    assert 'name="version" value="1"' in form
    sent = {"given_name": "Nora", "family_name": "Viken", "source": "Fair", "version": "1"}
    assert post(client, rep, f"{path}/edit", sent).status_code == 303
    shown = page(client, path)
    assert "Nora Viken" in shown
    assert "Fair" in shown
    lead = one(org, Lead)
    assert (lead.owner_id, lead.created_by_id, lead.version) == (rep.membership_id, rep.membership_id, 2)
    told = page(client, f"{HOME}/records/lead/{lead.pk}/history")
    assert "Pat Example edited the lead" in told


def test_a_record_without_any_name_is_refused_and_what_was_typed_stays(org, rep, client):
    answer = post(client, rep, f"{HOME}/leads/new", {"source": "Fair in Bergen"})
    assert answer.status_code == 422
    assert "Fair in Bergen" in answer.content.decode()
    assert one(org, Lead) is None


def test_who_saves_second_is_told(org, rep, client):
    lead_id = make_record(org, "lead", rep, given_name="Ola")
    path = f"{HOME}/leads/{lead_id}/edit"
    assert post(client, rep, path, {"given_name": "Ola", "source": "A", "version": "1"}).status_code == 303
    second = post(client, rep, path, {"given_name": "Ola", "source": "B", "version": "1"})
    assert second.status_code == 409
    assert "Somebody else changed this" in second.content.decode()
    assert 'name="version" value="2"' in second.content.decode()
    assert one(org, Lead, pk=lead_id).source == "A"


def test_a_contact_comes_with_a_company_that_is_there_or_made(org, rep, client):
    company_id = make_record(org, "company", rep, name="Fjord Marine")
    post(client, rep, f"{HOME}/contacts/new", {"given_name": "Ida", "company": "fjord marine"})
    assert one(org, Contact, given_name="Ida").company_id == company_id
    made = post(client, rep, f"{HOME}/contacts/new", {"given_name": "Per", "company": "Polar Tools"})
    per = one(org, Contact, given_name="Per")
    assert one(org, Company, pk=per.company_id).name == "Polar Tools"
    assert "Polar Tools" in page(client, made["Location"])
    assert "Per" in page(client, f"{HOME}/companies/{per.company_id}")


def test_editing_a_contact_keeps_a_company_that_is_out_of_sight(org, rep, client):
    company_id = make_record(org, "company", org.owner, name="Hidden Ltd")
    contact_id = make_record(org, "contact", rep, given_name="Ida", company_id=company_id)
    assert "Hidden Ltd" not in page(client, f"{HOME}/contacts/{contact_id}/edit")
    sent = {"given_name": "Ida", "job_title": "Buyer", "company": "", "version": "1"}
    post(client, rep, f"{HOME}/contacts/{contact_id}/edit", sent)
    contact = one(org, Contact, pk=contact_id)
    assert (contact.job_title, contact.company_id) == ("Buyer", company_id)


# --- Reach --------------------------------------------------------------------------------


def test_what_is_out_of_reach_is_nowhere(org, rep, client):
    theirs = make_record(org, "lead", org.owner, given_name="Zeno", family_name="Outside")
    path = f"{HOME}/leads/{theirs}"
    assert client.get(path).status_code == 404
    assert client.get(f"{path}/edit").status_code == 404
    assert client.get(f"{HOME}/records/lead/{theirs}/history").status_code == 404
    assert client.get(f"{HOME}/records/lead/{theirs}/deletion").status_code in (403, 404)
    for where in ("/leads", "/leads?q=zeno", "/search?q=zeno", "", "/unassigned"):
        assert "Zeno" not in client.get(f"{HOME}{where}").content.decode(), where
    assert post(client, rep, f"{HOME}/records/lead/archive", {"ids": str(theirs)}).status_code in (403, 404)
    assert one(org, Lead, pk=theirs).archived_at is None


def test_types_and_ids_that_do_not_exist_are_not_found(org, client, rep):
    assert client.get(f"{HOME}/records/spaceship/{new_id()}/owner").status_code == 404
    assert client.get(f"{HOME}/records/member/{rep.membership_id}/owner").status_code == 404
    assert post(client, rep, f"{HOME}/records/lead/archive", {"ids": "nonsense"}).status_code == 404
    assert post(client, rep, f"{HOME}/records/lead/several", {"ids": str(new_id()), "do": "explode"}).status_code == 404


# --- Lists --------------------------------------------------------------------------------


def test_a_list_is_searched_filtered_and_sorted_by_its_address(org):
    client = signed_in(org.owner)
    rep = org.person("member")
    make_record(org, "lead", rep, given_name="Berta", state="qualified")
    make_record(org, "lead", org.owner, given_name="Anton")
    make_record(org, "lead", None, given_name="Carla")
    gone = make_record(org, "lead", org.owner, given_name="Doris")
    post(client, org.owner, f"{HOME}/records/lead/archive", {"ids": str(gone)})

    def names(query):
        return re.findall(
            r"Berta|Anton|Carla|Doris",
            "".join(re.findall(r"<tbody>.*</tbody>", page(client, f"{HOME}/leads{query}"), re.DOTALL)),
        )

    def found(query):
        return list(dict.fromkeys(names(query)))

    assert found("?sort=name") == ["Anton", "Berta", "Carla"]
    assert found("?sort=-name") == ["Carla", "Berta", "Anton"]
    assert found("?q=ber") == ["Berta"]
    assert found("?state=qualified") == ["Berta"]
    assert found("?owner=nobody") == ["Carla"]
    assert found("?owner=me") == ["Anton"]
    assert found(f"?owner={rep.membership_id}&owner=nobody&sort=name") == ["Berta", "Carla"]
    assert found("?archived=yes") == ["Doris"]
    assert found("?archived=all&sort=name")[-1] == "Doris"
    assert found("?owner=nonsense&state=%00") == []
    assert "Nothing matches" in page(client, f"{HOME}/leads?q=zzz")


def test_a_long_list_is_read_page_by_page(org, rep, client):
    for number in range(53):
        make_record(org, "company", rep, name=f"Firm {number:03}")
    first = page(client, f"{HOME}/companies?sort=name")
    assert "Firm 049" in first
    assert "Firm 050" not in first
    assert "53 companies" in first
    following = re.search(r'rel="next" href="([^"]+)"', first).group(1).replace("&amp;", "&")
    assert "Firm 052" in page(client, f"{HOME}/companies{following}")


def test_columns_are_chosen_by_the_address(org, rep, client):
    make_record(org, "lead", rep, given_name="Nora", phone="+47 555 01 01", source="Fair")
    assert "+47 555 01 01" not in page(client, f"{HOME}/leads")
    assert "+47 555 01 01" in page(client, f"{HOME}/leads?columns=phone")


# --- Files --------------------------------------------------------------------------------


def lines_of(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_a_list_leaves_as_a_file_that_runs_nothing_and_is_written_down(org):
    client = signed_in(org.owner)
    make_record(org, "lead", org.owner, given_name="=cmd|' /C calc'!A0", source="@SUM(1)")
    make_record(org, "lead", None, given_name="Plain")
    rows = lines_of(client.get(f"{HOME}/leads.csv?sort=name"))
    assert [row["given_name"] for row in rows] == ["'=cmd|' /C calc'!A0", "Plain"]
    assert rows[0]["source"] == "'@SUM(1)"
    assert (rows[0]["owner"], rows[1]["owner"]) == ("Maren Holt", "")
    assert {"id", "email", "state", "created_at", "owner_id"} <= set(rows[0])
    assert "took a list out as a file, 2 leads" in page(client, "/admin/audit")
    assert len(lines_of(client.get(f"{HOME}/leads.csv?q=plain"))) == 1


def test_without_the_permission_nothing_leaves(org):
    guest = org.person("member")
    org.perform(set_restrictions, membership_id=guest.membership_id, values={"data.no_export": "yes"})
    client = signed_in(guest)
    assert "leads.csv" not in page(client, f"{HOME}/leads")
    assert client.get(f"{HOME}/leads.csv").status_code == 403


# --- Hidden fields ------------------------------------------------------------------------


@pytest.fixture
def blind(org):
    """Somebody from whom addresses and telephones of leads and contacts are hidden."""
    person = org.person("manager")
    codes = {code: "all" if one.has_reach else "yes" for code, one in catalogue().items() if one.in_applications}
    with scope.tenant(org.id), writing():
        fields = {"leads.reached": "hidden", "contacts.reached": "hidden"}
        profile = Profile.objects.create(
            key="blind", name="Blind", sort_name="blind", permissions=codes, fields=fields, is_system=False
        )
    org.perform(set_profile, membership_id=person.membership_id, profile_id=profile.id)
    return person


def test_a_hidden_field_is_shown_searched_sorted_edited_and_exported_nowhere(org, blind):
    client = signed_in(blind)
    secret = {"email": "secret@hidden.test", "phone": "+47 999"}
    named = make_record(org, "lead", blind, given_name="Visible", **secret)
    nameless = make_record(org, "lead", blind, given_name="", family_name="", **secret)
    contact = make_record(org, "contact", blind, given_name="", family_name="", **secret)
    paths = [f"/leads/{named}", f"/leads/{nameless}", f"/contacts/{contact}", f"/leads/{named}/edit"]
    paths += [
        f"/notes/new?type=lead&id={nameless}",
        f"/leads/{nameless}/conversion",
        f"/records/lead/{nameless}/history",
        f"/records/lead/{nameless}/owner",
    ]
    lists = ["", "/leads", "/leads?columns=email&columns=phone&sort=name", "/contacts", "/contacts?sort=email"]
    for path in (*paths, *lists):
        text = page(client, f"{HOME}{path}")
        assert "secret@" not in text, path
        assert "+47 999" not in text, path
    for query in ("secret", "hidden.test", "@hidden.test", "secret@hidden.test"):
        assert str(named) not in page(client, f"{HOME}/leads?q={query}"), query
        for group in ("leads", "contacts"):
            assert f"/{group}/{nameless if group == 'leads' else contact}" not in page(
                client, f"{HOME}/search?q={query}"
            )
    assert str(named) in page(client, f"{HOME}/leads?q=visible")
    rows = lines_of(client.get(f"{HOME}/leads.csv"))
    assert len(rows) == 2
    assert not {"email", "phone"} & set(rows[0])
    sent = {"given_name": "Visible", "email": "new@x.test", "version": "1"}
    answer = post(client, blind, f"{HOME}/leads/{named}/edit", sent)
    assert answer.status_code == 303
    assert one(org, Lead, pk=named).email == "secret@hidden.test"


# --- Leads --------------------------------------------------------------------------------


def test_a_lead_is_taken_up_qualified_and_judged(org, rep, client):
    lead_id = make_record(org, "lead", rep, given_name="Nora")
    path = f"{HOME}/leads/{lead_id}"
    for step, state in (("work", "working"), ("qualification", "qualified"), ("disqualification", "unqualified")):
        assert post(client, rep, f"{path}/{step}").status_code == 303
        lead = one(org, Lead, pk=lead_id)
        assert lead.state == state
        assert (lead.qualified_at is not None) == (state == "qualified")
    assert "Not qualified" in page(client, path)


def test_converting_makes_contact_company_and_deal_and_the_work_moves_along(org, rep, client):
    workflow = make_workflow(org, "New business")
    lead_id = make_record(
        org, "lead", rep, given_name="Nora", family_name="Vik", company_name="Vik AS", email="n@vik.test"
    )
    work = {kind: make_record(org, kind, rep, lead_id=lead_id) for kind in ("task", "note", "file", "activity")}
    path = f"{HOME}/leads/{lead_id}/conversion"
    form = page(client, path)
    assert "A new company, Vik AS" in form
    sent = {
        "contact": "new",
        "company": "new",
        "with_deal": "on",
        "deal_name": "Vik boats",
        "workflow_id": str(workflow),
        "value": "12,500",
    }
    answer = post(client, rep, path, sent)
    assert answer.status_code == 303, answer.content.decode()
    contact, company, deal, lead = (one(org, model) for model in (Contact, Company, Deal, Lead))
    assert (contact.name, contact.email, contact.company_id) == ("Nora Vik", "n@vik.test", company.pk)
    assert (deal.name, deal.value, deal.workflow_id, deal.contact_id) == ("Vik boats", 1_250_000, workflow, contact.pk)
    assert {contact.owner_id, company.owner_id, deal.owner_id} == {rep.membership_id}
    assert (lead.state, lead.became_contact_id, lead.became_deal_id) == ("converted", contact.pk, deal.pk)
    for kind, model in (("task", Task), ("note", Note), ("file", File)):
        row = one(org, model, pk=work[kind])
        assert (row.lead_id, row.deal_id) == (None, deal.pk), kind
    shown = page(client, f"{HOME}/leads/{lead_id}")
    assert "Vik boats" in shown
    assert client.get(path).status_code == 409
    assert post(client, rep, f"{HOME}/leads/{lead_id}/edit", {"given_name": "X"}).status_code == 409


def test_converting_uses_what_is_there_already_and_needs_no_deal(org, rep, client):
    make_workflow(org)
    company_id = make_record(org, "company", rep, name="Vik AS")
    contact_id = make_record(org, "contact", rep, given_name="Nora", email="n@vik.test")
    lead_id = make_record(org, "lead", rep, given_name="Nora", company_name="vik as", email="n@vik.test")
    note = make_record(org, "note", rep, lead_id=lead_id)
    path = f"{HOME}/leads/{lead_id}/conversion"
    assert "which is there already" in page(client, path)
    post(client, rep, path, {"contact": str(contact_id), "company": str(company_id)})
    lead = one(org, Lead, pk=lead_id)
    assert (lead.became_contact_id, lead.became_company_id, lead.became_deal_id) == (contact_id, company_id, None)
    assert one(org, Note, pk=note).contact_id == contact_id
    assert one(org, Deal) is None


# --- Every record -------------------------------------------------------------------------


def test_several_change_hands_by_check_box(org):
    client = signed_in(org.owner)
    rep = org.person("member")
    ids = [str(make_record(org, "lead", org.owner)) for _ in range(3)]
    dialog = post(client, org.owner, f"{HOME}/records/lead/several", {"ids": ids[:2], "do": "owner"})
    assert dialog.status_code == 200
    assert "Pat Example" in dialog.content.decode()
    sent = {"ids": ids[:2], "owner": str(rep.membership_id), "back": f"{HOME}/leads?owner=me"}
    answer = post(client, org.owner, f"{HOME}/records/lead/owner", sent)
    assert answer["Location"] == f"{HOME}/leads?owner=me"
    with scope.tenant(org.id), reading():
        assert Lead.objects.filter(owner_id=rep.membership_id).count() == 2
    assert post(client, org.owner, f"{HOME}/records/lead/owner", {**sent, "back": "//evil.test/x"})[
        "Location"
    ].startswith("/")


def test_nothing_is_given_to_whom_one_does_not_know_or_who_is_gone(org, rep, client):
    from_elsewhere = make_organization().owner.membership_id
    lead_id = str(make_record(org, "lead", rep))
    for owner in (from_elsewhere, new_id()):
        answer = post(client, rep, f"{HOME}/records/lead/owner", {"ids": lead_id, "owner": str(owner)})
        assert answer.status_code == 422
    assert one(org, Lead, pk=lead_id).owner_id == rep.membership_id


def test_the_queue_shows_what_nobody_owns_and_somebody_takes_it(org):
    client = signed_in(org.owner)
    lead_id = make_record(org, "lead", None, given_name="Waiting")
    make_record(org, "task", None)
    make_record(org, "lead", org.owner, given_name="Owned")
    shown = page(client, f"{HOME}/unassigned?type=lead")
    assert "Waiting" in shown
    assert "Owned" not in shown
    assert "2" in page(client, HOME)
    taken = post(client, org.owner, f"{HOME}/records/lead/several", {"ids": str(lead_id), "do": "take"})
    assert taken.status_code == 303
    assert one(org, Lead, pk=lead_id).owner_id == org.owner.membership_id
    assert "Waiting" not in page(client, f"{HOME}/unassigned?type=lead")


def test_an_archived_record_is_read_but_not_changed_until_it_is_back(org, rep, client):
    lead_id = make_record(org, "lead", rep, given_name="Nora")
    path = f"{HOME}/leads/{lead_id}"
    assert post(client, rep, f"{HOME}/records/lead/archive", {"ids": str(lead_id)}).status_code == 303
    assert "Archived" in page(client, path)
    assert post(client, rep, f"{path}/edit", {"given_name": "Ann", "version": "2"}).status_code == 409
    assert post(client, rep, f"{path}/qualification").status_code == 409
    assert "Nora" not in page(client, f"{HOME}/search?q=nora").partition("<main")[2].partition("found-lead")[2]
    assert post(client, rep, f"{HOME}/records/lead/restore", {"ids": str(lead_id)}).status_code == 303
    assert post(client, rep, f"{path}/edit", {"given_name": "Ann", "version": "3"}).status_code == 303


def test_deleting_says_what_goes_along_and_does_that(org):
    client = signed_in(org.owner)
    rep = org.person("member")
    company_id = make_record(org, "company", org.owner, name="Vik AS")
    contact_id = make_record(org, "contact", rep, given_name="Ida", company_id=company_id)
    deal_id = make_record(org, "deal", rep, company_id=company_id)
    note, file = (make_record(org, kind, rep, company_id=company_id) for kind in ("note", "file"))
    path = f"{HOME}/records/company/deletion"
    shown = client.get(f"{HOME}/records/company/{company_id}/deletion")
    text = shown.content.decode()
    assert "note deleted along" in text
    assert "file kept, without the link" in text
    assert "contact kept, without the link" in text
    make_record(org, "note", rep, company_id=company_id)
    late = post(client, org.owner, path, {"ids": str(company_id), "digest": digest_in(shown)})
    assert late.status_code == 409
    assert "notes deleted along" in late.content.decode()
    assert post(client, org.owner, path, {"ids": str(company_id), "digest": digest_in(late)}).status_code == 303
    assert one(org, Company, pk=company_id) is None
    assert one(org, Note, pk=note) is None
    assert one(org, File, pk=file).company_id is None
    assert one(org, Contact, pk=contact_id).company_id is None
    assert one(org, Deal, pk=deal_id).company_id is None


def test_whoever_may_not_delete_is_told_which_permission_is_missing(org, rep, client):
    org.perform(set_restrictions, membership_id=rep.membership_id, values={"contacts.no_delete": "yes"})
    contact_id = make_record(org, "contact", rep, given_name="Ida")
    assert "deletion" not in page(client, f"{HOME}/contacts/{contact_id}")
    assert client.get(f"{HOME}/records/contact/{contact_id}/deletion").status_code == 403
    answer = post(client, rep, f"{HOME}/records/contact/deletion", {"ids": str(contact_id), "digest": "0" * 32})
    assert answer.status_code == 403
    assert one(org, Contact, pk=contact_id) is not None


# --- Search, timeline ---------------------------------------------------------------------


def test_one_search_finds_every_type(org, rep, client):
    for kind, name in (("lead", "given_name"), ("contact", "given_name"), ("company", "name"), ("deal", "name")):
        make_record(org, kind, rep, **{name: "Quetzal"})
    make_record(org, "task", rep, title="Call Quetzal")
    make_record(org, "note", rep, body="Quetzal wants a visit")
    text = page(client, f"{HOME}/search?q=quetz")
    for title in ("Leads", "Contacts", "Companies", "Deals", "Tasks", "Notes"):
        assert f">{title}</h2>" in text, title
    assert "Nothing is called so" in page(client, f"{HOME}/search?q=nobodyatall")
    assert client.get(f"{HOME}/search?q=%00%00").status_code == 200


def test_the_timeline_has_what_colleagues_left_on_a_record_that_one_sees(org, rep, client):
    lead_id = make_record(org, "lead", rep, given_name="Nora")
    make_record(org, "note", org.owner, lead_id=lead_id, body="Prefers mornings")
    make_record(org, "task", rep, lead_id=lead_id, title="Send the offer")
    text = page(client, f"{HOME}/leads/{lead_id}")
    assert "Prefers mornings" in text
    assert "Send the offer" in text
    only = page(client, f"{HOME}/leads/{lead_id}?show=task")
    assert "Prefers mornings" not in only
    assert "Prefers mornings" not in page(client, f"{HOME}/search?q=mornings")


def test_a_restriction_narrows_the_timeline_too(org, rep, client):
    lead_id = make_record(org, "lead", rep, given_name="Nora")
    make_record(org, "task", org.owner, lead_id=lead_id, title="Theirs")
    make_record(org, "task", rep, lead_id=lead_id, title="Ownwork")
    org.perform(set_restrictions, membership_id=rep.membership_id, values={"tasks.seen": "own"})
    text = page(client, f"{HOME}/leads/{lead_id}")
    assert "Ownwork" in text
    assert "Theirs" not in text


def test_a_long_timeline_goes_on(org, rep, client):
    lead_id = make_record(org, "lead", rep, given_name="Nora")
    for number in range(23):
        make_record(org, "note", rep, lead_id=lead_id, body=f"Remark {number:02}")
    first = page(client, f"{HOME}/leads/{lead_id}")
    assert "Remark 22" in first
    assert "Remark 02" not in first
    older = re.search(r'href="(\?before=[^"#]+)#timeline"', first).group(1)
    assert "Remark 02" in page(client, f"{HOME}/leads/{lead_id}{older}")
