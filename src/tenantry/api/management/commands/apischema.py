"""``apischema``: the interface's OpenAPI document, printed, written or compared."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenantry.api.openapi import text


class Command(BaseCommand):
    help = "Print the OpenAPI document of the interface."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", type=Path, help="write it to this file")
        parser.add_argument("--compare", type=Path, help="fail when this file holds another one")

    def handle(self, *args: Any, **options: Any) -> None:
        write, compare = options["write"], options["compare"]
        if write is not None:
            write.write_text(text(), encoding="utf-8")
        elif compare is not None:
            if not compare.exists() or compare.read_text(encoding="utf-8") != text():
                raise CommandError(f"{compare} is not the document of this release: write it anew with --write.")
        else:
            self.stdout.write(text(), ending="")
