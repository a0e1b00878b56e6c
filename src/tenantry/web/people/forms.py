"""Forms about people over the bounds of the domain."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenantry.core.bounds import EMAIL, OPTIONAL_PERSON_NAME, PERSON_NAME
from tenantry.core.ids import parse_id
from tenantry.organizations.labels import label
from tenantry.web.forms import BoundField, HouseForm

Choices = Sequence[tuple[Any, Any]]


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


def in_no_unit(labels: Mapping[str, str]) -> str:
    """The choice of none, in the organization's word."""
    return gettext("In no %(unit)s") % {"unit": label(labels, "one_unit")}


class NamesForm(HouseForm):
    """Somebody's name here."""

    given_name = BoundField(PERSON_NAME, label=_("Given name"))
    family_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Family name"))


class InvitedForm(HouseForm):
    """Name, role, teams, unit and profile of somebody who has not accepted yet. `roles`, `teams`, `units`, `profiles`:
    (id, name); `free`: whether they may stand in no unit; `labels`: the
    organization's own words."""

    given_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Given name"))
    family_name = BoundField(OPTIONAL_PERSON_NAME, label=_("Family name"))
    role = RoleField(label=_("Role"))
    teams = forms.TypedMultipleChoiceField(
        coerce=UUID, required=False, label=_("Teams"), widget=forms.CheckboxSelectMultiple
    )

    unit = forms.TypedChoiceField(coerce=UUID, empty_value=None, required=False, label=_("Branch"))
    profile = forms.TypedChoiceField(coerce=UUID, empty_value=None, required=False, label=_("Profile"))

    def __init__(
        self,
        *args: Any,
        roles: Choices,
        teams: Choices,
        units: Choices = (),
        profiles: Choices = (),
        free: bool = True,
        labels: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["unit"].label = label(labels or {}, "unit")
        self.fields["teams"].label = label(labels or {}, "teams")
        none = [("", in_no_unit(labels or {}))] if free else []
        self.fields["unit"].choices = [*none, *((str(i), name) for i, name in units)]  # type: ignore[attr-defined]
        self.fields["unit"].required = not free
        if not units:
            del self.fields["unit"]
        self.fields["profile"].choices = [  # type: ignore[attr-defined]
            ("", _("No profile: nothing is bounded")),
            *((str(i), name) for i, name in profiles),
        ]
        if not profiles:
            del self.fields["profile"]
        self.fields["role"].choices = [(str(i), name) for i, name in roles]  # type: ignore[attr-defined]
        self.fields["teams"].choices = [(str(i), name) for i, name in teams]  # type: ignore[attr-defined]
        if not teams:
            del self.fields["teams"]

    @property
    def team_ids(self) -> tuple[UUID, ...]:
        return tuple(self.cleaned_data.get("teams", ()))


class AddForm(InvitedForm):
    """Add user: the address, and of the invited person's fields what policy `people.add_fields` asks. A unit is asked
    all the same where it is needed."""

    email = BoundField(EMAIL, label=_("E-mail"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    field_order = ("given_name", "family_name", "email", "role", "teams", "unit", "profile")

    def __init__(self, *args: Any, asked: Collection[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, codes in ASKED_BY.items():
            needed = name == "unit" and name in self.fields and self.fields[name].required
            if name in self.fields and not needed and codes.isdisjoint(asked):
                del self.fields[name]


def picked(values: Iterable[str]) -> tuple[UUID, ...] | None:
    """Ids of a selection, each once; None when one of them is none of ours."""
    ids = {value: parse_id(value) for value in values}
    if not all(ids.values()):
        return None
    return tuple(i for i in ids.values() if i is not None)
