"""A dialog with a form: as it opens, again with what is wrong, or done."""

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse

from tenantry.core.errors import Refusal
from tenantry.web.forms import HouseForm
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page


def form_dialog(
    request: MemberRequest,
    template: str,
    form: HouseForm,
    context: Mapping[str, Any],
    act: Callable[[dict[str, Any]], HttpResponse],
) -> HttpResponse:
    """`act`: what is done with what was typed, once the form has no fault, and where it leads. A form that is not bound
    is only shown.

    :raises Refusal: about the whole page: out of reach, or not allowed. Others are shown in the form.
    """
    if form.is_bound and form.is_valid():
        try:
            return act(form.cleaned_data)
        except Refusal as refused:
            if refused.kind in ("missing", "forbidden"):
                raise
            form.refuse(refused)
    status = 422 if form.is_bound else 200
    return page(
        request, template, {"form": form, **context}, status=status_of(form.refusal) if form.refusal else status
    )
