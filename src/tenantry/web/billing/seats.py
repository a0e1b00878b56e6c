"""Seats: how many are in use and why, what there are, and the ledger of every change."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse

from tenantry.acting.actions import perform
from tenantry.billing.offers import sells_to
from tenantry.billing.selectors import seat_price_of, subscription
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.ids import parse_id
from tenantry.core.money import plain
from tenantry.core.sheets import MARK, csv_line
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_VIEW, SEATS_VIEW
from tenantry.people.permissions import VIEW
from tenantry.people.seat_ledger import LedgerFilter, ledger_page, numbers_after
from tenantry.people.seats import seats
from tenantry.people.selectors import ids_called, names_of, visible_members
from tenantry.usecases.taking_out import note_seats_export
from tenantry.web.addresses import day_of, start_of, words_of
from tenantry.web.billing.seat_words import KINDS, Told, explained, free_in_words, rule_in_words, told
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen
from tenantry.web.times import zone_of

BATCH = 500
HEADINGS = (
    "at",
    "kind",
    "sentence",
    "taken",
    "freed",
    "in_use_after",
    "licensed_more",
    "licensed_less",
    "who_kind",
    "who_id",
    "action",
    "member_id",
    "counted",
    "growth",
)
MONEY = ("effect", "amount_more", "amount_less", "currency", "invoice")
PARTS = ("kind", "person", "q", "from", "to")


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter of the address, and how the page shows it."""

    wanted: LedgerFilter
    query: str
    name: str
    since: str
    until: str
    parts: tuple[str, ...]


def asked(actor: Actor, query: QueryDict, zone: tzinfo) -> Asked:
    """Read tolerantly: what can't be meant finds nothing. Nobody is found whom the actor does not see."""
    words, person = words_of(query.get("q", "")), parse_id(query.get("person", ""))
    ids: tuple[UUID, ...] | None = None
    if query.get("person"):
        ids = _seen(actor, [person] if person else [])
    elif words:
        ids = _seen(actor, ids_called(words))
    since, until = day_of(query.get("from", "")), day_of(query.get("to", ""))
    wanted = LedgerFilter(
        kinds=tuple(kind for kind in query.getlist("kind") if kind in KINDS),
        person_ids=ids,
        since=start_of(since, zone) if since else None,
        until=start_of(until + timedelta(days=1), zone) if until else None,
    )
    return Asked(
        wanted,
        words,
        names_of(ids).get(person, "") if person and ids else "",
        since.isoformat() if since else "",
        until.isoformat() if until else "",
        tuple(name for name in PARTS if query.get(name)),
    )


def _seen(actor: Actor, ids: list[UUID]) -> tuple[UUID, ...]:
    if not ids or not actor.may(VIEW):
        return ()
    return tuple(visible_members(actor).filter(id__in=ids).values_list("id", flat=True))


@screen(SEATS_VIEW, BILLING_VIEW)
def seat_home(request: MemberRequest) -> HttpResponse:
    actor = request.actor
    # Asked once, for the page and for the shell around it.
    shell = request.shell_facts()  # type: ignore[attr-defined]
    request.shell_facts = lambda: shell  # type: ignore[attr-defined]
    state, now = shell.seats, clock.now()
    row, money = subscription(), actor.may(BILLING_VIEW)
    sells = sells_to(request.organization.blueprint, row)
    question = asked(actor, request.GET, zone_of(request.organization))
    found = ledger_page(actor, question.wanted, now, cursor=request.GET.get("cursor"))
    context: dict[str, Any] = {
        "counted": state,
        "explained": explained(state, actor),
        "rule": rule_in_words(state.counted),
        "exempt": free_in_words() if state.exempt else "",
        "charged": state.growth == "per_person",
        "sells": sells,
        "price": seat_price_of(row, now) if money else None,
        "page": found,
        "lines": told(actor, found.rows, numbers_after(found.rows, state.in_use, now), money=money and sells),
        "kinds": list(KINDS.items()),
        "asked": question,
        "money": money,
        "searches": actor.may(VIEW),
    }
    return page(request, "billing/seats.html", context)


@screen(SEATS_VIEW, BILLING_VIEW, methods=("POST",))
def seat_file(request: MemberRequest) -> HttpResponseBase:
    """The lines of the filter in the address as CSV, the latest first. That they were taken out is written first."""
    with reading():
        question = asked(request.actor, request.GET, zone_of(request.organization))
    perform(note_seats_export, actor=request.actor, filtered_by=question.parts)
    pieces = ledger_file(request.actor, request.organization.id, question.wanted, clock.now())
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="seats-{clock.now():%Y-%m-%d}.csv"'
    return answer


def ledger_file(actor: Actor, organization_id: UUID, wanted: LedgerFilter, now: datetime) -> Iterator[bytes]:
    """By batches, each in a transaction of its own; every line is read, because the number runs over all of them."""
    money = actor.may(BILLING_VIEW)
    yield MARK + csv_line(HEADINGS + (MONEY if money else ()))
    cursor: str | None = None
    in_use: int | None = None
    while True:
        with scope.tenant(organization_id), reading():
            in_use = seats(now).in_use if in_use is None else in_use
            found = ledger_page(actor, LedgerFilter(), now, cursor=cursor, size=BATCH)
            after = {}
            for line in found.rows:
                after[line.id] = in_use
                in_use -= line.change
            lines = told(actor, [line for line in found.rows if wanted.holds(line)], after, money=money)
        yield b"".join(_csv_line(line, money=money) for line in lines)
        cursor = found.next
        if cursor is None:
            return


def _csv_line(one: Told, *, money: bool) -> bytes:
    line = one.line
    cells = (
        line.at.isoformat(timespec="seconds"),
        line.kind,
        one.sentence,
        # Two columns: a spreadsheet would take a cell that begins with a sign for a formula.
        str(max(line.change, 0)),
        str(max(-line.change, 0)),
        str(one.after),
        str(max(line.licensed, 0)),
        str(max(-line.licensed, 0)),
        line.actor_kind,
        str(line.actor_id or ""),
        line.action,
        str(line.membership_id or ""),
        line.counted,
        line.growth,
    )
    if not money:
        return csv_line(cells)
    amounts = (line.amount or 0, -(line.amount or 0))
    written = (plain(max(one, 0), line.currency) if line.amount is not None else "" for one in amounts)
    return csv_line((*cells, line.costs, *written, line.currency, one.invoice))
