"""The operators' pages."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.acting.actions import perform
from tenantry.audit.selectors import installation_entries, parked
from tenantry.billing.selectors import troubles
from tenantry.billing.troubles import trouble_said
from tenantry.console.forms import SignInForm
from tenantry.console.links import linked
from tenantry.console.screens import (
    PATH,
    REASON,
    ConsoleRequest,
    SeeOther,
    act,
    drop_cookie,
    guest,
    keep_cookie,
    open_screen,
    operator_screen,
    present,
    safe_next,
    show,
)
from tenantry.core import clock, job_log
from tenantry.core.bounds import SEARCH
from tenantry.core.errors import TooFast
from tenantry.core.mail import log as mail_log
from tenantry.core.paging import keyset_page, number_page
from tenantry.core.tenancy import scope
from tenantry.core.text import InvalidText
from tenantry.core.transactions import reading
from tenantry.organizations.selectors import count_organizations, named_organizations, search_organizations
from tenantry.people.census import census_of
from tenantry.security import slowing
from tenantry.security.errors import SignInRefused
from tenantry.security.operators import sign_operator_in, sign_operator_out
from tenantry.usecases.faults import fault_in_words
from tenantry.usecases.operating import read_mail, retry_job, verify_installation
from tenantry.usecases.telling import sentences

SLOWED = "console"
MOST_FAULTS = 50
MAIL_STATES = {
    "queued": gettext_lazy("Queued"),
    "outbox": gettext_lazy("In the outbox"),
    "handed_over": gettext_lazy("Handed over"),
    "refused": gettext_lazy("Refused"),
    "failed": gettext_lazy("Failed"),
    "canceled": gettext_lazy("Canceled"),
}
# State -> words and shape.
JOB_STATES = {
    "todo": (gettext_lazy("Waiting"), "wait"),
    "doing": (gettext_lazy("Running"), "wait"),
    "succeeded": (gettext_lazy("Done"), ""),
    "failed": (gettext_lazy("Failed"), "bad"),
    "cancelled": (gettext_lazy("Canceled"), "off"),
    "aborting": (gettext_lazy("Stopping"), "off"),
    "aborted": (gettext_lazy("Stopped"), "off"),
}


@open_screen("the sign-in page of operators", methods=("GET", "POST"))
def console_login(request: Any) -> HttpResponse:
    target = safe_next(request, request.POST.get("next") or request.GET.get("next", ""))
    if request.method == "GET" and present(request) is not None:
        return SeeOther(target)
    form = SignInForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            answer = _sign_in(request, form, target)
            if answer is not None:
                return answer
        status = 429 if form.has_error("__all__", TooFast.code) else 422
    return show(request, "console/login.html", {"form": form, "next": target}, status=status)


def _sign_in(request: Any, form: SignInForm, target: str) -> HttpResponse | None:
    """The answer that lets them in; None leaves the reason in the form."""
    now, email, place = clock.now(), form.cleaned_data["email"], request.client_address
    try:
        slowing.ask(SLOWED, email, place, now)
        with scope.installation(REASON):
            entered = perform(sign_operator_in, actor=guest(request), **form.cleaned_data)
    except TooFast as refused:
        form.add_error(None, ValidationError(str(refused), code=refused.code))
    except SignInRefused:
        slowing.failed(SLOWED, email, place, now)
        form.add_error(None, _("Address, password and code don't match."))
    else:
        slowing.succeeded(SLOWED, email, place)
        return keep_cookie(SeeOther(target), entered.token)
    return None


@operator_screen(methods=("POST",))
def console_logout(request: ConsoleRequest) -> HttpResponse:
    act(request, sign_operator_out, session_id=request.operator.session_id)
    return drop_cookie(SeeOther(f"{PATH}/login"))


@operator_screen()
def console_home(request: ConsoleRequest) -> HttpResponse:
    mails, jobs, now = mail_log.count_deliveries(), job_log.count_jobs(), clock.now()
    stuck, differing = parked(), list(troubles()[:MOST_FAULTS])
    ids = [one.organization_id for one in stuck] + [one.organization_id for one in differing]
    names = named_organizations(ids)
    context = {
        "organizations": count_organizations(),
        "mails": mails,
        "mails_waiting": mails.get("queued", 0),
        "mails_troubled": mails.get("failed", 0) + mails.get("refused", 0),
        "jobs": jobs,
        "jobs_waiting": jobs.get("todo", 0),
        "jobs_failed": jobs.get("failed", 0),
        "workers": job_log.count_workers(now),
        "parked": [
            {"subscriber": p.subscriber, "error": p.error, "since": p.since, "name": names.get(p.organization_id, "")}
            for p in stuck
        ],
        "differing": [
            {"name": names.get(one.organization_id, ""), "said": trouble_said(one), "since": one.found_at, "row": one}
            for one in differing
        ],
        "smtp": bool(settings.SMTP_URL),
    }
    return show(request, "console/home.html", context)


@operator_screen()
def console_organizations(request: ConsoleRequest) -> HttpResponse:
    query = _query(request)
    page = keyset_page(search_organizations(query), order="name", cursor=request.GET.get("cursor"))
    figures = census_of([row.id for row in page.rows], clock.now())
    rows = [{"organization": row, "figures": figures[row.id]} for row in page.rows]
    return show(request, "console/organizations.html", {"page": page, "rows": rows, "query": query})


@operator_screen()
def console_outbox(request: ConsoleRequest) -> HttpResponse:
    query, state = _query(request), request.GET.get("state", "")
    state = state if state in mail_log.STATES else ""
    rows = mail_log.deliveries(state=state, query=query)
    page = keyset_page(rows, order="created_at", descending=True, cursor=request.GET.get("cursor"))
    names = named_organizations([row.organization_id for row in page.rows])
    counts = mail_log.count_deliveries()
    context = {
        "page": page,
        "rows": [
            {"mail": row, "organization": names.get(row.organization_id) if row.organization_id else ""}
            for row in page.rows
        ],
        "query": query,
        "state": state,
        "options": [(one, f"{MAIL_STATES[one]} ({counts.get(one, 0)})") for one in mail_log.STATES],
        "smtp": bool(settings.SMTP_URL),
    }
    return show(request, "console/outbox.html", context)


@operator_screen(acts=True)
def console_mail(request: ConsoleRequest, delivery_id: UUID) -> HttpResponse:
    mail = act(request, read_mail, delivery_id=delivery_id)
    context = {"mail": mail, "body": linked(mail.text) if mail.text is not None else None}
    return show(request, "console/mail.html", context)


@operator_screen()
def console_jobs(request: ConsoleRequest) -> HttpResponse:
    counts = job_log.count_jobs()
    state = request.GET.get("state", "")
    state = state if state in job_log.STATES else ""
    page = number_page(job_log.jobs(state=state), by="id", cursor=request.GET.get("cursor"))
    shown = [("", _("All"), sum(counts.values()))] + [
        (one, JOB_STATES[one][0], counts.get(one, 0)) for one in job_log.STATES
    ]
    context = {
        "page": page,
        "rows": [_job(row) for row in page.rows],
        "tabs_shown": [
            {"label": label, "url": f"{request.path}?state={one}", "current": one == state, "count": count}
            for one, label, count in shown
            if count or one in ("", "todo", "failed", state)
        ],
        "workers": job_log.count_workers(clock.now()),
        "retried": "retried" in request.GET,
    }
    return show(request, "console/jobs.html", context)


def _job(row: Any) -> dict[str, Any]:
    label, tone = JOB_STATES[row.status]
    # Ids only: nothing else is ever put into a job.
    args = ", ".join(f"{name} {value}" for name, value in (row.args or {}).items())
    return {"row": row, "label": label, "tone": tone, "args": args}


@operator_screen(methods=("POST",))
def console_job_retry(request: ConsoleRequest, job_id: int) -> HttpResponse:
    act(request, retry_job, job_id=job_id)
    return SeeOther(f"{PATH}/jobs?retried=1")


@operator_screen(methods=("GET", "POST"), acts=True)
def console_audit(request: ConsoleRequest) -> HttpResponse:
    """The installation's chain; a POST walks it."""
    found = act(request, verify_installation) if request.method == "POST" else None
    with scope.installation(REASON), reading():
        page = number_page(installation_entries(), by="number", cursor=request.GET.get("cursor"))
        faults = [fault_in_words(fault) for fault in found.faults[:MOST_FAULTS]] if found else []
        context = {"page": page, "lines": sentences(page.rows), "found": found, "faults": faults}
        return show(request, "console/audit.html", context)


def _query(request: ConsoleRequest) -> str:
    try:
        return SEARCH.clean(request.GET.get("q", ""))
    except InvalidText:
        # Nothing is called so.
        return "\ufffd"
