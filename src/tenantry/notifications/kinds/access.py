"""Kinds about roles, ownership and who is in."""

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.notifications.kinds.registry import Kind, Mail
from tenantry.people.planned import reason_in_words

if TYPE_CHECKING:
    from tenantry.notifications.models import Notification


def _has(row: "Notification") -> set[str]:
    return {name for name, value in row.values.items() if value}


def _changed(row: "Notification") -> str:
    return (
        _("Your role here is %(role)s until %(until)s.")
        if "until" in _has(row)
        else _("Your role here is now %(role)s.")
    )


def _given(row: "Notification") -> str:
    if "until" in _has(row):
        return _("You also hold the role %(role)s here until %(until)s.")
    return _("You also hold the role %(role)s here now.")


def _profile(row: "Notification") -> str:
    if "profile" in _has(row):
        return _("Your profile here is now %(profile)s.")
    return _("You have no profile here any more.")


def _ended(row: "Notification") -> str:
    if "then" in _has(row):
        return _("Your role %(role)s here has ended; it is %(then)s now.")
    return _("Your role %(role)s here has ended.")


def _ending(row: "Notification") -> str:
    if row.about_id != row.membership_id:
        return _("The role %(role)s of %(name)s ends after %(until)s.")
    return _("Your role %(role)s here ends after %(until)s.")


def _planned(row: "Notification") -> str:
    """In the words of roles with an end; what stands in the way as of now stands behind the sentence."""
    kind, code = row.values.get("kind"), row.values.get("code", "")
    text = {
        "deactivation": _("The access of %(name)s ends after %(until)s."),
        "removal": _("%(name)s is removed after %(until)s."),
    }.get(kind or "", _("The access of %(name)s begins again on %(until)s."))
    if not code:
        return text
    if kind == "deactivation" and code == "settle_first":
        return f"{text} {_('Something is to be settled; what is not by then waits on their page.')}"
    return f"{text} {_('As things stand, it can’t be.')} {reason_in_words(code)}"


def _refused(row: "Notification") -> str:
    """Why it could not be stands behind the sentence."""
    text = {
        "deactivation": _("The access of %(name)s was to end after %(until)s, and could not."),
        "removal": _("%(name)s was to be removed after %(until)s, and could not."),
    }.get(row.values.get("kind", ""), _("The access of %(name)s was to begin again on %(until)s, and could not."))
    return f"{text} {reason_in_words(row.values.get('code', ''))}"


def _left(row: "Notification") -> str:
    if row.values.get("kind") == "removal":
        return _("%(name)s has left for good.")
    return _("%(name)s can't sign in any more.")


def _person(row: "Notification") -> str:
    return f"/admin/users/u/{row.about_id}"


def _records(row: "Notification") -> str:
    """Where what was left is settled."""
    return f"/admin/users/u/{row.about_id}/records"


def _own(_row: "Notification") -> str:
    return "/me"


def _own_or_person(row: "Notification") -> str:
    return _own(row) if row.about_id == row.membership_id else _person(row)


def _offer(row: "Notification") -> str:
    return f"/ownership/{row.values['transfer_id']}"


KINDS = (
    Kind(
        "ownership_offered",
        gettext_lazy("Somebody wants to hand a role with all permissions to you"),
        "ownership",
        gettext_lazy("%(name)s wants to hand the role %(role)s to you. You decide."),
        fixed=True,
        mailed_apart=True,
        url=_offer,
    ),
    Kind(
        "ownership_transferred",
        gettext_lazy("A role with all permissions changed hands"),
        "ownership",
        gettext_lazy("%(name)s is now %(role)s."),
        fixed=True,
    ),
    Kind(
        "ownership_declined",
        gettext_lazy("Your offer was declined"),
        "ownership",
        gettext_lazy("%(name)s declined to become %(role)s."),
        fixed=True,
    ),
    Kind(
        "ownership_withdrawn",
        gettext_lazy("An offer to you was withdrawn"),
        "ownership",
        gettext_lazy("%(name)s does not hand the role %(role)s to you any more."),
        fixed=True,
    ),
    Kind("role_changed", gettext_lazy("Your role changed"), "access", _changed, fixed=True, url=_own),
    Kind("role_given", gettext_lazy("You got another role"), "access", _given, fixed=True, url=_own),
    Kind(
        "role_ended",
        gettext_lazy("A role was taken from you"),
        "access",
        gettext_lazy("You don't hold the role %(role)s here any more."),
        fixed=True,
        url=_own,
    ),
    Kind("access_ended", gettext_lazy("Your role has ended"), "access", _ended, fixed=True, url=_own),
    Kind("access_ending", gettext_lazy("A role ends soon"), "access", _ending, url=_own_or_person),
    Kind("profile_set", gettext_lazy("Your profile changed"), "access", _profile, url=_own),
    Kind(
        "member_reactivated",
        gettext_lazy("Your access works again"),
        "access",
        gettext_lazy("Your access here works again."),
        fixed=True,
    ),
    Kind(
        "member_joined",
        gettext_lazy("Somebody accepted an invitation"),
        "people",
        gettext_lazy("%(name)s accepted the invitation and is in."),
        mail=Mail.DIGEST,
        url=_person,
    ),
    Kind("somebody_left", gettext_lazy("Somebody you take over from has left"), "people", _left, url=_person),
    Kind("planned_soon", gettext_lazy("Planned access changes soon"), "people", _planned, url=_person),
    Kind("planned_refused", gettext_lazy("A planned change could not happen"), "people", _refused, url=_person),
    Kind(
        "planned_left",
        gettext_lazy("Somebody has left, and something is to be settled"),
        "people",
        gettext_lazy("The access of %(name)s has ended as planned. Something is still to be settled."),
        url=_records,
    ),
)
