"""Policies about people, seats and access (blueprints.md, Policies)."""

from django.utils.translation import gettext_lazy as _

from tenantry.organizations.policies import kinds
from tenantry.organizations.policies.catalogue import Policy
from tenantry.organizations.policies.kinds import Choice, Flag, Number, One, Ordered, Some

ENTRY_MODES = (
    Choice("invitation_link", _("an invitation link by mail"), _("The person chooses a password behind the link.")),
    Choice(
        "temporary_password",
        _("a temporary password by mail"),
        _("Good for the first sign-in only; the person then chooses their own."),
    ),
    Choice(
        "administrator_password",
        _("a password that the administrator sets"),
        _("The person is active at once and is told the password outside of Tenantry."),
    ),
)
ADD_FIELDS = (
    Choice("names", _("names"), _("Given and family name.")),
    Choice("given_name", _("given name"), _("The given name alone.")),
    Choice("family_name", _("family name"), _("The family name alone.")),
    Choice("email", _("e-mail"), _("Always asked: nobody comes in without one.")),
    Choice("password", _("password"), _("Where the administrator sets it.")),
    Choice("role", _("role"), _("Else the weakest role that may be given.")),
    Choice("profile", _("permission profile"), _("The upper bound of what the role gives.")),
    Choice("teams", _("teams"), _("Which teams the person comes into.")),
    Choice("unit", _("unit"), _("Where in the organization the person stands.")),
    Choice("workspaces", _("workspaces"), _("Which workspaces the person reaches, and how far.")),
)
STATUSES = (
    Choice("active", _("active people"), _("Everybody who can sign in.")),
    Choice("invited", _("pending invitations"), _("Until they are accepted, revoked or expire.")),
    Choice("deactivated", _("deactivated people"), _("Their seat is freed by removing them only.")),
)
GROWTH = (
    Choice("licensed", _("adding stops at the licensed number"), _("More seats are bought first.")),
    Choice("per_person", _("every added person is charged"), _("Adding never stops.")),
)
# By key: roles of a blueprint keep theirs, a copy has its own.
FREE_ROLES = (
    Choice("system_administrator", _("System administrators"), _("As their base role.")),
    Choice(
        "system_administrator_addition",
        _("System administrators beside another role"),
        _("Whoever holds it as an addition."),
    ),
    Choice("read_only", _("Read-only people"), _("Whoever only looks.")),
)
DEACTIVATION_BY = (
    Choice("permission", _("whoever has the permission"), _("Within the roles they may assign.")),
    Choice(
        "owner",
        _("whoever has all permissions"),
        _("And only by typing the organization's name."),
    ),
    Choice("nobody", _("nobody"), _("It is not offered; people are removed instead.")),
)
REMOVAL_RECORDS = (
    Choice("successor_required", _("a successor must be named"), _("Everything of theirs changes owner.")),
    Choice("successor_optional", _("a successor may be named"), _("Else their records become unassigned.")),
    Choice("unassign", _("records become unassigned"), _("No successor is asked for.")),
)
EMAIL_CHANGE = (
    Choice("verified", _("after a mail to the new address"), _("The old address gets a notice.")),
    Choice("forbidden", _("not possible"), _("The person is added anew under the new address.")),
)
TRANSFER = (
    Choice("recipient_confirms", _("the new holder confirms first"), _("Until then nothing changes.")),
    Choice("immediate", _("the new holder takes over at once"), _("Whoever gives it away is signed out.")),
)

POLICIES = (
    Policy(
        "people.entry_modes",
        "people",
        _("Ways in"),
        _("How somebody who is added gets in; the first is what the dialog offers."),
        ["invitation_link", "temporary_password"],
        Ordered(ENTRY_MODES),
    ),
    Policy(
        "people.add_fields",
        "people",
        _("Fields of “Add user”"),
        _("What is asked when somebody is added, in this order."),
        ["names", "email", "role"],
        Ordered(
            ADD_FIELDS,
            needed=frozenset({"email"}),
            apart=(frozenset({"names", "given_name"}), frozenset({"names", "family_name"})),
        ),
    ),
    Policy(
        "people.invitation_days",
        "people",
        _("Life of an invitation"),
        _("An invitation ends this many days after it was sent, and gives its seat back."),
        7,
        Number(1, 90, kinds.days),
    ),
    Policy(
        "people.exclusive_email",
        "people",
        _("One address, one organization"),
        _("An address that belongs to another organization can't join this one."),
        False,
        Flag(
            on=_("Nobody here belongs to another organization under the same address."),
            off=_("One person may be in several organizations."),
        ),
        operator_only=True,
    ),
    Policy(
        "people.deactivation_by",
        "people",
        _("Who deactivates"),
        _("Who may stop somebody's access while keeping everything under the name."),
        "permission",
        One(DEACTIVATION_BY),
    ),
    Policy(
        "people.removal_records",
        "people",
        _("Records of a removed person"),
        _("Whether a successor must be named, may be named, or records become unassigned."),
        "successor_optional",
        One(REMOVAL_RECORDS),
    ),
    Policy(
        "people.email_change",
        "people",
        _("Change of address"),
        _("Whether somebody may come to be known by another address."),
        "verified",
        One(EMAIL_CHANGE),
    ),
    Policy(
        "seats.counted_statuses",
        "seats",
        _("Who holds a seat"),
        _("People with one of these statuses count as seats in use."),
        ["active", "invited"],
        Some(STATUSES),
        operator_only=True,
    ),
    Policy(
        "seats.growth",
        "seats",
        _("At the seat limit"),
        _("Whether adding stops where the licensed seats end."),
        "licensed",
        One(GROWTH),
        operator_only=True,
    ),
    Policy(
        "seats.free_roles",
        "seats",
        _("Roles without a fee"),
        _("Whoever holds one of these roles for good, in the whole organization, takes no seat."),
        [],
        Some(FREE_ROLES, empty=_("None: every role takes a seat")),
        operator_only=True,
    ),
    Policy(
        "keyholders.maximum",
        "access",
        _("Most holders of all permissions"),
        _("How many people may hold the role with every permission."),
        None,
        Number(1, 1000, kinds.people, none=kinds.NO_LIMIT),
    ),
    Policy(
        "ownership.transfer",
        "access",
        _("Transfer of ownership"),
        _("Whether the new holder confirms first, or takes over at once."),
        "recipient_confirms",
        One(TRANSFER),
    ),
)
