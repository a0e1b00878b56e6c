"""Seats in words: the number, and every line of the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from tenantry.billing.selectors import numbers_of
from tenantry.core.actor import Actor
from tenantry.core.permissions import Reach
from tenantry.organizations.policies import CATALOGUE
from tenantry.people.permissions import VIEW
from tenantry.people.seats import COUNTED, FREE_ROLES, Seats, free_roles
from tenantry.people.selectors import names_of, visible_members
from tenantry.web.templatetags.components import grouped

if TYPE_CHECKING:
    from tenantry.people.models import SeatLine

# What happened, as the filter calls it.
KINDS: Mapping[str, Any] = {
    "invited": gettext_lazy("Invited"),
    "added": gettext_lazy("Added"),
    "renewed": gettext_lazy("Expired invitation sent again"),
    "joined": gettext_lazy("Joined"),
    "reactivated": gettext_lazy("Reactivated"),
    "returned": gettext_lazy("Brought back"),
    "deactivated": gettext_lazy("Deactivated"),
    "removed": gettext_lazy("Removed"),
    "revoked": gettext_lazy("Invitation revoked"),
    "lapsed": gettext_lazy("Invitation expired"),
    "shortened": gettext_lazy("Invitation ended early"),
    "deleted": gettext_lazy("Deleted"),
    "rule": gettext_lazy("Another rule"),
    "exempted": gettext_lazy("A role without a fee"),
    "counted": gettext_lazy("A role with a fee again"),
    "bought": gettext_lazy("Seats bought"),
    "given_back": gettext_lazy("Seats given back"),
    "plan": gettext_lazy("Seats by a plan"),
    "opening": gettext_lazy("Beginning of the ledger"),
}
_SENTENCES: Mapping[str, Any] = {
    "invited": gettext_lazy("%(who)s invited %(whom)s."),
    "added": gettext_lazy("%(who)s added %(whom)s."),
    "renewed": gettext_lazy("%(who)s sent the expired invitation of %(whom)s again."),
    "joined": gettext_lazy("%(whom)s joined."),
    "reactivated": gettext_lazy("%(who)s reactivated %(whom)s."),
    "returned": gettext_lazy("%(who)s brought %(whom)s back."),
    "deactivated": gettext_lazy("%(who)s deactivated %(whom)s."),
    "removed": gettext_lazy("%(who)s removed %(whom)s."),
    "revoked": gettext_lazy("%(who)s revoked the invitation of %(whom)s."),
    "lapsed": gettext_lazy("The invitation of %(whom)s expired."),
    "shortened": gettext_lazy("The invitation of %(whom)s ended early."),
    "deleted": gettext_lazy("%(whom)s was deleted."),
    "rule": gettext_lazy("%(who)s changed who holds a seat: %(rule)s."),
    "opening": gettext_lazy("The ledger began with the seats in use then."),
    "exempted": gettext_lazy("%(whom)s got a role without a fee, by %(who)s."),
    "counted": gettext_lazy("%(whom)s has no role without a fee any more, by %(who)s."),
    "bought": ngettext_lazy("%(who)s bought %(n)s seat.", "%(who)s bought %(n)s seats.", "number"),
    "given_back": ngettext_lazy("%(who)s gave %(n)s seat back.", "%(who)s gave %(n)s seats back.", "number"),
    "plan": gettext_lazy("Another plan has %(more)s seats."),
}
_WHO: Mapping[str, Any] = {
    "key": gettext_lazy("An API key"),
    "operator": gettext_lazy("The operator"),
    "guest": gettext_lazy("Somebody with a link"),
    "system": gettext_lazy("Tenantry"),
    "": gettext_lazy("The installation"),
}
NOBODY = gettext_lazy("somebody out of your sight")


@dataclass(frozen=True, slots=True)
class Part:
    """People of one status. `url`: the directory with exactly them; "" where the reader does not see everybody."""

    number: int
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Explained:
    """Who holds a seat, and who holds none."""

    holding: tuple[Part, ...]
    others: tuple[Part, ...]

    @property
    def other_people(self) -> int:
        """How many the words stand for: several kinds are several."""
        return self.others[0].number if len(self.others) == 1 else 2


def explained(state: Seats, actor: Actor) -> Explained:
    links = actor.may(VIEW) and actor.reach(VIEW) == Reach.ALL
    counts = {"active": state.active, "invited": state.pending, "deactivated": state.deactivated}
    free = {"active": state.free_active, "invited": state.free_pending, "deactivated": state.free_deactivated}
    holding = tuple(
        _part(one, n - free[one], links=links, seat="held" if free[one] else "")
        for one, n in counts.items()
        if one in state.counted
    )
    others = [_part(one, n, links=links) for one, n in counts.items() if one not in state.counted]
    if state.exempt:
        others.insert(0, _exempt(state.exempt, [one for one in free if one in state.counted], links=links))
    return Explained(holding, (*others, _part("expired", state.expired, links=links)))


def _exempt(number: int, statuses: Iterable[str], *, links: bool) -> Part:
    text = ngettext("%(n)s person with a role without a fee", "%(n)s people with a role without a fee", number)
    asked = [("status", _ASKED.get(one, one)) for one in statuses]
    url = f"{reverse('person_list')}?{urlencode([*asked, ('seat', 'free')])}" if links else ""
    return Part(number, text % {"n": grouped(number)}, url)


_ASKED = {"invited": "pending"}


def _part(status: str, number: int, *, links: bool, seat: str = "") -> Part:
    shown = {"n": grouped(number)}
    words = {
        "active": ngettext("%(n)s active person", "%(n)s active people", number),
        "invited": ngettext("%(n)s open invitation", "%(n)s open invitations", number),
        "deactivated": ngettext("%(n)s deactivated person", "%(n)s deactivated people", number),
        "expired": ngettext("%(n)s expired invitation", "%(n)s expired invitations", number),
    }
    more = f"&seat={seat}" if seat else ""
    url = f"{reverse('person_list')}?status={_ASKED.get(status, status)}{more}"
    return Part(number, words[status] % shown, url if links else "")


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the ledger. `url`: whom it concerns, where the reader sees them. `cost`: what it comes to, where no
    amount says that; `invoice`: the number of the one it came onto."""

    line: "SeatLine"
    sentence: str
    rule: str
    url: str
    after: int | None
    cost: str = ""
    invoice: str = ""


