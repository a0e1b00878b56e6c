"""A mentor's word can't be gone around by other hands, and a question goes to whose word counts (decision 0030)."""

from unittest.mock import patch

import pytest

from api.callers import by_session
from factories.records import make_record, make_workflow, stages_of
from support.handing import make_large
from support.many import run
from support.mentors import Brokerage
from support.visitors import post, signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.approvals import approve_deal, withdraw_approval
from tenantry.crm.actions.bulk import act_on_records
from tenantry.crm.actions.converting import Beginning, convert_lead
from tenantry.crm.actions.deals import create_deal, lose_deal, move_deal, reopen_deal, win_deal
from tenantry.crm.actions.records import give_records
from tenantry.crm.actions.stages import StageFields, delete_stage, edit_stage
from tenantry.crm.bulk import GIVE, Selection
from tenantry.crm.deal_errors import AlreadyInStage, WordNeeded
from tenantry.crm.models import Mentorship
from tenantry.usecases.handing_over import HANDED_OVER, STARTED, Spread, reassign_records
from tenantry.usecases.handing_over import undoing as undoing_handover
from tenantry.usecases.offboarding import remove_members
from tenantry.usecases.undoing_records import GIVEN
from tenantry.usecases.workflows import add_to_workflow, delete_workflow
from usecases.test_handing_over_undone import latest_operation, newest, undo


@pytest.fixture
def scene(database):
    return Brokerage()


def give(scene, deal, to, by=None):
    owner_id = to.membership_id if to else None
    scene.org.perform(give_records, by=by, type_key="deal", record_ids=(deal,), owner_id=owner_id)


def by_page(scene, deal, giver, to):
    """Brokers don't see colleagues to give to; who gives for them does."""
    sent = {"owner": str(to.membership_id)}
    done = post(signed_in(scene.org.owner), scene.org.owner, f"/apps/momentum/records/deal/{deal}/owner", sent)
    assert done.status_code in (302, 303), done.status_code


def by_api(scene, deal, giver, to):
    body = {"record_ids": [str(deal)], "owner_id": str(to.membership_id)}
    assert by_session(scene.org.owner).post("/deals/owner", body).status == 200


def by_bulk(scene, deal, giver, to):
    asked = {"act": GIVE, "selection": Selection("deal", (deal,)), "owner_id": to.membership_id}
    assert scene.org.perform(act_on_records, **asked).done == 1


def by_handover(scene, deal, giver, to, *, large=False):
    with make_large(large, batch=1):
        asked = {"from_ids": (giver.membership_id,), "spread": Spread("one", (to.membership_id,))}
        done = scene.org.perform(reassign_records, **asked)
        if large:
            run(scene.org, done.operation_id)


def by_large_handover(scene, deal, giver, to):
    by_handover(scene, deal, giver, to, large=True)


@pytest.mark.parametrize("way", [by_page, by_api, by_bulk, by_handover, by_large_handover])
def test_a_deal_given_away_still_needs_the_word(scene, way):
    org, deal = scene.org, scene.deal()
    way(scene, deal, scene.mentee, scene.colleague)
    with pytest.raises(WordNeeded):
        org.perform(win_deal, by=scene.colleague, deal_id=deal)
    refused = by_session(scene.colleague).post(f"/deals/{deal}/state", {"state": "won"})
    assert (refused.status, refused.code) == (409, "word_needed")
    with pytest.raises(WordNeeded):
        scene.move(deal, 3, by=scene.colleague)
    asked = scene.move(deal, 2, by=scene.colleague)
    assert (asked.asked, asked.mentor, scene.at(deal)) == (True, "Ada Berg", 0)
    assert scene.told(scene.mentor)[-1].startswith("Jonas Weber asks for your approval")
    # Back again, it is the same question; said yes to, the deal is free of it for good.
    give(scene, deal, scene.mentee)
    assert scene.asked(deal).state == "waiting"
    org.perform(approve_deal, by=scene.mentor, approval_id=scene.asked(deal).id)
    give(scene, deal, scene.colleague)
    org.perform(win_deal, by=scene.colleague, deal_id=deal)


def test_through_the_queue_and_a_second_hand_it_stays_the_first_mentees(scene):
    """Another mentee, whose mentor is willing, does not help."""
    org, deal = scene.org, scene.deal()
    other, willing = scene.named("Noor", "Aziz"), scene.able("Sami", "Roth")
    scene.bind(willing, other)
    for to in (None, scene.colleague, other, willing):
        give(scene, deal, to)
    asked = scene.move(deal, 2, by=willing)
    assert (asked.asked, asked.mentor) == (True, "Ada Berg")
    org.perform(withdraw_approval, by=willing, deal_id=deal)
    # Where the mentorship ended, the next one's counts; and nobody's, where there is none.
    scene.bind(None)
    give(scene, deal, other)
    with pytest.raises(WordNeeded, match="Sami Roth"):
        org.perform(win_deal, by=other, deal_id=deal)
    scene.bind(None, other)
    org.perform(win_deal, by=other, deal_id=deal)


