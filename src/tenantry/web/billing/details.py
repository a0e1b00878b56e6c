"""Whom invoices name, and what stands behind it where nothing is said."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.acting.actions import perform
from tenantry.billing.actions.details import BOUNDS, DetailFields, change_billing_details
from tenantry.billing.invoicing import Buyers, buyers
from tenantry.core.errors import VersionChanged
from tenantry.core.transactions import reading
from tenantry.organizations.permissions import BILLING_DETAILS, BILLING_VIEW
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast


class DetailsForm(HouseForm):
    name = BoundField(BOUNDS["name"], label=gettext_lazy("Name on invoices"))
    address = BoundField(BOUNDS["address"], label=gettext_lazy("Address"), widget=forms.Textarea(attrs={"rows": 3}))
    country = BoundField(BOUNDS["country"], label=gettext_lazy("Country"))
    tax_id = BoundField(BOUNDS["tax_id"], label=gettext_lazy("Tax number"))
    purchase_order = BoundField(BOUNDS["purchase_order"], label=gettext_lazy("Purchase order"))
    email = BoundField(BOUNDS["email"], label=gettext_lazy("E-mail for invoices"), widget=forms.EmailInput)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


@screen(BILLING_VIEW, BILLING_DETAILS, methods=("GET", "POST"))
def billing_details(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        found = buyers(request.organization)
        return _page(request, DetailsForm(initial={**found.own, "version": found.version}), found)
    form = DetailsForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    said = DetailFields(**{name: form.cleaned_data[name] for name in BOUNDS})
    try:
        perform(change_billing_details, actor=request.actor, details=said, version=form.cleaned_data["version"])
    except VersionChanged as refused:
        form.refuse(refused)
        # What was typed stays; saving again is meant to replace what stands beside it.
        with reading():
            typed = request.POST.copy()
            typed["version"] = str(buyers(request.organization).version)
            form.data = typed
        return _page(request, form, status=status_of(refused))
    toast(request, _("Invoices say so from now on."))
    return go(request, reverse("billing_details"))


def _page(request: MemberRequest, form: DetailsForm, found: Buyers | None = None, *, status: int = 200) -> HttpResponse:
    """Behind an empty field stands what invoices say then."""
    with reading():
        found = found or buyers(request.organization)
        for name in ("name", "address", "tax_id", "email"):
            form.fields[name].widget.attrs["placeholder"] = found.behind[name]
        context: dict[str, Any] = {
            "form": form,
            "buyer": found.said,
            "own": {name: bool(value) for name, value in found.own.items()},
            "may_edit": request.actor.may(BILLING_DETAILS),
        }
        return page(request, "billing/details.html", context, status=status)
