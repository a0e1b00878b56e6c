"""The audit in words: one sentence an entry, written when it is shown, with the names and language of that moment."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tenantry.audit.models import Entry
from tenantry.audit.selectors import personal_of
from tenantry.core.actor import Actor
from tenantry.core.ids import parse_id
from tenantry.organizations.labels import label
from tenantry.organizations.policies import CATALOGUE, Policy
from tenantry.people.selectors import names_of
from tenantry.security.selectors import operator_names
from tenantry.usecases import telling_address as address
from tenantry.usecases import telling_batches as batches
from tenantry.usecases import telling_billing as billing
from tenantry.usecases import telling_bulk as bulk
from tenantry.usecases import telling_deals as deals
from tenantry.usecases import telling_handover as handover
from tenantry.usecases import telling_holding as holding
from tenantry.usecases import telling_installation as installation
from tenantry.usecases import telling_meters as meters
from tenantry.usecases import telling_people as persons
from tenantry.usecases import telling_records as records
from tenantry.usecases import telling_reports as reports
from tenantry.usecases import telling_roles as roles
from tenantry.usecases import telling_structure as structure
from tenantry.usecases import telling_ways as ways
from tenantry.usecases import telling_work as work
from tenantry.usecases.telling_changes import Change, changes_of, hidden_changes, shown
from tenantry.usecases.telling_fields import Reader, Said, said_to

AREAS: Mapping[str, Any] = {
    "people": gettext_lazy("People"),
    "teams": gettext_lazy("Teams"),
    "structure": gettext_lazy("Structure"),
    "access": gettext_lazy("Access"),
    "organization": gettext_lazy("Organization"),
    "billing": gettext_lazy("Plan and billing"),
    "platform": gettext_lazy("Platform"),
    "audit": gettext_lazy("Audit"),
    "installation": gettext_lazy("Installation"),
    "operations": gettext_lazy("Long work"),
    **deals.AREAS,
    **records.AREAS,
    "reports": gettext_lazy("Reports"),
}

# How each act is called in filters.
TITLES: Mapping[str, Any] = {
    "people.invited": gettext_lazy("Invited"),
    "people.many_invited": gettext_lazy("Invited together"),
    "people.invitation_resent": gettext_lazy("Invitation sent again"),
    "people.invitations_resent": gettext_lazy("Invitations sent again"),
    "people.invitation_link_copied": gettext_lazy("Link copied"),
    "people.invitation_revoked": gettext_lazy("Invitation revoked"),
    "people.invited_edited": gettext_lazy("Invitation edited"),
    "people.joined": gettext_lazy("Joined"),
    "people.own_profile_changed": gettext_lazy("Own profile changed"),
    "people.own_password_changed": gettext_lazy("Own password changed"),
    "people.password_reset_sent": gettext_lazy("Password reset sent"),
    "people.signed_in": gettext_lazy("Signed in"),
    "people.own_session_ended": gettext_lazy("Signed out"),
    "people.sessions_ended": gettext_lazy("Sessions ended"),
    "people.role_changed": gettext_lazy("Role changed"),
    "people.deactivated": gettext_lazy("Deactivated"),
    "people.reactivated": gettext_lazy("Reactivated"),
    "organization.founded": gettext_lazy("Organization founded"),
    "organization.profile_changed": gettext_lazy("Company profile changed"),
    "organization.contact_changed": gettext_lazy("Contact changed"),
    "organization.setup_step": gettext_lazy("Step of the setup"),
    "organization.policy_changed": gettext_lazy("Policy changed"),
    "platform.key_created": gettext_lazy("API key created"),
    "platform.key_revoked": gettext_lazy("API key revoked"),
    "audit.exported": gettext_lazy("Audit exported"),
    "people.exported": gettext_lazy("Directory exported"),
    **installation.TITLES,
    **structure.TITLES,
    **ways.TITLES,
    **roles.TITLES,
    **holding.TITLES,
    **persons.TITLES,
    **bulk.TITLES,
    **batches.TITLES,
    **address.TITLES,
    **handover.TITLES,
    **records.TITLES,
    **deals.TITLES,
    **reports.TITLES,
    **work.TITLES,
    **meters.TITLES,
    **billing.TITLES,
}

KINDS = {
    "billing": gettext_lazy("billing"),
    "technical": gettext_lazy("technical"),
    "legal": gettext_lazy("legal"),
}
STEPS = {
    "company": gettext_lazy("company profile"),
    "people": gettext_lazy("first people"),
    "plan": gettext_lazy("plan"),
}
FEW = 3
WORDS = ("one_team", "one_unit", "many_units")
PLACES = ("name", "role", "before", "after", "count", "job", "slug", "checked", *structure.PLACES, *roles.PLACES)


@dataclass(frozen=True, slots=True)
class Line:
    """`sentence` names who did what to whom; `values`: of the entry, as far as its reader sees them. `about_id`: the
    member it was done to, where it is one."""

    entry: Entry
    values: Mapping[str, Any]
    sentence: str
    who: str
    who_id: UUID | None
    about_id: UUID | None
    changes: tuple[Change, ...]
    address: str
    agent: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a sentence may use."""

    entry: Entry
    values: Mapping[str, Any]
    personal: Mapping[str, Any]
    who: str
    target: str
    members: tuple[str, ...]
    words: Mapping[str, str]

    def get(self, name: str) -> str:
        value = self.values.get(name)
        return "" if value is None else str(value)

    @property
    def several(self) -> str:
        """`Ana Lopes, Kofi Ito and 4 more`."""
        if self.target and not self.members:
            return self.target
        return _listed(self.members)


