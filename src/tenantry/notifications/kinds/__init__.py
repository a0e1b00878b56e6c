"""Every kind of notice; importing this package declares those of the house."""

from tenantry.notifications.kinds import access, subscription, work
from tenantry.notifications.kinds.registry import (
    GROUPS,
    MAILS,
    Channels,
    Kind,
    Mail,
    channels,
    declare,
    kind_of,
    kinds,
)

__all__ = ["GROUPS", "MAILS", "Channels", "Kind", "Mail", "channels", "declare", "kind_of", "kinds"]

for _part in (access, work, subscription):
    declare(_part.KINDS)
