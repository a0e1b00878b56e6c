"""What is known of a person besides access: names, picture, department, manager, phone, language, time zone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from tenantry.acting.actions import in_action
from tenantry.core.errors import InvalidInput
from tenantry.organizations.bounds import TIME_ZONES
from tenantry.organizations.locks import lock
from tenantry.organizations.models import LockRow
from tenantry.people.departments import ask_department, department_names
from tenantry.people.errors import ManagerCircle, ManagerNotActive
from tenantry.people.locks import lock_members
from tenantry.people.models import Membership
from tenantry.people.selectors import names_of

NAMES = ("given_name", "family_name")
# Texts of one's own; the audit keeps them where an erasure finds them.
PERSONAL = (*NAMES, "phone")
PLAIN = ("locale", "time_zone")
# Ways of writing dates in a language that we have: code -> title. Each has its formats in `web.formats`.
VARIANTS: Mapping[str, Any] = {"en-us": _("English (United States)")}


def locales() -> dict[str, Any]:
    """Languages with a translation, and their variants: code -> title. Nothing else can be chosen."""
    spoken: dict[str, Any] = dict(settings.LANGUAGES)
    return spoken | {code: title for code, title in VARIANTS.items() if code.partition("-")[0] in spoken}


def known_locale(code: str) -> str:
    """The code where it can be shown, else none: a language may have left with a release."""
    return code if code in locales() else ""


@dataclass(frozen=True, slots=True)
class Changed:
    """What an edit made of a person, field by field; `personal` may be erased, `values` may not. `ids`: of department
    and manager, which an undo needs."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    ids_before: dict[str, UUID | None] = field(default_factory=dict)
    ids_after: dict[str, UUID | None] = field(default_factory=dict)
    personal_before: dict[str, Any] = field(default_factory=dict)
    personal_after: dict[str, Any] = field(default_factory=dict)
    picture: bool = False

    def __bool__(self) -> bool:
        return bool(self.after or self.personal_after or self.picture)


def write_particulars(member: Membership, wanted: Mapping[str, Any]) -> Changed:
    """Writes those of `wanted` that differ: the columns of a membership by name, `department_id` and `manager_id` as
    ids or None, `picture` as an image that `people.pictures` made, empty to take it away.

    :raises InvalidInput: no such language or time zone. :raises NotFound: no such department or manager.
    :raises ManagerNotActive, ManagerCircle: who can't be the manager.
    """
    in_action()
    _ask(wanted)
    present = {name: getattr(member, name) for name in wanted if name != "picture"}
    differing = {name: value for name, value in wanted.items() if name != "picture" and present[name] != value}
    if differing.get("department_id"):
        ask_department(differing["department_id"])
    if differing.get("manager_id"):
        _ask_manager(member, differing["manager_id"])
    for name, value in differing.items():
        setattr(member, name, value)
    written = list(differing)
    picture = wanted.get("picture")
    if picture is not None and (picture or member.picture):
        member.picture = picture or None
        written.append("picture")
    if not written:
        return Changed()
    if not differing.keys().isdisjoint(NAMES):
        member.refresh_search()
        written += ["sort_name", "search_text"]
    member.save(update_fields=[_column(name) for name in written])
    return _told(present, differing, "picture" in written)


def _column(name: str) -> str:
    return name.removesuffix("_id")


def _ask(wanted: Mapping[str, Any]) -> None:
    """:raises InvalidInput: see `write_particulars`."""
    zone, locale = wanted.get("time_zone", ""), wanted.get("locale", "")
    if zone and zone not in TIME_ZONES:
        raise InvalidInput({"time_zone": _("There is no time zone of this name.")})
    if locale and locale not in locales():
        raise InvalidInput({"locale": _("There is no such language here.")})


def _ask_manager(member: Membership, manager_id: UUID) -> None:
    """:raises ManagerNotActive, ManagerCircle: why it can't be."""
    manager = lock_members([manager_id]).get(manager_id)
    if manager is None or manager.status != Membership.Status.ACTIVE:
        raise ManagerNotActive(name=manager.name if manager else "")
    # Two who name each other at the same moment come one after the other.
    lock(LockRow.Name.STRUCTURE)
    chain = _managers_from(manager_id, member.id)
    if chain and chain[-1] == member.id:
        names = names_of([member.id, *chain])
        raise ManagerCircle(circle=" → ".join(names.get(i, "") for i in (member.id, *chain)))


def _managers_from(first: UUID, end: UUID) -> list[UUID]:
    """`first`, their manager, and so on, up to whoever has none, or to `end`. One query a step."""
    chain, seen = [first], {first}
    while chain[-1] != end:
        above = Membership.objects.filter(id=chain[-1]).values_list("manager_id", flat=True).first()
        if above is None or above in seen:
            break
        chain.append(above)
        seen.add(above)
    return chain


def _told(present: Mapping[str, Any], differing: Mapping[str, Any], picture: bool) -> Changed:
    """Departments by name; managers by name among what can be erased."""
    found = Changed(picture=picture)
    for name, after in differing.items():
        if name in PERSONAL:
            found.personal_before[name], found.personal_after[name] = present[name], after
        elif name in PLAIN:
            found.before[name], found.after[name] = present[name], after
        else:
            found.ids_before[name], found.ids_after[name] = present[name], after
    if "department_id" in differing:
        both = (present["department_id"], differing["department_id"])
        names = department_names(both)
        found.before["department"], found.after["department"] = (names.get(i, "") for i in both)
    if "manager_id" in differing:
        both = (present["manager_id"], differing["manager_id"])
        called = names_of(both)
        found.personal_before["manager"], found.personal_after["manager"] = (called.get(i, "") for i in both)
    return found
