"""The audit's words for ways in and for passwords that administrators give; `usecases.telling` fills their places."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

TITLES: Mapping[str, Any] = {
    "people.added": _("Added with a password"),
    "people.temporary_password_sent": _("Temporary password sent"),
    "people.temporary_password_used": _("Temporary password used"),
    "people.password_set": _("Password set by an administrator"),
}
SENTENCES: Mapping[str, Any] = {
    "people.added": _("%(who)s added %(target)s as %(role)s, with a password."),
    "people.temporary_password_sent": _("%(who)s sent %(target)s a temporary password."),
    "people.temporary_password_used": _("%(target)s signed in with a temporary password and chose an own one."),
    "people.password_set": _("%(who)s set a new password for %(target)s."),
}
