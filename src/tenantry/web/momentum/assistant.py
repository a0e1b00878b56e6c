"""The assistant beside a record: a question, and what the model says to it."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from tenantry.core.decisions import find, require_any
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.fields import hidden, name_shown
from tenantry.core.transactions import reading
from tenantry.crm.selectors import type_of
from tenantry.usecases.assisting import QUESTION, SUGGESTIONS, ask_assistant, assists
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.momentum.listing import record_url
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen


class QuestionForm(HouseForm):
    question = BoundField(QUESTION, label=_("What do you want to know, or have written?"))


@screen(methods=("GET", "POST"))
def record_assistant(request: MemberRequest, type_key: str, record_id: UUID) -> HttpResponse:
    """GET: the question. POST: `question`; the answer is shown and kept nowhere."""
    record_type = type_of(type_key)
    require_any(request.actor, record_type.permissions["view"])
    if not assists(record_type):
        raise NotFound
    with reading():
        row = find(request.actor, record_type, record_id)
        name = name_shown(record_type, row, hidden(request.actor, record_type))
    form = QuestionForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "form": form,
        "record_type": record_type,
        "name": name,
        "back": record_url(type_key, record_id),
        "suggestions": SUGGESTIONS,
    }
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                said = ask_assistant(request.actor, type_key, record_id, form.cleaned_data["question"])
                context |= {"answer": said.text, "tokens": said.tokens}
                status = 200
            except Refusal as refused:
                form.refuse(refused)
                status = status_of(refused)
    return page(request, "momentum/assistant.html", context, status=status)
