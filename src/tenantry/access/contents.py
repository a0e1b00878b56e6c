"""What is written into roles and profiles, and who may write it: only what they hold themselves (product.md §3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.access.errors import NotYoursToGive
from tenantry.access.hands import may_assign
from tenantry.access.models import Profile, Role
from tenantry.core.actor import Actor
from tenantry.core.bounds import LABEL, LINE
from tenantry.core.errors import InvalidInput, NotFound
from tenantry.core.permissions import (
    FIELD_CODES,
    REACH_CODES,
    YES,
    FieldAccess,
    Permission,
    Reach,
    ScopeKind,
    catalogue,
    reach_of,
    record_fields,
)
from tenantry.core.text import InvalidText

Written = Mapping[str, str]
PLACES: Mapping[str, ScopeKind] = {Role.Kind.UNIT: ScopeKind.UNIT, Role.Kind.WORKSPACE: ScopeKind.WORKSPACE}
# Held beside a base role: these say beside which.
BESIDE_KINDS = (Role.Kind.ADDITION, Role.Kind.UNIT)


@dataclass(frozen=True, slots=True)
class RoleContent:
    """`permissions`: code -> reach or `yes`. `assignable_ids`: roles that its holders may give, None is every one.
    `beside_ids`: of additions and roles at units, base roles beside which they may be held, None is any."""

    name: str
    description: str = ""
    permissions: Written = field(default_factory=dict)
    assignable_ids: tuple[UUID, ...] | None = ()
    beside_ids: tuple[UUID, ...] | None = None


@dataclass(frozen=True, slots=True)
class ProfileContent:
    """`permissions`: code -> reach or `yes`, the upper bound. `fields`: code -> `hidden` or `view`."""

    name: str
    description: str = ""
    permissions: Written = field(default_factory=dict)
    fields: Written = field(default_factory=dict)


# --- What stands ---------------------------------------------------------------------------


def content_of(role: Role) -> RoleContent:
    return RoleContent(
        role.name, role.description, dict(role.permissions), _uuids(role.assignable_roles), _uuids(role.beside)
    )


def profile_content_of(profile: Profile) -> ProfileContent:
    """Of one that bounds nothing: every permission, written out."""
    permissions = bounded_by_nothing() if profile.is_everything else dict(profile.permissions)
    return ProfileContent(profile.name, profile.description, permissions, dict(profile.fields))


def bounded_by_nothing() -> dict[str, str]:
    return {code: widest(p) for code, p in catalogue().items() if p.in_applications}


def widest(declared: Permission) -> str:
    return "all" if declared.has_reach else YES


def _uuids(written: Iterable[str] | None) -> tuple[UUID, ...] | None:
    return None if written is None else tuple(sorted({UUID(str(one)) for one in written}))


# --- What can be written -------------------------------------------------------------------


def cleaned(content: RoleContent, kind: str) -> RoleContent:
    """As it would be stored.

    :raises InvalidInput: by field. :raises NotFound: ids of roles that are not there.
    """
    faults: dict[str, Any] = {}
    name, description = _texts(content.name, content.description, faults)
    permissions = _permissions(content.permissions, lambda p: _why_not(p, kind), faults)
    if content.beside_ids is not None and kind not in BESIDE_KINDS:
        faults["beside_ids"] = _("Only additions and roles at units are held beside another role.")
    roles = {role.id: role for role in Role.objects.filter(id__in=_named(content))}
    if len(roles) < len(_named(content)):
        raise NotFound
    if any(roles[i].is_keyholder for i in content.assignable_ids or ()):
        faults["assignable_ids"] = _("The role with all permissions is given only by those who have it.")
    if any(roles[i].kind != Role.Kind.BASE for i in content.beside_ids or ()):
        faults["beside_ids"] = _("Choose base roles.")
    if faults:
        raise InvalidInput(faults)
    return RoleContent(name, description, permissions, _sorted(content.assignable_ids), _sorted(content.beside_ids))


def cleaned_profile(content: ProfileContent) -> ProfileContent:
    """:raises InvalidInput: by field."""
    faults: dict[str, Any] = {}
    name, description = _texts(content.name, content.description, faults)
    permissions = _permissions(content.permissions, _why_not_bounded, faults)
    declared = record_fields()
    for code, level in dict(content.fields).items():
        if code not in declared or level not in FIELD_CODES:
            faults["fields"] = _("There is no field, or no way to see it, called %(what)s.") % {"what": _short(code)}
    if faults:
        raise InvalidInput(faults)
    return ProfileContent(
        name, description, permissions, {c: v for c, v in dict(content.fields).items() if v != "edit"}
    )


def _named(content: RoleContent) -> set[UUID]:
    return {*(content.assignable_ids or ()), *(content.beside_ids or ())}


def _sorted(ids: Iterable[UUID] | None) -> tuple[UUID, ...] | None:
    return None if ids is None else tuple(sorted(set(ids)))


def _texts(name: str, description: str, faults: dict[str, Any]) -> tuple[str, str]:
    texts = {"name": name, "description": description}
    for part, bound in (("name", LABEL), ("description", LINE)):
        try:
            texts[part] = bound.clean(texts[part])
        except InvalidText as refused:
            faults[part] = str(refused)
    return texts["name"], texts["description"]


def _permissions(written: Written, why_not: Any, faults: dict[str, Any]) -> dict[str, str]:
    """Sorted, without those that are not given."""
    known = catalogue()
    found: dict[str, str] = {}
    for code, value in sorted(dict(written).items()):
        declared = known.get(code)
        if declared is None:
            faults["permissions"] = _("There is no permission %(code)s.") % {"code": _short(code)}
        elif value not in (REACH_CODES if declared.has_reach else (YES,)):
            faults["permissions"] = _("%(code)s can't be given as %(value)s.") % {
                "code": code,
                "value": _short(value),
            }
        elif reason := why_not(declared):
            faults["permissions"] = reason
        else:
            found[code] = value
    return found


def fits(declared: Permission, kind: str) -> bool:
    """Whether roles of this kind can hold the permission at all."""
    return not declared.keyholders_only and (kind not in PLACES or PLACES[kind] in declared.scopes)


def _why_not(declared: Permission, kind: str) -> str:
    if declared.keyholders_only:
        return _("“%(title)s” belongs to the role with all permissions alone.") % {"title": declared.title}
    if not fits(declared, kind):
        return _("“%(title)s” can be given for the whole organization only.") % {"title": declared.title}
    return ""


def _why_not_bounded(declared: Permission) -> str:
    if declared.in_applications:
        return ""
    return _("“%(title)s” has nothing to do with the applications; profiles don't bound it.") % {
        "title": declared.title
    }


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"


# --- Who may write it ----------------------------------------------------------------------


def widened(before: Written, after: Written) -> dict[str, Reach]:
    """What is put in: the reach that stands there afterwards, of every permission that is new or reaches further."""
    return {code: reach_of(value) for code, value in after.items() if reach_of(value) & ~reach_of(before.get(code, ""))}


def out_of_cover(actor: Actor, before: Written, after: Written) -> list[str]:
    """Codes that are put in and not held so far by the actor in the whole organization."""
    return [code for code, reach in widened(before, after).items() if not actor.grants.covers(code, reach)]


def ask_reach(actor: Actor, before: Written, after: Written) -> None:
    """:raises NotYoursToGive: of permissions alone; no query."""
    _refuse(out_of_cover(actor, before, after), [])


def gives_every_role(actor: Actor) -> bool:
    return any(h.everything or h.assignable is None for h in actor.grants.held if h.scope is ScopeKind.ORGANIZATION)


def ask_covered(actor: Actor, before: RoleContent | None, after: RoleContent) -> None:
    """:raises NotYoursToGive: naming the permissions and roles that are put in and are not the actor's to give."""
    codes = out_of_cover(actor, before.permissions if before else {}, after.permissions)
    names: list[str] = []
    present = before.assignable_ids if before else ()
    if present is not None and after.assignable_ids is None and not gives_every_role(actor):
        names.append(_("every role"))
    elif present is not None and after.assignable_ids is not None:
        added = Role.objects.filter(id__in=set(after.assignable_ids) - set(present)).order_by("position", "sort_name")
        names += [role.name for role in added if not may_assign(actor, role)]
    _refuse(codes, names)


