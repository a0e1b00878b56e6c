"""Dialogs in two steps: choose, read what it changes, confirm. The plan's digest says that it was read."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.http import HttpResponse

from tenantry.acting.plans import Plan
from tenantry.core.errors import NotFound, PlanChanged, Refusal
from tenantry.core.permissions import catalogue
from tenantry.core.transactions import reading
from tenantry.web.forms import HouseForm
from tenantry.web.picking import is_searching, repeated
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page

AnyPlan = TypeVar("AnyPlan", bound=Plan)
Context = dict[str, Any]


def titles(codes: Iterable[str]) -> list[Any]:
    known = catalogue()
    return [known[code].title for code in codes if code in known]


def two_steps(
    request: MemberRequest,
    template: str,
    context: Context,
    *,
    plan: Callable[[], AnyPlan],
    words: Callable[[AnyPlan], Context],
    carry_out: Callable[[str], HttpResponse],
) -> HttpResponse:
    """GET: the form of the context. POST without a digest: what would happen. With one: it happens, or what would
    happen now is shown anew."""
    form: HouseForm = context["form"]
    if request.method == "GET" or is_searching(request.POST):
        return page(request, template, context)
    if not form.is_valid():
        return page(request, template, context, status=422)
    digest, status = request.POST.get("digest", ""), 200
    try:
        if digest:
            return carry_out(digest)
        with reading():
            found = plan()
    except PlanChanged as changed:
        found, status = changed.plan, 409
        context["changed"] = changed
    except NotFound:
        raise
    except Refusal as refused:
        form.refuse(refused)
        return page(request, template, context, status=status_of(refused))
    shown = {
        "plan": found,
        "gains": titles(found.gains),  # type: ignore[attr-defined]
        "loses": titles(found.loses),  # type: ignore[attr-defined]
        "repeated": _repeated(form),
        **words(found),
    }
    return page(request, template, {**context, **shown}, status=status)


def _repeated(form: HouseForm) -> list[tuple[str, str]]:
    """What was chosen, for the form that confirms it. Passwords are typed there."""
    return [(name, value) for name in form.fields for value in repeated(form, name) if name != "password"]
