"""Where uploaded files lie: a directory, or a bucket as soon as one is named (docs/operate/files.md)."""

from typing import Any

from tenantry.config import env

DISK = "tenantry.core.files.disk.DiskStorage"
BUCKET = "tenantry.core.files.buckets.BucketStorage"
_STYLES = ("auto", "path", "virtual")
_ALONE = (
    "FILES_S3_ENDPOINT",
    "FILES_S3_REGION",
    "FILES_S3_PREFIX",
    "FILES_S3_ADDRESSING",
    "FILES_S3_ACCESS_KEY",
    "FILES_S3_SECRET_KEY",
)


def file_store() -> dict[str, Any]:
    """Django's description of the store.

    :raises SettingError: half of a bucket is described.
    """
    bucket = env.text("FILES_S3_BUCKET", "")
    if not bucket:
        for name in _ALONE:
            if env.text(name, ""):
                raise env.SettingError(f"TENANTRY_{name} is set, but no TENANTRY_FILES_S3_BUCKET.")
        return {
            "BACKEND": DISK,
            "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
        }
    access, secret = env.secret("FILES_S3_ACCESS_KEY", ""), env.secret("FILES_S3_SECRET_KEY", "")
    if bool(access) != bool(secret):
        raise env.SettingError("Set TENANTRY_FILES_S3_ACCESS_KEY and TENANTRY_FILES_S3_SECRET_KEY, or neither of them.")
    style = env.text("FILES_S3_ADDRESSING", "auto")
    if style not in _STYLES:
        raise env.SettingError(f"TENANTRY_FILES_S3_ADDRESSING must be one of {', '.join(_STYLES)}, not {style!r}.")
    return {
        "BACKEND": BUCKET,
        "OPTIONS": {
            "bucket_name": bucket,
            # Neither given: what the machine's own role or files say (boto3's order).
            "access_key": access or None,
            "secret_key": secret or None,
            "endpoint_url": _endpoint(),
            "region_name": env.text("FILES_S3_REGION", "") or None,
            "location": env.text("FILES_S3_PREFIX", "").strip("/"),
            "addressing_style": style,
            "signature_version": "s3v4",
            "querystring_auth": False,
            "default_acl": None,
            "file_overwrite": True,
        },
    }


def _endpoint() -> str | None:
    given = env.text("FILES_S3_ENDPOINT", "")
    if not given:
        return None
    env.address("FILES_S3_ENDPOINT", given, schemes=frozenset({"http", "https"}))
    return given.rstrip("/")
