"""What follows when somebody was added."""

from tenantry.access.workspaces import managed_workspaces
from tenantry.organizations.selectors import policy_values
from tenantry.organizations.structure import parts_of
from tenantry.web.requests import MemberRequest

ADD_FIELDS = "people.add_fields"
LIMIT = "workspaces.assign_on_add_limit"


def offers_workspaces(request: MemberRequest) -> bool:
    """Whether *Add user* goes on with the workspaces: they are used here, and the actor decides who is in one."""
    rules = policy_values(ADD_FIELDS, LIMIT)
    wanted = "workspaces" in rules[ADD_FIELDS] or "workspaces" in parts_of(request.organization)
    return bool(wanted and rules[LIMIT] and managed_workspaces(request.actor))
