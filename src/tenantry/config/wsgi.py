"""The WSGI application; the web server's processes import it."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenantry.config.settings")
# A pool only here: every other process uses one connection a thread.
os.environ.setdefault("TENANTRY_DATABASE_POOL", "8")

from django.core.wsgi import get_wsgi_application  # noqa: E402 - settings read the two lines above

application = get_wsgi_application()
