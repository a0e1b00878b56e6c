"""Teams and who is in them."""

from typing import Any

from ninja import Query, Router

from tenantry.api.idempotency import carry_out
from tenantry.api.operations import Answer, operation
from tenantry.api.pagination import listed
from tenantry.api.people.schemas import ConfirmedSelection, Selection, named, refused_people
from tenantry.api.requests import ApiRequest
from tenantry.api.schemas import Id
from tenantry.api.teams.schemas import (
    AddTeamMembers,
    CreateTeam,
    EditTeam,
    JoinedOut,
    JoinPlanOut,
    TeamDeletion,
    TeamDeletionPlanOut,
    TeamMemberOut,
    TeamMemberPage,
    TeamMemberQuery,
    TeamOut,
    TeamPage,
    TeamQuery,
)
from tenantry.core.errors import PermissionMissing, PlanChanged
from tenantry.core.ids import NIL
from tenantry.core.paging import keyset_page
from tenantry.core.transactions import reading
from tenantry.people.actions import (
    add_to_team,
    create_team,
    delete_team,
    edit_team,
    join_team,
    plan_delete_team,
    plan_join_team,
    remove_from_team,
)
from tenantry.people.errors import AlreadyInTeam, AlreadyRemoved, NotOnOneself, OneTeamOnly, TeamNameTaken
from tenantry.people.permissions import TEAMS_MANAGE, TEAMS_VIEW
from tenantry.people.selectors import get_team, team_members, visible_members, visible_teams

router = Router(tags=["Teams"])
SORTS = {"name": "sort_name", "created": "created_at"}


def _team(row: Any) -> TeamOut:
    return TeamOut(
        id=row.id,
        key=row.key,
        name=row.name,
        description=row.description,
        workspace_id=row.workspace_id,
        size=row.size,
        created_at=row.created_at,
    )


@operation(router, "GET", "/teams", TEAMS_VIEW, TEAMS_MANAGE, answer=TeamPage)
def team_list(request: ApiRequest, query: Query[TeamQuery]) -> Answer:
    """Teams that the caller may see."""
    page = keyset_page(
        visible_teams(request.actor),
        order=SORTS[query.sort.removeprefix("-")],
        descending=query.sort.startswith("-"),
        cursor=query.cursor,
        size=query.limit,
    )
    return listed(request, TeamPage, page, [_team(row) for row in page.rows])


@operation(router, "POST", "/teams", TEAMS_MANAGE, answer=TeamOut, status=201, refuses=(TeamNameTaken,))
def team_create(request: ApiRequest, body: CreateTeam) -> Answer:
    """A new team without people. Needs the permission for all teams."""
    made = carry_out(request, create_team, name=body.name, description=body.description, workspace_id=body.workspace_id)
    with reading():
        team = _team(get_team(request.actor, made.id))
    return Answer(team, {"Location": f"/api/v1/teams/{team.id}"})


@operation(router, "GET", "/teams/{team_id}", TEAMS_VIEW, TEAMS_MANAGE, answer=TeamOut)
def team_get(request: ApiRequest, team_id: Id) -> TeamOut:
    """One team."""
    return _team(get_team(request.actor, team_id))


@operation(router, "PATCH", "/teams/{team_id}", TEAMS_MANAGE, answer=TeamOut, refuses=(TeamNameTaken, OneTeamOnly))
def team_edit(request: ApiRequest, team_id: Id, body: EditTeam) -> TeamOut:
    """Changes name or description."""
    with reading():
        team = get_team(request.actor, team_id)
    carry_out(
        request,
        edit_team,
        team_id=team_id,
        name=body.name if "name" in body.model_fields_set else team.name,
        description=body.description if "description" in body.model_fields_set else team.description,
        workspace_id=body.workspace_id if "workspace_id" in body.model_fields_set else NIL,
    )
    with reading():
        return _team(get_team(request.actor, team_id))


