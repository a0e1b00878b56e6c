"""The WSGI application; the web server's processes import it."""

import multiprocessing
import os
import signal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenantry.config.settings")
# A pool only here: every other process uses one connection a thread.
os.environ.setdefault("TENANTRY_DATABASE_POOL", "6")

from django.conf import settings  # settings read the two lines above
from django.core.wsgi import get_wsgi_application

from tenantry.cli.children import die_with_parent
from tenantry.config import pseudo

_main = multiprocessing.parent_process()
if os.environ.get("TENANTRY_WEB_SERVER") == "granian" and _main is not None and _main.pid is not None:
    # Its workers survive a killed main process and would keep serving old code beside the next start's.
    die_with_parent(signal.SIGKILL, _main.pid)

application = get_wsgi_application()
if settings.PSEUDO_LOCALE:
    pseudo.install()
