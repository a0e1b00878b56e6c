"""The wizard's forms: the company, and rows of people."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import EMAIL, ORGANIZATION_NAME
from tenantry.core.ids import parse_id
from tenantry.core.text import InvalidText
from tenantry.organizations.bounds import COLOUR, CURRENCIES, LEGAL_NAME, POSTAL_ADDRESS, TAX_ID, TIME_ZONES, WEBSITE
from tenantry.web.forms import BoundField, HouseForm

BLANK_ROWS = 3
# More than the action takes: the surplus is refused there, and a megabyte of rows costs no megabyte of page.
MOST_ROWS = 200


class CompanyForm(HouseForm):
    name = BoundField(ORGANIZATION_NAME, label=_("Name"))
    legal_name = BoundField(LEGAL_NAME, label=_("Legal name"))
    website = BoundField(WEBSITE, label=_("Website"))
    tax_id = BoundField(TAX_ID, label=_("Tax number"))
    registered_address = BoundField(
        POSTAL_ADDRESS, label=_("Registered address"), widget=forms.Textarea(attrs={"rows": 3})
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        choices=[(z, z.replace("_", " ")) for z in sorted(TIME_ZONES)],
        help_text=_("Times are shown in it."),
    )
    currency = forms.ChoiceField(label=_("Currency"), choices=[(c, c) for c in CURRENCIES])
    colour = BoundField(
        COLOUR,
        label=_("Colour"),
        help_text=_("Of your mails, as #rrggbb."),
        widget=forms.TextInput(attrs={"placeholder": "#0b6478", "spellcheck": "false"}),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)


class PersonRow:
    """One line of the list: what was typed, and what is wrong with it."""

    def __init__(self, email: str = "", role: str = "") -> None:
        self.typed, self.role = email, role
        self.error = ""
        self.email = ""
        self.role_id: UUID | None = parse_id(role)

    @property
    def is_blank(self) -> bool:
        return not self.typed.strip()

    def check(self, role_ids: set[UUID]) -> bool:
        try:
            self.email = EMAIL.clean(self.typed)
        except InvalidText as refused:
            self.error = str(refused)
        if not self.error and self.role_id not in role_ids:
            self.error = _now("Please choose a role from the list.")
        return not self.error


def rows_of(data: QueryDict) -> list[PersonRow]:
    """Lines as typed, blank ones left out."""
    emails, roles = data.getlist("email"), data.getlist("role")
    pairs: list[Any] = [(email, roles[i] if i < len(roles) else "") for i, email in enumerate(emails[:MOST_ROWS])]
    rows = [PersonRow(email[:400], role[:40]) for email, role in pairs]
    return [row for row in rows if not row.is_blank]
