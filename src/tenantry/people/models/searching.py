"""What the directory of a large organization is searched by (docs/decisions/0019-search-tables.md).

Derived from memberships, roles, teams and profiles by `access.searching`; only organizations with a `SearchState` have
rows. Three tables say which people a piece of a word or the value of a filter leads to, in the order of names; each row
carries all that the person is searched by, so that other conditions are read off it.
"""

from typing import ClassVar

from django.db import models

from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText
from tenantry.core.tenancy.models import TenantModel

_DERIVED = Lifecycle(
    export=None, keep=Keep.MEMBERSHIP, erase=Erase.DELETE, personal=("sort_name", "says")
)  # the trigger that notices an erased membership has these rows made anew


class SearchState(TenantModel):
    """That an organization is searched by tables, and how far they are. `known_from`: the first transaction of which is
    known that whoever writes in it, or in a later one, is noted down."""

    begun_at = models.DateTimeField()
    known_from = models.BigIntegerField(null=True)
    # The last name and id that everybody has been gone through to; null when that has ended.
    after_name = CollatedText(null=True, default="")
    after_id = models.UUIDField(null=True)
    ready_at = models.DateTimeField(null=True)
    # Terms that lead to many people, with how many: a hint for choosing where to begin, not a figure.
    sizes = models.JSONField(default=dict)
    sized_at = models.DateTimeField(null=True)
    # Somebody changed since.
    folded_at = models.DateTimeField(null=True)

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization_id"], name="people_one_search_state")]


class SearchWaiting(TenantModel):
    """Somebody whose search rows are old. Written by triggers, in the transaction that made them so."""

    member_id = models.UUIDField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization_id", "member_id"], name="people_waiting_by_member")]


class SearchValue(TenantModel):
    """A short code for a role, team, unit, department, profile or workspace; `id` is its id."""

    code = models.IntegerField()

    lifecycle: ClassVar = Lifecycle(export=None, keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["organization_id", "code"], name="people_one_code")]


class SearchRow(TenantModel):
    """`id`: of the membership. `says`: the words of `search_text`, then the codes of teams and workspaces, each after a
    blank. `letters`: a bit for each letter with which a word begins. `until`: when an invitation ends. `seen`: the day
    (UTC) of the last sign-in since 1970, 0 for never. `role`, `profile`, `department`, `unit`: codes."""

    letters = models.BigIntegerField(default=0)
    until = models.DateTimeField(null=True)
    status = models.SmallIntegerField(default=0)
    seen = models.IntegerField()
    role = models.IntegerField(null=True)
    profile = models.IntegerField(null=True)
    department = models.IntegerField(null=True)
    unit = models.IntegerField(null=True)
    sort_name = CollatedText()
    says = CollatedText()

    class Meta:
        abstract = True


class SearchPerson(SearchRow):
    """One row a person: what the other rows were made from."""

    lifecycle: ClassVar = _DERIVED


class SearchToken(SearchRow):
    """By word. Read as a range, so not in the order of names."""

    term = CollatedText()

    lifecycle: ClassVar = _DERIVED


class SearchPrefix(SearchRow):
    """By the first one to four letters of words, and by the value of a filter."""

    term = CollatedText()

    lifecycle: ClassVar = _DERIVED


class SearchPair(SearchRow):
    """By the first letters of two words, one each or two each."""

    term = CollatedText()

    lifecycle: ClassVar = _DERIVED
