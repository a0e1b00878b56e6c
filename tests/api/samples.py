"""An organization that has one of everything, for sweeps over every operation."""

from api.callers import PASSWORD, Organization, by_key
from support.batches import batch_samples
from support.crm import record_samples
from support.holding import make_profile, make_role
from support.many import bulk_samples
from support.selling import billing_samples
from support.told import notices, publish
from tenantry.usecases.saving_views import save_view
from tenantry.usecases.transferring import transfer_ownership


def ids_of(org: Organization) -> dict[str, str]:
    """Ids of everything that an organization has, by the name that parameters and fields have for it."""
    key = by_key(org)
    person, pending = org.person(), org.invite()
    team = key.post("/teams", {"name": "North"}).body["id"]
    key.post(f"/teams/{team}/members", {"person_ids": [str(person.membership_id)]})
    session = key.get(f"/people/{person.membership_id}/sessions").body["items"][0]["id"]
    addition = make_role(org, "addition")
    further = key.post(f"/people/{person.membership_id}/roles", {"role_id": str(addition)}).body["id"]
    offer = org.perform(
        transfer_ownership,
        recipient_id=person.membership_id,
        then_role_id=org.role("member"),
        password=PASSWORD,
    )
    return {
        "addition_id": str(addition),
        "assignment_id": further,
        "transfer_id": str(offer.transfer_id),
        "profile_id": str(make_profile(org)),
        "person_id": str(person.membership_id),
        "pending": str(pending.membership_id),
        "team_id": team,
        "role_id": str(make_role(org, "base")),
        "session_id": session,
        "department_id": key.post("/departments", {"name": "Sales"}).body["id"],
        "unit_id": key.post("/units", {"name": "North"}).body["id"],
        "workspace_id": key.post("/workspaces", {"name": "Fairs"}).body["id"],
        "workflow_id": key.post("/workflows", {"name": "Loans"}).body["id"],
        **batch_samples(org),
        **record_samples(org),
        **billing_samples(org),
        "operation_id": bulk_samples(org)["operation_id"],
        "notification_id": _told(org),
        "view_id": str(org.perform(save_view, name="Shared", query="", is_shared=True, place="lead").id),
        "place": "lead",
        "reservation_id": key.post("/usage/reservations", {"meter": "ai_tokens", "amount": 9}).body["id"],
        "meter": "ai_tokens",
        "kind": "billing",
        "step": "plan",
        "code": "session.idle_hours",
        "number": "4000000000",
    }


def _told(org: Organization) -> str:
    publish(org, ("RoleGiven", {"membership_id": org.owner.membership_id, "role": "Auditor"}))
    return str(notices(org.owner)[-1].id)
