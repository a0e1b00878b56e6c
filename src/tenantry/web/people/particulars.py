"""What is known of a person, in forms: the fields that administrators and the person share, and who the manager is."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.access.selectors import DirectoryFilter, directory
from tenantry.core.actor import Actor
from tenantry.core.bounds import EMAIL, OPTIONAL_PERSON_NAME, PERSON_NAME, PHONE, SEARCH
from tenantry.core.text import InvalidText
from tenantry.organizations.bounds import TIME_ZONES
from tenantry.people.particulars import locales
from tenantry.people.pictures import FORMATS, MOST_BYTES, PictureRefused, make_picture
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.people.place_forms import Choices, ChosenId, offer
from tenantry.web.times import clock_time

_ACCEPT = ",".join(f"image/{name.lower()}" for name in FORMATS)
FOUND = 10


def zone_choices() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(TIME_ZONES)]


class PictureFields(HouseForm):
    """A picture to come, or the present one to go."""

    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        required=False,
        widget=forms.FileInput(attrs={"accept": _ACCEPT}),
        help_text=gettext_lazy("PNG, JPEG or WebP, up to 5 MB. It is cut square."),
    )
    no_picture = forms.BooleanField(label=gettext_lazy("Take the picture away"), required=False)

    def clean_picture(self) -> Any:
        upload = self.cleaned_data["picture"]
        if not isinstance(upload, UploadedFile):
            return None
        try:
            if (upload.size or 0) > MOST_BYTES:
                raise PictureRefused
            return make_picture(upload.read())
        except PictureRefused as refused:
            raise ValidationError(str(refused), code=refused.code) from refused

    def wanted_picture(self) -> bytes | None:
        """For the action: empty takes it away, None leaves it."""
        made: bytes | None = self.cleaned_data["picture"]
        return b"" if made is None and self.cleaned_data["no_picture"] else made


class PhoneField(BoundField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"type": "tel", **kwargs.pop("attrs", {})})
        super().__init__(PHONE, label=gettext_lazy("Phone"), widget=widget, **kwargs)


class WritingFields(HouseForm):
    """Language and time zone. A choice that is none is not offered: with one language there is nothing to choose."""

    locale = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        usual = _("As the organization: %(zone)s") % {"zone": zone.replace("_", " ")}
        offered = [("", _("As the browser asks")), *((code, str(title)) for code, title in locales().items())]
        self.fields["locale"].choices = offered  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = [("", usual), *zone_choices()]  # type: ignore[attr-defined]
        if len(locales()) == 1:
            del self.fields["locale"]


class PersonForm(WritingFields, PictureFields):
    """What administrators say of a person. `manager`: a name or address, `departments`: (id, name)."""

    given_name = BoundField(PERSON_NAME, label=gettext_lazy("Given name"))
    family_name = BoundField(OPTIONAL_PERSON_NAME, label=gettext_lazy("Family name"))
    department = ChosenId(label=gettext_lazy("Department"), required=False)
    manager = BoundField(
        SEARCH,
        label=gettext_lazy("Manager"),
        widget=forms.TextInput(attrs={"list": "manager-choices", "autocomplete": "off"}),
    )
    phone = PhoneField(attrs={"autocomplete": "off"})
    field_order = ("given_name", "family_name", "department", "manager", "phone", "time_zone", "locale", "picture")

    def __init__(
        self, *args: Any, actor: Actor, member: Any, now: datetime, departments: Choices, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.actor, self.member, self.now = actor, member, now
        offer(self.fields["department"], departments, _("In no department"))
        if not departments:
            del self.fields["department"]
        if member.id == actor.membership_id and not actor.grants.everything:
            # The organization's to say, not one's own.
            self.fields.pop("department", None)
            del self.fields["manager"]

    def clean_manager(self) -> UUID | None:
        return manager_called(self.actor, self.member, self.cleaned_data["manager"], self.now)

    @property
    def params(self) -> dict[str, Any]:
        """What the action is told."""
        data = dict(self.cleaned_data)
        data.pop("no_picture")
        data["picture"] = self.wanted_picture()
        if "manager" in data:
            data["manager_id"] = data.pop("manager")
        if "department" in data:
            data["department_id"] = data.pop("department")
        return data


def initial_of(member: Any) -> dict[str, Any]:
    """`member`: a row of `listed`."""
    return {
        "given_name": member.given_name,
        "family_name": member.family_name,
        "department": str(member.department_id or ""),
        "manager": shown_manager(member.manager_name, "") if member.manager_id else "",
        "phone": member.phone,
        "locale": member.locale,
        "time_zone": member.time_zone,
    }


def shown_manager(name: str, email: str) -> str:
    return f"{name} <{email}>" if email and name != email else name


def people_called(actor: Actor, text: str, now: datetime) -> list[Any]:
    """The first few active people of this name or address whom the actor may see."""
    words = text.partition("<")[2].rstrip("> ") if "<" in text else text
    rows = directory(actor, DirectoryFilter(words, ("active",)), now).only("id", "given_name", "family_name", "email")
    return list(rows.order_by("sort_name", "id")[:FOUND])


def manager_called(actor: Actor, member: Any, text: str, now: datetime) -> UUID | None:
    """Who is meant; None for nobody.

    :raises ValidationError: nobody active is called so, or several are.
    """
    if not text:
        return None
    if member.manager_id and text == initial_of(member)["manager"]:
        kept: UUID = member.manager_id
        return kept
    found = people_called(actor, text, now)
    address = _address(text)
    exact = [one for one in found if one.email == address or one.name.lower() == text.lower()]
    if len(exact) == 1:
        found = exact
    if not found:
        raise ValidationError(_("Nobody active here is called so."), code="unknown")
    if len(found) > 1:
        names = ", ".join(shown_manager(one.name, one.email) for one in found[:5])
        raise ValidationError(_("Several people are called so. Take the address: %(names)s") % {"names": names})
    only: UUID = found[0].id
    return only


def _address(text: str) -> str:
    try:
        return EMAIL.clean(text.partition("<")[2].rstrip("> ") if "<" in text else text)
    except InvalidText:
        return ""


def local_time(member: Any, zone: str, now: datetime) -> Mapping[str, str] | None:
    """What the clock says where somebody is; None where that is the organization's time."""
    own = member.time_zone
    if not own or own not in TIME_ZONES or own == zone:
        return None
    here, there = now.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(own))
    if here.utcoffset() == there.utcoffset():
        return None
    days = (there.date() - here.date()).days
    day = {1: _("tomorrow"), -1: _("yesterday")}.get(days, "")
    return {"time": clock_time(there), "day": day, "zone": own.replace("_", " ")}
