from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from tenantry.api.schemas import Digest, In, Out

PolicyCode = Annotated[str, Field(max_length=60, pattern=r"^[a-z_]+\.[a-z_]+$")]


class ChoiceOut(Out):
    code: str
    title: str
    sentence: str


class ValueKindOut(Out):
    """What a value may be. `optional`: null of a number, the empty list of a set."""

    kind: Literal["flag", "number", "choice", "set", "ordered_set"]
    minimum: int | None = None
    maximum: int | None = None
    optional: bool = False
    choices: list[ChoiceOut] = []
    needed: list[str] = Field(default=[], description="Codes that an ordered set can't leave out.")


class PolicyOut(Out):
    """Its ETag is what If-Match asks for; `version` is the same number."""

    code: str
    group: str
    title: str
    effect: str
    value: Any
    in_words: str
    default: Any
    version: int
    operator_only: bool
    changeable: bool = Field(description="Whether the caller may change it.")
    refusal: str | None = Field(description="The code of what refuses a change.")
    kind: ValueKindOut


class Policies(Out):
    items: list[PolicyOut]


class PolicyValueIn(In):
    value: JsonValue


class ChangePolicy(PolicyValueIn):
    """`digest` of the plan that was shown; left out, the effect of this moment is carried out."""

    digest: Digest | None = None


class EffectOut(Out):
    """One consequence. `number` null: a sentence without a figure; `names`: of whom it speaks."""

    text: str
    number: int | None
    names: list[str]
    warning: bool


class SideOut(Out):
    value: Any
    in_words: str


class PolicyPlanOut(Out):
    """What a value would do. `changes` false: it is so already."""

    digest: str
    code: str
    version: int
    changes: bool
    before: SideOut
    after: SideOut
    effects: list[EffectOut]


def effects_out(effects: Any) -> list[EffectOut]:
    return [EffectOut(text=e.text, number=e.number, names=list(e.names), warning=e.warning) for e in effects]
