"""Handing somebody's records over: which of them, and to whom."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from tenantry.core.ids import parse_id
from tenantry.usecases.handing_over import NOBODY, ONE, ROUND_ROBIN, TEAM, WORKFLOW, Portion, Spread
from tenantry.web.forms import HouseForm

SPREADS = (
    (ONE, _("One person")),
    (ROUND_ROBIN, _("Several people in turn")),
    (TEAM, _("Members of their teams, whoever has least")),
    (WORKFLOW, _("Members of the deal’s workflow, whoever has least")),
    (NOBODY, _("Nobody: they become unassigned")),
)
STATES = (("", _("Any")), ("open", _("Open")), ("won", _("Won")), ("lost", _("Lost")))


class ReassignForm(HouseForm):
    """`types`, `workflows`, `people`: (value, words). Everything that is left alone means all of it."""

    types = forms.MultipleChoiceField(
        label=_("Records"), required=False, widget=forms.CheckboxSelectMultiple, choices=[]
    )
    state = forms.ChoiceField(label=_("Deals"), required=False, choices=STATES)
    workflow = forms.ChoiceField(label=_("Workflow"), required=False)
    before = forms.DateField(label=_("Made before"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    spread = forms.ChoiceField(label=_("They go to"), choices=SPREADS, widget=forms.RadioSelect, initial=ONE)
    to = forms.MultipleChoiceField(label=_("People"), required=False)

    def __init__(
        self,
        *args: Any,
        types: list[tuple[str, Any]],
        workflows: list[tuple[Any, str]],
        people: list[tuple[Any, str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        fields: Mapping[str, Any] = self.fields
        fields["types"].choices = types
        fields["workflow"].choices = [("", _("Any")), *((str(i), name) for i, name in workflows)]
        fields["to"].choices = [(str(i), name) for i, name in people]
        if not workflows:
            del self.fields["workflow"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        kind, to = data.get("spread"), data.get("to") or []
        if kind == ONE and len(to) != 1:
            self.add_error("to", _("Choose one person."))
        if kind == ROUND_ROBIN and not to:
            self.add_error("to", _("Choose at least one person."))
        return data

    @property
    def wanted_spread(self) -> Spread:
        kind: str = self.cleaned_data["spread"]
        to = self.cleaned_data.get("to") if kind in (ONE, ROUND_ROBIN) else ()
        return Spread(kind, tuple(one for one in (parse_id(i) for i in to or ()) if one))

    @property
    def portion(self) -> Portion:
        data = self.cleaned_data
        workflow: UUID | None = parse_id(data.get("workflow") or "")
        before: date | None = data.get("before")
        return Portion(tuple(data["types"]), workflow, data.get("state") or "", before)
