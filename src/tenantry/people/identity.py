"""Whose an identity is: an organization acts on a password or an address only while nobody else is concerned
(product.md §3)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet, Subquery

from tenantry.acting.actions import in_action
from tenantry.core.ids import new_id
from tenantry.organizations.models import PolicyValue
from tenantry.organizations.policies import CATALOGUE
from tenantry.people.errors import IdentityElsewhere
from tenantry.people.models import Membership, User
from tenantry.people.ways import ENTRY_MODES


def owned_here(member: Membership) -> bool:
    """Whether the open scope's organization is the only one that this person's account is in."""
    if member.user_id is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT people_account_ours(%s)", [member.user_id])
        return bool(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class Identity:
    """What a person's page says of the account. `ways`: policy `people.entry_modes`."""

    proven: bool
    ways: tuple[str, ...]


def with_identity(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Memberships with what `identity_of` reads: `proven_at` and `entry_modes`, None for the policy's default."""
    offered = PolicyValue.objects.filter(code=ENTRY_MODES).values("value")
    found: QuerySet[Any] = rows.annotate(proven_at=F("user__email_proven_at"), entry_modes=Subquery(offered[:1]))
    return found


def identity_of(member: Any) -> Identity:
    """`member`: a row of `with_identity`."""
    ways = CATALOGUE[ENTRY_MODES].default if member.entry_modes is None else member.entry_modes
    return Identity(member.proven_at is not None, tuple(ways))


def lock_account(email: str) -> User | None:
    """The account of this address, locked: whoever sets its password, and whoever it is about to open another
    organization for, come one after the other. Locks on memberships come before."""
    in_action()
    return User.objects.select_for_update(no_key=True).filter(email=email).first()


def lock_accounts_of(member_ids: Iterable[UUID]) -> dict[UUID, User]:
    """The same of these memberships: user id -> account."""
    in_action()
    wanted = Membership.objects.filter(id__in=list(member_ids)).values("user_id")
    return {row.id: row for row in User.objects.select_for_update(no_key=True).filter(id__in=wanted).order_by("id")}


def refuse_foreign_identity(member: Membership) -> None:
    """:raises IdentityElsewhere: the account is in other organizations, too."""
    if not owned_here(member):
        raise IdentityElsewhere(name=member.name)


def make_account(*, email: str, password_hash: str, must_change: bool, now: datetime) -> UUID | None:
    """An account for an address that nobody has proven and no organization uses, with a password that somebody else
    chose. None where the address has one: then only its owner says yes."""
    in_action()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT people_account_made(%s, %s, %s, %s, %s)", [new_id(), email, password_hash, must_change, now]
        )
        found: UUID | None = cursor.fetchone()[0]
    return found
