"""The policy catalogue: every named rule with its type, default and who may change it (blueprints.md, Policies)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenantry.organizations.errors import PolicyValueRefused


@dataclass(frozen=True, slots=True)
class Policy:
    """`effect` says in one sentence what the value does; `operator_only` ones are changed in the console."""

    code: str
    title: str | Promise
    effect: str | Promise
    default: Any
    check: Callable[[Any], bool]
    operator_only: bool = False

    def validate(self, value: Any) -> Any:
        """:raises PolicyValueRefused: the value is of another type or outside of its range."""
        if not self.check(value):
            raise PolicyValueRefused(policy=self.code)
        return value


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and low <= v <= high


def _one_of(*values: str) -> Callable[[Any], bool]:
    return lambda v: isinstance(v, str) and v in values


def _some_of(*values: str) -> Callable[[Any], bool]:
    return lambda v: (
        isinstance(v, list) and bool(v) and all(isinstance(x, str) and x in values for x in v) and len(set(v)) == len(v)
    )


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _optional(check: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda v: v is None or check(v)


_ADD_FIELDS = (
    "names",
    "given_name",
    "family_name",
    "email",
    "password",
    "role",
    "profile",
    "teams",
    "unit",
    "workspaces",
)
_STATUSES = ("active", "invited", "deactivated")

POLICIES: tuple[Policy, ...] = (
    Policy(
        "people.entry_modes",
        _("Ways in"),
        _("How somebody who is added gets in; the first is what the dialog offers."),
        ["invitation_link", "temporary_password"],
        _some_of("invitation_link", "temporary_password", "administrator_password"),
    ),
    Policy(
        "people.add_fields",
        _("Fields of “Add user”"),
        _("What is asked when somebody is added."),
        ["names", "email", "role"],
        _some_of(*_ADD_FIELDS),
    ),
    Policy(
        "people.invitation_days",
        _("Life of an invitation"),
        _("An invitation ends this many days after it was sent, and gives its seat back."),
        7,
        _whole(1, 90),
    ),
    Policy(
        "workspaces.assign_on_add_limit",
        _("Workspaces at once"),
        _("How many workspaces can be assigned while adding somebody."),
        10,
        _whole(0, 100),
    ),
    Policy(
        "people.exclusive_email",
        _("One address, one organization"),
        _("An address that belongs to another organization can't join this one."),
        False,
        _flag,
        operator_only=True,
    ),
    Policy(
        "seats.counted_statuses",
        _("Who holds a seat"),
        _("People with one of these statuses count as seats in use."),
        ["active", "invited"],
        _some_of(*_STATUSES),
        operator_only=True,
    ),
    Policy(
        "seats.growth",
        _("At the seat limit"),
        _("Licensed: adding stops at the limit. Per person: every added person is charged."),
        "licensed",
        _one_of("licensed", "per_person"),
        operator_only=True,
    ),
    Policy(
        "people.deactivation_by",
        _("Who deactivates"),
        _("Who may stop somebody's access while keeping everything under the name."),
        "permission",
        _one_of("permission", "owner", "nobody"),
    ),
    Policy(
        "people.removal_records",
        _("Records of a removed person"),
        _("Whether a successor must be named, may be named, or records become unassigned."),
        "successor_optional",
        _one_of("successor_required", "successor_optional", "unassign"),
    ),
    Policy(
        "people.email_change",
        _("Change of address"),
        _("Verified: after a mail to the new address. Forbidden: the person is added anew."),
        "verified",
        _one_of("verified", "forbidden"),
    ),
    Policy(
        "keyholders.maximum",
        _("Most holders of all permissions"),
        _("How many people may hold the role with every permission; none is no limit."),
        None,
        _optional(_whole(1, 1000)),
    ),
    Policy(
        "ownership.transfer",
        _("Transfer of ownership"),
        _("Whether the new holder confirms first, or takes over at once."),
        "recipient_confirms",
        _one_of("recipient_confirms", "immediate"),
    ),
    Policy(
        "organization.deletion",
        _("Deleting the organization"),
        _("Whether an operator confirms the request."),
        "self_service",
        _one_of("self_service", "support_only"),
        operator_only=True,
    ),
    Policy(
        "teams.per_person",
        _("Teams of a person"),
        _("In how many teams one person can be."),
        "many",
        _one_of("many", "one", "one_per_workspace"),
    ),
    Policy(
        "proration.basis",
        _("Proration"),
        _("Whether unused time is counted by the second or by whole months."),
        "second",
        _one_of("second", "month"),
        operator_only=True,
    ),
    Policy(
        "password.minimum_length",
        _("Shortest password"),
        _("Passwords have at least this many characters."),
        12,
        _whole(8, 64),
    ),
    Policy(
        "password.required_classes",
        _("Kinds of characters"),
        _("Which kinds of characters a password must have."),
        [],
        lambda v: v == [] or _some_of("lower", "upper", "digit", "symbol")(v),
    ),
    Policy(
        "session.idle_hours",
        _("Idle sign-out"),
        _("A session ends after this many hours without a request."),
        12,
        _whole(1, 720),
    ),
    Policy(
        "session.absolute_days",
        _("Longest session"),
        _("A session ends this many days after signing in, used or not."),
        14,
        _whole(1, 365),
    ),
)

CATALOGUE: Mapping[str, Policy] = {policy.code: policy for policy in POLICIES}
