"""Forms about deals."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from tenantry.core.actor import Actor
from tenantry.core.money import plain, read
from tenantry.core.text import InvalidText, TextBound
from tenantry.crm.bounds import NAME
from tenantry.crm.deals import COMMENT, LOST_REASON
from tenantry.organizations.bounds import CURRENCIES
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.momentum.forms import RecordForm
from tenantry.web.picking import Picker, PickField, set_pickers

AMOUNT = TextBound(40, required=False)


class DealForm(RecordForm):
    """`closed` names columns that are not the actor's to write; without `value` there is no currency either."""

    name = BoundField(NAME, label=_("Name"))
    stage = PickField(label=_("Stage"))
    value = BoundField(AMOUNT, label=_("Value"))
    currency = forms.ChoiceField(label=_("Currency"), choices=[(one, one) for one in CURRENCIES])
    closes_on = forms.DateField(
        label=_("Expected on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    company_id = PickField(label=_("Company"))
    contact_id = PickField(label=_("Contact"))

    def __init__(
        self,
        *args: Any,
        actor: Actor,
        picked: Mapping[str, Picker],
        **kwargs: Any,
    ) -> None:
        closed = set(kwargs.pop("closed", ()))
        super().__init__(*args, actor=actor, closed=closed | ({"currency"} if "value" in closed else set()), **kwargs)
        set_pickers(self, actor, picked, ("stage", "company_id", "contact_id"))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "value" in cleaned and "currency" in cleaned:
            try:
                cleaned["value"] = read(cleaned["value"], cleaned["currency"]) if cleaned["value"] else 0
            except InvalidText as refused:
                self.add_error("value", ValidationError(str(refused), code=refused.code))
        return cleaned

    def columns(self) -> dict[str, Any]:
        """Of the deal, without name, stage and place."""
        names = ("value", "currency", "closes_on", "company_id", "contact_id")
        return {name: self.cleaned_data[name] for name in names if name in self.fields}


class StageChoice(HouseForm):
    """Where a deal goes."""

    stage = PickField(label=_("Stage"))

    def __init__(self, *args: Any, actor: Actor, picker: Picker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_pickers(self, actor, {"stage": picker}, ["stage"])


class LossForm(HouseForm):
    reason = BoundField(LOST_REASON, label=_("Why was it lost?"))


class AnswerForm(HouseForm):
    """A mentor's word."""

    comment = BoundField(COMMENT, label=_("What you want to say"))


class MentorForm(HouseForm):
    mentor = PickField(label=_("Mentor"))

    def __init__(self, *args: Any, actor: Actor, picker: Picker, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_pickers(self, actor, {"mentor": picker}, ["mentor"])


class SplitForm(HouseForm):
    """The commission and a share in percent for each member, `share-<id>`."""

    commission = BoundField(AMOUNT, label=_("Commission"))

    def __init__(self, *args: Any, currency: str, members: Iterable[tuple[UUID, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.members = list(members)
        for membership_id, name in self.members:
            self.fields[f"share-{membership_id}"] = forms.DecimalField(
                label=_("Share of %(name)s in percent") % {"name": name},
                required=False,
                min_value=0,
                max_value=100,
                decimal_places=2,
                widget=forms.NumberInput(attrs={"step": "0.01", "inputmode": "decimal"}),
            )

    def clean_commission(self) -> int | None:
        typed = self.cleaned_data["commission"]
        if not typed:
            return None
        try:
            return read(typed, self.currency)
        except InvalidText as refused:
            raise ValidationError(str(refused), code=refused.code) from refused

    def shares(self) -> list[tuple[UUID, int | None]]:
        """In hundredths of a percent."""
        found = []
        for membership_id, _name in self.members:
            percent = self.cleaned_data[f"share-{membership_id}"]
            found.append((membership_id, None if percent is None else int(percent * 100)))
        return found


def typed(minor: int | None, currency: str) -> str:
    """For a field that is edited; "" for none."""
    return "" if minor is None else plain(minor, currency)
