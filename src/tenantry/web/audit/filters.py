"""What the address of the audit says, read tolerantly: what can't be meant finds nothing."""

from dataclasses import dataclass, field
from datetime import timedelta, tzinfo
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from tenantry.audit.selectors import AuditFilter, readable_areas
from tenantry.core.actor import Actor
from tenantry.core.ids import parse_id
from tenantry.people.selectors import ids_called, names_of
from tenantry.web.addresses import day_of, start_of, words_of
from tenantry.web.audit.wording import AREAS, TITLES


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter, and how the page shows it. `name`: of the person it is about, when it came by a link."""

    wanted: AuditFilter
    query: str = ""
    name: str = ""
    since: str = ""
    until: str = ""
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def filtered(self) -> bool:
        return bool(self.parameters)


def asked(actor: Actor, query: QueryDict, zone: tzinfo) -> Asked:
    """Days are days of the organization's time zone, both included."""
    person = parse_id(query.get("person", ""))
    words = words_of(query.get("q", ""))
    ids: tuple[UUID, ...] | None = None
    name = ""
    if person is not None:
        ids, name = (person,), names_of([person]).get(person, _("Somebody"))
    elif query.get("person"):
        ids = ()
    elif words:
        ids = tuple(ids_called(words))
    since, until = day_of(query.get("from", "")), day_of(query.get("to", ""))
    action = query.get("action", "")
    wanted = AuditFilter(
        areas=tuple(a for a in query.getlist("area") if a in AREAS),
        action=action if action in TITLES else "",
        since=start_of(since, zone) if since else None,
        until=start_of(until + timedelta(days=1), zone) if until else None,
        person_ids=ids,
    )
    names = ("person", "q", "area", "action", "from", "to")
    return Asked(
        wanted,
        words,
        name,
        since.isoformat() if since else "",
        until.isoformat() if until else "",
        {n: ",".join(query.getlist(n))[:200] for n in names if query.get(n)},
    )


def area_choices(actor: Actor) -> list[tuple[str, str]]:
    """The areas that this reader may see; the installation's is no organization's."""
    allowed = readable_areas(actor)
    open_ones = set(AREAS) - {"installation"} if allowed is None else allowed
    return [(code, str(label)) for code, label in AREAS.items() if code in open_ones]


def action_choices(actor: Actor) -> list[tuple[str, str]]:
    """The acts of those areas, by their name."""
    areas = {code for code, _label in area_choices(actor)}
    found = [(code, str(title)) for code, title in TITLES.items() if code.partition(".")[0] in areas]
    return sorted(found, key=lambda pair: pair[1].casefold())
