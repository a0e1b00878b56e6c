"""Policies about structure, passwords, sessions and the organization itself (blueprints.md, Policies)."""

from django.utils.translation import gettext_lazy as _

from tenantry.organizations.policies import kinds
from tenantry.organizations.policies.catalogue import Policy
from tenantry.organizations.policies.kinds import Choice, Flag, Number, One, Some

STRUCTURE = (
    Choice("units", _("units"), _("A tree such as group and branch; rights may be held in a part of it.")),
    Choice("workspaces", _("workspaces"), _("Separate places of work with members and levels of their own.")),
    Choice("workflows", _("workflows"), _("Pipelines that only those added to them see.")),
    Choice("profiles", _("permission profiles"), _("Upper bounds beside the role.")),
    Choice("additions", _("additions"), _("Roles that are held besides the base role.")),
    Choice("restrictions", _("restrictions"), _("Switches that take something away from one member.")),
)
TEAMS = (
    Choice("many", _("any number"), _("A person may be in several teams.")),
    Choice("one", _("one"), _("A person is in one team at most.")),
    Choice("one_per_workspace", _("one in each workspace"), _("A person is in one team of a workspace at most.")),
)
CLASSES = (
    Choice("lower", _("small letters"), _("At least one of a to z.")),
    Choice("upper", _("capital letters"), _("At least one of A to Z.")),
    Choice("digit", _("digits"), _("At least one of 0 to 9.")),
    Choice("symbol", _("symbols"), _("At least one that is neither letter nor digit.")),
)
DELETION = (
    Choice("self_service", _("without an operator"), _("Holders of all permissions alone, in several steps.")),
    Choice("support_only", _("an operator confirms the request"), _("Before the other steps begin.")),
)
PRORATION = (
    Choice("second", _("by the second"), _("Unused time is counted exactly.")),
    Choice("month", _("by whole months"), _("Whole unused months become credit.")),
)

POLICIES = (
    Policy(
        "workspaces.assign_on_add_limit",
        "structure",
        _("Workspaces at once"),
        _("How many workspaces can be assigned while adding somebody."),
        10,
        Number(0, 100, kinds.workspaces),
    ),
    Policy(
        "teams.per_person",
        "structure",
        _("Teams of a person"),
        _("In how many teams one person can be."),
        "many",
        One(TEAMS),
    ),
    # Ours: no line of blueprints.md. It carries "appear only where the organization uses them" (product.md §2).
    Policy(
        "organization.structure",
        "structure",
        _("Parts that are used"),
        _("Which parts of structure and access are shown; the others stay out of every screen."),
        [],
        Some(STRUCTURE, empty=_("People, teams and roles alone")),
    ),
    Policy(
        "password.minimum_length",
        "password",
        _("Shortest password"),
        _("Passwords have at least this many characters."),
        12,
        Number(8, 64, kinds.characters),
    ),
    Policy(
        "password.required_classes",
        "password",
        _("Kinds of characters"),
        _("Which kinds of characters a password must have."),
        [],
        Some(CLASSES, empty=_("Any")),
    ),
    Policy(
        "password.breached",
        "password",
        _("Common and breached passwords"),
        _("Passwords that stand on the list of common and breached ones are refused."),
        True,
        Flag(on=_("Nobody chooses one of that list."), off=_("They are accepted when they are long enough.")),
    ),
    Policy(
        "password.similar",
        "password",
        _("Passwords like the person"),
        _("Passwords that resemble the person's name or address are refused."),
        True,
        Flag(on=_("Nobody chooses their own name or address."), off=_("They are accepted when they are long enough.")),
    ),
    Policy(
        "password.expiry_days",
        "password",
        _("Age of a password"),
        _("A password that is older than this is changed at the next sign-in, before anything else."),
        None,
        Number(1, 3650, kinds.days, none=_("Passwords never grow too old")),
    ),
    Policy(
        "password.history",
        "password",
        _("Passwords that don't come back"),
        _("A new password is none of the last ones."),
        0,
        Number(0, 24, kinds.passwords),
    ),
    Policy(
        "password.locked",
        "password",
        _("Password rules are locked"),
        _("While this is on, the organization can't change its own password rules."),
        False,
        Flag(
            on=_("Only the operator of this installation changes them."),
            off=_("Who may edit policies changes them."),
        ),
        operator_only=True,
    ),
    Policy(
        "session.idle_hours",
        "session",
        _("Idle sign-out"),
        _("A session ends after this many hours without a request."),
        12,
        Number(1, 720, kinds.hours),
    ),
    Policy(
        "session.absolute_days",
        "session",
        _("Longest session"),
        _("A session ends this many days after signing in, used or not."),
        14,
        Number(1, 365, kinds.days),
    ),
    Policy(
        "session.sso_hours",
        "session",
        _("Longest session by single sign-on"),
        _("A session that began with single sign-on ends after this many hours."),
        None,
        Number(1, 8760, kinds.hours, none=_("As every other session")),
    ),
    Policy(
        "organization.deletion",
        "organization",
        _("Deleting the organization"),
        _("Whether an operator confirms the request."),
        "self_service",
        One(DELETION),
        operator_only=True,
    ),
    Policy(
        "proration.basis",
        "organization",
        _("Proration"),
        _("Whether unused time is counted by the second or by whole months."),
        "second",
        One(PRORATION),
        operator_only=True,
    ),
)
