"""Every page that a browser can open, read from the resolver, with samples for the parameters of its address."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import URLPattern, URLResolver, get_resolver

from factories.organizations import PASSWORD, Organization, make_organization
from factories.records import make_each, stages_of
from support.batches import batch_samples
from support.crm import record_samples
from support.holding import make_profile, make_role
from support.many import bulk_samples
from support.selling import billing_samples
from tenantry.access.actions.giving import give_role
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.actions import add_to_team, create_team
from tenantry.usecases.departments import create_department
from tenantry.usecases.offboarding import deactivate_members, remove_members
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.transferring import transfer_ownership
from tenantry.usecases.undoing import newest_entry
from tenantry.usecases.units import create_unit
from tenantry.usecases.workflows import add_to_workflow, create_workflow
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

# Not pages: files, answers to programs, and addresses that only take a POST or lead on. The assistant is there where
# a model is set up: tests/metering/test_assistant.py.
NOT_PAGES = re.compile(
    r"^(api/v1|healthz|readyz|metrics|static|console)|\.(csv|jsonl|json|zip|pdf)$|picture$|progress$|export|/content$|/preview/"
    r"|/choices$|/assistant$|/billing/portal$"
)

# Pages about what a list has ticked: the parameter that says so, and its sample.
TICKED = {
    "apps/workspace/drive/move": ("ids", "file_id"),
    "admin/users/g/joining": ("ids", "membership_id"),
}


@dataclass(frozen=True)
class Scene:
    organization: Organization
    samples: dict[str, str]


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for one in patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, route)
        else:
            yield route, one


def page_routes() -> list[str]:
    """Every route that answers a GET with a page of a member or guest."""
    found = []
    for route, pattern in routes(get_resolver().url_patterns):
        screen = getattr(pattern.callback, "screen", None)
        if screen is not None and "GET" in screen.methods and not NOT_PAGES.search(route):
            found.append(route)
    return sorted(set(found))


def make_scene() -> Scene:
    """An organization with somebody in every state."""
    org = make_organization("Halden Supply")
    rep = org.person("manager", given_name="Petra", family_name="Lindqvist")
    pending = org.invite("member", given_name="Hanna", family_name="Virtanen")
    gone = org.person("member", given_name="Ewan", family_name="Drummond")
    removed = org.person("member", given_name="Grete", family_name="Sunde")
    org.perform(deactivate_members, membership_ids=(gone.membership_id,))
    org.perform(remove_members, membership_ids=(removed.membership_id,))
    team = org.perform(create_team, name="Field sales", description="On the road")
    org.perform(add_to_team, team_id=team.id, membership_ids=(rep.membership_id,))
    changed = org.perform(change_policy, code="people.invitation_days", value=6)
    with scope.tenant(org.id), reading():
        number = newest_entry("organization.policy_changed", changed.id)
        receipt = newest_entry("people.deactivated", gone.membership_id)
    further = org.perform(give_role, membership_id=rep.membership_id, role_id=make_role(org, "addition"))
    offer = org.perform(
        transfer_ownership,
        recipient_id=rep.membership_id,
        then_role_id=org.role("administrator"),
        password=PASSWORD,
    )
    unit = org.perform(create_unit, name="North")
    org.perform(create_unit, name="Oslo", parent_id=unit.id)
    org.perform(move_to_unit, membership_ids=(rep.membership_id,), unit_id=unit.id)
    workspace = org.perform(create_workspace, name="Trade fairs", description="On the road")
    level = org.role("workspace_member")
    org.perform(add_to_workspace, workspace_id=workspace.id, membership_ids=(rep.membership_id,), role_id=level)
    workflow = org.perform(create_workflow, name="New business")
    org.perform(add_to_workflow, workflow_id=workflow.id, membership_ids=(rep.membership_id,))
    # Whom the pages about leaving are about has something to hand over, and there is somewhere to merge into.
    make_each(org, rep)
    org.perform(create_department, name="Service")
    link = org.token_for(pending.membership_id)
    return Scene(
        org,
        {
            "membership_id": str(rep.membership_id),
            "team_id": str(team.id),
            "role_id": str(make_role(org, "base", permissions={"deals.view": "team"})),
            "profile_id": str(make_profile(org)),
            "token": link,
            "slug": "sign-up",
            "code": "people.deactivation_by",
            "number": str(number),
            "assignment_id": str(further.assignment_id),
            "transfer_id": str(offer.transfer_id),
            "unit_id": str(unit.id),
            "workspace_id": str(workspace.id),
            "workflow_id": str(workflow.id),
            "pending": str(pending.membership_id),
            "deactivated": str(gone.membership_id),
            "removed": str(removed.membership_id),
            "receipt_number": str(receipt),
            "department_id": str(org.perform(create_department, name="Sales").id),
            **batch_samples(org),
            **record_samples(org),
            **bulk_samples(org),
            **billing_samples(org),
            "stage_id": str(stages_of(org, workflow.id)[0]),
        },
    )


def address(route: str, scene: Scene) -> str:
    """The route with samples; pages about an invitation get the pending person's."""

    def sample(match: re.Match[str]) -> str:
        name = match.group(1).rpartition(":")[2]
        if name == "membership_id" and "/invitation" in route:
            name = "pending"
        elif name == "membership_id" and ("/reactivation" in route or "/receipt" in route):
            name = "deactivated"
        elif name == "membership_id" and "/erasure" in route:
            name = "removed"
        assert name in scene.samples, f"{route}: give a sample for <{name}> in tests/support/pages.py"
        return scene.samples[name]

    query = f"?{TICKED[route][0]}={scene.samples[TICKED[route][1]]}" if route in TICKED else ""
    return "/" + re.sub(r"<([^>]+)>", sample, route) + query
