"""Faults of records that a review found: each was real, and stays mended."""

from typing import Any

import pytest

from api.callers import by_session, make_organization
from factories.organizations import unique
from factories.records import make_record, make_workflow, stages_of
from support.structure import give, make_role, narrowed, somebody
from support.visitors import post, signed_in
from tenantry.access.explaining.who import records_called
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.approvals import approve_deal
from tenantry.crm.actions.converting import Beginning, convert_lead
from tenantry.crm.actions.deals import create_deal, move_deal, win_deal
from tenantry.crm.actions.mentors import set_mentor
from tenantry.crm.actions.records import archive_records, give_records
from tenantry.crm.actions.stages import StageFields, edit_stage
from tenantry.crm.deal_errors import WordNeeded
from tenantry.crm.models import Contact, Deal, DealApproval
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.units import create_unit
from tenantry.usecases.workflows import add_to_workflow

EVERY_DEAL = {f"deals.{verb}": "all" for verb in ("view", "create", "edit", "move")}
CONVERTS = {"leads.view": "all", "leads.edit": "all", "contacts.create": "all", "companies.create": "all"}


@pytest.fixture
def org(database):
    return make_organization()


def deal_of(org, deal_id) -> Deal:
    with scope.tenant(org.id), reading():
        return Deal.objects.get(id=deal_id)


# --- Hidden fields ------------------------------------------------------------------------


def test_a_hidden_address_is_neither_a_name_nor_found_where_access_is_explained(org):
    clerk = somebody(org, {"people.view": "all", "access.explain": "yes", "leads.view": "all"})
    email = f"{unique('nora')}@hidden.example"
    lead = make_record(org, "lead", None, given_name="", family_name="", email=email)
    with scope.tenant(org.id), reading():
        assert [one.name for one in records_called(clerk.actor, "lead", "hidden.example")] == [email]
    narrowed(org, clerk, **{"leads.reached": "hidden"})
    with scope.tenant(org.id), reading():
        assert records_called(clerk.actor, "lead", "hidden.example") == []
        assert [(one.id, one.name) for one in records_called(clerk.actor, "lead", "")] == [(lead, "Without a name")]


@pytest.mark.parametrize("guess", [{"value": 777}, {"value": 778}, {"currency": "USD"}])
def test_a_hidden_value_is_not_guessed_by_writing_it(org, guess):
    """What is written as it was would be answered with a yes, everything else with a no."""
    rep = org.person("member")
    deal = make_record(org, "deal", rep, value=777, currency="EUR")
    narrowed(org, rep, **{"deals.value": "hidden"})
    caller = by_session(rep)
    assert "value" not in caller.get(f"/deals/{deal}").body
    assert caller.patch(f"/deals/{deal}", guess).status == 403
    assert caller.patch(f"/deals/{deal}", {"name": "Harbour"}).status == 200


@pytest.mark.parametrize("query", ["\0", "x" * 600_000, "\u202e"])
def test_colleagues_are_not_searched_by_what_is_no_text(org, query):
    deal = make_record(org, "deal", org.owner)
    assert signed_in(org.owner).get(f"/apps/momentum/deals/{deal}/people", {"q": query}).status_code == 200


@pytest.mark.parametrize("version", ["9" * 5000, "²", "-1", "\0"])
def test_a_version_that_is_none_is_an_old_one(org, version):
    """Numbers of more than 4300 digits are not read at all."""
    deal = make_record(org, "deal", org.owner)
    sent = {"name": "Pier", "value": "1", "currency": "EUR", "closes_on": "", "company_id": "", "contact_id": ""}
    path = f"/apps/momentum/deals/{deal}/edit"
    answer = post(signed_in(org.owner), org.owner, path, {**sent, "version": version})
    assert answer.status_code in (409, 412, 422), answer.status_code


# --- A mentor's word ----------------------------------------------------------------------


