"""Builds what an actor may do: the union of their roles, by one query, cached by version.

The cache key is (membership, its access version, role-catalogue version), both versions read in the statement that
proves the membership and before the grants, so a change elsewhere is seen at the next request.
"""

from collections import OrderedDict
from threading import Lock
from types import MappingProxyType
from uuid import UUID

from tenantry.access.models import Assignment, CatalogueVersion, Role
from tenantry.core.actor import Grants
from tenantry.core.permissions import REACH_CODES, Reach

_CACHE_SIZE = 5000
_cache: OrderedDict[tuple[UUID, UUID, int, int], Grants] = OrderedDict()
_guard = Lock()


def catalogue_version() -> int:
    return CatalogueVersion.objects.values_list("number", flat=True).first() or 0


def of_role(role: Role) -> Grants:
    return _union([role])


def _union(roles: list[Role]) -> Grants:
    permissions: dict[str, Reach] = {}
    assignable: set[UUID] | None = set()
    for role in roles:
        for code, reach in role.permissions.items():
            given = REACH_CODES.get(reach, Reach.ALL)
            permissions[code] = max(given, permissions.get(code, given))
        if role.assignable_roles is None or assignable is None:
            assignable = None
        else:
            assignable |= {UUID(i) for i in role.assignable_roles}
    return Grants(
        MappingProxyType(permissions),
        everything=any(role.is_keyholder for role in roles),
        assignable=None if assignable is None else frozenset(assignable),
    )


def of_member(organization_id: UUID, membership_id: UUID, access_version: int, roles_version: int) -> Grants:
    """The member's grants of this moment; one query when they are not cached."""
    key = (organization_id, membership_id, access_version, roles_version)
    with _guard:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    rows = Assignment.objects.filter(membership_id=membership_id).select_related("role")
    grants = _union([row.role for row in rows])
    with _guard:
        _cache[key] = grants
        while len(_cache) > _CACHE_SIZE:
            _cache.popitem(last=False)
    return grants
