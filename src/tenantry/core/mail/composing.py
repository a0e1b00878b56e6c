"""What a kind of mail says: composers register here, by kind, from the packages that own the subject."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Self

from django.template.loader import render_to_string

from tenantry.core.models import MailDelivery


@dataclass(frozen=True, slots=True)
class Content:
    subject: str
    text: str
    html: str

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        return cls(**json.loads(raw))

    @classmethod
    def from_template(cls, name: str, subject: str, context: dict[str, object]) -> Self:
        """Renders `mails/<name>.txt` and `mails/<name>.html`."""
        full = {**context, "subject": subject}
        # A subject is one header line whatever a name in it holds.
        line = " ".join(subject.split())
        return cls(line, render_to_string(f"mails/{name}.txt", full), render_to_string(f"mails/{name}.html", full))


class NothingToSay(Exception):
    """The mail's subject is gone or ended before it was composed: the delivery is canceled."""


# Runs in the tenant's (or, without organization, the platform's) scope, in the transaction that stores the body.
Composer = Callable[[MailDelivery], Content]
_composers: dict[str, Composer] = {}


def composer(kind: str) -> Callable[[Composer], Composer]:
    def register(function: Composer) -> Composer:
        if _composers.setdefault(kind, function) is not function:
            raise ValueError(f"two composers for {kind}")
        return function

    return register


def compose(delivery: MailDelivery) -> Content:
    """:raises NothingToSay: see there."""
    return _composers[delivery.kind](delivery)


def kinds() -> set[str]:
    return set(_composers)