def _listed(names: tuple[str, ...]) -> str:
    if not names:
        return _("nobody")
    if len(names) == 1:
        return names[0]
    if len(names) <= FEW:
        return _("%(names)s and %(last)s") % {"names": ", ".join(names[:-1]), "last": names[-1]}
    more = len(names) - FEW
    words = ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more)
    return words % {"names": ", ".join(names[:FEW]), "count": more}


def _plain(text: Any, variants: Mapping[str, Any] | None = None) -> Callable[[_Facts], str]:
    """A sentence whose places are filled by name: who, target, several, name, role, before, after, count, email.
    `variants`: the sentence instead, where the entry has a value of that name."""

    def tell(facts: _Facts) -> str:
        chosen = next((said for name, said in (variants or {}).items() if facts.get(name)), text)
        places = {
            "who": facts.who,
            "target": facts.target,
            "several": facts.several,
            "email": str(facts.personal.get("email") or facts.personal.get("recipient") or _("(erased)")),
            "kind": str(KINDS.get(facts.get("kind"), facts.get("kind"))),
            "step": str(STEPS.get(facts.get("step"), facts.get("step"))),
            **{word: label(facts.words, word) for word in WORDS},
            **{name: facts.get(name) for name in PLACES},
        }
        return str(chosen) % places

    return tell


def _invited(facts: _Facts) -> str:
    teams = facts.values.get("teams") or []
    if teams:
        words = _("%(who)s invited %(target)s as %(role)s into %(teams)s.")
        return words % {
            "who": facts.who,
            "target": facts.target,
            "role": facts.get("role"),
            "teams": ", ".join(str(team) for team in teams),
        }
    return _("%(who)s invited %(target)s as %(role)s.") % {
        "who": facts.who,
        "target": facts.target,
        "role": facts.get("role"),
    }


def _joined(facts: _Facts) -> str:
    if facts.get("link") == "copied":
        return _("%(target)s joined by a copied link.") % {"target": facts.target}
    if facts.get("link") == "temporary_password":
        return _("%(target)s joined with the temporary password.") % {"target": facts.target}
    return _("%(target)s accepted the invitation.") % {"target": facts.target}


def _setup_step(facts: _Facts) -> str:
    step = str(STEPS.get(facts.get("step"), facts.get("step")))
    if facts.get("state") == "skipped":
        return _("%(who)s skipped the step “%(step)s” of the setup.") % {"who": facts.who, "step": step}
    return _("%(who)s finished the step “%(step)s” of the setup.") % {"who": facts.who, "step": step}


