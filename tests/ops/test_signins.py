"""What is printed after a start."""

import io

from django.conf import LazySettings
from rich.console import Console

from tenantry.cli import signins
from tenantry.cli.signins import SignIn

ACCOUNTS = [
    SignIn("Halden Supply", "Owner", "somebody.with-a-long-name@subsidiary.haldensupply.example", "word-of-the-day"),
    SignIn("Halden Supply", "Billing administrator", "other@haldensupply.example", "word-of-the-day"),
    SignIn("(installation)", "Operator", "operator@tenantry.example", "word-of-the-day", "BASE32SECRET"),
]


def test_announcement_shows_whole_addresses(settings: LazySettings, tmp_path) -> None:
    settings.HOME = tmp_path
    signins.keep(ACCOUNTS)
    assert signins.kept() == ACCOUNTS
    assert (tmp_path / "demo-sign-ins.json").stat().st_mode & 0o777 == 0o600
    narrow = io.StringIO()
    signins.announce(Console(file=narrow, width=60, highlight=False))
    printed = narrow.getvalue()
    for account in ACCOUNTS:
        assert account.email in printed
        assert account.password in printed
    assert "BASE32SECRET" in printed
    assert settings.BASE_URL in printed


def test_announcement_without_demo(settings: LazySettings, tmp_path) -> None:
    settings.HOME = tmp_path
    printed = io.StringIO()
    signins.announce(Console(file=printed, width=80, highlight=False))
    assert "Password" not in printed.getvalue()
    assert f"{settings.BASE_URL}/signup" in printed.getvalue()
