"""Roles as data: created, copied and edited by whoever holds everything that is put in (product.md §3, §4)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext as _

from tenantry.access.contents import (
    PLACES,
    RoleContent,
    ask_covered,
    cleaned,
    content_of,
    fits,
    widened,
    widest,
)
from tenantry.access.errors import FromTheBlueprint, RoleNameTaken, RoleNotAssignable
from tenantry.access.grants import ROLE_COLUMNS
from tenantry.access.hands import may_assign
from tenantry.access.models import Assignment, Role
from tenantry.access.permissions import ROLES_EDIT
from tenantry.access.simulating import Consequence, Question, Source, consequences, within_sight
from tenantry.access.steps import bump_catalogue, get_role, list_role
from tenantry.access.uses import USES
from tenantry.acting.actions import Outcome, action
from tenantry.acting.plans import Plan, confirm
from tenantry.audit.chain import Entry
from tenantry.core.actor import Actor
from tenantry.core.decisions import require
from tenantry.core.errors import InvalidInput, VersionChanged
from tenantry.core.ids import NIL, new_id
from tenantry.core.permissions import catalogue, reach_of
from tenantry.organizations.entitlements import require_entitled
from tenantry.people.models import Membership


@dataclass(frozen=True, slots=True)
class RoleWritten:
    id: UUID
    name: str
    version: int


@dataclass(frozen=True, slots=True)
class RoleEditPlan(Plan):
    """What saving does. `keys`: names of what acts with the role besides people. `giving`: system roles whose holders
    may give it from then on, because they may give each other as much; `no_longer_giving`: those for which it becomes
    too much."""

    role_id: UUID
    version: int
    before: RoleContent
    after: RoleContent
    consequences: tuple[Consequence, ...]
    keys: tuple[str, ...]
    giving: tuple[str, ...]
    no_longer_giving: tuple[str, ...]

    @property
    def changes(self) -> tuple[str, ...]:
        """Codes of permissions, and names of other parts, that are not what they were."""
        codes = [*self.before.permissions, *(c for c in self.after.permissions if c not in self.before.permissions)]
        changed = [c for c in codes if self.before.permissions.get(c) != self.after.permissions.get(c)]
        parts = ("name", "description", "assignable_ids", "beside_ids")
        return (*changed, *(p for p in parts if getattr(self.before, p) != getattr(self.after, p)))


# --- Rules ---------------------------------------------------------------------------------


def ask_editable(actor: Actor, role: Role) -> None:
    """:raises FromTheBlueprint: a system role. :raises RoleNotAssignable: neither the actor's to give nor one of
    their own."""
    if role.is_system or role.is_keyholder:
        raise FromTheBlueprint(name=role.name)
    if not may_assign(actor, role) and role.id not in _own(actor):
        raise RoleNotAssignable(role=role.name)


def ask_edit(actor: Actor, role: Role, after: RoleContent) -> None:
    """A role that is not the actor's to give is their own at most, and can only be made smaller: whoever else may
    give it would else give more than the actor could.

    :raises FromTheBlueprint, RoleNotAssignable, NotYoursToGive, RoleNameTaken: see there.
    """
    ask_editable(actor, role)
    before = content_of(role)
    ask_covered(actor, before, after)
    if _adds(before, after) and not may_assign(actor, role):
        raise RoleNotAssignable(role=role.name)
    _ask_name(after.name, role.kind, role.id)


def _own(actor: Actor) -> set[UUID | None]:
    return {held.role_id for held in actor.grants.held}


def _adds(before: RoleContent, after: RoleContent) -> bool:
    return bool(widened(before.permissions, after.permissions)) or any(
        was is not None and (will is None or set(will) - set(was))
        for was, will in ((before.assignable_ids, after.assignable_ids), (before.beside_ids, after.beside_ids))
    )


def _ask_name(name: str, kind: str, role_id: UUID | None = None) -> None:
    if Role.objects.filter(kind=kind, sort_name=name.lower()).exclude(id=role_id or NIL).exists():
        raise RoleNameTaken(name=name)


# --- Who may give it -----------------------------------------------------------------------


def peers(role_id: UUID, kind: str, content: RoleContent) -> tuple[list[Role], list[Role]]:
    """System roles that begin to list the role, and those that stop.

    Holders of a role that lists itself may give all of it to anybody; a role that holds no more than that gives them
    nothing new. Without this nobody but keyholders could give a role that an administrator made. What is held at one
    unit or in one workspace vouches for nothing that would hold elsewhere.
    """
    begin: list[Role] = []
    stop: list[Role] = []
    for role in Role.objects.filter(is_system=True, assignable_roles__isnull=False).order_by("position"):
        listed = role.assignable_roles or []
        narrow = role.kind in PLACES and role.kind != kind
        trusted = str(role.id) in listed and not narrow and _holds(role, listed, content, role_id)
        if trusted != (str(role_id) in listed):
            (begin if trusted else stop).append(role)
    return begin, stop


def _holds(role: Role, listed: list[str], content: RoleContent, role_id: UUID) -> bool:
    if content.assignable_ids is None or {str(i) for i in content.assignable_ids} - {*listed, str(role_id)}:
        return False
    return not widened(role.permissions, content.permissions)


# --- Creating ------------------------------------------------------------------------------


@action(ROLES_EDIT)
def create_role(*, actor: Actor, now: datetime, kind: str, content: RoleContent) -> Outcome[RoleWritten]:
    """A custom role; its kind stays.

    :raises InvalidInput, NotYoursToGive, RoleNameTaken: see there. :raises NotFound: ids of roles that are not there.
    :raises NotInPlan: the plan has no custom roles.
    """
    return _created(actor, kind, content, "")


@action(ROLES_EDIT)
def copy_role(*, actor: Actor, now: datetime, role_id: UUID, name: str) -> Outcome[RoleWritten]:
    """A custom role with everything that another one holds, of the role with all permissions what can be given.

    :raises NotFound, InvalidInput, NotYoursToGive, RoleNameTaken: see there.
    """
    source = get_role(role_id)
    return _created(actor, source.kind, copied_content(source, name), source.name)


def copied_content(source: Role, name: str) -> RoleContent:
    content = content_of(source)
    permissions = dict(content.permissions)
    if source.is_keyholder:
        permissions = {code: widest(p) for code, p in catalogue().items() if fits(p, source.kind)}
    # A release may have taken a permission away.
    permissions = {code: value for code, value in permissions.items() if code in catalogue()}
    return RoleContent(name, content.description, permissions, content.assignable_ids, content.beside_ids)


def _created(actor: Actor, kind: str, content: RoleContent, copied_from: str) -> Outcome[RoleWritten]:
    if kind not in Role.Kind.values:
        raise InvalidInput({"kind": kind_unknown()})
    require_entitled("custom_roles")
    bump_catalogue()
    after = cleaned(content, kind)
    ask_covered(actor, None, after)
    _ask_name(after.name, kind)
    last = Role.objects.aggregate(last=Max("position"))["last"]
    role = Role(
        key=str(new_id()),
        kind=kind,
        position=min((last or 0) + 1, 32_000),
        is_system=False,
        copied_from=copied_from,
        **columns(after),
    )
    Role.objects.bulk_create([role])
    list_role(role.id, *peers(role.id, kind, after))
    values = {"name": role.name, "kind": kind, "copied_from": copied_from, "after": plain(after)}
    return Outcome(RoleWritten(role.id, role.name, role.version), Entry("access.role_created", "role", role.id, values))


def kind_unknown() -> str:
    return _("Choose how the role is held.")


def columns(content: RoleContent) -> dict[str, Any]:
    """The columns of a role that hold its content."""
    return {
        "name": content.name,
        "sort_name": content.name.lower(),
        "description": content.description,
        "permissions": dict(content.permissions),
        "assignable_roles": _written(content.assignable_ids),
        "beside": _written(content.beside_ids),
    }


def plain(content: RoleContent) -> dict[str, Any]:
    """What audit entries keep of it, with the names of that moment; `content_from` reads it again."""
    named = dict(
        Role.objects.filter(id__in=[*(content.assignable_ids or ()), *(content.beside_ids or ())]).values_list(
            "id", "name"
        )
    )
    return {
        "gives": None if content.assignable_ids is None else [named.get(i, "") for i in content.assignable_ids],
        "beside": None if content.beside_ids is None else [named.get(i, "") for i in content.beside_ids],
        "name": content.name,
        "description": content.description,
        "permissions": dict(content.permissions),
        "assignable_ids": _written(content.assignable_ids),
        "beside_ids": _written(content.beside_ids),
    }


def content_from(written: Mapping[str, Any]) -> RoleContent:
    lists = {
        name: None if written[name] is None else tuple(sorted(UUID(i) for i in written[name]))
        for name in ("assignable_ids", "beside_ids")
    }
    return RoleContent(written["name"], written["description"], dict(written["permissions"]), **lists)


def _written(ids: tuple[UUID, ...] | None) -> list[str] | None:
    return None if ids is None else [str(i) for i in ids]


# --- Editing -------------------------------------------------------------------------------


def holding(role_id: UUID) -> QuerySet[Membership]:
    """Who holds the role, or will when their present one ends."""
    held = Assignment.objects.filter(Q(role_id=role_id) | Q(then_role_id=role_id))
    return Membership.objects.filter(id__in=held.values("membership_id"))


def plan_edit_role(*, actor: Actor, role_id: UUID, content: RoleContent, now: datetime) -> RoleEditPlan:
    """Who gains and loses what, by name.

    :raises NotFound, InvalidInput, FromTheBlueprint, RoleNotAssignable, NotYoursToGive, RoleNameTaken: see there.
    """
    require(actor, ROLES_EDIT)
    role = get_role(role_id)
    ask_editable(actor, role)
    after = cleaned(content, role.kind)
    ask_edit(actor, role, after)
    plan = _edit_plan(role, after, now)
    return replace(plan, consequences=within_sight(actor, plan.consequences))


def _edit_plan(role: Role, after: RoleContent, now: datetime) -> RoleEditPlan:
    before = content_of(role)
    begin, stop = peers(role.id, role.kind, after)
    question = Question(
        change=lambda row: rewritten(row, role.id, columns(after)),
        now=now,
        codes=_touched(before, after),
        roles=frozenset({role.id}),
        given=_given(before, after),
    )
    touched = question.codes or question.given
    return RoleEditPlan(
        role_id=role.id,
        version=role.version,
        before=before,
        after=after,
        consequences=consequences(holding(role.id), question) if touched else (),
        keys=keys_of(role.id) if question.codes else (),
        giving=tuple(one.name for one in begin),
        no_longer_giving=tuple(one.name for one in stop),
    )


def _touched(before: RoleContent, after: RoleContent) -> tuple[str, ...]:
    codes = sorted({*before.permissions, *after.permissions} & catalogue().keys())
    return tuple(c for c in codes if reach_of(before.permissions.get(c, "")) != reach_of(after.permissions.get(c, "")))


def _given(before: RoleContent, after: RoleContent) -> dict[UUID, str]:
    """Roles whose giving the change touches, with their names."""
    was, will = before.assignable_ids, after.assignable_ids
    if was == will:
        return {}
    rows = Role.objects.filter(is_keyholder=False).order_by("position", "sort_name")
    if was is not None and will is not None:
        rows = rows.filter(id__in=set(was) ^ set(will))
    return dict(rows.values_list("id", "name"))


def keys_of(role_id: UUID) -> tuple[str, ...]:
    return tuple(name for use in USES for name in use.names(role_id))


def rewritten(row: Source, role_id: UUID, values: Mapping[str, Any]) -> Source:
    """The row of `grants.sources` with another content of one role."""
    changed = {name: values[name] for name in ROLE_COLUMNS if name in values}

    def rewrite(role: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
        return {**role, **changed} if role and str(role["id"]) == str(role_id) else role

    assigned = [{**a, "role": rewrite(a["role"]), "then": rewrite(a["then"])} for a in row["assigned"]]
    return {**row, "assigned": assigned}


@action(ROLES_EDIT)
def edit_role(
    *,
    actor: Actor,
    now: datetime,
    role_id: UUID,
    content: RoleContent,
    version: int | None = None,
    digest: str | None = None,
) -> Outcome[RoleWritten]:
    """Writes a custom role, acting at everybody's next request. `version`: what the caller saw; None asks for no check.

    :raises VersionChanged: somebody else wrote meanwhile. :raises PlanChanged: `digest` is of an older plan.
    :raises NotFound, InvalidInput, FromTheBlueprint, RoleNotAssignable, NotYoursToGive, RoleNameTaken: see there.
    """
    # First, so that one edit is written at a time: each sees what the one before left.
    bump_catalogue()
    role = get_role(role_id)
    ask_editable(actor, role)
    if version is not None and version != role.version:
        raise VersionChanged
    plan = confirm(plan_edit_role(actor=actor, role_id=role_id, content=content, now=now), digest)
    if not plan.changes:
        return Outcome(RoleWritten(role.id, role.name, role.version), None)
    for name, value in columns(plan.after).items():
        setattr(role, name, value)
    role.version += 1
    role.save(update_fields=[*columns(plan.after), "version"])
    list_role(role.id, *peers(role.id, role.kind, plan.after))
    values = {"name": role.name, "before": plain(plan.before), "after": plain(plan.after)}
    return Outcome(RoleWritten(role.id, role.name, role.version), Entry("access.role_edited", "role", role.id, values))
