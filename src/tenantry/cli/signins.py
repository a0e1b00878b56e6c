"""What the person at the terminal needs to know after a start."""

import itertools
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class SignIn:
    """One demo account; ``password`` is shown on purpose, it opens demo data only.

    ``factor``: the operator's second factor (base32), for an authenticator application.
    """

    organization: str
    role: str
    email: str
    password: str
    factor: str = ""


def _file() -> Path:
    return Path(settings.HOME) / "demo-sign-ins.json"


def keep(accounts: Iterable[SignIn]) -> None:
    """Keep the demo accounts for later starts, readable by their owner only."""
    path = _file()
    path.touch(mode=0o600)
    path.write_text(json.dumps([asdict(account) for account in accounts], indent=1), encoding="utf-8")


def kept() -> list[SignIn]:
    """The demo accounts of the first start; none when there was no demo."""
    try:
        return [SignIn(**account) for account in json.loads(_file().read_text(encoding="utf-8"))]
    except FileNotFoundError:
        return []


def _lines(accounts: Iterable[SignIn]) -> list[str]:
    """Aligned, and whole whatever the terminal's width: addresses are there to be copied."""
    members = list(accounts)
    width = max(len(member.email) for member in members)
    return [f"  {member.email:<{width}}  {member.password}  {member.role}" for member in members]


def announce(console: Console) -> None:
    """Addresses first, then one sign-in per role."""
    base = settings.BASE_URL
    console.print(f"\nTenantry runs at [bold]{base}[/bold]\n")
    places = Table.grid(padding=(0, 3))
    places.add_row("New organization", f"{base}/signup")
    places.add_row("Administration", f"{base}/admin")
    places.add_row("Operators' console", f"{base}/console")
    if not settings.SMTP_URL:
        places.add_row("Mails (no SMTP set)", f"{base}/console/outbox")
    console.print(places)
    accounts = kept()
    if accounts:
        for organization, members in itertools.groupby(accounts, key=lambda account: account.organization):
            console.print(f"\n[bold]{organization}[/bold]")
            for line in _lines(members):
                console.print(line, markup=False, soft_wrap=True)
        for account in accounts:
            if account.factor:
                console.print(f"\nThe console also asks {account.email} for a one-time code.")
                console.print(f"  Authenticator secret   {account.factor}")
                console.print(f"  or ask here            tenantry operator code {account.email}", soft_wrap=True)
    console.print("\nCtrl-C stops everything.")
