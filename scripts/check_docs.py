"""Follows every relative link of the documents, anchors included."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+\s+(.*?)\s*#*$", re.MULTILINE)


def anchors(text: str) -> set[str]:
    """Anchors as code hosts make them of headings."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in HEADING.findall(text)}


def problems_in(path: Path) -> list[str]:
    """One line a dead link."""
    text = path.read_text(encoding="utf-8")
    found = []
    for match in LINK.finditer(text):
        target, _, anchor = (match[1] or match[2]).partition("#")
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (path.parent / target) if target else path
        if not file.exists():
            found.append(f"{path.relative_to(ROOT)}: {target} does not exist")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
            found.append(f"{path.relative_to(ROOT)}: {target}#{anchor} does not exist")
    return found


def main() -> int:
    """Exit code 1 when there is one."""
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    problems = [line for path in sorted(documents) for line in problems_in(path)]
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
