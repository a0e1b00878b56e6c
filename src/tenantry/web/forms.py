"""Forms over the bounds that the domain declares, so that a form and the API refuse the same values."""

from typing import Any, Protocol

from django import forms
from django.core.exceptions import ValidationError

from tenantry.core.errors import InvalidInput, Refusal
from tenantry.core.text import InvalidText, TextBound


class Bound(Protocol):
    @property
    def max_length(self) -> int: ...

    @property
    def required(self) -> bool: ...

    def clean(self, value: str) -> str: ...


class BoundField(forms.CharField):
    """A text field whose rule is a bound of the domain. Keeps what was typed when it fails."""

    def __init__(self, bound: Bound, **kwargs: Any) -> None:
        self.bound = bound
        if isinstance(bound, TextBound) and bound.multiline:
            kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 4}))
        super().__init__(required=bound.required, strip=False, **kwargs)
        self.widget.attrs.setdefault("maxlength", str(bound.max_length))

    def clean(self, value: Any) -> str:
        try:
            return self.bound.clean(str(value or ""))
        except InvalidText as refused:
            raise ValidationError(str(refused), code=refused.code) from refused


class PasswordField(forms.CharField):
    """A password as typed: nothing stripped, its rule is asked by the action."""

    def __init__(self, *, new: bool, **kwargs: Any) -> None:
        widget = forms.PasswordInput(
            render_value=False, attrs={"autocomplete": "new-password" if new else "current-password"}
        )
        super().__init__(strip=False, widget=widget, max_length=1024, **kwargs)


class HouseForm(forms.Form):
    """Adds what an action refused to what the form itself found."""

    refusal: Refusal | None = None

    def refuse(self, refusal: Refusal) -> None:
        """Shows a refusal where it belongs: beside its fields, or above the form with its ways out."""
        self.refusal = refusal
        if isinstance(refusal, InvalidInput):
            for name, text in refusal.fields.items():
                self.add_error(name if name in self.fields else None, str(text))
            return
        self.add_error(None, ValidationError(str(refusal), code=refusal.code))
