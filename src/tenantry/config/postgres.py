"""The two database aliases: "default" for the application, "owner" for migrations."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

from tenantry.config import env

SCHEMES = frozenset({"postgres", "postgresql"})
# A UNIX socket's path holds 107 bytes; PostgreSQL adds "/.s.PGSQL.5432.lock" to it.
LONGEST_DIRECTORY = 107 - len("/.s.PGSQL.5432.lock")


def socket_directory(home: Path) -> Path:
    """Where the embedded server's socket lies: inside the home, or beside it if that is too long."""
    inside = home / "postgres" / "run"
    if len(os.fsencode(inside)) <= LONGEST_DIRECTORY:
        return inside
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"tenantry-{os.getuid()}-{digest}"


def connections(*, run_directory: Path, role_prefix: str, pool_size: int) -> dict[str, dict[str, Any]]:
    """Django's DATABASES; a pool size of 0 means one connection a thread."""
    application = env.secret("DATABASE_URL", "")
    owner = env.secret("DATABASE_OWNER_URL", "")
    if owner and not application:
        raise env.SettingError("TENANTRY_DATABASE_OWNER_URL needs TENANTRY_DATABASE_URL.")
    if not application:
        embedded = f"postgresql:///tenantry?host={run_directory}"
        application = owner = embedded
    default = _alias("DATABASE_URL", application, user=f"{role_prefix}app")
    # Without a URL of its own the owner is reached the same way: enough for the web and
    # worker processes of an installation that migrates elsewhere.
    administrator = _alias("DATABASE_OWNER_URL", owner or application, user=f"{role_prefix}owner")
    if pool_size:
        default["OPTIONS"]["pool"] = {
            "min_size": 1,
            "max_size": pool_size,
            "timeout": 10,
            "max_idle": 120,
        }
    else:
        default["CONN_MAX_AGE"] = 60
        default["CONN_HEALTH_CHECKS"] = True
    return {"default": default, "owner": administrator}


def _alias(name: str, url: str, *, user: str) -> dict[str, Any]:
    parsed = env.address(name, url, schemes=SCHEMES)
    if not parsed.path:
        raise env.SettingError(f"{env.PREFIX}{name} names no database.")
    return {
        "ENGINE": "tenantry.core.database",
        "NAME": parsed.path,
        "USER": parsed.user or user,
        "PASSWORD": parsed.password,
        "HOST": parsed.host,
        "PORT": str(parsed.port or ""),
        "OPTIONS": {"connect_timeout": 5, "application_name": "tenantry", **parsed.options},
    }
