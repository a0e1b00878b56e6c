"""Mail on its way out: queued with the action, composed and sent by a job, logged, retried.

Without SMTP configured the composed mail stays sealed in the operators' outbox. One-time links are minted by the
composing job, so a token exists nowhere before its mail does.
"""

from tenantry.core.mail.composing import Content, composer
from tenantry.core.mail.queue import Addressed, end_mails, hold_mails, queue_mail, queue_mails

__all__ = ["Addressed", "Content", "composer", "end_mails", "hold_mails", "queue_mail", "queue_mails"]
