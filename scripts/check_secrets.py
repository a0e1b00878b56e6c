"""Looks through every file that git knows for what must not be published: keys, machines' paths, package indexes."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PATTERNS = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a service's secret": re.compile(
        r"\b(?:sk|rk)_live_[0-9a-zA-Z]{10,}|\bgh[pousr]_[0-9A-Za-z]{30,}|\bxox[abp]-[0-9]"
    ),
    "a password in an address": re.compile(
        r"\b(?:postgres(?:ql)?|smtps?|redis|https?)://[^\s:/@\"'{}<>]+:[^\s@\"'{}<>]+@"
    ),
    "a path of one machine": re.compile(r"(?<![\w.-])/(?:work|root|home/[a-z]+)/"),
}
INDEX = re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host|://")
# Addresses that a test makes up to show that they are kept secret.
MADE_UP = re.compile(
    r"me:p%40ss@|me:hunter2@|tenantry_app:secret-word@|user:pass(?:word)?@|boss:boss-word@|tenantry_app:…@|name:password@"
)


def problems_in(name: str) -> list[str]:
    """One line a finding."""
    try:
        text = (ROOT / name).read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
        return []
    patterns = dict(PATTERNS)
    if name.startswith("requirements/"):
        patterns["the address of a package index"] = INDEX
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > 2000:
            continue
        checked = MADE_UP.sub("", line)
        found += [f"{name}:{number}: {what}" for what, pattern in patterns.items() if pattern.search(checked)]
    return found


def main() -> int:
    """Exit code 1 when something was found."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split("\0") if name and name != "scripts/check_secrets.py"]
    problems = [line for name in names for line in problems_in(name)]
    print("\n".join(problems))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
