from datetime import datetime

from tenantry.acting.actions import Done, Outcome, action
from tenantry.core.actor import Actor
from tenantry.core.mail import end_mails
from tenantry.notifications.models import MAIL
from tenantry.notifications.selectors import own


@action(open_to="everybody reads their own notifications")
def mark_all_read(*, actor: Actor, now: datetime) -> Outcome[Done]:
    """Marks the actor's notifications read and cancels mails about them that are not sent yet."""
    rows = own(actor).filter(read_at=None)
    ids = list(rows.values_list("id", flat=True))
    rows.filter(id__in=ids).update(read_at=now)
    end_mails(kind=MAIL, subject_ids=ids, now=now)
    return Outcome(Done(), None)
