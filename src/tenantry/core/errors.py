"""Named refusals: a stable code and a sentence for people. Interfaces map `kind` to their own answer; no HTTP here."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import catalogue

Kind = Literal["forbidden", "missing", "conflict", "invalid", "limited", "unavailable"]


@dataclass(frozen=True, slots=True)
class Remedy:
    """A way out of a refusal: a button. `url_name` is a view's name, `query` what follows its address. `permissions`:
    all that the way asks for. `code` is for programs; those without one are for people alone."""

    label: str | Promise
    url_name: str
    args: tuple[str, ...] = ()
    query: str = ""
    permissions: tuple[str, ...] = ()
    code: str = ""


class Refusal(Exception):
    """Base of everything that the product refuses on purpose.

    `sentence` may hold `%(name)s` places filled from the keyword arguments.
    """

    code: ClassVar[str] = "refused"
    kind: ClassVar[Kind] = "conflict"
    sentence: ClassVar[str | Promise] = _("This can't be done.")
    remedies: tuple[Remedy, ...] = ()

    def __init__(self, **params: Any) -> None:
        self.params = params
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.sentence) % self.params if self.params else str(self.sentence)

    @property
    def handover(self) -> str:
        """A code that somebody hands to their administrator, who opens the explanation with it; mostly none."""
        return ""

    def facts(self) -> dict[str, Any]:
        """What an interface may publish beside code and sentence."""
        return {key: value for key, value in self.params.items() if isinstance(value, str | int | bool | list | dict)}


class NotFound(Refusal):
    """Unknown, or of another organization, or out of reach: one answer for all three."""

    code = "not_found"
    kind = "missing"
    sentence = _("There is nothing here, or you can't see it.")


class PermissionMissing(Refusal):
    """`step`: where in the published order it was refused (`core.decisions.Step`); empty when nobody decided on a
    record."""

    code = "permission_missing"
    kind = "forbidden"
    sentence = _("This needs the permission “%(permission)s”.")
    # By the step of the published order.
    sentences: ClassVar[dict[str, Any]] = {
        "organization_state": _("The organization is not active, and “%(permission)s” waits until it is."),
        "seat": _("Your membership is not active, and “%(permission)s” needs one that is."),
        "permission": _("This needs the permission “%(permission)s”, which none of your roles gives you."),
        "reach": _("You have the permission “%(permission)s”, but not for this record."),
        "restriction": _("You have the permission “%(permission)s”, but a restriction takes it away here."),
        "field": _("You have the permission “%(permission)s”, but this field is not open to you."),
    }

    def __init__(self, permission: str, step: str = "") -> None:
        super().__init__(permission=permission, step=str(step))

    def __str__(self) -> str:
        declared = catalogue().get(self.params["permission"])
        title = declared.title if declared else self.params["permission"]
        return str(self.sentences.get(self.params["step"], self.sentence)) % {"permission": title}

    @property
    def handover(self) -> str:
        return f"{self.params['step'] or 'permission'}-{self.params['permission']}"

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "handover": self.handover}


class NoLongerIn(Refusal):
    """The acting membership has ended, or its sessions have, since the request began."""

    code = "no_longer_in"
    kind = "forbidden"
    sentence = _("Your access to this organization has ended.")


class OrganizationFrozen(Refusal):
    """Only what has to do with paying works until then (product.md §5)."""

    code = "organization_frozen"
    kind = "forbidden"
    sentence = _("This organization is frozen. Somebody who looks after billing can bring it back.")

    @property
    def handover(self) -> str:
        return "organization_state"

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "handover": self.handover}


class TrialEnded(OrganizationFrozen):
    """Reading and exporting go on; a plan brings the rest back."""

    code = "trial_ended"
    sentence = _("The trial is over: everything can be read and exported, and changed again once a plan is chosen.")


class SubscriptionEnded(OrganizationFrozen):
    """Exports go on for 30 days."""

    code = "subscription_ended"
    sentence = _("The subscription has ended. For 30 days everything can be exported, and a plan brings it back.")


class PlanChanged(Refusal):
    """The world moved between preview and confirmation; `plan` is what would happen now."""

    code = "plan_changed"
    kind = "conflict"
    sentence = _("Something changed since you looked. Please read what would happen now, and confirm again.")

    def __init__(self, plan: Any) -> None:
        super().__init__()
        self.plan = plan


class VersionChanged(Refusal):
    code = "version_changed"
    kind = "conflict"
    sentence = _("Somebody else changed this meanwhile. Please look at it again.")


class InvalidInput(Refusal):
    """Malformed or impossible values, by field."""

    code = "invalid_input"
    kind = "invalid"
    sentence = _("Please check what you entered.")

    def __init__(self, fields: dict[str, str | Promise]) -> None:
        super().__init__()
        self.fields = fields

    def facts(self) -> dict[str, Any]:
        return {"fields": {name: str(text) for name, text in self.fields.items()}}


class TooFast(Refusal):
    code = "too_many_attempts"
    kind = "limited"
    sentence = _("Too many attempts. Please try again in %(seconds)s seconds.")

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds=seconds)
