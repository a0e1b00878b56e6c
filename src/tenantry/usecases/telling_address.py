"""The audit's words for changes of an address; `usecases.telling` fills their places."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

TITLES: Mapping[str, Any] = {
    "people.address_change_asked": _("Change of address asked for"),
    "people.address_change_canceled": _("Change of address called off"),
    "people.address_changed": _("Address changed"),
    "people.invited_address_changed": _("Address of an invitation changed"),
    "installation.address_changed": _("Address changed"),
}
SENTENCES: Mapping[str, Any] = {
    "people.address_change_asked": _("%(who)s asked for another address of %(target)s; it has to be confirmed."),
    "people.address_change_canceled": _("%(who)s called off the change of address of %(target)s."),
    "people.address_changed": _("%(target)s confirmed another address, and signs in with it from now on."),
    "people.invited_address_changed": _("%(who)s sent the invitation of %(target)s to another address."),
    "installation.address_changed": _("Somebody confirmed another address of theirs."),
}
