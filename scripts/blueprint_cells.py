"""Writes docs/develop/blueprints.md from the tables of tests/blueprints."""

import os
import sys
from pathlib import Path

import django

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenantry.config.settings_test")
    django.setup()
    from blueprints import mapping  # noqa: PLC0415 after the applications are there

    (ROOT / "docs" / "develop" / "blueprints.md").write_text(mapping.document(), encoding="utf-8")


if __name__ == "__main__":
    main()
