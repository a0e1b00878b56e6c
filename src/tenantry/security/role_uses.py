"""API keys act with a role: what becomes of them when it changes or goes (registered with `access.uses`)."""

from uuid import UUID

from tenantry.access.uses import RoleUse, register_role_use
from tenantry.core import clock
from tenantry.security.models import ApiKey
from tenantry.security.permissions import KEYS


def acting_keys(role_id: UUID) -> tuple[str, ...]:
    """The names of the keys that live and act with this role."""
    living = ApiKey.objects.filter(role_id=role_id, revoked_at=None).exclude(expires_at__lte=clock.now())
    return tuple(living.order_by("name", "id").values_list("name", flat=True))


def named_by_keys(role_id: UUID) -> bool:
    return ApiKey.objects.filter(role_id=role_id).exists()


def move_keys(role_id: UUID, successor_id: UUID) -> None:
    ApiKey.objects.filter(role_id=role_id).update(role_id=successor_id)


KEYS_OF_ROLES = register_role_use(RoleUse(KEYS, acting_keys, named_by_keys, move_keys))