def _policy_changed(facts: _Facts) -> str:
    """Values in the words of the catalogue; of a policy that is gone from it as they were written."""
    known = CATALOGUE.get(facts.get("code"))
    places = {
        "who": facts.who,
        "policy": known.title_in_words if known else facts.get("code"),
        **{side: _policy_value(known, facts.values.get(side)) for side in ("before", "after")},
        "number": facts.get("undoes"),
        "reason": facts.get("reason"),
    }
    words = _("%(who)s changed “%(policy)s” from “%(before)s” to “%(after)s”.")
    if places["number"]:
        words = _("%(who)s took entry %(number)s back: “%(policy)s” is “%(after)s” again.")
    if places["reason"]:
        words += " " + _("Reason: %(reason)s")
    return words % places


def _policy_value(known: Policy | None, value: Any) -> str:
    return known.in_words(value) if known is not None and known.check(value) else shown(value)


def _sessions_ended(facts: _Facts) -> str:
    count = int(facts.values.get("sessions") or 0)
    words = ngettext(
        "%(who)s signed %(target)s out everywhere; %(count)s session ended.",
        "%(who)s signed %(target)s out everywhere; %(count)s sessions ended.",
        count,
    )
    return words % {"who": facts.who, "target": facts.target, "count": count}


def _role_changed(facts: _Facts) -> str:
    if not facts.get("before"):
        return _plain(_("%(who)s gave %(target)s the role %(after)s."))(facts)
    return _plain(_("%(who)s changed the role of %(target)s from %(before)s to %(after)s."))(facts)


def _members_added(facts: _Facts) -> str:
    if facts.values.get("is_lead"):
        return _plain(_("%(who)s made %(several)s lead of the %(one_team)s “%(name)s”."))(facts)
    return _plain(_("%(who)s added %(several)s to the %(one_team)s “%(name)s”."))(facts)


def _moved_to_unit(facts: _Facts) -> str:
    if not facts.get("name"):
        return _plain(_("%(who)s took %(several)s out of every %(one_unit)s."))(facts)
    return _plain(_("%(who)s put %(several)s into the %(one_unit)s “%(name)s”."))(facts)


SENTENCES: Mapping[str, Callable[[_Facts], str]] = {
    **{code: _plain(text) for code, text in installation.SENTENCES.items()},
    **{code: _plain(text) for code, text in structure.SENTENCES.items()},
    **{code: _plain(text) for code, text in ways.SENTENCES.items()},
    **{code: _plain(text) for code, text in address.SENTENCES.items()},
    **{code: _plain(text, roles.VARIANTS.get(code)) for code, text in roles.SENTENCES.items()},
    **holding.SENTENCES,
    **persons.SENTENCES,
    **bulk.SENTENCES,
    **batches.SENTENCES,
    **handover.SENTENCES,
    **records.SENTENCES,
    **reports.SENTENCES,
    **{code: _plain(text) for code, text in work.SENTENCES.items()},
    **deals.SENTENCES,
    **meters.SENTENCES,
    **billing.SENTENCES,
    "people.moved_to_unit": _moved_to_unit,
    "people.invited": _invited,
    "people.many_invited": _plain(gettext_lazy("%(who)s invited %(several)s.")),
    "people.invitation_resent": _plain(gettext_lazy("%(who)s sent the invitation of %(target)s again.")),
    "people.invitations_resent": _plain(gettext_lazy("%(who)s sent the invitations of %(several)s again.")),
    "people.invitation_link_copied": _plain(gettext_lazy("%(who)s copied an invitation link for %(target)s.")),
    "people.invitation_revoked": _plain(gettext_lazy("%(who)s revoked the invitation of %(target)s.")),
    "people.invited_edited": _plain(gettext_lazy("%(who)s edited the invitation of %(target)s, now %(role)s.")),
    "people.joined": _joined,
    "people.own_profile_changed": _plain(gettext_lazy("%(who)s changed their own profile.")),
    "people.own_password_changed": _plain(gettext_lazy("%(who)s changed their own password.")),
    "people.password_reset_sent": _plain(gettext_lazy("%(who)s sent %(target)s a password reset.")),
    "people.signed_in": _plain(gettext_lazy("%(target)s signed in.")),
    "people.own_session_ended": _plain(gettext_lazy("%(who)s signed out.")),
    "people.sessions_ended": _sessions_ended,
    "people.role_changed": _role_changed,
    "people.deactivated": persons.as_planned(
        _plain(gettext_lazy("%(who)s deactivated %(several)s.")),
        gettext_lazy("%(target)s was deactivated when %(day)s was over, as planned."),
    ),
    "people.reactivated": persons.as_planned(
        _plain(gettext_lazy("%(who)s reactivated %(several)s.")),
        gettext_lazy("%(target)s came back on %(day)s, as planned."),
    ),
    "teams.members_added": _members_added,
    "organization.founded": _plain(gettext_lazy("%(target)s founded %(name)s.")),
    "organization.profile_changed": _plain(gettext_lazy("%(who)s changed the company profile.")),
    "organization.contact_changed": _plain(gettext_lazy("%(who)s changed the %(kind)s contact.")),
    "organization.setup_step": _setup_step,
    "organization.policy_changed": _policy_changed,
    "platform.key_created": _plain(gettext_lazy("%(who)s created the API key “%(name)s” with the role %(role)s.")),
    "platform.key_revoked": _plain(gettext_lazy("%(who)s revoked the API key “%(name)s”.")),
    "people.exported": _plain(gettext_lazy("%(who)s took the directory out as a file, %(count)s people.")),
    "audit.exported": _plain(gettext_lazy("%(who)s took the audit out as a file, %(count)s entries.")),
}


