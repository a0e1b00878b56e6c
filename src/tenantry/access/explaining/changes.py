"""One change to what somebody holds or where they stand: what it does to the situation, and what whoever makes it has
to hold. The changes that are worth trying are computed from the roles, profiles and places that there are."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.access.explaining.names import Names
from tenantry.access.explaining.situation import Situation
from tenantry.access.explaining.taking import touching
from tenantry.access.models import Profile, Role
from tenantry.access.permissions import ASSIGN, RESTRICT
from tenantry.access.weighing import beside, with_another, with_profile, written
from tenantry.core.permissions import Reach, restrictions
from tenantry.core.records import NOWHERE, Target
from tenantry.core.together import read_together, wanted
from tenantry.organizations.models import UnitLink
from tenantry.organizations.permissions import BILLING_CHANGE
from tenantry.people.models import Membership
from tenantry.people.permissions import DEACTIVATE, EDIT, TEAMS_MANAGE, WORKFLOWS_MANAGE, WORKSPACES_MANAGE

Status = Membership.Status
Apply = Callable[[Situation], Situation]
NEEDED = (ASSIGN, RESTRICT, BILLING_CHANGE, DEACTIVATE, EDIT, TEAMS_MANAGE, WORKFLOWS_MANAGE, WORKSPACES_MANAGE)


@dataclass(frozen=True, slots=True)
class Change:
    """`asks`: permissions with the place where each is asked; `role`: one that is given or taken, `at` that place;
    `in_hand`: whether every role of the person has to be the changer's to give. `about`: id of the role, team or place;
    `by_them`: only the person does it. `widens`: the reach that comes to mean more."""

    kind: str
    text: str
    apply: Apply
    asks: tuple[tuple[str, Target], ...] = ()
    role: Role | None = None
    at: Target = NOWHERE
    in_hand: bool = False
    about: UUID | None = None
    by_them: bool = False
    widens: Reach = Reach.NONE


@dataclass(frozen=True, slots=True)
class Means:
    """What changes are made of: every role by id, every profile, and by unit the units above it."""

    roles: dict[UUID, Role]
    profiles: tuple[Profile, ...]
    above: dict[UUID, frozenset[UUID]]


def means_for(situation: Situation) -> Means:
    """One query."""
    links = UnitLink.objects.filter(below_id__in=_units(situation))
    found = read_together(
        {
            "roles": wanted(Role.objects.all(), *(field.attname for field in Role._meta.concrete_fields)),
            "profiles": wanted(Profile.objects.all(), *(field.attname for field in Profile._meta.concrete_fields)),
            "links": wanted(links, "below_id", "above_id"),
        }
    )
    above: dict[UUID, set[UUID]] = {}
    for link in found["links"]:
        above.setdefault(link["below_id"], set()).add(link["above_id"])
    roles = sorted((Role(**one) for one in found["roles"]), key=_strongest)
    profiles = sorted((Profile(**one) for one in found["profiles"]), key=_strongest)
    return Means(
        {role.id: role for role in roles}, tuple(profiles), {unit: frozenset(ids) for unit, ids in above.items()}
    )


def _strongest(one: Role | Profile) -> tuple[int, str, UUID]:
    return (one.position, one.sort_name, one.id)


def _units(situation: Situation) -> frozenset[UUID]:
    return situation.target.units if situation.target else situation.question.place.units


# --- What has to be so before anything else counts ------------------------------------------


def thaw(situation: Situation) -> Change:
    words = {"organization": situation.question.organization}
    return Change(
        "thaw",
        _("Bring %(organization)s back") % words,
        lambda s: s.changed(state="active"),
        ((BILLING_CHANGE, NOWHERE),),
    )


def seat(situation: Situation) -> Change | None:
    """None: somebody who was removed comes back as somebody new only."""
    name, place = situation.question.member.name, situation.question.place
    if situation.status == Status.DEACTIVATED:
        said = _("Reactivate %(name)s") % {"name": name}
        return Change("reactivate", said, _seated, ((DEACTIVATE, place),), in_hand=True)
    if situation.status == Status.INVITED:
        return Change("accept", _("%(name)s accepts the invitation") % {"name": name}, _seated, by_them=True)
    return None


def _seated(situation: Situation) -> Situation:
    return situation.changed(status=Status.ACTIVE)


# --- What gives -----------------------------------------------------------------------------


def giving(situation: Situation, means: Means, names: Names) -> Iterator[Change]:
    """Changes that might turn a no into a yes."""
    code = situation.question.permission
    able = [role for role in means.roles.values() if role.is_keyholder or code in role.permissions]
    yield from _base_roles(situation, means, able)
    base = _base(situation, means)
    if base is not None and not base.is_keyholder:
        yield from _beside(situation, means, names, [role for role in able if beside(role, base)])
    yield from _levels(situation, names, [role for role in able if role.kind == Role.Kind.WORKSPACE])
    yield from _standing(situation, means, names)
    yield from _lifting(situation)
    yield from _profiles(situation, means)


def _base(situation: Situation, means: Means) -> Role | None:
    rows = (means.roles.get(UUID(str(one["role"]["id"]))) for one in situation.source["assigned"] if one["base"])
    return next(rows, None)


def _base_roles(situation: Situation, means: Means, roles: list[Role]) -> Iterator[Change]:
    present = _base(situation, means)
    place = situation.question.place
    for role in roles:
        if role.kind != Role.Kind.BASE or (present is not None and role.id == present.id) or present is None:
            continue
        said = _("Give %(name)s the role %(role)s") % {"name": situation.question.member.name, "role": role.name}
        apply = _another_base(role, means)
        yield Change("base_role", said, apply, ((ASSIGN, place),), role, place, in_hand=True, about=role.id)


def _another_base(role: Role, means: Means) -> Apply:
    def apply(situation: Situation) -> Situation:
        kept = [
            one
            for one in situation.source["assigned"]
            if not one["base"] and (one["workspace"] or beside(means.roles[UUID(str(one["role"]["id"]))], role))
        ]
        source = {**situation.source, "assigned": [written(role, base=True), *kept]}
        # A keyholder has no restriction.
        return situation.changed(source={**source, "taken": []} if role.is_keyholder else source)

    return apply


def _another(one: dict[str, Any]) -> Apply:
    return lambda situation: situation.changed(source=with_another(situation.source, one))


def _beside(situation: Situation, means: Means, names: Names, roles: list[Role]) -> Iterator[Change]:
    """Additions, and roles at the units where the record stands."""
    name, place = situation.question.member.name, situation.question.place
    for role in roles:
        words = {"name": name, "role": role.name}
        if role.kind == Role.Kind.ADDITION:
            said = _("Give %(name)s %(role)s beside the present role") % words
            apply = _another(written(role))
            yield Change("addition", said, apply, ((ASSIGN, place),), role, place, in_hand=True, about=role.id)
        if role.kind == Role.Kind.UNIT:
            for unit in (unit for unit in sorted(means.above) if names.sees("unit", unit)):
                there = Target(units=means.above[unit])
                said = _("Give %(name)s %(role)s at %(unit)s") % {**words, "unit": names.of("unit", unit)}
                apply = _another(written(role, unit_id=unit))
                asks = ((ASSIGN, place), (ASSIGN, there))
                yield Change("unit_role", said, apply, asks, role, there, in_hand=True, about=unit)


def _levels(situation: Situation, names: Names, roles: list[Role]) -> Iterator[Change]:
    """A level in the record's workspace; without a record in those where the person is."""
    target, name = situation.target, situation.question.member.name
    mine = {UUID(one["workspace"]) for one in situation.source["assigned"] if one["workspace"]}
    places = mine if target is None else {target.workspace} - {None}
    for workspace in sorted(place for place in places if place and names.sees("workspace", place)):
        there = Target(workspace=workspace)
        for role in roles:
            words = {"name": name, "role": role.name, "workspace": names.of("workspace", workspace)}
            said = _("Give %(name)s the level %(role)s in %(workspace)s") % words
            apply = _another_level(role, workspace)
            yield Change("level", said, apply, ((WORKSPACES_MANAGE, there),), role, there, about=workspace)


