"""A brokerage with a mentor and a mentee."""

from factories.organizations import Person, make_organization
from factories.records import make_record, make_workflow, stages_of
from tenantry.access.actions.giving import give_role
from tenantry.audit.outbox import dispatch
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.deals import move_deal
from tenantry.crm.actions.mentors import set_mentor
from tenantry.crm.actions.stages import StageFields, edit_stage
from tenantry.crm.models import Deal, DealApproval, Note
from tenantry.notifications.models import Notification
from tenantry.notifications.wording import worded
from tenantry.usecases.person import change_own_profile
from tenantry.usecases.workflows import add_to_workflow

LODGED = StageFields("Lodged", 80, is_lodgement=True)


class Brokerage:
    """A brokerage with a mentor and a mentee in one workflow: New, Qualified, Lodged, Negotiation."""

    def __init__(self) -> None:
        self.org = make_organization(blueprint="brokerage")
        self.flow = make_workflow(self.org)
        self.stages = stages_of(self.org, self.flow)
        self.org.perform(edit_stage, workflow_id=self.flow, stage_id=self.stages[2], fields=LODGED)
        self.mentor = self.able("Ada", "Berg")
        self.mentee = self.named("Kofi", "Ito")
        self.colleague = self.named("Jonas", "Weber")
        self.org.perform(
            add_to_workflow,
            workflow_id=self.flow,
            membership_ids=tuple(one.membership_id for one in (self.mentor, self.mentee, self.colleague)),
        )
        self.bind(self.mentor)

    def named(self, given: str, family: str):
        person = self.org.person("broker")
        self.org.perform(change_own_profile, by=person, given_name=given, family_name=family)
        return person

    def able(self, given: str, family: str):
        person = self.named(given, family)
        self.org.perform(give_role, membership_id=person.membership_id, role_id=self.org.role("mentor"))
        return person

    def bind(self, mentor: Person | None, mentee: Person | None = None) -> None:
        mentor_id = mentor.membership_id if mentor else None
        self.org.perform(set_mentor, membership_id=(mentee or self.mentee).membership_id, mentor_id=mentor_id)

    def deal(self, owner=None, **more):
        return make_record(self.org, "deal", owner or self.mentee, workflow_id=self.flow, name="Home", **more)

    def move(self, deal, at: int, by=None):
        return self.org.perform(move_deal, by=by or self.mentee, deal_id=deal, stage_id=self.stages[at])

    def at(self, deal) -> int:
        with scope.tenant(self.org.id), reading():
            return self.stages.index(Deal.objects.get(id=deal).stage_id)

    def asked(self, deal) -> DealApproval:
        with scope.tenant(self.org.id), reading():
            return DealApproval.objects.filter(deal_id=deal).select_related("mentor").order_by("-asked_at").first()

    def notes(self, deal) -> list[str]:
        with scope.tenant(self.org.id), reading():
            return list(Note.objects.filter(deal_id=deal).order_by("id").values_list("body", flat=True))

    def told(self, person) -> list[str]:
        dispatch(self.org.id)
        with scope.tenant(self.org.id), reading():
            rows = Notification.objects.filter(membership_id=person.membership_id).order_by("number")
            return [one.sentence for one in worded(list(rows))]
