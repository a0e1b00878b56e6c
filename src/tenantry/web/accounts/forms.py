"""Forms of people who are not in yet. A sign-in form never says which of its two fields is wrong."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenantry.blueprints.schema import shipped
from tenantry.core.bounds import EMAIL, OPTIONAL_PERSON_NAME, ORGANIZATION_NAME, PERSON_NAME
from tenantry.core.text import InvalidText, TextBound
from tenantry.organizations.bounds import SLUG
from tenantry.web.forms import BoundField, HouseForm, PasswordField

_CODE = TextBound(12)


def _typed(autocomplete: str, **more: str) -> forms.TextInput:
    return forms.TextInput(attrs={"autocomplete": autocomplete, **more})


def _email(autocomplete: str) -> forms.EmailInput:
    return forms.EmailInput(attrs={"autocomplete": autocomplete, "autocapitalize": "none", "spellcheck": "false"})


class SignInForm(HouseForm):
    email = BoundField(EMAIL, label=_("E-mail"), widget=_email("username"))
    password = PasswordField(new=False, label=_("Password"))


class ResetForm(HouseForm):
    email = BoundField(EMAIL, label=_("E-mail"), widget=_email("username"))


class NewPasswordForm(HouseForm):
    password = PasswordField(new=True, label=_("New password"))


class FirstPasswordForm(NewPasswordForm):
    """Of somebody who was added without a name."""

    given_name = BoundField(PERSON_NAME, label=_("Given name"), widget=_typed("given-name"))
    family_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Family name"), widget=_typed("family-name"))
    field_order = ("given_name", "family_name", "password")


class SlugField(forms.CharField):
    """The organization's short address; what is typed is kept as typed."""

    def __init__(self, **kwargs: Any) -> None:
        widget = _typed("off", autocapitalize="none", spellcheck="false", maxlength=str(SLUG.max_length))
        super().__init__(widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        text = str(value or "")
        if not text.strip() and not self.required:
            return ""
        return _slug(text)


def _slug(text: str) -> str:
    try:
        return SLUG.clean(text)
    except InvalidText as refused:
        raise ValidationError(str(refused), code=refused.code) from refused


class SlugForm(HouseForm):
    slug = SlugField(label=_("Short address"))


class SignUpForm(HouseForm):
    """`slug` left empty is made of the name."""

    organization_name = BoundField(ORGANIZATION_NAME, label=_("Organization"), widget=_typed("organization"))
    slug = SlugField(label=_("Short address"), required=False)
    blueprint = forms.ChoiceField(label=_("How it works"), widget=forms.RadioSelect)
    given_name = BoundField(PERSON_NAME, label=_("Given name"), widget=_typed("given-name"))
    family_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Family name"), widget=_typed("family-name"))
    email = BoundField(EMAIL, label=_("Your e-mail"), widget=_email("email"))
    password = PasswordField(new=True, label=_("Password"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        blueprints = shipped()
        kwargs.setdefault("initial", {"blueprint": blueprints[0].key})
        super().__init__(*args, **kwargs)
        self.fields["blueprint"].choices = [(b.key, b.title) for b in blueprints]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        name = cleaned.get("organization_name", "")
        if name and cleaned.get("slug") == "":
            try:
                cleaned["slug"] = _slug(slugify(name)[: SLUG.max_length].strip("-"))
            except ValidationError:
                self.add_error("slug", gettext("Please choose one: none can be made of this name."))
        return cleaned


class AskerForm(HouseForm):
    """Typed again in a browser that did not ask for the organization."""

    password = PasswordField(new=False, label=_("The password you chose"))


class AcceptForm(HouseForm):
    given_name = BoundField(PERSON_NAME, label=_("Given name"), widget=_typed("given-name"))
    family_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Family name"), widget=_typed("family-name"))
    password = PasswordField(new=True, label=_("Password"))


class CodeForm(HouseForm):
    code = BoundField(
        _CODE, label=_("Code"), widget=_typed("one-time-code", inputmode="numeric", **{"class": "t-code"})
    )
