"""Which rows can be sent: the one truth of preview, editing and sending, always with the rights of this moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tenantry.access.hands import may_assign
from tenantry.access.models import Role
from tenantry.access.permissions import RESTRICT
from tenantry.access.workspaces import inside
from tenantry.core.actor import Actor
from tenantry.core.bounds import LABEL
from tenantry.core.decisions import decide
from tenantry.core.records import NOWHERE, Target
from tenantry.core.text import InvalidText
from tenantry.people.errors import AddressElsewhere
from tenantry.people.models import BatchRow, Membership
from tenantry.people.permissions import EDIT, INVITE
from tenantry.security.answers import LIMIT
from tenantry.usecases.bulk_inviting.batches import UNASKED, Answer
from tenantry.usecases.bulk_inviting.drafts import Draft, Reason, clean_email, names_in, reason, several
from tenantry.usecases.bulk_inviting.names import Known, Names, folded, known, last_of, look_up, split_level
from tenantry.usecases.bulk_inviting.wording import is_warning

State = BatchRow.State
Status = Membership.Status
HERE: Mapping[str, str] = {
    Status.ACTIVE: "already_member",
    Status.INVITED: "already_invited",
    Status.DEACTIVATED: "member_deactivated",
}
ELSEWHERE = AddressElsewhere.code
# An organization's word for somebody without more rights than everybody has (blueprints.md).
ORDINARY = "member"


@dataclass(frozen=True, slots=True)
class Judged:
    """`resolved`: "role_id" and, where they are named, "team_ids", "profile_id", "unit_id", "department" (its name),
    "department_id" (null where it is still to be made), "levels" (workspace -> role), "given_name", "family_name"."""

    draft: Draft
    email: str
    state: str
    reasons: list[Reason]
    resolved: dict[str, Any]


@dataclass(slots=True)
class _Placing:
    """What one combination of role, teams, profile, unit, department and workspaces comes to."""

    reasons: list[Reason] = field(default_factory=list)
    resolved: dict[str, Any] = field(default_factory=dict)
    place: Target = NOWHERE

    def refuse(self, where: str, code: str, **values: Any) -> None:
        self.reasons.append(reason(where, code, **values))


def answers_at_once(actor: Actor) -> int | None:
    """How many addresses one action may say to be in use elsewhere; `perform` counts them over the hour."""
    return LIMIT if actor.kind in ("member", "key") else None


def answered(judged: Sequence[Judged]) -> tuple[Answer, ...]:
    """What has to be counted of them."""
    return tuple(Answer(ELSEWHERE) for one in judged if any(why["code"] == ELSEWHERE for why in one.reasons))


def judge(
    actor: Actor, drafts: Sequence[Draft], first_lines: Mapping[str, int], *, answers: int | None
) -> list[Judged]:
    """`first_lines`: address -> the first line of the batch that has it, for addresses of earlier rows. `answers`: how
    many addresses may be said to be in use elsewhere; after them every row is left unanswered, whatever its address."""
    names = look_up(actor, drafts)
    cleaned = [clean_email(draft.email) for draft in drafts]
    people = known(actor, {email for email, wrong in cleaned if wrong is None})
    places: dict[tuple[str, ...], _Placing] = {}
    seen = dict(first_lines)
    found = []
    for draft, (email, wrong) in zip(drafts, cleaned, strict=True):
        placing = places.get(draft.placing)
        if placing is None:
            placing = places[draft.placing] = _placed(actor, draft, names)
        given, family, misnamed = names_in(draft.name) if draft.name else ("", "", None)
        reasons = [wrong] if wrong else _of_address(email, draft.position, people, seen, answers)
        if answers is not None and reasons and reasons[0]["code"] == ELSEWHERE:
            answers -= 1
        if misnamed:
            reasons.append(misnamed)
        if draft.surplus:
            reasons.append(reason("", "surplus_cells"))
        reasons += placing.reasons
        resolved = {**placing.resolved, "given_name": given, "family_name": family}
        found.append(Judged(draft, email, _state(reasons), reasons, resolved))
    return found


def _state(reasons: list[Reason]) -> str:
    if not reasons:
        return State.READY
    return State.WARNING if all(map(is_warning, reasons)) else State.ERROR


def _of_address(email: str, position: int, people: Known, seen: dict[str, int], answers: int | None) -> list[Reason]:
    first = seen.setdefault(email, position)
    if first != position:
        return [reason("email", "listed_twice", line=first)]
    here = people.present.get(email)
    if here is not None and here[0] in HERE:
        status, membership_id, name = here
        return [reason("email", HERE[status], name=name, membership_id=str(membership_id))]
    if answers is not None and answers <= 0:
        return [reason("email", UNASKED)]
    if email in people.elsewhere:
        return [reason("email", ELSEWHERE)]
    return [reason("email", "was_removed")] if here else []


# --- Where somebody belongs -----------------------------------------------------------------


def _placed(actor: Actor, draft: Draft, names: Names) -> _Placing:
    placing = _Placing()
    _unit(actor, draft.unit, names, placing)
    _role(actor, draft.role, names, placing)
    if draft.team:
        _teams(draft.team, names, placing)
    if draft.profile:
        _profile(actor, draft.profile, names, placing)
    if draft.department:
        _department(actor, draft.department, names, placing)
    if draft.workspaces:
        _workspaces(actor, draft.workspaces, names, placing)
    return placing


def _unit(actor: Actor, text: str, names: Names, placing: _Placing) -> None:
    if not text:
        if not decide(actor, INVITE, NOWHERE):
            placing.refuse("unit", "unit_needed")
        return
    path = [folded(part) for part in text.split("/")]
    called = [unit for unit in names.units.get(folded(last_of(text)), []) if _leads(path, unit.path)]
    rows = [unit for unit in called if decide(actor, INVITE, unit.place)]
    if len(rows) > 1:
        placing.refuse("unit", "unit_ambiguous", name=text)
    elif not rows:
        placing.refuse("unit", "unit_out_of_reach" if any(one.seen for one in called) else "unit_unknown", name=text)
    else:
        placing.resolved["unit_id"] = str(rows[0].id)
        placing.place = rows[0].place


def _leads(asked: list[str], path: tuple[str, ...]) -> bool:
    """Whether the names asked for stand in this path in their order, up to its end."""
    above = iter(path)
    return path[-1] == asked[-1] and all(part in above for part in asked)


def _role(actor: Actor, text: str, names: Names, placing: _Placing) -> None:
    role = names.roles.get(folded(text)) if text else ordinary(actor, names, placing.place)
    if role is None:
        placing.refuse("role", "role_unknown" if text else "role_missing", **({"name": text} if text else {}))
    elif not may_assign(actor, role, placing.place):
        placing.refuse("role", "role_not_assignable", role=role.name)
    else:
        placing.resolved["role_id"] = str(role.id)
        if role.is_keyholder:
            placing.refuse("role", "gives_everything", name=role.name)


def ordinary(actor: Actor, names: Names, place: Target) -> Role | None:
    """The role of somebody for whom none is named: the blueprint's for everybody, else the weakest that the actor may
    give (policy `people.add_fields`)."""
    given = [role for role in names.roles.values() if not role.is_keyholder and may_assign(actor, role, place)]
    own = [role for role in given if role.is_system] or given
    return next((role for role in own if role.key == ORDINARY), own[-1] if own else None)


def _teams(text: str, names: Names, placing: _Placing) -> None:
    found = {}
    for name in several(text):
        team = names.teams.get(folded(name))
        if team is None:
            placing.refuse("team", "team_unknown", name=name)
        elif not team.managed:
            placing.refuse("team", "team_not_managed", name=team.name)
        else:
            found[team.id] = team
    rule = names.rules["teams.per_person"]
    places = [team.workspace_id for team in found.values() if team.workspace_id]
    if rule == "one" and len(found) > 1:
        placing.refuse("team", "one_team_only")
    elif rule == "one_per_workspace" and len(places) != len(set(places)):
        placing.refuse("team", "one_team_of_workspace")
    placing.resolved["team_ids"] = [str(team_id) for team_id in found]


def _profile(actor: Actor, text: str, names: Names, placing: _Placing) -> None:
    profile = names.profiles.get(folded(text))
    if not decide(actor, RESTRICT, placing.place):
        placing.refuse("profile", "profile_not_given")
    elif profile is None:
        placing.refuse("profile", "profile_unknown", name=text)
    else:
        placing.resolved["profile_id"] = str(profile[0])


def _department(actor: Actor, text: str, names: Names, placing: _Placing) -> None:
    try:
        # As the list itself asks: what a file makes is a department like any other.
        name = LABEL.clean(text)
    except InvalidText as refused:
        placing.refuse("department", refused.code, text=str(refused))
        return
    found = names.departments.get(folded(name))
    placing.resolved["department"] = name
    if found is not None:
        placing.resolved["department_id"] = str(found[0])
    elif decide(actor, EDIT, NOWHERE):
        placing.resolved["department_id"] = None
        placing.refuse("department", "department_new", name=name)
    else:
        placing.refuse("department", "department_unknown", name=name)


def _workspaces(actor: Actor, text: str, names: Names, placing: _Placing) -> None:
    levels: dict[str, str] = {}
    for part in several(text):
        name, level_name = split_level(part)
        workspace = names.workspaces.get(folded(name))
        if workspace is None:
            placing.refuse("workspaces", "workspace_unknown", name=name)
            continue
        workspace_id, shown, managed = workspace
        level = _level(actor, workspace_id, level_name, names)
        if not managed:
            placing.refuse("workspaces", "workspace_not_managed", name=shown)
        elif str(workspace_id) in levels:
            placing.refuse("workspaces", "workspace_twice", name=shown)
        elif level is None:
            code, what = ("level_unknown", level_name) if level_name else ("level_missing", shown)
            placing.refuse("workspaces", code, name=what)
        elif not may_assign(actor, level, inside(workspace_id)):
            placing.refuse("workspaces", "role_not_assignable", role=level.name)
        else:
            levels[str(workspace_id)] = str(level.id)
    limit = names.rules["workspaces.assign_on_add_limit"]
    if len(levels) > limit:
        placing.refuse("workspaces", "too_many_workspaces", limit=limit)
    placing.resolved["levels"] = levels


def _level(actor: Actor, workspace_id: UUID, text: str, names: Names) -> Role | None:
    """The level named, or else the weakest that the actor may give there."""
    if text:
        return names.levels.get(folded(text))
    given = [role for role in names.levels.values() if may_assign(actor, role, inside(workspace_id))]
    return given[-1] if given else None
