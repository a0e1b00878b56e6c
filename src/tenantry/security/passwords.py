"""Passwords: the organization's policy, Django's validators, and hashing."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import get_default_password_validators
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.core.bounds import PASSWORD_MAX
from tenantry.organizations.selectors import policy_values, policy_values_of
from tenantry.people.models import User
from tenantry.security.errors import PasswordRefused
from tenantry.security.models import PastPassword

PASSWORD_RULES = (
    "password.minimum_length",
    "password.required_classes",
    "password.breached",
    "password.similar",
    "password.history",
)
# The longest history that the policy allows.
KEPT = 24
_CLASSES = {"lower": r"[a-z]", "upper": r"[A-Z]", "digit": r"\d", "symbol": r"[^\w\s]|_"}


@dataclass(frozen=True, slots=True)
class _Named:
    verbose_name: str


class _Words:
    """What Django's validator calls an attribute; it asks as if a model stood before it."""

    @staticmethod
    def get_field(name: str) -> _Named:
        return _Named({"email": _("e-mail address"), "name": _("name")}[name])


@dataclass(frozen=True, slots=True)
class Person:
    """What a password must not resemble; the attributes are those the similarity validator reads."""

    email: str
    name: str = ""
    _meta: ClassVar[type[_Words]] = _Words


@dataclass(frozen=True, slots=True)
class Rule:
    """What is asked of a new password. `breached`, `similar`: whether those are refused."""

    minimum_length: int = 12
    required_classes: tuple[str, ...] = ()
    breached: bool = True
    similar: bool = True
    # How many of the last passwords don't come back, the present one included.
    history: int = 0


STANDARD = Rule()


def password_rule(rules: Mapping[str, Any] | None = None) -> Rule:
    """The rule of the open scope's organization. `rules`: PASSWORD_RULES, when they are known."""
    rules = rules or policy_values(*PASSWORD_RULES)
    return Rule(
        rules["password.minimum_length"],
        tuple(rules["password.required_classes"]),
        rules["password.breached"],
        rules["password.similar"],
        rules["password.history"],
    )


def strictest_rule(organization_ids: Iterable[UUID]) -> Rule:
    """What is asked where several organizations ask, each its own (platform scope). Of none: the standard rule."""
    ids = list(organization_ids)
    values = policy_values_of(ids, *PASSWORD_RULES)
    rules = [password_rule(values[one]) for one in ids] or [STANDARD]
    return Rule(
        max(rule.minimum_length for rule in rules),
        tuple(kind for kind in _CLASSES if any(kind in rule.required_classes for rule in rules)),
        any(rule.breached for rule in rules),
        any(rule.similar for rule in rules),
        max(rule.history for rule in rules),
    )


def _kinds(classes: Iterable[str]) -> str:
    names = {
        "lower": _("a small letter"),
        "upper": _("a capital letter"),
        "digit": _("a digit"),
        "symbol": _("a symbol"),
    }
    return ", ".join(names[c] for c in classes)


def rule_in_words(rule: Rule = STANDARD) -> list[str]:
    """What forms say before somebody chooses a password."""
    words = [_("At least %(count)s characters.") % {"count": rule.minimum_length}]
    if rule.required_classes:
        words.append(_("With %(kinds)s.") % {"kinds": _kinds(rule.required_classes)})
    if rule.breached and rule.similar:
        words.append(_("No common password, and nothing like your name or address."))
    elif rule.breached:
        words.append(_("No common password."))
    elif rule.similar:
        words.append(_("Nothing like your name or address."))
    if rule.history:
        words.append(
            ngettext("Not your last password.", "None of your last %(count)s passwords.", rule.history)
            % {"count": rule.history}
        )
    return words


def refuse_weak(password: str, person: Person, rule: Rule = STANDARD) -> None:
    """:raises PasswordRefused: with every reason at once."""
    reasons: list[str] = []
    if len(password) < rule.minimum_length:
        reasons.append(_("At least %(count)s characters.") % {"count": rule.minimum_length})
    if len(password) > PASSWORD_MAX:
        reasons.append(_("At most %(count)s characters.") % {"count": PASSWORD_MAX})
    if "\0" in password:
        reasons.append(_("Please leave out control characters."))
    missing = [c for c in rule.required_classes if not re.search(_CLASSES[c], password)]
    if missing:
        reasons.append(_("Please add %(kinds)s.") % {"kinds": _kinds(missing)})
    if not reasons:
        reasons = _validated(password, person, rule)
    if reasons:
        raise PasswordRefused(reasons=reasons)


def _validated(password: str, person: Person, rule: Rule) -> list[str]:
    """By Django's validators, as far as the rule asks for them; its length has been asked before."""
    asked = {"CommonPasswordValidator": rule.breached, "UserAttributeSimilarityValidator": rule.similar}
    reasons: list[str] = []
    for validator in get_default_password_validators():
        if not asked.get(type(validator).__name__, False):
            continue
        try:
            validator.validate(password, person)  # type: ignore[arg-type]
        except ValidationError as error:
            reasons += error.messages
    return reasons


def refuse_repeated(password: str, user: User, rule: Rule) -> None:
    """:raises PasswordRefused: it is one of the last that the rule does not let come back."""
    if not rule.history:
        return
    past = PastPassword.objects.filter(user_id=user.id).order_by("-replaced_at", "-id")
    last = [user.password, *past.values_list("hash", flat=True)[: rule.history - 1]]
    if any(check_password(password, one) for one in last):
        raise PasswordRefused(reasons=[_("You had this password before. Please choose another one.")])


def hashed(password: str) -> str:
    return make_password(password)
