"""Forms about workflows: name and purpose, stages, where members and deals go."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import LABEL, LINE
from tenantry.crm.pipelines import STAGE_NAME
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.people.place_forms import Choices, ChosenId, offer


class WorkflowForm(HouseForm):
    """A workflow's name and what it is for."""

    name = BoundField(LABEL, label=_("Name"))
    description = BoundField(LINE, label=_("What it is for"))


class OtherForm(HouseForm):
    """Which workflow the members and deals of a deleted one go to."""

    workflow = ChosenId(label=_("Where its members and deals go"), required=False)

    def __init__(self, *args: Any, workflows: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["workflow"], workflows, _("Nowhere: members take part in one workflow less"))


class StageForm(HouseForm):
    """A stage of a workflow."""

    name = BoundField(STAGE_NAME, label=_("Name"))
    probability = forms.IntegerField(
        label=_("Probability in percent"),
        min_value=0,
        max_value=100,
        initial=50,
        help_text=_("How likely a deal in this stage is won."),
    )
    stale_days = forms.IntegerField(
        label=_("Stale after days"),
        required=False,
        min_value=1,
        max_value=3650,
        help_text=_("A deal that stands here for longer is marked. Empty: never."),
    )
    is_milestone = forms.BooleanField(
        label=_("Milestone"), required=False, help_text=_("Marked with a flag on the board.")
    )
    is_lodgement = forms.BooleanField(
        label=_("Lodgement"),
        required=False,
        help_text=_("Deals of people with a mentor get in here only with the mentor’s approval."),
    )


class GoalForm(HouseForm):
    """Which stage the deals of a deleted one go to."""

    stage = ChosenId(label=_("Where its deals go"), required=False)

    def __init__(self, *args: Any, stages: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["stage"], stages, _("Choose a stage"))


class DuplicateForm(HouseForm):
    name = BoundField(LABEL, label=_("Name"))
    with_members = forms.BooleanField(label=_("The people who take part come along"), required=False)
