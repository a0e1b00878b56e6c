"""Forms about work: tasks, notes, activities."""

from datetime import UTC, datetime, tzinfo
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenantry.core.actor import Actor
from tenantry.crm import bounds
from tenantry.crm.actions.activities import LONGEST_MINUTES
from tenantry.web.forms import BoundField, HouseForm
from tenantry.web.people.holding_forms import DayField
from tenantry.web.picking import Picker, PickField, set_pickers
from tenantry.web.templatetags.work import KINDS

# How a field of day and time writes its value.
LOCAL = "%Y-%m-%dT%H:%M"


class QuickTaskForm(HouseForm):
    """One line: what, and by when."""

    title = BoundField(bounds.TITLE, label=gettext_lazy("What is to be done"))
    due_on = DayField(label=gettext_lazy("Due"))


class TaskForm(QuickTaskForm):
    """`picker`: of who does it, None where that is not asked."""

    body = BoundField(bounds.TEXT, label=gettext_lazy("Details"))
    owner = PickField(label=gettext_lazy("Who does it"))

    def __init__(self, *args: Any, actor: Actor, picker: Picker | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_pickers(self, actor, {"owner": picker} if picker else {}, ["owner"])


class NoteForm(HouseForm):
    """What is worth remembering."""

    body = BoundField(bounds.NOTE, label=gettext_lazy("Note"))


class MomentField(forms.DateTimeField):
    """A day and a time by the clock of `zone`."""

    zone: tzinfo = UTC

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(format=LOCAL, attrs={"type": "datetime-local"})
        super().__init__(widget=widget, input_formats=[LOCAL, f"{LOCAL}:%S"], **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value.astimezone(self.zone).replace(tzinfo=None) if isinstance(value, datetime) else value

    def clean(self, value: Any) -> datetime | None:
        moment: datetime | None = super().clean(value)
        if moment is None:
            return None
        try:
            return moment.replace(tzinfo=self.zone).astimezone(UTC)
        except OverflowError:
            raise forms.ValidationError(_("Choose a moment of this century."), code="invalid") from None


class ActivityForm(HouseForm):
    """`zone`: of the person who logs it."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=list(KINDS.items()))
    title = BoundField(bounds.TITLE, label=gettext_lazy("What it was about"))
    body = BoundField(bounds.TEXT, label=gettext_lazy("What was said"))
    happened_at = MomentField(label=gettext_lazy("When"))
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), required=False, min_value=0, max_value=LONGEST_MINUTES, localize=False
    )

    def __init__(self, *args: Any, zone: tzinfo, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["happened_at"].zone = zone  # type: ignore[attr-defined]