def _another_level(role: Role, workspace: UUID) -> Apply:
    def apply(situation: Situation) -> Situation:
        kept = [one for one in situation.source["assigned"] if one["workspace"] != str(workspace)]
        kept.append(written(role, workspace_id=workspace))
        return situation.changed(source={**situation.source, "assigned": kept})

    return apply


def _standing(situation: Situation, means: Means, names: Names) -> Iterator[Change]:
    """Teams, workflow and unit of the record; of a record of one's own nothing more is to be had by them."""
    target, source, name = situation.target, situation.source, situation.question.member.name
    if target is None or target.owner == situation.question.member.id:
        return
    for team in sorted(_teams(target) - set(source["in_teams"])):
        if names.sees("team", team):
            said = _("Add %(name)s to the team %(team)s") % {"name": name, "team": names.of("team", team)}
            asks = ((TEAMS_MANAGE, Target("team", team, team=team)),)
            yield Change("team", said, _joined("in_teams", team), asks, about=team, widens=Reach.TEAM)
    flow = target.workflow
    if flow and flow not in source["in_workflows"] and names.sees("workflow", flow):
        said = _("Let %(name)s take part in %(workflow)s") % {"name": name, "workflow": names.of("workflow", flow)}
        asks = ((WORKFLOWS_MANAGE, Target("workflow", flow, workflow=flow)),)
        yield Change("workflow", said, _joined("in_workflows", flow), asks, about=flow, widens=Reach.WORKFLOW)
    for unit in sorted(means.above, key=lambda one: -len(means.above[one])):
        if unit != source["unit_id"] and names.sees("unit", unit):
            said = _("Move %(name)s to %(unit)s") % {"name": name, "unit": names.of("unit", unit)}
            both = ((EDIT, situation.question.place), (EDIT, Target(units=means.above[unit])))
            yield Change("unit", said, _moved(unit), both, in_hand=True, about=unit, widens=Reach.UNIT)


