"""Teams, and who takes part in workflows."""

from typing import ClassVar

from django.db import models

from tenantry.core.ids import new_id
from tenantry.core.lifecycle import Erase, Keep, Lifecycle
from tenantry.core.tenancy.fields import CollatedText, Leaving, TenantForeignKey
from tenantry.core.tenancy.models import TenantModel
from tenantry.organizations.models import Workflow, Workspace
from tenantry.people.models.members import Membership


class Team(TenantModel):
    key = models.UUIDField(default=new_id, editable=False)
    name = models.TextField()
    sort_name = CollatedText(default="")
    description = models.TextField(default="")
    workspace = TenantForeignKey(Workspace, models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="teams", keep=Keep.ORGANIZATION, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "sort_name"], name="people_one_team_name"),
        ]


class TeamMember(TenantModel):
    team = TenantForeignKey(Team, models.CASCADE, related_name="members")
    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="teams")
    is_lead = models.BooleanField(default=False)
    added_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="teams", keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization_id", "team", "membership"], name="people_once_in_team"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "membership", "team"], name="people_teams_of_member")
        ]


class WorkflowMember(TenantModel):
    """Who takes part in a pipeline: whose reach `workflow` opens its deals."""

    workflow = TenantForeignKey(Workflow, models.CASCADE, related_name="members")
    membership = TenantForeignKey(Membership, models.CASCADE, leaving=Leaving.RELEASED, related_name="workflows")
    added_at = models.DateTimeField()

    lifecycle: ClassVar = Lifecycle(export="teams", keep=Keep.MEMBERSHIP, erase=Erase.NOTHING_PERSONAL)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization_id", "workflow", "membership"], name="people_once_in_workflow"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization_id", "membership", "workflow"], name="people_workflows_of_member")
        ]
