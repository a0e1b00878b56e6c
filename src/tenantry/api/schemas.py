"""Bases of what comes in and goes out. What comes in is strict: known fields, right types, the house's bounds."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Protocol
from uuid import UUID

from django.utils.translation import gettext as _
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from tenantry.core.ids import parse_id
from tenantry.core.text import InvalidText

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,6})?([Zz]|[+-]\d{2}:\d{2})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class In(BaseModel):
    """A body. A field of type str is always bounded, by `Bounded`, a pattern or a list of values."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class QueryIn(BaseModel):
    """Parameters of an address: text that is read by strict readers."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class Bound(Protocol):
    @property
    def max_length(self) -> int: ...

    @property
    def required(self) -> bool: ...

    def clean(self, value: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Bounded:
    """Text cleaned by a bound that forms use too."""

    bound: Bound
    description: str = ""

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            self._clean,
            core_schema.str_schema(
                strict=True, max_length=self.bound.max_length, min_length=1 if self.bound.required else None
            ),
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler(schema)
        return {**described, "description": self.description} if self.description else described

    def _clean(self, value: str) -> str:
        try:
            return self.bound.clean(value)
        except InvalidText as error:
            raise _refused(error.code, str(error)) from None


def _refused(code: str, sentence: str) -> PydanticCustomError:
    # The sentence is text, not a template: braces in it are its own.
    return PydanticCustomError(code, "{sentence}", {"sentence": sentence})


def _id(value: Any) -> Any:
    if isinstance(value, UUID):
        return value
    parsed = parse_id(value) if isinstance(value, str) else None
    if parsed is None:
        raise _refused("invalid_id", _("An id looks like 01890a5d-ac96-774b-bcce-b302099a8057."))
    return parsed


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9]{1,9}", value):
            raise _refused("invalid_number", _("A whole number, in digits."))
        return int(value)
    return value


def _moment(value: Any) -> Any:
    if isinstance(value, str):
        try:
            if _MOMENT.fullmatch(value):
                return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
        raise _refused("invalid_moment", _("A moment with its offset: 2026-05-04T08:00:00Z."))
    return value


def _day(value: Any) -> Any:
    if isinstance(value, str):
        try:
            if _DAY.fullmatch(value):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise _refused("invalid_day", _("A day of the calendar: 2026-05-04."))
    return value


Id = Annotated[UUID, BeforeValidator(_id)]
Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Limit = Annotated[int, Field(ge=1, le=200, description="Rows a page."), BeforeValidator(_whole)]
Days = Annotated[int, Field(ge=1, le=9999), BeforeValidator(_whole)]
Count = Annotated[int, Field(ge=0, le=10_000_000), BeforeValidator(_whole)]
Cursor = Annotated[str, Field(max_length=2000, pattern=r"^[A-Za-z0-9_-]*$", description="From `next` or `previous`.")]
Digest = Annotated[
    str, Field(pattern=r"^[0-9a-f]{32}$", description="Of the plan that was shown; see the plan's own operation.")
]
Ids = Annotated[list[Id], Field(min_length=1, max_length=500)]


class Fault(Out):
    """One fault: `pointer` into the body (RFC 6901, as a fragment) or `parameter` of the address."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None


class RemedyOut(Out):
    """What helps against a refusal: a page, and who can act there."""

    code: str
    title: str
    url: str
    yours: bool = Field(description="Whether the caller may.")
    people: list[str] = Field(description="Who can, where the caller may not.")


class Problem(Out):
    """A problem document (RFC 9457). `code` is stable; other members are facts that depend on it."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "type": "https://tenantry.example.com/api/docs#problem-at_seat_limit",
                "title": "At seat limit",
                "status": 409,
                "detail": "At seat limit: 25 of 25 seats are in use.",
                "code": "at_seat_limit",
                "instance": "0190a5dac96774bbcceb302099a8057a",
                "in_use": 25,
                "limit": 25,
                "free": 0,
                "remedies": [
                    {
                        "code": "buy_seats",
                        "title": "Buy seats",
                        "url": "https://tenantry.example.com/admin/billing/seats#buy",
                        "yours": True,
                        "people": [],
                    }
                ],
            }
        },
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str = Field(description="Id of the request, as in X-Request-Id.")
    errors: list[Fault] | None = None
    remedies: list[RemedyOut] | None = None
