"""Saved views and columns as the directory offers them."""

from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy

from tenantry.organizations.structure import parts_of
from tenantry.usecases.saving_views import PEOPLE
from tenantry.web.people import columns, filters
from tenantry.web.requests import MemberRequest
from tenantry.web.saved_views import Shelf

SHELF = Shelf(
    place=PEOPLE,
    title=gettext_lazy("Directory"),
    unfiltered=gettext_lazy("Everybody"),
    list_name="person_list",
    names=("person_view", "person_views", "person_view_create", "person_columns"),
    kept=filters.kept,
    columns=columns.KEYS,
)


def column_context(request: MemberRequest, query: QueryDict, own: str) -> dict[str, Any]:
    """What a table of people needs: its columns, and those to choose from. `own`: see `web.saved_views.Views`."""
    keys = columns.chosen(query, own)
    structure, labels = parts_of(request.organization), request.organization.labels
    shown = columns.shown(keys, structure, labels)
    return {
        "columns": shown,
        "column_keys": {column.key for column in shown},
        "column_choices": columns.offered(structure, labels),
    }