@operation(router, "GET", "/teams/{team_id}/deletion/plan", TEAMS_MANAGE, answer=TeamDeletionPlanOut)
def team_deletion_plan(request: ApiRequest, team_id: Id) -> TeamDeletionPlanOut:
    """What deleting a team would do."""
    get_team(request.actor, team_id)
    plan = plan_delete_team(actor=request.actor, team_id=team_id)
    return TeamDeletionPlanOut(digest=plan.digest, name=plan.name, members=plan.members)


@operation(router, "DELETE", "/teams/{team_id}", TEAMS_MANAGE, refuses=(PlanChanged,))
def team_delete(request: ApiRequest, team_id: Id, query: Query[TeamDeletion]) -> None:
    """Its people keep everything but this team. `digest` of the plan that was shown, or nothing."""
    with reading():
        get_team(request.actor, team_id)
    carry_out(request, delete_team, team_id=team_id, digest=query.digest)


@operation(router, "GET", "/teams/{team_id}/members", TEAMS_VIEW, TEAMS_MANAGE, answer=TeamMemberPage)
def team_member_list(request: ApiRequest, team_id: Id, query: Query[TeamMemberQuery]) -> Answer:
    """Who is in a team, removed people aside; of those, whom the caller may see."""
    team = get_team(request.actor, team_id)
    rows = team_members(team.id).filter(membership__in=_visible(request))
    page = keyset_page(rows, order="added_at", descending=query.sort == "-added", cursor=query.cursor, size=query.limit)
    return listed(request, TeamMemberPage, page, [_member(row) for row in page.rows])


def _visible(request: ApiRequest) -> Any:
    """Team mates are seen by whoever sees the team; without `people.view` nobody is."""
    try:
        return visible_members(request.actor)
    except PermissionMissing:
        return []


def _member(row: Any) -> TeamMemberOut:
    return TeamMemberOut(
        id=row.membership.id,
        name=row.membership.name,
        email=row.membership.email,
        is_lead=row.is_lead,
        added_at=row.added_at,
    )


@operation(
    router, "POST", "/teams/{team_id}/members", TEAMS_MANAGE, answer=TeamOut, refuses=(NotOnOneself, OneTeamOnly)
)
def team_member_add(request: ApiRequest, team_id: Id, body: AddTeamMembers) -> TeamOut:
    """Adds people; those in the team already get `is_lead` as given."""
    carry_out(request, add_to_team, team_id=team_id, membership_ids=tuple(body.person_ids), is_lead=body.is_lead)
    with reading():
        return _team(get_team(request.actor, team_id))


@operation(router, "POST", "/teams/{team_id}/joins/plan", TEAMS_MANAGE, answer=JoinPlanOut, reads=True)
def team_join_plan(request: ApiRequest, team_id: Id, body: Selection) -> JoinPlanOut:
    """Who of a selection would come into the team; changes nothing."""
    plan = plan_join_team(actor=request.actor, team_id=team_id, membership_ids=body.person_ids)
    return JoinPlanOut(digest=plan.digest, people=named(plan.members, plan.names), refused=refused_people(plan.refused))


@operation(
    router,
    "POST",
    "/teams/{team_id}/joins",
    TEAMS_MANAGE,
    answer=JoinedOut,
    refuses=(AlreadyInTeam, AlreadyRemoved, OneTeamOnly, NotOnOneself, PlanChanged),
)
def team_join(request: ApiRequest, team_id: Id, body: ConfirmedSelection) -> JoinedOut:
    """Adds those of a selection who can be; the others are left out and named."""
    joined = carry_out(request, join_team, team_id=team_id, membership_ids=tuple(body.person_ids), digest=body.digest)
    return JoinedOut(person_ids=list(joined.members), refused=refused_people(joined.refused))


@operation(router, "DELETE", "/teams/{team_id}/members/{person_id}", TEAMS_MANAGE, refuses=(NotOnOneself,))
def team_member_remove(request: ApiRequest, team_id: Id, person_id: Id) -> None:
    """Takes somebody out of a team."""
    carry_out(request, remove_from_team, team_id=team_id, membership_id=person_id)
