"""People and the structure around them as record types, and what connects members with teams and units."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from tenantry.core.records import Connections, RecordType, connect, register
from tenantry.organizations.models import Unit, UnitLink, Workflow, Workspace
from tenantry.people import permissions as codes
from tenantry.people.models import Membership, Team, TeamMember, WorkflowMember

# A member is a record that owns itself: reach `own` is oneself, `team` whoever shares a team with me.
MEMBER = register(
    RecordType(
        key="member",
        model=Membership,
        title=_("Person"),
        plural=_("People"),
        permissions={
            "view": codes.VIEW,
            "edit": codes.EDIT,
            "deactivate": codes.DEACTIVATE,
            "remove": codes.REMOVE,
            "reset_password": codes.RESET_PASSWORD,
            "end_sessions": codes.END_SESSIONS,
        },
        owner="id",
        unit="unit_id",
    )
)
TEAM = register(
    RecordType(
        key="team",
        model=Team,
        title=_("Team"),
        plural=_("Teams"),
        permissions={"view": codes.TEAMS_VIEW, "manage": codes.TEAMS_MANAGE},
        team="id",
        workspace="workspace_id",
    )
)
UNIT = register(
    RecordType(
        key="unit",
        model=Unit,
        title=_("Unit"),
        plural=_("Units"),
        permissions={"view": codes.UNITS_VIEW, "manage": codes.UNITS_MANAGE},
        unit="id",
    )
)
WORKSPACE = register(
    RecordType(
        key="workspace",
        model=Workspace,
        title=_("Workspace"),
        plural=_("Workspaces"),
        permissions={
            "view": codes.WORKSPACES_VIEW,
            "edit": codes.WORKSPACES_EDIT,
            "manage": codes.WORKSPACES_MANAGE,
        },
        workspace="id",
    )
)
WORKFLOW = register(
    RecordType(
        key="workflow",
        model=Workflow,
        title=_("Workflow"),
        plural=_("Workflows"),
        permissions={"view": codes.WORKFLOWS_VIEW, "manage": codes.WORKFLOWS_MANAGE},
        workflow="id",
    )
)


def _teams(membership_id: UUID) -> QuerySet[Any, Any]:
    return TeamMember.objects.filter(membership_id=membership_id).values_list("team_id", flat=True)


def _teammates(membership_id: UUID) -> QuerySet[Any, Any]:
    mine = TeamMember.objects.filter(membership_id=membership_id).values("team_id")
    return TeamMember.objects.filter(team_id__in=mine).values_list("membership_id", flat=True)


def _workflows(membership_id: UUID) -> QuerySet[Any, Any]:
    return WorkflowMember.objects.filter(membership_id=membership_id).values_list("workflow_id", flat=True)


def _below(unit_ids: Iterable[UUID]) -> QuerySet[Any, Any]:
    return UnitLink.objects.filter(above_id__in=list(unit_ids)).values_list("below_id", flat=True)


def _above(unit_id: UUID) -> QuerySet[Any, Any]:
    return UnitLink.objects.filter(below_id=unit_id).values_list("above_id", flat=True)


def _members_in(units: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    return Membership.objects.filter(Q(unit_id__in=units)).values_list("id", flat=True)


def _unit_of(membership_id: UUID) -> UUID | None:
    return Membership.objects.filter(id=membership_id).values_list("unit_id", flat=True).first()


connect(
    Connections(
        teammates=_teammates,
        teams=_teams,
        workflows=_workflows,
        units_below=_below,
        units_above=_above,
        members_in=_members_in,
        unit_of=_unit_of,
    )
)
