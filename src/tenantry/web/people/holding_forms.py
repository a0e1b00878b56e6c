"""Forms about what one person holds: roles with an end, profile, restrictions, ownership."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.access.ends import end_of_day, last_day
from tenantry.core.actor import Actor
from tenantry.core.permissions import REACH_TITLES, YES, Restriction
from tenantry.organizations.labels import label
from tenantry.web.forms import HouseForm, PasswordField
from tenantry.web.people.forms import Choices, RoleField
from tenantry.web.picking import Picker, PickField, set_pickers

FIRST_YEAR, LAST_YEAR = 1970, 9000


class DayField(forms.DateField):
    """A day of the calendar, typed or picked; empty is never."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(required=False, widget=widget, input_formats=["%Y-%m-%d"], **kwargs)

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day is not None and not FIRST_YEAR <= day.year < LAST_YEAR:
            raise ValidationError(_("Choose a day in a year that comes."), code="invalid")
        return day


class UntilForm(HouseForm):
    """The last day on which something holds, in the organization's calendar. `zone`: its time zone."""

    until = DayField(label=gettext_lazy("Until"))

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        words = _("Through the end of that day in %(zone)s. Empty: for good.")
        self.fields["until"].help_text = words % {"zone": zone}

    @property
    def ends_at(self) -> datetime | None:
        day: date | None = self.cleaned_data["until"]
        return end_of_day(day, self.zone) if day else None


def shown_day(ends_at: datetime | None, zone: str) -> str:
    """An end as the form shows it."""
    return last_day(ends_at, zone).isoformat() if ends_at else ""


def _with_none(choices: Choices, none: Any) -> list[tuple[str, Any]]:
    return [("", none), *((str(i), name) for i, name in choices)]


class RoleForm(UntilForm):
    """Which base role somebody gets, until when, and which one follows then."""

    role = RoleField(label=gettext_lazy("New role"))
    then = RoleField(label=gettext_lazy("Role after that"), required=False)
    field_order = ("role", "until", "then")

    def __init__(self, *args: Any, roles: Choices, followers: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = _with_none(roles, _("Choose a role"))  # type: ignore[attr-defined]
        self.fields["then"].choices = _with_none(followers, _("None: it holds for good"))  # type: ignore[attr-defined]


class FurtherRoleForm(UntilForm):
    """One more role: an addition, or, with a unit, a role there. `additions`, `unit_roles`: (id, name); `picker`: of
    the units."""

    role = RoleField(label=gettext_lazy("Role"))
    unit = PickField(label=gettext_lazy("Branch"), needed=False)
    field_order = ("role", "unit", "until")

    def __init__(
        self,
        *args: Any,
        additions: Choices,
        unit_roles: Choices,
        actor: Actor,
        picker: Picker | None,
        labels: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.words = {"unit": label(labels, "one_unit")}
        self.fields["unit"].label = label(labels, "unit")
        self.of_units = {i for i, _name in unit_roles}
        everywhere = [(str(i), name) for i, name in additions]
        there = [(str(i), name) for i, name in unit_roles]
        groups: list[Any] = [("", _("Choose a role"))]
        groups += [(_("In the whole organization"), everywhere)] if everywhere else []
        groups += [(_("At a %(unit)s") % self.words, there)] if there else []
        self.fields["role"].choices = groups  # type: ignore[attr-defined]
        set_pickers(self, actor, {"unit": picker} if picker and unit_roles else {}, ["unit"])
        if "unit" in self.fields:
            self.fields["unit"].help_text = (
                _("For roles at a %(unit)s: it holds there and in everything below.") % self.words
            )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("role") in self.of_units and not data.get("unit") and "unit" not in self.errors:
            self.add_error("unit", _("This role is held at a %(unit)s. Choose which one.") % self.words)
        if data.get("role") and data["role"] not in self.of_units:
            data["unit"] = None
        return data

    @property
    def unit_id(self) -> UUID | None:
        unit: UUID | None = self.cleaned_data.get("unit")
        return unit


class ProfileForm(HouseForm):
    """Which profile bounds somebody; empty is none."""

    profile = RoleField(label=gettext_lazy("Profile"), required=False)

    def __init__(self, *args: Any, profiles: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profile"].choices = _with_none(profiles, _("No profile: nothing is bounded"))  # type: ignore[attr-defined]


class RestrictionsForm(HouseForm):
    """One switch, or one choice, for each restriction. Field names are the codes."""

    def __init__(self, *args: Any, declared: Mapping[str, Restriction], present: Mapping[str, str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.declared = declared
        for code, known in declared.items():
            self.fields[code] = self._field(known, present.get(code, ""))

    @staticmethod
    def _field(known: Restriction, value: str) -> forms.Field:
        words: dict[str, Any] = {"label": known.title, "help_text": known.sentence, "required": False}
        if not known.choices:
            return forms.BooleanField(initial=value == YES, **words)
        choices = [("", _("Not restricted")), *((reach, REACH_TITLES[reach]) for reach in known.choices)]
        return forms.ChoiceField(initial=value, choices=choices, **words)

    @property
    def values(self) -> dict[str, str]:
        given = {code: self.cleaned_data[code] for code in self.declared}
        return {code: YES if value is True else value for code, value in given.items() if value}


class TransferForm(HouseForm):
    """What the giver becomes, and their own password once the plan was read."""

    then = RoleField(label=gettext_lazy("Your role afterwards"))
    password = PasswordField(new=False, required=False, label=gettext_lazy("Your password"))

    def __init__(self, *args: Any, roles: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["then"].choices = [(str(i), name) for i, name in roles]  # type: ignore[attr-defined]


class PasswordAloneForm(HouseForm):
    password = PasswordField(new=False, label=gettext_lazy("Your password"))
