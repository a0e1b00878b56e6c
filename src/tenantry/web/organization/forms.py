"""The organization's own forms: company profile and contacts."""

from django import forms
from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import OPTIONAL_EMAIL, OPTIONAL_PERSON_NAME
from tenantry.organizations.bounds import PHONE, POSTAL_ADDRESS
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.setup.forms import CompanyForm

PROFILE_FIELDS = (
    "name",
    "legal_name",
    "registered_address",
    "mailing_address",
    "tax_id",
    "website",
    "colour",
    "time_zone",
    "currency",
)


class ProfileForm(CompanyForm):
    """What the wizard asks, and the address for letters."""

    mailing_address = BoundField(POSTAL_ADDRESS, label=_("Mailing address"), widget=forms.Textarea(attrs={"rows": 3}))


class ContactForm(HouseForm):
    name = BoundField(OPTIONAL_PERSON_NAME, label=_("Name"))
    email = BoundField(OPTIONAL_EMAIL, label=_("E-mail"), widget=forms.EmailInput)
    phone = BoundField(PHONE, label=_("Phone"), widget=forms.TextInput(attrs={"type": "tel"}))
