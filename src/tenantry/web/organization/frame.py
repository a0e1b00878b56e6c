"""What every tab of the organization shares."""

from typing import Any

from tenantry.organizations.permissions import BILLING_VIEW, EDIT, POLICIES_EDIT, POLICIES_VIEW, SEATS_VIEW, VIEW
from tenantry.web.requests import MemberRequest


def frame(request: MemberRequest) -> dict[str, Any]:
    """Which tabs this person has."""
    actor = request.actor
    sees = actor.may_any(VIEW, EDIT)
    return {
        "tabs": {
            "overview": True,
            "profile": sees,
            "contacts": sees,
            "plan": actor.may_any(VIEW, BILLING_VIEW, SEATS_VIEW),
            "security": actor.may_any(VIEW, POLICIES_VIEW),
            "policies": actor.may_any(POLICIES_VIEW, POLICIES_EDIT),
        },
        "may_edit": actor.may(EDIT),
    }
