"""The registry of commands; what each does stands in a file of its own."""

import os
import sys


def main() -> None:
    """Run the command line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tenantry.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
