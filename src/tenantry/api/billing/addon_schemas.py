"""Add-ons of the present plan. Amounts are whole minor units of the currency beside them."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from tenantry.api.billing.schemas import Interval
from tenantry.api.pagination import PageOf, PageQuery
from tenantry.api.people.schemas import Named, RefusedPerson, Selection
from tenantry.api.schemas import Digest, Out


class AddonOut(Out):
    """An add-on of the present plan. `price`: of one person and interval."""

    key: str
    title: str
    price: int
    interval: Interval
    currency: str
    people: int = Field(description="Who are charged at the renewal.")
    charged_people: int | None = Field(description="Of the running period; null: nothing runs.")


class AddonsOut(Out):
    items: list[AddonOut]


class AddonPersonOut(Out):
    id: UUID
    name: str
    status: str
    since: datetime


class AddonPersonPage(PageOf[AddonPersonOut]):
    pass


class AddonPersonQuery(PageQuery):
    pass


class AddonSwitchIn(Selection):
    on: bool


class ConfirmedAddonSwitch(AddonSwitchIn):
    digest: Digest | None = None


class AddonSwitchOut(Out):
    """Amounts are before tax and credit; nothing is due at once."""

    digest: str
    key: str
    title: str
    on: bool
    people: list[Named] = Field(description="For whom it changes.")
    refused: list[RefusedPerson]
    same: int = Field(description="How many of the selection have it so already.")
    price: int
    interval: Interval
    currency: str
    people_before: int
    people_after: int
    charged_at: datetime | None = Field(description="When people are counted next, before the renewal; null: not so.")
    charged: int = Field(description="By how much that invoice grows.")
    renews_at: datetime | None
    renewal_before: int
    renewal_after: int