class Mentored:
    """Somebody who edits every deal and has a mentor, the owner; the third stage is marked lodgement."""

    def __init__(self, org: Any) -> None:
        self.org, self.flow = org, make_workflow(org)
        self.stages = stages_of(org, self.flow)
        lodged = StageFields("Lodged", 80, is_lodgement=True)
        org.perform(edit_stage, workflow_id=self.flow, stage_id=self.stages[2], fields=lodged)
        self.mentee = somebody(org, {**EVERY_DEAL, **CONVERTS, "people.view": "all"})
        self.colleague = org.person("member")
        self.bind(org.owner)

    def bind(self, mentor: Any) -> None:
        ids = {"membership_id": self.mentee.membership_id, "mentor_id": mentor.membership_id}
        self.org.perform(set_mentor, **ids)

    def give(self, deal, to: Any) -> None:
        owner_id = to.membership_id if to else None
        self.org.perform(give_records, by=self.mentee, type_key="deal", record_ids=(deal,), owner_id=owner_id)

    def asked(self, deal) -> DealApproval:
        with scope.tenant(self.org.id), reading():
            return DealApproval.objects.get(deal_id=deal, state="waiting")


@pytest.mark.parametrize("to", ["queue", "colleague"])
def test_giving_a_deal_away_for_a_moment_does_not_lodge_it(org, to):
    scene = Mentored(org)
    deal = make_record(org, "deal", scene.mentee, workflow_id=scene.flow)
    scene.give(deal, scene.colleague if to == "colleague" else None)
    with pytest.raises(WordNeeded):
        org.perform(win_deal, by=scene.mentee, deal_id=deal)
    assert org.perform(move_deal, by=scene.mentee, deal_id=deal, stage_id=scene.stages[2]).asked
    scene.give(deal, scene.mentee)
    assert deal_of(org, deal).stage_id == scene.stages[0]
    # The question goes along with the mentee, as for their own deals.
    other = somebody(org, {"deals.approve": "all"})
    scene.bind(other)
    asked = scene.asked(deal)
    assert asked.mentor_id == other.membership_id
    org.perform(approve_deal, by=other, approval_id=asked.id)
    assert deal_of(org, deal).stage_id == scene.stages[2]


def test_a_mentee_begins_no_deal_in_lodgement_under_another_name(org):
    scene = Mentored(org)
    begun = {"workflow_id": scene.flow, "stage_id": scene.stages[2], "owner_id": scene.colleague.membership_id}
    with pytest.raises(WordNeeded):
        org.perform(create_deal, by=scene.mentee, name="Home", **begun)
    org.perform(create_deal, name="Home", **begun)


# --- Converting ---------------------------------------------------------------------------


def owner_of_contact(org, contact_id):
    with scope.tenant(org.id), reading():
        return Contact.objects.get(id=contact_id).owner_id


def test_the_lead_of_somebody_who_is_frozen_is_converted(org):
    """It was refused, because nobody gives records to who is deactivated: their leads stood still."""
    gone = org.person("member")
    lead = make_record(org, "lead", gone, company_name="Fjord Marine")
    org.perform(deactivate_members, membership_ids=(gone.membership_id,))
    made = org.perform(convert_lead, lead_id=lead, deal=Beginning(make_workflow(org)))
    assert owner_of_contact(org, made.contact_id) == org.owner.membership_id
    assert deal_of(org, made.deal_id).owner_id == org.owner.membership_id


def test_whoever_reaches_a_lead_converts_it_though_its_owner_is_out_of_sight(org):
    """The owner was looked for among those who may be given records, and the lead answered as if it were not there."""
    rep, other = somebody(org, CONVERTS), org.person("member")
    lead = make_record(org, "lead", other, company_name="Fjord Marine")
    made = org.perform(convert_lead, by=rep, lead_id=lead)
    assert owner_of_contact(org, made.contact_id) == other.membership_id


# --- What one sees opens ------------------------------------------------------------------


