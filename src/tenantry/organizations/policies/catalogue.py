"""A policy and the groups in which people read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from tenantry.organizations.errors import PolicyValueRefused
from tenantry.organizations.policies.kinds import AnyKind, Text

GROUPS: Mapping[str, Text] = {
    "people": _("People"),
    "seats": _("Seats"),
    "access": _("Access and ownership"),
    "structure": _("Structure"),
    "password": _("Passwords"),
    "session": _("Sessions"),
    "organization": _("Organization"),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """`effect` says in one sentence what the value does; `operator_only` ones are changed in the console."""

    code: str
    group: str
    title: Text
    effect: Text
    default: Any
    kind: AnyKind
    operator_only: bool = False

    def check(self, value: Any) -> bool:
        return self.kind.holds(value)

    def validate(self, value: Any) -> Any:
        """The value, written in the one way in which it is kept.

        :raises PolicyValueRefused: of another type or outside of its range.
        """
        if not self.check(value):
            raise PolicyValueRefused(policy=self.title_in_words)
        return self.kind.settled(value)

    def in_words(self, value: Any) -> str:
        return self.kind.in_words(value)

    @property
    def title_in_words(self) -> str:
        return str(self.title)