def test_a_deal_that_a_mentee_makes_for_somebody_else(scene):
    deal = scene.deal(scene.colleague, created_by_id=scene.mentee.membership_id)
    with pytest.raises(WordNeeded):
        scene.org.perform(win_deal, by=scene.colleague, deal_id=deal)


@pytest.mark.parametrize("made", ["directly", "from a lead"])
def test_what_was_lodged_in_another_name_comes_to_a_mentee(scene, made):
    org = scene.org
    if made == "directly":
        deal = scene.deal(scene.colleague)
    else:
        lead = make_record(org, "lead", scene.mentee, company_name="Fjord Marine")
        org.perform(give_records, type_key="lead", record_ids=(lead,), owner_id=scene.colleague.membership_id)
        deal = org.perform(convert_lead, by=scene.colleague, lead_id=lead, deal=Beginning(scene.flow)).deal_id
    assert scene.move(deal, 2, by=scene.colleague).asked is False
    give(scene, deal, scene.mentee)
    with pytest.raises(WordNeeded):
        org.perform(win_deal, by=scene.mentee, deal_id=deal)
    assert scene.move(deal, 3).asked is True
    scene.org.perform(withdraw_approval, by=scene.mentee, deal_id=deal)
    # They are asked about the stage it stands in, as the refusal says.
    assert scene.move(deal, 2).asked is True
    org.perform(approve_deal, by=scene.mentor, approval_id=scene.asked(deal).id)
    assert scene.at(deal) == 2
    with pytest.raises(AlreadyInStage):
        scene.move(deal, 2)
    org.perform(win_deal, by=scene.mentee, deal_id=deal)


def test_the_mentors_own_hand_is_a_word_that_holds(scene):
    org = scene.org
    scene.bind(org.owner)
    moved, won = scene.deal(), scene.deal()
    scene.move(moved, 2, by=org.owner)
    org.perform(win_deal, deal_id=won)
    org.perform(reopen_deal, deal_id=won)
    make = {"workflow_id": scene.flow, "stage_id": scene.stages[2], "owner_id": scene.mentee.membership_id}
    given = org.perform(create_deal, name="Begun", **make).id
    for deal in (moved, won, given):
        give(scene, deal, scene.colleague)
        give(scene, deal, scene.mentee)
        org.perform(win_deal, by=scene.mentee, deal_id=deal)


def test_what_stood_there_before_the_mentorship_needs_no_word(scene):
    deal = scene.deal(scene.colleague)
    scene.move(deal, 2, by=scene.colleague)
    scene.bind(scene.mentor, scene.colleague)
    assert scene.move(deal, 3, by=scene.colleague).asked is False
    scene.org.perform(win_deal, by=scene.colleague, deal_id=deal)


# --- Where a question goes ----------------------------------------------------------------


def test_another_mentor_gets_what_waits_and_everybody_is_told(scene):
    deal, other = scene.deal(), scene.able("Lea", "Sand")
    give(scene, deal, scene.colleague)
    scene.move(deal, 2, by=scene.colleague)
    scene.bind(other)
    assert scene.asked(deal).mentor.name == "Lea Sand"
    assert "Jonas Weber asks for your approval: “Home” is to enter “Lodged”." in scene.told(other)
    moved = "“Home” waits for the approval of Lea Sand now, before “Lodged”."
    assert moved == scene.told(scene.mentor)[-1] == scene.told(scene.colleague)[-1]
    assert scene.notes(deal)[-1] == "Lea Sand is asked for approval of “Lodged” now."
    scene.bind(None)
    assert scene.asked(deal).state == "canceled"
    ended = "The question about “Home” and “Lodged” was withdrawn: no answer is needed."
    assert scene.told(other)[-1] == scene.told(scene.colleague)[-1] == ended
    scene.org.perform(win_deal, by=scene.colleague, deal_id=deal)


@pytest.mark.parametrize("way", [by_api, by_bulk, by_handover, by_large_handover])
def test_a_question_by_a_mentee_about_anothers_deal_goes_with_the_deal(scene, way):
    """The mentee asked their own mentor; whose deal it becomes has another."""
    other, theirs = scene.named("Noor", "Aziz"), scene.able("Sami", "Roth")
    scene.bind(theirs, other)
    deal = scene.deal(scene.colleague, members=(scene.mentee,))
    assert scene.move(deal, 2).mentor == "Ada Berg"
    way(scene, deal, scene.colleague, other)
    assert scene.asked(deal).mentor.name == "Sami Roth"
    assert "waits for the approval of Sami Roth" in scene.told(scene.mentor)[-1]
    assert "asks for your approval" in scene.told(theirs)[-1]


