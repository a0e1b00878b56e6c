"""What a table may measure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """`rows` without the heading; `cell` in characters, `file` and `unpacked` in bytes."""

    file: int = 25 * 1024 * 1024
    rows: int = 200_000
    columns: int = 100
    cell: int = 2_000
    # A workbook is an archive: what all of its parts may come to, and how many there may be.
    unpacked: int = 250 * 1024 * 1024
    parts: int = 1_000


BOUNDS = Bounds()
