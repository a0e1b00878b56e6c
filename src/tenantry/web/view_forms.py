"""The form of a saved view."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import LABEL
from tenantry.web.forms import BoundField, HouseForm


class ViewForm(HouseForm):
    """`shares`: whether it may be everybody's to use."""

    name = BoundField(LABEL, label=_("Name"))
    is_shared = forms.BooleanField(required=False, label=_("Everybody who sees this list may use it"))

    def __init__(self, *args: Any, shares: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not shares:
            del self.fields["is_shared"]

    def clean(self) -> dict[str, Any]:
        return {"is_shared": False, **(super().clean() or {})}
