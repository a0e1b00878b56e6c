"""Who sees which entry. No database: grants are made by hand."""

from types import SimpleNamespace
from uuid import UUID

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import path

from tenantry.core.actor import ALL_GRANTS, Actor, grants_of
from tenantry.core.permissions import Reach, catalogue
from tenantry.web.context import is_fragment, theme_of
from tenantry.web.navigation import ADMIN, applications, is_administrator, navigation


def somebody(*codes: str, everything: bool = False) -> Actor:
    grants = ALL_GRANTS if everything else grants_of(dict.fromkeys(codes, Reach.ALL))
    return Actor("member", UUID(int=1), grants, membership_id=UUID(int=2))


NAMES = ("admin_home", "person_list", "invitation_list", "audit_list")


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [path(f"t/{name}", nothing, name=name) for name in NAMES]


@pytest.fixture
def few_pages(settings) -> None:
    settings.ROOT_URLCONF = __name__


def labels(actor: Actor | None, **options: object) -> list[str]:
    return [entry.label for area in navigation(actor, **options) for entry in area.entries]  # type: ignore[arg-type]


def test_declared_permissions_exist() -> None:
    used = {code for area in ADMIN for entry in area.entries for code in entry.permissions}
    assert used <= set(catalogue())


@pytest.mark.usefixtures("few_pages")
def test_entries_without_a_page_are_not_shown() -> None:
    assert labels(somebody(everything=True)) == ["Home", "Directory", "Invitations", "Audit"]


@pytest.mark.usefixtures("few_pages")
def test_entries_follow_the_grants() -> None:
    assert labels(somebody("people.view")) == ["Home", "Directory"]
    assert labels(somebody("audit.view_billing")) == ["Home", "Audit"]
    assert labels(somebody()) == []
    assert labels(None) == []


@pytest.mark.usefixtures("few_pages")
def test_current_entry_and_counts() -> None:
    areas = navigation(somebody(everything=True), current="invitation_resend", counts={"people": 0})
    entries = {entry.label: entry for area in areas for entry in area.entries}
    assert [entry.label for entry in entries.values() if entry.current] == ["Invitations"]
    assert entries["Directory"].count == 0
    assert entries["Audit"].count is None


@pytest.mark.usefixtures("few_pages")
def test_admin_tile_is_for_administrators() -> None:
    assert is_administrator(somebody("people.invite"))
    assert not is_administrator(somebody())
    assert [one.label for one in applications(somebody("people.invite"), path="/t/admin_home/x")] == ["Admin"]
    assert applications(somebody("people.invite"), path="/t/admin_home")[0].current
    assert applications(somebody()) == []


def test_a_tile_stands_for_what_its_page_opens_to() -> None:
    def keys(*codes: str) -> list[str]:
        return [one.url.strip("/").rpartition("/")[2] for one in applications(somebody(*codes))]

    assert keys() == []
    assert keys("deals.view", "reports.view") == ["momentum"]
    assert keys("files.view") == ["workspace"]
    assert keys("reports.view") == ["reports"]
    assert keys("billing.view") == ["admin"]


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Request-Type": "full"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_fragment(headers: dict[str, str], fragment: bool) -> None:
    assert is_fragment(RequestFactory().get("/", headers=headers)) is fragment


@pytest.mark.parametrize(
    ("account", "cookie", "theme"),
    [("dark", "light", "dark"), ("system", "dark", ""), (None, "dark", "dark"), (None, '"><x', ""), (None, "", "")],
)
def test_theme(account: str | None, cookie: str, theme: str) -> None:
    request = RequestFactory().get("/")
    request.COOKIES["theme"] = cookie
    request.user = SimpleNamespace(theme=account)  # type: ignore[assignment]
    assert theme_of(request) == theme