def test_whoever_works_on_a_deal_finds_its_board_and_no_stage_to_begin_in(org):
    """The form of a new deal offered the stages of every board, and what was chosen there was not found."""
    rep = somebody(org, {"deals.view": "own", "deals.create": "yes", "deals.edit": "own", "deals.move": "own"})
    flow, theirs = make_workflow(org), make_workflow(org)
    for one in (flow, theirs):
        org.perform(add_to_workflow, workflow_id=one, membership_ids=(org.person("member").membership_id,))
    org.perform(add_to_workflow, workflow_id=theirs, membership_ids=(rep.membership_id,))
    deal = make_record(org, "deal", org.owner, workflow_id=flow, name="Harbour crane", members=(rep,))
    client = signed_in(rep)
    assert "Harbour crane" in client.get(f"/apps/momentum/board/{flow}").content.decode()
    stage, own = stages_of(org, flow)[1], stages_of(org, theirs)[0]
    form = client.get("/apps/momentum/deals/new").content.decode()
    assert str(own) in form
    assert str(stage) not in form
    assert str(stage) in client.get(f"/apps/momentum/deals/{deal}/move").content.decode()
    assert post(client, rep, f"/apps/momentum/deals/{deal}/move", {"stage": str(stage)}).status_code == 303
    assert deal_of(org, deal).stage_id == stage


def test_a_folder_that_was_put_away_opens_and_comes_back(org):
    folder = make_record(org, "folder", org.owner, name="Offers 2024")
    inside = make_record(org, "file", org.owner, folder_id=folder)
    org.perform(archive_records, type_key="folder", record_ids=(folder,))
    client, path = signed_in(org.owner), f"/apps/workspace/drive/folders/{folder}"
    shown = client.get(path)
    assert shown.status_code == 200
    assert "can’t be changed until somebody restores it" in shown.content.decode()
    assert f"/{folder}/edit" not in shown.content.decode()
    assert client.get(f"/apps/workspace/drive/files/{inside}").status_code == 200
    assert by_session(org.owner).patch(f"/folders/{folder}", {"name": "Old"}).code == "record_archived"
    # Nothing is put into it while it is away.
    assert client.get(f"/apps/workspace/drive/folders/new?in={folder}").status_code == 404
    assert post(client, org.owner, "/apps/momentum/records/folder/restore", {"ids": str(folder)}).status_code == 303
    assert "until somebody restores it" not in client.get(path).content.decode()


def test_search_and_queue_open_with_any_record_one_may_see(org):
    helper = somebody(org, {"tasks.view": "all"})
    make_record(org, "task", None, title="Ring the harbour")
    client = signed_in(helper)
    assert [hit["name"] for hit in by_session(helper).get("/search?q=harbour").body["items"]] == ["Ring the harbour"]
    assert "Ring the harbour" in client.get("/apps/momentum/search?q=harbour").content.decode()
    assert "Ring the harbour" in client.get("/apps/momentum/unassigned").content.decode()
    nobody = somebody(org, {"people.view": "all"})
    for path in ("search?q=harbour", "unassigned"):
        assert signed_in(nobody).get(f"/apps/momentum/{path}").status_code in (403, 404)


# --- People out of sight ------------------------------------------------------------------


def test_whoever_is_out_of_sight_is_no_receiver_whose_name_is_told(org):
    """Ids of people stand beside records; what somebody is called is told within one's sight alone."""
    branch = org.perform(create_unit, name="Bergen").id
    chief = somebody(org, {"leads.view": "all", "leads.edit": "all"})
    give(org, chief, make_role(org, "unit", {"people.view": "all"}), unit_id=branch)
    near, far = org.person(), org.person()
    org.perform(move_to_unit, membership_ids=(near.membership_id,), unit_id=branch)
    org.perform(deactivate_members, membership_ids=(near.membership_id, far.membership_id))
    lead = make_record(org, "lead", chief)
    caller = by_session(chief)

    def given_to(one: object) -> tuple[int, str]:
        answer = caller.post("/leads/owner", {"record_ids": [str(lead)], "owner_id": str(one)})
        return answer.status, answer.body["detail"]

    assert given_to(far.membership_id) == given_to(new_id())
    status, said = given_to(near.membership_id)
    assert status == 409
    assert "Pat Example" in said
