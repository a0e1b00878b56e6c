"""What people hold when they are removed, kept in the audit's entry by ids, so that for 30 days a removal can be taken
back with all of it (`coming_back`). Nothing personal: sessions, saved views and notifications end for good."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from tenantry.access.models import Assignment, ProfileAssignment, RestrictionSet
from tenantry.crm.models import Mentorship
from tenantry.people.models import Membership, TeamMember, WorkflowMember

Plain = dict[str, Any]


def held_by(members: Collection[Membership]) -> dict[str, Plain]:
    """By membership id, as JSON keeps it; before anything of it ends. A query for each kind of link."""
    found: dict[UUID, Plain] = {one.id: {"status": one.status} for one in members}
    ids = list(found)

    def add(one: UUID, name: str, value: Any) -> None:
        found[one].setdefault(name, []).append(value)

    for row in Assignment.objects.filter(membership_id__in=ids).order_by("-is_base", "id"):
        add(row.membership_id, "roles", _role(row))
    for one, profile_id in ProfileAssignment.objects.filter(membership_id__in=ids).values_list(
        "membership_id", "profile_id"
    ):
        found[one]["profile"] = str(profile_id)
    limits = RestrictionSet.objects.filter(membership_id__in=ids).order_by("code", "id")
    for one, code, value, place in limits.values_list("membership_id", "code", "value", "workspace_id"):
        add(one, "limits", [code, value, _text(place)])
    teams = TeamMember.objects.filter(membership_id__in=ids).order_by("added_at", "id")
    for one, team_id, is_lead in teams.values_list("membership_id", "team_id", "is_lead"):
        add(one, "teams", [str(team_id), is_lead])
    flows = WorkflowMember.objects.filter(membership_id__in=ids).order_by("added_at", "id")
    for one, flow_id in flows.values_list("membership_id", "workflow_id"):
        add(one, "workflows", str(flow_id))
    for mentor, mentee in Mentorship.objects.filter(mentor_id__in=ids).values_list("mentor_id", "mentee_id"):
        add(mentor, "mentees", str(mentee))
    for mentor, mentee in Mentorship.objects.filter(mentee_id__in=ids).values_list("mentor_id", "mentee_id"):
        found[mentee]["mentor"] = str(mentor)
    reports = Membership.objects.filter(manager_id__in=ids).exclude(status=Membership.Status.REMOVED)
    for manager, one in reports.order_by("id").values_list("manager_id", "id"):
        add(manager, "reports", str(one))
    return {str(one): plain for one, plain in found.items()}


def _role(row: Assignment) -> Plain:
    """Without what is empty."""
    said = {
        "role": str(row.role_id),
        "base": row.is_base,
        "unit": _text(row.unit_id),
        "workspace": _text(row.workspace_id),
        "ends_at": row.ends_at.isoformat() if row.ends_at else "",
        "then": _text(row.then_role_id),
    }
    return {name: value for name, value in said.items() if value}


def _text(one: UUID | None) -> str:
    return str(one) if one else ""


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None


@dataclass(frozen=True, slots=True)
class HeldRole:
    """See `Assignment`."""

    role_id: UUID
    is_base: bool
    unit_id: UUID | None
    workspace_id: UUID | None
    ends_at: datetime | None
    then_role_id: UUID | None


@dataclass(frozen=True, slots=True)
class Held:
    """What one person held. `limits`: (code, value, workspace); `teams`: (team, lead)."""

    membership_id: UUID
    status: str
    roles: tuple[HeldRole, ...]
    profile_id: UUID | None
    limits: tuple[tuple[str, str, UUID | None], ...]
    teams: tuple[tuple[UUID, bool], ...]
    workflows: tuple[UUID, ...]
    mentor_id: UUID | None
    mentees: tuple[UUID, ...]
    reports: tuple[UUID, ...]


def read(plain: Mapping[str, Plain]) -> dict[UUID, Held]:
    """What `held_by` wrote."""
    return {UUID(one): _held(UUID(one), said) for one, said in plain.items()}


def _held(one: UUID, said: Plain) -> Held:
    return Held(
        membership_id=one,
        status=said["status"],
        roles=tuple(
            HeldRole(
                UUID(row["role"]),
                bool(row.get("base")),
                _id(row.get("unit")),
                _id(row.get("workspace")),
                datetime.fromisoformat(row["ends_at"]) if row.get("ends_at") else None,
                _id(row.get("then")),
            )
            for row in said.get("roles", ())
        ),
        profile_id=_id(said.get("profile")),
        limits=tuple((code, value, _id(place)) for code, value, place in said.get("limits", ())),
        teams=tuple((UUID(team), bool(lead)) for team, lead in said.get("teams", ())),
        workflows=tuple(UUID(flow) for flow in said.get("workflows", ())),
        mentor_id=_id(said.get("mentor")),
        mentees=tuple(UUID(mentee) for mentee in said.get("mentees", ())),
        reports=tuple(UUID(report) for report in said.get("reports", ())),
    )
