"""Forms about people over the bounds of the domain."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenantry.core.actor import Actor
from tenantry.core.bounds import EMAIL, OPTIONAL_PERSON_NAME, PERSON_NAME
from tenantry.organizations.labels import label
from tenantry.people.ways import ADMINISTRATOR
from tenantry.web.forms import BoundField, HouseForm, PasswordField
from tenantry.web.picking import Picker, PickField, PicksField, set_pickers

Choices = Sequence[tuple[Any, Any]]
# Fields of people that are chosen among any number.
PICKED = ("teams", "unit", "department")

# Field of “Add user” -> codes of policy `people.add_fields` that ask for it.
ASKED_BY = {
    "given_name": {"names", "given_name"},
    "family_name": {"names", "family_name"},
    "role": {"role"},
    "profile": {"profile"},
    "teams": {"teams"},
    "unit": {"unit"},
}


class RoleField(forms.TypedChoiceField):
    """A role by its id, out of those that may be given."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=UUID, empty_value=None, **kwargs)


class NamesForm(HouseForm):
    """Somebody's name here."""

    given_name = BoundField(PERSON_NAME, label=_("Given name"))
    family_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Family name"))


class InvitedForm(HouseForm):
    """Name, role, teams, unit and profile of somebody who has not accepted yet. `roles`, `profiles`: (id, name);
    `pickers`: of teams, unit and department, by field; `labels`: the organization's own words."""

    given_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Given name"))
    family_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Family name"))
    role = RoleField(label=_("Role"))
    teams = PicksField(label=_("Teams"))
    unit = PickField(label=_("Branch"))
    profile = forms.TypedChoiceField(coerce=UUID, empty_value=None, required=False, label=_("Profile"))

    def __init__(
        self,
        *args: Any,
        actor: Actor,
        roles: Choices,
        pickers: Mapping[str, Picker],
        profiles: Choices = (),
        labels: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].label = label(labels or {}, "unit")
        self.fields["teams"].label = label(labels or {}, "teams")
        set_pickers(self, actor, pickers, PICKED)
        self.fields["profile"].choices = [  # type: ignore[attr-defined]
            ("", _("No profile: nothing is bounded")),
            *((str(i), name) for i, name in profiles),
        ]
        if not profiles:
            del self.fields["profile"]
        self.fields["role"].choices = [(str(i), name) for i, name in roles]  # type: ignore[attr-defined]

    @property
    def team_ids(self) -> tuple[UUID, ...]:
        return tuple(self.cleaned_data.get("teams", ()))


def _given_password(**kwargs: Any) -> PasswordField:
    """One that is read out to somebody: no browser should remember it as the administrator's own."""
    field = PasswordField(new=True, **kwargs)
    field.widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "class": "font-monospace"}
    return field


class GivenPasswordForm(HouseForm):
    """A password that an administrator chooses for somebody."""

    password = _given_password(label=_("Password"))
    must_change = forms.BooleanField(required=False, initial=True, label=_("They choose their own at the next sign-in"))


class AddForm(InvitedForm):
    """Add user: the address, a way in out of those that are offered, and of the invited person's fields what policy
    `people.add_fields` asks, in its order. A unit is asked all the same where it is needed, and a department where the
    organization keeps any."""

    email = BoundField(EMAIL, label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    way = forms.ChoiceField(label=_("How they get in"), widget=forms.RadioSelect, required=False)
    password = _given_password(label=_("Password"), required=False)
    must_change = forms.BooleanField(
        required=False, initial=True, label=_("They choose their own at the first sign-in")
    )
    department = PickField(label=_("Department"))
    field_order = (
        "given_name", "family_name", "email", "way", "password", "role", "teams", "unit", "department", "profile",
    )  # fmt: skip

    def __init__(self, *args: Any, asked: Sequence[str], ways: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email_first = bool(asked) and asked[0] == "email"
        self.ways = [way for way, _title in ways]
        for name, codes in ASKED_BY.items():
            needed = name == "unit" and self.needs_unit
            if name in self.fields and not needed and codes.isdisjoint(asked):
                del self.fields[name]
        self.fields["way"].choices = ways  # type: ignore[attr-defined]
        self.fields["way"].initial = self.ways[0]
        if len(self.ways) == 1:
            del self.fields["way"]
        if ADMINISTRATOR not in self.ways:
            del self.fields["password"]
            del self.fields["must_change"]

    @property
    def needs_unit(self) -> bool:
        """Whether they have to stand in a unit."""
        field = self.fields.get("unit")
        return isinstance(field, PickField) and field.picker is not None and not field.picker.none

    @property
    def more_is_said(self) -> bool:
        """Whether something of what is folded away was chosen, looked for, or is wrong."""
        fields = [self[name] for name in ("teams", "unit", "department", "profile") if name in self.fields]
        found = [(one, getattr(one.field, "picker", None)) for one in fields]
        return any(
            one.errors or (picker.typed or picker.chosen or picker.ticked if picker else one.value())
            for one, picker in found
        )

    @property
    def chosen_way(self) -> str:
        """What was chosen, or the only one there is."""
        return str(self.cleaned_data.get("way") or self.ways[0])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "password" in self.fields and "way" not in self.errors and "password" not in self.errors:
            if self.chosen_way != ADMINISTRATOR:
                # Typed before another way was chosen.
                cleaned["password"] = ""
            elif not cleaned["password"]:
                self.add_error("password", gettext("Please choose a password for them."))
        return cleaned


class NewAddressForm(HouseForm):
    """Another address for somebody."""

    email = BoundField(EMAIL, label=_("New e-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