def _teams(target: Target) -> frozenset[UUID]:
    return target.owner_teams | {target.team} if target.team else target.owner_teams


def _joined(key: str, place: UUID) -> Apply:
    return lambda s: s.changed(source={**s.source, key: [*s.source[key], place]})


def _moved(unit: UUID | None) -> Apply:
    return lambda s: s.changed(source={**s.source, "unit_id": unit})


def _lifting(situation: Situation) -> Iterator[Change]:
    rows = touching(situation)
    name = situation.question.field
    rows += [t for t in situation.source["taken"] if name and t not in rows and name in restrictions()[t["code"]].hides]
    for taken in rows:
        words = {"restriction": str(restrictions()[taken["code"]].title), "name": situation.question.member.name}
        said = _("Lift the restriction “%(restriction)s” of %(name)s") % words
        asks = ((RESTRICT, situation.question.place),)
        yield Change("restriction", said, _lifted(taken), asks, in_hand=True)


def _lifted(taken: dict[str, Any]) -> Apply:
    return lambda s: s.changed(source={**s.source, "taken": [one for one in s.source["taken"] if one != taken]})


def _profiles(situation: Situation, means: Means) -> Iterator[Change]:
    name, asks = situation.question.member.name, ((RESTRICT, situation.question.place),)
    for profile in means.profiles:
        if profile.name != situation.question.profile:
            said = _("Give %(name)s the profile %(profile)s") % {"name": name, "profile": profile.name}
            yield Change("profile", said, _bounded(profile), asks, in_hand=True, about=profile.id)
    if situation.question.profile:
        words = {"profile": situation.question.profile, "name": name}
        said = _("Take the profile %(profile)s from %(name)s") % words
        yield Change("profile", said, _bounded(None), asks, in_hand=True)


def _bounded(profile: Profile | None) -> Apply:
    return lambda s: s.changed(source=with_profile(s.source, profile))


# --- What takes -----------------------------------------------------------------------------


