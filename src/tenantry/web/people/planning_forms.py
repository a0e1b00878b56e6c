"""Days on which access ends and begins again, in the organization's calendar."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.web.forms import HouseForm
from tenantry.web.people.holding_forms import DayField


class ReturnForm(HouseForm):
    """`zone`: the organization's time zone."""

    back_on = DayField(label=gettext_lazy("First day back"))

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        place = {"zone": zone.replace("_", " ")}
        self.fields["back_on"].help_text = _("From the beginning of that day in %(zone)s.") % place
        self.fields["back_on"].required = "last_day" not in self.fields


class AbsenceForm(ReturnForm):
    last_day = DayField(label=gettext_lazy("Last day"))
    field_order = ("last_day", "back_on")

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, zone=zone, **kwargs)
        place = {"zone": zone.replace("_", " ")}
        self.fields["last_day"].help_text = _("Access ends when that day is over in %(zone)s.") % place
        self.fields["last_day"].required = True
        self.fields["back_on"].help_text = _("For a leave: they come back by themselves. Empty: they don’t.")


class LeavingForm(AbsenceForm):
    """`removes`: whether leaving for good is offered."""

    how = forms.ChoiceField(
        label=gettext_lazy("What happens then"),
        required=False,
        initial="deactivation",
        widget=forms.RadioSelect,
        choices=(
            ("deactivation", gettext_lazy("Access ends; everything stays under the name")),
            ("removal", gettext_lazy("Removed for good; records go to somebody or become unassigned")),
        ),
    )
    field_order: Any = ("how", "last_day", "back_on")

    def __init__(self, *args: Any, removes: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not removes:
            del self.fields["how"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("how") == "removal" and data.get("back_on"):
            self.add_error("back_on", _("Whoever is removed does not come back."))
        return data

    @property
    def removing(self) -> bool:
        return bool(self.cleaned_data.get("how") == "removal")

    @property
    def days(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("last_day", "back_on")}


class AwayForm(LeavingForm):
    """Of somebody who is out already: they come back on a day, or are removed when one is over."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["last_day"].label = _("Removed after")
        self.fields["last_day"].required = False
        self.fields["last_day"].help_text = _("To remove them: when that day is over.")
        self.fields["back_on"].help_text = _("To let them in again: from the beginning of that day.")
        if "how" in self.fields:
            self.fields["how"].choices = [  # type: ignore[attr-defined]
                ("reactivation", _("Access begins again, with the same role and teams")),
                self.fields["how"].choices[1],  # type: ignore[attr-defined]
            ]
            self.fields["how"].initial = "reactivation"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        wanted = "last_day" if data.get("how") == "removal" else "back_on"
        if not data.get(wanted) and wanted not in self.errors:
            self.add_error(wanted, _("Choose a day."))
        return data
