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


class DepartmentNameTaken(Refusal):
    code = "department_name_taken"
    sentence = _("There is a department called “%(name)s” already.")


class AlreadyInDepartment(Refusal):
    code = "already_in_department"
    sentence = _("%(name)s is there already.")


class ManagerNotActive(Refusal):
    code = "manager_not_active"
    sentence = _("%(name)s is not active here and can't be anybody's manager.")


class ManagerCircle(Refusal):
    """`circle`: from the person over their managers back to the person."""

    code = "manager_circle"
    sentence = _("That would go round in a circle: %(circle)s.")


class AddressElsewhere(Refusal):
    """Policy `people.exclusive_email`, here or there. Never says where (product.md §3)."""

    code = "address_elsewhere"
    sentence = _("This address is already in use in another organization. Please use a different address.")


class PeopleElsewhere(Refusal):
    """The same policy can't be switched on."""

    code = "people_elsewhere"
    sentence = _("%(count)s of the people here are in another organization too. The rule can't hold while they are.")


class TemporaryUsed(Refusal):
    code = "temporary_password_used"
    sentence = _("This temporary password was used already. Sign in with the password you chose then.")


class TemporaryExpired(Refusal):
    code = "temporary_password_expired"
    sentence = _("This temporary password has expired.")


class TemporaryRevoked(Refusal):
    code = "temporary_password_revoked"
    sentence = _("This temporary password is not good any more: what it was sent for was taken back.")


class TemporaryReplaced(Refusal):
    code = "temporary_password_replaced"
    sentence = _("A newer temporary password was sent. Please use that one.")


class NameNeeded(Refusal):
    code = "name_needed"
    kind = "invalid"
    sentence = _("Please tell us your name.")


class IdentityElsewhere(Refusal):
    """Identity is the person's, membership the organization's (product.md §3)."""

    code = "identity_elsewhere"
    kind = "forbidden"
    sentence = _(
        "The account of %(name)s is not this organization's alone, so only %(name)s changes its password: "
        "by “Forgot your password?” on the sign-in page, or by a link that you send."
    )


class WayNotOffered(Refusal):
    """Policy `people.entry_modes`."""

    code = "way_not_offered"
    kind = "forbidden"
    sentence = _("This organization's policies don't offer this way in.")


class ViewNameTaken(Refusal):
    code = "view_name_taken"
    sentence = _("You have a view called “%(name)s” already.")


class TooManyViews(Refusal):
    code = "too_many_views"
    sentence = _("You have %(most)s views already. Delete one that nobody needs.")


class AddressChangeForbidden(Refusal):
    """Policy `people.email_change` is `forbidden`, here or in another organization of the person."""

    code = "address_change_forbidden"
    kind = "forbidden"
    sentence = _("%(organizations)s does not let an address be changed. The person is added anew under the new one.")


class AddressNotYours(Refusal):
    """Identity is the person's, membership the organization's (product.md §3)."""

    code = "address_not_yours"
    kind = "forbidden"
    sentence = _(
        "The account of %(name)s is not this organization's alone, so only %(name)s changes its address, "
        "on “Your profile”."
    )


class AddressHasAccount(Refusal):
    """Said to nobody but the one who has shown that the address is theirs."""

    code = "address_has_account"
    sentence = _("This address has an account of its own.")


class AddressWaiting(Refusal):
    code = "address_waiting"
    sentence = _("%(organizations)s has somebody under this address already.")


class NothingToChange(Refusal):
    code = "no_address_change"
    sentence = _("No change of address is under way.")


class ChangeCanceled(Refusal):
    code = "address_change_canceled"
    sentence = _("This change of address was called off.")
