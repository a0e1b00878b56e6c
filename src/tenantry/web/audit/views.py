"""Who did what to whom, when, from where, before and after."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse

from tenantry.acting.actions import perform
from tenantry.audit.chain import verify
from tenantry.audit.permissions import EXPORT, VIEW, VIEW_BILLING, VIEW_PEOPLE
from tenantry.audit.selectors import entries
from tenantry.core import clock
from tenantry.core.errors import Refusal
from tenantry.core.paging import number_page
from tenantry.core.transactions import reading
from tenantry.usecases.faults import fault_in_words
from tenantry.usecases.taking_out import note_audit_export
from tenantry.usecases.undoing import standings, with_undone
from tenantry.web.audit import files
from tenantry.web.audit.filters import action_choices, area_choices, asked
from tenantry.web.audit.wording import Line, sentences
from tenantry.web.people.agents import device_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen
from tenantry.web.times import zone_of

MOST_FAULTS = 50
FORMATS = {
    "csv": ("text/csv; charset=utf-8", files.csv_file),
    "jsonl": ("application/jsonl; charset=utf-8", files.json_lines),
}


@screen(VIEW, VIEW_PEOPLE, VIEW_BILLING)
def audit_list(request: MemberRequest) -> HttpResponse:
    question = asked(request.actor, request.GET, zone_of(request.organization))
    wanted = with_undone(entries(request.actor, question.wanted))
    found = number_page(wanted, by="number", cursor=request.GET.get("cursor"), size=50)
    undoable = standings(request.actor, found.rows, clock.now())
    lines = sentences(found.rows, reader=request.actor, labels=request.organization.labels)
    context = {
        "page": found,
        "rows": [_row(line, undoable) for line in lines],
        "asked": question,
        "areas": area_choices(request.actor),
        "acts": action_choices(request.actor),
        "may_export": request.actor.may(EXPORT),
        "may_verify": request.actor.may(VIEW),
        "may_open": request.actor.may("people.view"),
        "partial": not request.actor.may(VIEW),
    }
    return page(request, "audit/list.html", context)


def _row(line: Line, undoable: Mapping[int, Refusal | None]) -> dict[str, Any]:
    """`undo`: whether it can be taken back; `kept`: why not, in words, where acts like it can."""
    number = line.entry.number
    refusal = undoable.get(number)
    return {
        "line": line,
        "device": device_of(line.agent) if line.agent else None,
        "undo": number in undoable and refusal is None,
        "kept": str(refusal) if refusal is not None else "",
    }


@screen(EXPORT, methods=("POST",))
def audit_file(request: MemberRequest) -> HttpResponseBase:
    """The entries of the filter in the address, as CSV or JSON Lines. That they were taken out is written first."""
    name = request.POST.get("format", "csv")
    name = name if name in FORMATS else "csv"
    actor = request.actor
    with reading():
        question = asked(actor, request.GET, zone_of(request.organization))
        count = entries(actor, question.wanted).count()
    perform(note_audit_export, actor=actor, file_format=name, wanted=question.parameters, count=count)
    kind, write = FORMATS[name]
    answer = StreamingHttpResponse(write(actor, request.organization.id, question.wanted), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="audit-{clock.now():%Y-%m-%d}.{name}"'
    return answer


@screen(VIEW, methods=("GET", "POST"))
def audit_verification(request: MemberRequest) -> HttpResponse:
    """A POST walks the whole chain; a GET says what that would show."""
    found = None
    if request.method == "POST":
        with reading():
            found = verify()
    faults = [fault_in_words(fault) for fault in found.faults[:MOST_FAULTS]] if found else []
    context = {"found": found, "faults": faults, "checked_at": clock.now()}
    return page(request, "audit/verification.html", context)
