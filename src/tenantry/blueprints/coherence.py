"""What the parts of a document say about each other and about the catalogues. Faults name a place, never a line."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tenantry.blueprints.document import PATTERN, Blueprint, RoleDefinition, Written, matching
from tenantry.core.documents import Fault, Path, close
from tenantry.core.permissions import (
    REACH_CODES,
    YES,
    Permission,
    ScopeKind,
    catalogue,
    record_fields,
)
from tenantry.organizations.labels import LABELS
from tenantry.organizations.policies import CATALOGUE

SCOPES = {"unit": ScopeKind.UNIT, "workspace": ScopeKind.WORKSPACE}
# What a kind of role needs among the parts that an organization uses.
PARTS = {"addition": "additions", "unit": "units", "workspace": "workspaces"}
# What a field of “Add user” needs.
FIELD_PARTS = {"profile": "profiles", "unit": "units", "workspaces": "workspaces"}


def faults(document: Blueprint) -> Iterator[Fault]:
    yield from _of_words("labels", document.labels, LABELS, "label")
    yield from _of_policies(document.policies)
    yield from _of_roles(document)
    yield from _of_profiles(document)
    yield from _of_structure(document)
    yield from _of_workflow(document)


def _of_words(part: str, written: Mapping[str, Any], known: Mapping[str, Any], noun: str) -> Iterator[Fault]:
    for word in written:
        if word not in known:
            yield Fault((part, word), f"unknown {noun}{close(word, known)}", at_key=True)


def _of_policies(policies: Mapping[str, Any]) -> Iterator[Fault]:
    yield from _of_words("policies", policies, CATALOGUE, "policy")
    for code, value in policies.items():
        if code in CATALOGUE and not CATALOGUE[code].check(value):
            yield Fault(("policies", code), f"{value!r} is not a value of {code}")
    modes, asked = (_value(policies, code) for code in ("people.entry_modes", "people.add_fields"))
    if "password" in asked and "administrator_password" not in modes:
        yield Fault(("policies", "people.add_fields"), "a password is asked, but no administrator sets one")
    if modes == ["administrator_password"] and "password" not in asked:
        yield Fault(("policies", "people.add_fields"), "administrators set passwords, but none is asked")
    parts = _value(policies, "organization.structure")
    for field, part in FIELD_PARTS.items():
        if field in asked and part not in parts:
            yield Fault(("policies", "people.add_fields"), f"{field} is asked, but {part} are not used")
    if _value(policies, "teams.per_person") == "one_per_workspace" and "workspaces" not in parts:
        yield Fault(("policies", "teams.per_person"), "one team in each workspace, but workspaces are not used")


def _value(policies: Mapping[str, Any], code: str) -> Any:
    """As it would hold; a value that is none was told already and says nothing here."""
    known = CATALOGUE[code]
    value = policies.get(code, known.default)
    return value if known.check(value) else known.default


def _twice(path: Path, words: list[tuple[str, ...]], noun: str) -> Iterator[Fault]:
    counts = Counter(words)
    for place, word in enumerate(words):
        if counts[word] > 1 and words.index(word) != place:
            yield Fault((*path, place, noun), f"another one has the {noun} {word[-1]}")


def _of_roles(document: Blueprint) -> Iterator[Fault]:
    roles = document.roles
    yield from _twice(("roles",), [(role.key,) for role in roles], "key")
    yield from _twice(("roles",), [(role.kind, role.name.casefold()) for role in roles], "name")
    holders = [place for place, role in enumerate(roles) if role.keyholder]
    if len(holders) != 1:
        path: Path = ("roles", holders[1], "keyholder") if holders else ("roles",)
        yield Fault(path, "exactly one role is the keyholder's")
    by_key = {role.key: role for role in roles}
    for place, role in enumerate(roles):
        yield from _of_role(("roles", place), role, by_key)


def _of_role(path: Path, role: RoleDefinition, by_key: Mapping[str, RoleDefinition]) -> Iterator[Fault]:
    if role.keyholder:
        if role.kind != "base":
            yield Fault((*path, "kind"), "the keyholder's role is a base role")
        if role.permissions or role.assignable is not None:
            yield Fault((*path, "keyholder"), "the keyholder's role holds everything: assignable: all, no permissions")
    elif role.assignable is None:
        yield Fault((*path, "assignable"), "only the keyholder's role assigns all")
    for place, key in enumerate(role.assignable or ()):
        if key not in by_key:
            yield Fault((*path, "assignable", place), f"unknown role {key}{close(key, by_key)}")
        elif by_key[key].keyholder:
            yield Fault((*path, "assignable", place), "only keyholders give the keyholder's role")
    if role.beside is not None and role.kind not in ("addition", "unit"):
        yield Fault((*path, "beside"), f"a {role.kind} role is not held beside another")
    for place, key in enumerate(role.beside or ()):
        if key not in by_key:
            yield Fault((*path, "beside", place), f"unknown role {key}{close(key, by_key)}")
        elif by_key[key].kind != "base":
            yield Fault((*path, "beside", place), f"{key} is no base role")
    yield from _of_written((*path, "permissions"), role.permissions, scope=SCOPES.get(role.kind))


def _of_profiles(document: Blueprint) -> Iterator[Fault]:
    profiles = document.profiles
    yield from _twice(("profiles",), [(profile.key,) for profile in profiles], "key")
    yield from _twice(("profiles",), [(profile.name.casefold(),) for profile in profiles], "name")
    for place, profile in enumerate(profiles):
        path: Path = ("profiles", place)
        if profile.everything and (profile.permissions or profile.fields):
            yield Fault((*path, "everything"), "a profile of everything lists nothing")
        yield from _of_written((*path, "permissions"), profile.permissions, applications=True)
        for field in profile.fields:
            if field not in record_fields():
                yield Fault((*path, "fields", field), f"unknown field{close(field, record_fields())}", at_key=True)


def _of_written(
    path: Path, written: Written, *, scope: ScopeKind | None = None, applications: bool = False
) -> Iterator[Fault]:
    known = catalogue()
    for code, reach in written.items():
        codes = matching(code) if code.startswith(PATTERN) else [code]
        if not codes:
            yield Fault((*path, code), "no permission of the applications ends so", at_key=True)
        for one in codes:
            if one not in known:
                yield Fault((*path, code), f"unknown permission{close(one, known)}", at_key=True)
            else:
                yield from _of_permission((*path, code), known[one], reach, scope=scope, applications=applications)


def _of_permission(
    path: Path, permission: Permission, reach: Any, *, scope: ScopeKind | None, applications: bool
) -> Iterator[Fault]:
    if permission.keyholders_only:
        yield Fault(path, f"{permission} is of keyholders only", at_key=True)
    if scope is not None and scope not in permission.scopes:
        yield Fault(path, f"{permission} can't be held in a {scope} only", at_key=True)
    if applications and not permission.in_applications:
        yield Fault(path, f"{permission} is none of the applications", at_key=True)
    if permission.has_reach and reach not in REACH_CODES:
        yield Fault(path, f"{permission} needs a reach: {', '.join(REACH_CODES)}")
    if not permission.has_reach and not (reach is True or reach == YES):
        yield Fault(path, f"{permission} has no reach: write yes")


def _of_structure(document: Blueprint) -> Iterator[Fault]:
    used = _value(document.policies, "organization.structure")
    for place, role in enumerate(document.roles):
        part = PARTS.get(role.kind)
        if part and part not in used:
            yield Fault(("roles", place, "kind"), f"organization.structure does not name {part}")
    if document.profiles and "profiles" not in used:
        yield Fault(("profiles",), "organization.structure does not name profiles")


def _of_workflow(document: Blueprint) -> Iterator[Fault]:
    stages, path = document.workflow.stages, ("workflow", "stages")
    yield from _twice(path, [(stage.name.casefold(),) for stage in stages], "name")
    approving = any("deals.approve" in role.permissions for role in document.roles)
    for place, stage in enumerate(stages):
        if stage.lodgement and not approving:
            yield Fault((*path, place, "lodgement"), "a mentor is asked, but no role has deals.approve")
