"""Settings of a test session: its own home directory and database server, nothing of the developer's environment."""

import os
import tempfile

# The process that pytest was started in makes the home; the processes it starts inherit its name.
_home = os.environ.get("TENANTRY_TEST_HOME") or tempfile.mkdtemp(prefix="tenantry-test-")
os.environ["TENANTRY_TEST_HOME"] = _home
for _name in [name for name in os.environ if name.startswith("TENANTRY_") and not name.startswith("TENANTRY_TEST_")]:
    del os.environ[_name]
os.environ["TENANTRY_HOME"] = _home
os.environ["TENANTRY_SECRET_KEY"] = "a key for tests only, of no use to anybody"
os.environ["TENANTRY_PSEUDO_LOCALE"] = "true"

from tenantry.config.settings import *
from tenantry.config.settings import DATABASES, STATIC_ROOT, STORAGES

# The database tells connections of tests from those of the programs they start.
CONNECTIONS = "tenantry tests"
for _database in DATABASES.values():
    _database["OPTIONS"]["application_name"] = CONNECTIONS

# A timer of one test would write into the next one's database.
API_CALLS_SECONDS = 0
# Without a collected manifest; the live server of the browser tests uses the real one.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# WhiteNoise warns about a missing directory.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
