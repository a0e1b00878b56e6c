"""Plans: what a destructive action would do, computed by the same code that does it, with a digest to confirm."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, TypeVar
from uuid import UUID

from tenantry.core.errors import PlanChanged


@dataclass(frozen=True, slots=True)
class Plan:
    """Base of plans. Every field counts for the digest, so a preview that grew old is noticed."""

    @property
    def digest(self) -> str:
        canonical = json.dumps(asdict(self), sort_keys=True, default=_plain)
        return hashlib.sha256(f"{type(self).__name__}{canonical}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Refused:
    """One person of a selection who can't be acted on, and why."""

    membership_id: UUID
    name: str
    code: str
    sentence: str


AnyPlan = TypeVar("AnyPlan", bound=Plan)


def confirm(plan: AnyPlan, digest: str | None) -> AnyPlan:
    """The plan, when it is the one that was shown. `digest` None: the caller asked for no preview (API, commands).

    :raises PlanChanged: with the plan of this moment.
    """
    if digest is not None and digest != plan.digest:
        raise PlanChanged(plan)
    return plan


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, set | frozenset) else str(value)
