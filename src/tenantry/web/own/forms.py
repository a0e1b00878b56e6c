"""What everybody changes about themselves."""

from django import forms
from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import EMAIL, OPTIONAL_PERSON_NAME, PERSON_NAME
from tenantry.web.forms import BoundField, HouseForm, PasswordField
from tenantry.web.people.particulars import PhoneField, PictureFields, WritingFields


class ProfileForm(PictureFields):
    given_name = BoundField(
        PERSON_NAME, label=_("Given name"), widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    family_name = BoundField(
        OPTIONAL_PERSON_NAME, label=_("Family name"), widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    phone = PhoneField(attrs={"autocomplete": "tel"})
    field_order = ("given_name", "family_name", "phone", "picture")


class PreferencesForm(WritingFields):
    """Language and time zone, as far as there is a choice."""


class AddressForm(HouseForm):
    email = BoundField(
        EMAIL,
        label=_("New e-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = PasswordField(new=False, label=_("Your password"))


class PasswordForm(HouseForm):
    old = PasswordField(new=False, label=_("Present password"))
    new = PasswordField(new=True, label=_("New password"))
