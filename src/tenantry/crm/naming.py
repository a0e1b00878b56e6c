"""A record that people are called by needs something to be called by."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput
from tenantry.core.fields import refuse_closed
from tenantry.core.records import RecordType


def refuse_nameless(values: Mapping[str, str], names: Sequence[str]) -> None:
    """:raises InvalidInput: all of these are empty."""
    if not any(values[name] for name in names):
        raise InvalidInput({names[0]: _("Please give at least one thing that it can be called by.")})


def refuse_new(actor: Actor, record_type: RecordType, texts: Mapping[str, str], names: Sequence[str]) -> None:
    """Whether somebody may begin one with these texts. `names`: any one of them is what it is called by.

    :raises InvalidInput: it would have no name. :raises PermissionMissing: a field is closed to the actor.
    """
    refuse_nameless(texts, names)
    refuse_closed(actor, record_type, [name for name, text in texts.items() if text], "create")


def texts_given(
    actor: Actor, record_type: RecordType, row: Any, names: Sequence[str], wanted: Mapping[str, str | None]
) -> dict[str, str]:
    """Those of `wanted` that are given; None leaves what stands.

    :raises InvalidInput, PermissionMissing: as `refuse_new`.
    """
    texts = {name: text for name, text in wanted.items() if text is not None}
    refuse_closed(actor, record_type, texts)
    refuse_nameless({name: texts.get(name, getattr(row, name)) for name in names}, names)
    return texts