def told(actor: Actor, lines: Sequence["SeatLine"], after: Mapping[UUID, int], *, money: bool = False) -> list[Told]:
    """Three queries at most. Nobody is named whom the reader does not see, but who acted here is. `money`: with what
    each comes to."""
    about = {line.membership_id for line in lines if line.membership_id}
    seen: set[UUID] = set()
    if actor.may(VIEW) and actor.reach(VIEW) == Reach.ALL:
        seen = about
    elif about and actor.may(VIEW):
        seen = set(visible_members(actor).filter(id__in=about).values_list("id", flat=True))
    acted = {line.actor_id for line in lines if line.actor_kind == "member"}
    names = names_of({*seen, *acted})
    numbers = numbers_of(line.invoice_id for line in lines) if money else {}
    return [
        Told(
            line,
            _sentence(line, names, seen),
            rule_in_words(line.counted.split(",")),
            reverse("person_detail", args=[line.membership_id]) if line.membership_id in seen else "",
            after.get(line.id),
            _cost(line) if money else "",
            numbers.get(line.invoice_id, "") if line.invoice_id else "",
        )
        for line in lines
    ]


def free_in_words() -> str:
    """The roles whose holders take no seat; one query."""
    return str(CATALOGUE[FREE_ROLES].in_words(sorted(free_roles())))


def rule_in_words(counted: Iterable[str]) -> str:
    return str(CATALOGUE[COUNTED].in_words(sorted(one for one in counted if one)))


def _sentence(line: "SeatLine", names: Mapping[UUID, str], seen: set[UUID]) -> str:
    who = names.get(line.actor_id, _("Somebody")) if line.actor_kind == "member" and line.actor_id else ""
    whom = names.get(line.membership_id, "") if line.membership_id in seen else ""
    text = str(
        _SENTENCES[line.kind]
        % {
            "who": who or str(_WHO.get(line.actor_kind, _WHO[""])),
            "whom": whom or str(NOBODY),
            "rule": rule_in_words(line.counted.split(",")),
            "number": abs(line.licensed),
            "n": grouped(abs(line.licensed)),
            "more": f"{'+' if line.licensed > 0 else '−'}{grouped(abs(line.licensed))}",
        }
    )
    return text[:1].upper() + text[1:]


# What a line comes to where there is no amount. Of seats by the person something else is said than of licensed ones.
_COSTS: Mapping[str, Any] = {
    "": gettext_lazy("Not invoiced yet"),
    "renewal": gettext_lazy("Less from the renewal"),
    "plan": gettext_lazy("Part of the plan"),
    "within": gettext_lazy("Nothing: paid already"),
    "licensed": gettext_lazy("Nothing: a licensed seat"),
    "withdrawn": gettext_lazy("Nothing: taken back"),
}


def _cost(line: "SeatLine") -> str:
    """In words; "" where an amount says it, and where nothing can be said."""
    costs = line.costs
    if line.kind == "opening" or line.amount is not None:
        return ""
    if costs == "" and not line.licensed and line.change < 0:
        costs = "renewal"
    elif costs == "within" and line.growth == "licensed" and not line.licensed:
        costs = "licensed"
    return str(_COSTS[costs])
