"""What deals, stages and approvals refuse."""

from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal, Remedy


class DealClosed(Refusal):
    code = "deal_closed"
    sentence = _("“%(name)s” is closed. Reopen it first.")


class DealOpen(Refusal):
    code = "deal_open"
    sentence = _("“%(name)s” is open already.")


class DealMovedOn(Refusal):
    """Somebody else was faster; `stage` is where the deal stands now."""

    code = "deal_moved_on"
    sentence = _("Somebody else moved “%(name)s” meanwhile: it is in “%(stage)s” now.")


class AlreadyInStage(Refusal):
    code = "already_in_stage"
    sentence = _("“%(name)s” is in “%(stage)s” already.")


class WordNeeded(Refusal):
    """A mentee's deal is to get past the lodgement stage without having been in it (blueprints.md, brokerage)."""

    code = "word_needed"
    sentence = _("%(mentor)s has to approve “%(name)s” first. Move it to “%(stage)s”, and they are asked.")


class WordAwaited(Refusal):
    code = "word_awaited"
    sentence = _("%(mentor)s was asked about “%(name)s” already and has not answered yet.")


class MentorUnable(Refusal):
    """Asking would wait for somebody who can't answer."""

    code = "mentor_unable"
    sentence = _(
        "“%(name)s” needs the word of %(mentor)s, who can’t give it any more: they are not active here, or may not "
        "have mentees. Please ask an administrator to name another mentor."
    )


class WordGiven(Refusal):
    code = "word_given"
    sentence = _("This was answered or withdrawn meanwhile.")


class NoMentor(Refusal):
    code = "no_mentor"
    sentence = _("%(name)s is not active or may not have mentees: that takes the permission to approve deals.")


class AlreadyInDeal(Refusal):
    code = "already_in_deal"
    sentence = _("%(name)s works on this deal already.")


class StageNameTaken(Refusal):
    code = "stage_name_taken"
    sentence = _("There is a stage called “%(name)s” already.")


class LastStage(Refusal):
    code = "last_stage"
    sentence = _("“%(name)s” is the only stage. A workflow needs one.")


class StageInUse(Refusal):
    """`deals`: how many stand in it, closed and archived ones too."""

    code = "stage_in_use"
    sentence = _("Deals stand in “%(name)s”: %(deals)s. Choose the stage that they go to.")


class WorkflowInUse(Refusal):
    """`deals`: how many it has, closed and archived ones too."""

    code = "workflow_in_use"
    sentence = _("“%(name)s” has deals: %(deals)s. Choose the workflow that they go to.")
    remedies = (Remedy(_("See the workflows"), "workflow_list"),)


class TooManyStages(Refusal):
    code = "too_many_stages"
    sentence = _("A workflow has %(most)s stages at most.")
