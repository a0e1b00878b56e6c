"""Static files, compressed and named by content, collected when they changed."""

import fcntl
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from tenantry import __version__


def collect() -> bool:
    """Collect into STATIC_ROOT unless nothing changed since the last time; whether it did."""
    root = Path(settings.STATIC_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    stamp = root / ".collected"
    with (root / ".lock").open("w") as lock:
        # Several servers may start at once on one machine; the second one finds it done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        current = _fingerprint()
        if stamp.exists() and stamp.read_text() == current:
            return False
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(current)
    return True


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{__version__} {settings.STORAGES['staticfiles']['BACKEND']}".encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            digest.update(f"{path} ".encode())
            digest.update(Path(storage.path(path)).read_bytes())
    return digest.hexdigest()
