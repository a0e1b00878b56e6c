"""Keeps the newest migration of each package in ``max_migration.txt``: two branches that add one then conflict in git.

Without arguments it checks; ``--write`` notes what is there.
"""

import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "src" / "tenantry"


def main() -> int:
    """Exit code 1 when a note is missing or wrong, or two migrations have one number."""
    problems = []
    for directory in sorted(SOURCE.glob("*/migrations")):
        names = sorted(path.stem for path in directory.glob("[0-9]*.py"))
        if not names:
            continue
        if len({name[:4] for name in names}) != len(names):
            problems.append(f"{directory.parent.name}: two migrations have one number")
        note = directory / "max_migration.txt"
        if "--write" in sys.argv:
            note.write_text(names[-1] + "\n")
        elif not note.exists() or note.read_text().strip() != names[-1]:
            problems.append(f"{directory.parent.name}: run `make migrations`, {names[-1]} is not noted")
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
