"""Who works on a deal beside its owner, and how the commission is split."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.acting.actions import Done, Outcome, action
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.fields import refuse_closed
from tenantry.core.records import target_of
from tenantry.crm.deal_errors import AlreadyInDeal
from tenantry.crm.deals import WHOLE, refuse_amount
from tenantry.crm.models import DealMember
from tenantry.crm.permissions import COMMISSION_VIEW
from tenantry.crm.records import DEAL
from tenantry.crm.selectors import receivers
from tenantry.crm.steps import entry_of, locked_record

EDIT = DEAL.permissions["edit"]


@dataclass(frozen=True, slots=True)
class InDeal:
    deal_id: UUID
    members: tuple[UUID, ...]


@action(EDIT, targets=("membership_ids",))
def add_deal_members(
    *, actor: Actor, now: datetime, deal_id: UUID, membership_ids: tuple[UUID, ...]
) -> Outcome[InDeal]:
    """They see and do with the deal what they may with their own. Those who take part already stay as they are.

    :raises AlreadyInDeal: nobody would be added. :raises RecordArchived, NotFound, PermissionMissing: see there.
    """
    deal = locked_record(actor, DEAL, deal_id, EDIT)
    people = list(receivers(actor).filter(id__in=membership_ids).order_by("sort_name", "id"))
    if not people or len(people) != len(set(membership_ids)):
        raise NotFound
    here = {deal.owner_id, *DealMember.objects.filter(deal=deal).values_list("membership_id", flat=True)}
    coming = tuple(member.id for member in people if member.id not in here)
    if not coming:
        raise AlreadyInDeal(name=people[0].name)
    DealMember.objects.bulk_create(DealMember(deal=deal, membership_id=one, added_at=now) for one in coming)
    values = {"members": [str(one) for one in coming]}
    return Outcome(InDeal(deal_id, coming), entry_of("deals.members_added", DEAL, deal, values))


@action(EDIT, targets=("membership_id",))
def remove_deal_member(*, actor: Actor, now: datetime, deal_id: UUID, membership_id: UUID) -> Outcome[Done]:
    """With their share of the commission, which is the owner's again.

    :raises RecordArchived, NotFound, PermissionMissing: see there.
    """
    deal = locked_record(actor, DEAL, deal_id, EDIT)
    gone, _by_model = DealMember.objects.filter(deal=deal, membership_id=membership_id).delete()
    if not gone:
        raise NotFound
    values = {"members": [str(membership_id)]}
    return Outcome(Done(deal_id), entry_of("deals.member_removed", DEAL, deal, values))


@dataclass(frozen=True, slots=True)
class Share:
    """`share` in hundredths of a percent; None: none was agreed."""

    membership_id: UUID
    share: int | None


@action(COMMISSION_VIEW)
def split_commission(
    *, actor: Actor, now: datetime, deal_id: UUID, commission: int | None, shares: tuple[Share, ...] = ()
) -> Outcome[Done]:
    """`commission` in minor units of the deal's currency. What the shares of its members leave is the owner's; members
    who are not named keep theirs. Takes the permissions to see splits and to edit the deal.

    :raises InvalidInput: more than the whole, or a share of somebody who takes no part.
    :raises RecordArchived, NotFound, PermissionMissing: see there.
    """
    deal = locked_record(actor, DEAL, deal_id, EDIT)
    require(actor, COMMISSION_VIEW, target_of(DEAL, deal))
    refuse_closed(actor, DEAL, {"commission"})
    refuse_amount(commission, "commission")
    rows = {row.membership_id: row for row in DealMember.objects.filter(deal=deal)}
    before = {"commission": deal.commission, **{str(i): row.share for i, row in sorted(rows.items())}}
    for one in shares:
        row = rows.get(one.membership_id)
        if row is None or (one.share is not None and not 0 <= one.share <= WHOLE):
            raise InvalidInput({"shares": _("Shares are of those who work on the deal, from 0 to 100 percent.")})
        row.share = one.share
    if sum(row.share or 0 for row in rows.values()) > WHOLE:
        raise InvalidInput({"shares": _("Together the shares are more than the whole commission.")})
    after = {"commission": commission, **{str(i): row.share for i, row in sorted(rows.items())}}
    if before == after:
        return Outcome(Done(deal_id), None)
    DealMember.objects.bulk_update(rows.values(), ["share"])
    deal.commission = commission
    deal.version += 1
    deal.changed_at = now
    deal.save(update_fields=["commission", "version", "changed_at"])
    # Whoever reads the audit may not see splits: it says that there is another one, not which.
    return Outcome(Done(deal_id), entry_of("deals.commission_split", DEAL, deal, {"members": [str(i) for i in rows]}))
