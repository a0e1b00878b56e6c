"""The one form of the console."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import EMAIL, PASSWORD_MAX
from tenantry.core.text import InvalidText


class SignInForm(forms.Form):
    """Address, password and one-time code together: nothing tells which of them was wrong."""

    email = forms.CharField(
        label=_("E-mail"),
        max_length=EMAIL.max_length,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=PASSWORD_MAX,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    code = forms.CharField(
        label=_("One-time code"),
        help_text=_("Six digits from your authenticator application."),
        max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "t-code"}),
    )

    def clean_email(self) -> str:
        try:
            return EMAIL.clean(self.cleaned_data["email"])
        except InvalidText as refused:
            raise ValidationError(str(refused), code=refused.code) from refused

    def clean_code(self) -> str:
        return "".join(str(self.cleaned_data["code"]).split())