def taking(situation: Situation, means: Means, names: Names) -> Iterator[Change]:
    """Changes that might turn a yes into a no."""
    place, name = situation.question.place, situation.question.member.name
    yield from _ending(situation, means, names)
    base = _base(situation, means)
    yield from _base_roles(situation, means, [role for role in means.roles.values() if not role.is_keyholder])
    if base is None or not base.is_keyholder:
        yield from _restricting(situation)
    yield from _profiles(situation, means)
    yield from _leaving(situation, names)
    said = _("Deactivate %(name)s") % {"name": name}
    yield Change(
        "deactivate", said, lambda s: s.changed(status=Status.DEACTIVATED), ((DEACTIVATE, place),), in_hand=True
    )


def _ending(situation: Situation, means: Means, names: Names) -> Iterator[Change]:
    place = situation.question.place
    for one in situation.source["assigned"]:
        if one["base"]:
            continue
        role = means.roles[UUID(str(one["role"]["id"]))]
        words = {"name": situation.question.member.name, "role": role.name}
        if one["workspace"]:
            workspace = UUID(one["workspace"])
            if not names.sees("workspace", workspace):
                continue
            there = Target(workspace=workspace)
            said = _("Take %(name)s out of %(workspace)s") % {**words, "workspace": names.of("workspace", workspace)}
            yield Change("leave_level", said, _ended(one), ((WORKSPACES_MANAGE, there),), role, there, about=workspace)
            continue
        said = _("End %(role)s of %(name)s") % words
        if one["unit"]:
            unit = names.of("unit", UUID(one["unit"]))
            said = _("End %(role)s of %(name)s at %(unit)s") % {**words, "unit": unit}
        yield Change("end_role", said, _ended(one), ((ASSIGN, place),), role, place, in_hand=True, about=role.id)


def _ended(one: dict[str, Any]) -> Apply:
    return lambda s: s.changed(source={**s.source, "assigned": [row for row in s.source["assigned"] if row != one]})


def _restricting(situation: Situation) -> Iterator[Change]:
    code = situation.question.permission
    for declared in restrictions().values():
        if code not in declared.takes:
            continue
        for value in declared.choices or ("yes",):
            words = {"restriction": str(declared.title), "name": situation.question.member.name}
            said = _("Set the restriction “%(restriction)s” for %(name)s") % words
            taken = {"code": declared.code, "value": value, "workspace": None}
            asks = ((RESTRICT, situation.question.place),)
            yield Change("restrict", said, _taken(taken), asks, in_hand=True)


def _taken(taken: dict[str, Any]) -> Apply:
    def apply(situation: Situation) -> Situation:
        kept = [one for one in situation.source["taken"] if one["code"] != taken["code"] or one["workspace"]]
        return situation.changed(source={**situation.source, "taken": [*kept, taken]})

    return apply


def _leaving(situation: Situation, names: Names) -> Iterator[Change]:
    target, source, name = situation.target, situation.source, situation.question.member.name
    if target is None or target.owner == situation.question.member.id:
        return
    for team in sorted(_teams(target) & set(source["in_teams"])):
        if names.sees("team", team):
            said = _("Take %(name)s out of the team %(team)s") % {"name": name, "team": names.of("team", team)}
            asks = ((TEAMS_MANAGE, Target("team", team, team=team)),)
            yield Change("leave_team", said, _left("in_teams", team), asks, about=team, widens=Reach.TEAM)
    flow = target.workflow
    if flow and flow in source["in_workflows"] and names.sees("workflow", flow):
        said = _("Take %(name)s out of %(workflow)s") % {"name": name, "workflow": names.of("workflow", flow)}
        asks = ((WORKFLOWS_MANAGE, Target("workflow", flow, workflow=flow)),)
        yield Change("leave_workflow", said, _left("in_workflows", flow), asks, about=flow, widens=Reach.WORKFLOW)


def _left(key: str, place: UUID) -> Apply:
    return lambda s: s.changed(source={**s.source, key: [one for one in s.source[key] if one != place]})
