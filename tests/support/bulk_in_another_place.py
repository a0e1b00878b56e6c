"""A program: in the installation of its environment, makes an organization and sends a bulk invite of so many people.

python bulk_in_another_place.py ROWS
"""

# ruff: noqa: E402 the settings come before whatever reads them

import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenantry.config.settings")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

django.setup()

from factories.organizations import make_organization
from support.bulk import batch_of, file_of, upload
from support.processes import wait_for
from tenantry.usecases import bulk_inviting as bulk

if __name__ == "__main__":
    org = make_organization()
    batch_id = upload(org, file_of(*((f"p{n}@many.example", "Ada Stone") for n in range(int(sys.argv[1])))))
    # The installation's own worker reads it.
    wait_for(lambda: batch_of(org, batch_id).state == "ready", seconds=180, what="the file is read")
    org.perform(bulk.send_batch, batch_id=batch_id)
    print(org.id, batch_id)