def ask_acts_with(actor: Actor, role: Role) -> None:
    """Asked before something else than a person, a key, comes to act with a role.

    :raises NotYoursToGive: naming what the role holds, or gives, beyond the actor.
    """
    content = content_of(role)
    known = catalogue()
    every = {code: widest(declared) for code, declared in known.items()}
    held = every if role.is_keyholder else {c: v for c, v in content.permissions.items() if c in known}
    ask_covered(actor, None, replace(content, permissions=held))


def ask_profile_covered(actor: Actor, before: ProfileContent | None, after: ProfileContent) -> None:
    """:raises NotYoursToGive: a permission reaches further, or a field is opened wider, than the actor's own."""
    codes = out_of_cover(actor, before.permissions if before else {}, after.permissions)
    fields = record_fields()
    opened = [
        str(declared.title)
        for code, declared in fields.items()
        if _level(after.fields, code) > (_level(before.fields, code) if before else FieldAccess.HIDDEN)
        and actor.grants.fields.get(code, FieldAccess.EDIT) < _level(after.fields, code)
    ]
    _refuse(codes, opened)


def _level(written: Written, code: str) -> FieldAccess:
    return FIELD_CODES.get(dict(written).get(code, "edit"), FieldAccess.EDIT)


def _refuse(codes: list[str], names: list[str]) -> None:
    if codes or names:
        known = catalogue()
        raise NotYoursToGive(permissions=codes, roles=names, titles=[*(str(known[c].title) for c in codes), *names])
