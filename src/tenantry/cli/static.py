"""Static files, compressed and named by content, collected when they changed."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from tenantry import __version__


def collect() -> bool:
    """Collect into STATIC_ROOT unless nothing changed since the last time; whether it did."""
    root = Path(settings.STATIC_ROOT)
    stamp = root / ".collected"
    current = _fingerprint()
    if stamp.exists() and stamp.read_text() == current:
        return False
    root.mkdir(parents=True, exist_ok=True)
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
