"""Forms of the CRM over the bounds of the domain."""

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tenantry.core.actor import Actor
from tenantry.core.bounds import LINE, OPTIONAL_EMAIL, OPTIONAL_PERSON_NAME, PHONE
from tenantry.core.money import read
from tenantry.core.text import InvalidText
from tenantry.crm import bounds
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.picking import Picker, PickField, set_pickers

Choices = Iterable[tuple[Any, Any]]


class OwnerForm(HouseForm):
    """Who owns records from now on."""

    owner = PickField(label=_("Owner"))

    def __init__(self, *args: Any, actor: Actor, picker: Picker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_pickers(self, actor, {"owner": picker}, ["owner"])


class RecordForm(HouseForm):
    """Fields of a record. `closed`: columns that are not the actor's to write, and so not there; `place`: where a new
    one may be made, None where there is nothing to choose."""

    workspace_id = PickField(label=_("Workspace"))

    def __init__(
        self,
        *args: Any,
        actor: Actor,
        closed: Collection[str] = (),
        place: Picker | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name in closed:
            self.fields.pop(name, None)
        set_pickers(self, actor, {"workspace_id": place} if place else {}, ["workspace_id"])
        self.order_fields([*(name for name in self.fields if name != "workspace_id"), "workspace_id"])


class LeadForm(RecordForm):
    given_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Given name"))
    family_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Family name"))
    company_name = BoundField(bounds.OPTIONAL_NAME, label=_("Company"))
    job_title = BoundField(LINE, label=_("Position"))
    email = BoundField(OPTIONAL_EMAIL, label=_("E-mail"))
    phone = BoundField(PHONE, label=_("Phone"))
    source = BoundField(
        LINE, label=_("Source"), help_text=_("Where the lead came from: a fair, a referral, the website.")
    )


class ContactForm(RecordForm):
    """`company`: a name; whose company of that name the actor sees, or a new one."""

    given_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Given name"))
    family_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Family name"))
    company = BoundField(bounds.OPTIONAL_NAME, label=_("Company"))
    job_title = BoundField(LINE, label=_("Position"))
    email = BoundField(OPTIONAL_EMAIL, label=_("E-mail"))
    phone = BoundField(PHONE, label=_("Phone"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = f"{reverse('record_choices', args=['company'])}?field=company&as=names"
        self.fields["company"].widget.attrs |= {
            "list": "companies",
            "autocomplete": "off",
            "hx-get": found,
            "hx-target": "#companies",
            "hx-swap": "innerHTML",
            "hx-trigger": "input changed delay:250ms",
        }


class CompanyForm(RecordForm):
    name = BoundField(bounds.NAME, label=_("Name"))
    domain = BoundField(bounds.DOMAIN, label=_("Website"))
    industry = BoundField(LINE, label=_("Industry"))
    phone = BoundField(PHONE, label=_("Phone"))
    address = BoundField(bounds.ADDRESS, label=_("Address"))


class AmountField(forms.CharField):
    """An amount of money in a currency; minor units, 0 for none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=60, **kwargs)
        self.currency = "EUR"
        self.widget.attrs["inputmode"] = "decimal"

    def clean(self, value: Any) -> int:
        text = str(super().clean(value) or "").strip()
        try:
            return read(text, self.currency) if text else 0
        except InvalidText as refused:
            raise ValidationError(str(refused), code=refused.code) from refused


class ConversionForm(HouseForm):
    """What a lead becomes. `companies`, `contacts`: (value, words); `money`: whether the deal's value is the actor's to
    write. Without workflows there is no deal to begin."""

    company = forms.ChoiceField(label=_("Company"), required=False, widget=forms.RadioSelect)
    contact = forms.ChoiceField(label=_("Contact"), required=False, widget=forms.RadioSelect)
    with_deal = forms.BooleanField(label=_("Begin a deal"), required=False)
    deal_name = BoundField(bounds.OPTIONAL_NAME, label=_("Name of the deal"))
    workflow_id = PickField(label=_("Workflow"))
    value = AmountField(label=_("Value"))

    def __init__(
        self,
        *args: Any,
        actor: Actor,
        companies: Choices,
        contacts: Choices,
        workflows: Picker | None,
        currency: str,
        money: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["company"].choices, fields["contact"].choices = list(companies), list(contacts)
        fields["value"].currency = currency
        fields["value"].help_text = _("In %(currency)s.") % {"currency": currency}
        gone = [] if money else ["value"]
        if workflows is None:
            gone = ["with_deal", "deal_name", "value"]
        for name in gone:
            del fields[name]
        set_pickers(self, actor, {"workflow_id": workflows} if workflows else {}, ["workflow_id"])