def test_a_question_goes_back_with_the_deal_that_is_taken_back(scene):
    """Given on a list, handed over at once, and by an operation; its owner of before has a mentor by now."""
    org, plain, theirs = scene.org, scene.named("Ingrid", "Moe"), scene.able("Sami", "Roth")
    given = []
    for way, code in ((by_bulk, GIVEN), (by_handover, HANDED_OVER), (by_large_handover, STARTED)):
        deal = scene.deal(scene.colleague, members=(scene.mentee,))
        way(scene, deal, scene.colleague, plain)
        given.append((deal, newest(org, code)))
        assert scene.move(deal, 2).mentor == "Ada Berg"
    scene.bind(theirs, scene.colleague)
    for deal, number in given:
        assert scene.asked(deal).mentor.name == "Ada Berg"
        with patch.object(undoing_handover, "AT_ONCE", 0 if deal == given[-1][0] else 100):
            undo(org, number)
        if deal == given[-1][0]:
            run(org, latest_operation(org))
        assert scene.asked(deal).mentor.name == "Sami Roth"
    assert "waits for the approval of Sami Roth" in scene.told(scene.mentor)[-1]
    assert "asks for your approval" in scene.told(theirs)[-1]


def test_a_mentor_who_is_brought_back_has_the_questions_again(scene):
    deal, heir = scene.deal(), scene.able("Lea", "Sand")
    scene.move(deal, 2)
    scene.org.perform(remove_members, membership_ids=(scene.mentor.membership_id,), successor_id=heir.membership_id)
    assert scene.asked(deal).mentor_id == heir.membership_id
    undo(scene.org, newest(scene.org, "people.removed"))
    assert scene.asked(deal).mentor_id == scene.mentor.membership_id
    assert "waits for the approval of Ada Berg" in scene.told(heir)[-1]


@pytest.mark.parametrize("able", [True, False])
def test_a_mentor_who_leaves_hands_questions_on_or_they_are_withdrawn(scene, able):
    deal = scene.deal()
    scene.move(deal, 2)
    heir = scene.able("Lea", "Sand") if able else scene.colleague
    if not able:
        scene.org.perform(remove_members, membership_ids=(scene.mentee.membership_id,), successor_id=heir.membership_id)
        assert scene.asked(deal).state == "canceled"
        assert "was withdrawn" in scene.told(scene.mentor)[-1]
        return
    scene.org.perform(remove_members, membership_ids=(scene.mentor.membership_id,), successor_id=heir.membership_id)
    with scope.tenant(scene.org.id), reading():
        assert Mentorship.objects.get().mentor_id == heir.membership_id
    assert scene.asked(deal).mentor_id == heir.membership_id
    assert "waits for the approval of Lea Sand" in scene.told(scene.mentee)[-1]
    assert "Kofi Ito asks for your approval: “Home” is to enter “Lodged”." in scene.told(heir)


@pytest.mark.parametrize("end", [lose_deal, withdraw_approval, move_deal])
def test_a_mentor_hears_that_no_answer_is_needed(scene, end):
    deal = scene.deal()
    scene.move(deal, 2)
    more = {"stage_id": scene.stages[1]} if end is move_deal else {}
    scene.org.perform(end, by=scene.mentee, deal_id=deal, **more)
    assert "was withdrawn: no answer is needed." in scene.told(scene.mentor)[-1]


@pytest.mark.parametrize("whole", [False, True], ids=["the stage", "the workflow"])
def test_a_yes_outlives_the_stage_it_was_asked_for(scene, whole):
    org, said, asked = scene.org, scene.deal(), scene.deal()
    scene.move(said, 2)
    org.perform(approve_deal, by=scene.mentor, approval_id=scene.asked(said).id)
    scene.move(asked, 2)
    other = make_workflow(org)
    stages = stages_of(org, other)
    org.perform(edit_stage, workflow_id=other, stage_id=stages[1], fields=StageFields("Filed", 80, is_lodgement=True))
    org.perform(add_to_workflow, workflow_id=other, membership_ids=(scene.mentee.membership_id,))
    if whole:
        org.perform(delete_workflow, workflow_id=scene.flow, to_id=other, organization_name="Halden Supply")
    else:
        org.perform(delete_stage, workflow_id=scene.flow, stage_id=scene.stages[2], to_id=scene.stages[0])
    assert scene.asked(asked).state == "canceled"
    assert "was withdrawn: no answer is needed." in scene.told(scene.mentor)[-1]
    assert scene.asked(said).state == "approved"
    assert org.perform(move_deal, by=scene.mentee, deal_id=said, stage_id=stages[1]).asked is False
    assert org.perform(move_deal, by=scene.mentee, deal_id=asked, stage_id=stages[1]).asked is True
