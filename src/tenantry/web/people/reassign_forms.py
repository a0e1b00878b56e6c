"""Handing somebody's records over: which of them, and to whom."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from tenantry.core.actor import Actor
from tenantry.core.ids import parse_id
from tenantry.usecases.handing_over import NOBODY, ONE, ROUND_ROBIN, TEAM, WORKFLOW, Portion, Spread
from tenantry.web.forms import HouseForm
from tenantry.web.picking import Picker, PicksField, set_pickers

SPREADS = (
    (ONE, _("One person")),
    (ROUND_ROBIN, _("Several people in turn")),
    (TEAM, _("Members of their teams, whoever has least")),
    (WORKFLOW, _("Members of the deal’s workflow, whoever has least")),
    (NOBODY, _("Nobody: they become unassigned")),
)
STATES = (("", _("Any")), ("open", _("Open")), ("won", _("Won")), ("lost", _("Lost")))


class ReassignForm(HouseForm):
    """`types`, `workflows`: (value, words); `receivers`: of those who may receive. Everything that is left alone means
    all of it."""

    types = forms.MultipleChoiceField(
        label=_("Records"), required=False, widget=forms.CheckboxSelectMultiple, choices=[]
    )
    state = forms.ChoiceField(label=_("Deals"), required=False, choices=STATES)
    workflow = forms.ChoiceField(label=_("Workflow"), required=False)
    before = forms.DateField(label=_("Made before"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    spread = forms.ChoiceField(label=_("They go to"), choices=SPREADS, widget=forms.RadioSelect, initial=ONE)
    to = PicksField(label=_("People"))

    def __init__(
        self,
        *args: Any,
        types: list[tuple[str, Any]],
        workflows: list[tuple[Any, str]],
        actor: Actor,
        receivers: Picker,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Mapping[str, Any] = self.fields
        fields["types"].choices = types
        fields["workflow"].choices = [("", _("Any")), *((str(i), name) for i, name in workflows)]
        set_pickers(self, actor, {"to": receivers}, ["to"])
        if not workflows:
            del self.fields["workflow"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        kind, to = data.get("spread"), data.get("to") or ()
        if "to" in self.errors:
            return data
        if kind == ONE and len(to) != 1:
            self.add_error("to", _("Choose one person."))
        if kind == ROUND_ROBIN and not to:
            self.add_error("to", _("Choose at least one person."))
        return data

    @property
    def wanted_spread(self) -> Spread:
        kind: str = self.cleaned_data["spread"]
        return Spread(kind, self.cleaned_data["to"] if kind in (ONE, ROUND_ROBIN) else ())

    @property
    def portion(self) -> Portion:
        data = self.cleaned_data
        workflow: UUID | None = parse_id(data.get("workflow") or "")
        before: date | None = data.get("before")
        return Portion(tuple(data["types"]), workflow, data.get("state") or "", before)