def sentences(
    entries: Iterable[Entry],
    *,
    reader: Actor | None = None,
    details: bool = True,
    labels: Mapping[str, str] | None = None,
) -> list[Line]:
    """In the given order, in the organization's own words (`labels`), without what the `reader` does not see of records
    (`telling_fields`): two queries however many there are, one without `details` (place, personal changes)."""
    rows = list(entries)
    personal = personal_of(row.number for row in rows) if details else {}
    names, asking = _names(rows), Reader(reader)
    return [_line(row, said_to(asking, row, personal.get(row.number, {})), names, labels or {}) for row in rows]


def _names(rows: list[Entry]) -> dict[UUID, str]:
    members: set[UUID | None] = set()
    operators: set[UUID] = set()
    for row in rows:
        members |= {row.actor_id} if row.actor_kind == "member" else set()
        members |= {row.target_id} if row.target_type == "member" else set()
        members |= {parse_id(str(i)) for i in row.values.get("members") or []}
        if row.target_id and row.target_type == "operator":
            operators.add(row.target_id)
    found = names_of(members)
    if operators:
        found |= operator_names(operators)
    return found


def _line(row: Entry, said: Said, names: Mapping[UUID, str], labels: Mapping[str, str]) -> Line:
    values, personal = said.values, said.personal
    who = _who(row, personal, names)
    target = names.get(row.target_id, "") if row.target_id else ""
    target = target or str(personal.get("name") or personal.get("email") or _("somebody"))
    ids = [parse_id(str(i)) for i in row.values.get("members") or []]
    members = tuple(names.get(i, "") or _("somebody") for i in ids if i)
    facts = _Facts(row, _named(values), personal, who, target, members, labels)
    tell = SENTENCES.get(row.action)
    return Line(
        entry=row,
        values=values,
        sentence=tell(facts) if tell else row.action,
        who=who,
        who_id=row.actor_id if row.actor_kind == "member" else None,
        about_id=row.target_id if row.target_type == "member" else None,
        changes=(*changes_of(values, personal), *hidden_changes(row.target_type, said.changed)),
        address=str(personal.get("address", "")),
        agent=str(personal.get("agent", "")),
        members=members,
    )


def _named(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """An edited thing is called as it was afterwards."""
    after = values.get("after")
    if isinstance(after, Mapping) and "name" not in values:
        return {**values, "name": after.get("name", "")}
    return values


def _who(row: Entry, personal: Mapping[str, Any], names: Mapping[UUID, str]) -> str:
    if row.actor_kind == "member":
        return (names.get(row.actor_id, "") if row.actor_id else "") or _("Somebody")
    if row.actor_kind == "guest":
        about = names.get(row.target_id, "") if row.target_id else ""
        return about or str(personal.get("email") or _("Somebody"))
    words = {
        "key": _("The API key “%(label)s”"),
        "operator": _("The operator %(label)s"),
        "system": _("Tenantry (%(label)s)"),
    }
    return words.get(row.actor_kind, "%(label)s") % {"label": row.actor_label}
