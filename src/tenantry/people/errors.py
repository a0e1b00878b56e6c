from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class AlreadyMember(Refusal):
    code = "already_member"
    sentence = _("%(name)s is already in this organization.")


class AlreadyInvited(Refusal):
    code = "already_invited"
    sentence = _("%(name)s is invited already. You can send the invitation again.")


class MemberDeactivated(Refusal):
    code = "member_deactivated"
    sentence = _("%(name)s is deactivated here. You can reactivate them instead.")


class NotInvited(Refusal):
    code = "not_invited"
    sentence = _("This person is not waiting for an invitation.")


class NotActive(Refusal):
    code = "not_active"
    sentence = _("%(name)s is not active.")


class NotDeactivated(Refusal):
    code = "not_deactivated"
    sentence = _("%(name)s is not deactivated.")


class AlreadyRemoved(Refusal):
    code = "already_removed"
    sentence = _("%(name)s was removed already.")


class NotOnOneself(Refusal):
    """Nobody removes or deactivates themselves or changes their own role (product.md §3)."""

    code = "not_on_oneself"
    kind = "forbidden"
    sentence = _("You can't do this to yourself. Somebody else has to.")


class NotOfferedHere(Refusal):
    """A policy of the organization excludes it (`people.deactivation_by`)."""

    code = "not_offered_here"
    kind = "forbidden"
    sentence = _("This organization's policies don't allow this.")


class LinkUnknown(Refusal):
    code = "link_unknown"
    kind = "missing"
    sentence = _("This link is not known. Perhaps it was cut short in the mail.")


class LinkUsed(Refusal):
    code = "link_used"
    sentence = _("This link was used already.")


class LinkExpired(Refusal):
    code = "link_expired"
    sentence = _("This link has expired.")


class LinkRevoked(Refusal):
    code = "link_revoked"
    sentence = _("This invitation was withdrawn.")


class LinkReplaced(Refusal):
    code = "link_replaced"
    sentence = _("A newer link was sent. Please use that one.")


class WrongAccount(Refusal):
    code = "wrong_account"
    kind = "forbidden"
    sentence = _("You are signed in with another address than the one invited.")


class SignInFirst(Refusal):
    """The address has an account: only its owner accepts (security case 4)."""

    code = "sign_in_first"
    kind = "forbidden"
    sentence = _("This address has an account. Please sign in to it first.")


class AccountUnproven(Refusal):
    """An account whose address nobody has proven is good for one organization only (product.md §3)."""

    code = "account_unproven"
    kind = "forbidden"
    sentence = _("This address has an account that was never confirmed. Please use the link from the mail.")


class CodeNeeded(Refusal):
    code = "code_needed"
    kind = "invalid"
    sentence = _("We sent a code to this address. Please enter it.")


class AskerUnproven(Refusal):
    """Whoever opens the mail is not yet known to be who chose the password: only that one may make an account of it."""

    code = "asker_unproven"
    kind = "forbidden"
    sentence = _("Type the password that was chosen when this organization was asked for.")


class CodeWrong(Refusal):
    code = "code_wrong"
    kind = "invalid"
    sentence = _("This is not the code we sent.")


class TeamNameTaken(Refusal):
    code = "team_name_taken"
    sentence = _("There is a team called “%(name)s” already.")


class OneTeamOnly(Refusal):
    """Policy `teams.per_person` is `one`."""

    code = "one_team_only"
    sentence = _("%(name)s is in a team already, and people here are in one team at most.")


class AlreadyInTeam(Refusal):
    code = "already_in_team"
    sentence = _("%(name)s is in the team “%(team)s” already.")


class AlreadyInUnit(Refusal):
    code = "already_in_unit"
    sentence = _("%(name)s is there already.")


class AlreadyInWorkflow(Refusal):
    code = "already_in_workflow"
    sentence = _("%(name)s takes part in the workflow “%(workflow)s” already.")
