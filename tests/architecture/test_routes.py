"""Every route declares who may open it, or stands on a reviewed list of public ones (security case 24)."""

import re

from architecture.routes import routes
from tenantry.api.operations import OPERATIONS
from tenantry.core.permissions import catalogue
from tenantry.web.navigation import ADMIN, APPLICATIONS
from tenantry.web.screens import SCREENS

ROUTES = routes()
# Routes without a declaration of their own, reviewed: name -> why.
UNDECLARED = {
    "healthz": "says that the process answers, and nothing else",
    "readyz": "says what is ready, without names or figures",
    "metrics": "figures of the installation without names; asks for its own token",
    "stripe_hook": "believes nothing but a signature, and keeps no more than ids",
    "api_docs": "describes the interface and reads no table",
    "openapi_json": "describes the interface and reads no table",
    "api_unknown_route": "answers 404 to whatever is no operation",
}
# Pages that ask nobody who they are, reviewed.
PUBLIC = {
    "address_confirm", "address_verify", "appearance_update", "console_login", "help_chapter", "help_page",
    "first_password", "invitation_accept", "invitation_code", "launcher", "login", "logout", "password_choose",
    "password_reset", "signup", "switch",
}  # fmt: skip
# Pages that every member may open, reviewed.
EVERY_MEMBER = {
    "profile_detail", "own_picture", "own_address", "own_address_send", "own_address_cancel", "password_change",
    "session_list", "session_end", "notification_list",
    "notification_read", "unread_count", "notice_open", "notice_read", "notice_unread", "notice_choices",
    "own_preferences", "own_organization_list",
    # The act that is taken back says which permission it asks for; without that there is nothing here.
    "audit_undo",
    # One sentence about oneself; about others it asks for access.explain over them.
    "person_why",
    # Whoever takes part in it: others find no such offer.
    "ownership_offer", "ownership_decline", "ownership_withdraw",
    # Of any type: they ask for what that type's own permissions say, record by record.
    "record_archive", "record_bulk", "record_deletion", "record_deletion_several", "record_history", "record_owner",
    "record_owner_several", "record_restore", "record_take", "record_choices", "record_selection_file", "owner_choices",
    "workspace_choices",
    "record_view", "record_views", "record_view_create", "record_columns",
    # What they began themselves.
    "record_operation", "record_operation_cancel",
    # Asks for the record, of whatever type.
    "record_assistant",
}  # fmt: skip
# Operations that every member or key may call, reviewed by the reason they give.
OPEN_OPERATIONS = {
    "me_get", "me_edit", "appearance_choose", "my_session_list", "my_session_end", "notification_list",
    "notifications_read", "notification_count", "notification_read", "notification_unread", "notification_choices_get",
    "notification_choices_edit", "my_explain", "permission_list", "undo_plan", "undo_create",
    "transfer_list", "transfer_get", "transfer_acceptance_plan", "transfer_accept", "transfer_decline",
    "transfer_withdraw", "operation_list", "operation_get", "operation_lines", "operation_cancel",
    "view_list", "view_create", "view_edit", "view_delete",
}  # fmt: skip


def test_a_route_declares_who_may_open_it():
    for route in ROUTES:
        assert route.name, f"{route.path} has no name"
        if route.name in UNDECLARED:
            assert route.kind == "", route.path
            continue
        assert route.kind, f"{route.path}: neither a screen, nor an operation, nor reviewed"
        for permission in route.permissions:
            assert permission in catalogue(), f"{route.path}: {permission}"


def test_public_pages_are_the_reviewed_ones():
    assert {route.name for route in ROUTES if route.public} == PUBLIC


def test_pages_for_every_member_are_the_reviewed_ones():
    found = {r.name for r in ROUTES if r.kind == "page" and not r.public and not r.permissions}
    assert found == EVERY_MEMBER


def test_operations_open_to_everybody_are_the_reviewed_ones():
    assert {name for name, declared in OPERATIONS.items() if declared.open_to} == OPEN_OPERATIONS


def test_the_reviewed_lists_name_routes_that_exist():
    names = {route.name for route in ROUTES}
    assert set(UNDECLARED) | PUBLIC | EVERY_MEMBER <= names


def test_addresses_look_as_the_house_says():
    for route in ROUTES:
        if route.name == "api_unknown_route":
            continue
        assert not route.path.endswith("/"), route.path
        assert re.fullmatch(r"[a-z0-9/_.<>:-]*", route.path), route.path
        if route.kind == "page":
            assert route.name == route.callback.__name__, route.path


def test_every_screen_and_operation_has_a_route():
    shown = {f"{r.callback.__module__}.{r.callback.__name__}" for r in ROUTES if r.kind == "page"}
    assert set(SCREENS) - shown == set()
    assert set(OPERATIONS) == {r.name.removeprefix("api_") for r in ROUTES if r.kind == "api"}


def test_the_navigation_asks_for_permissions_that_exist():
    asked = {code for area in ADMIN for entry in area.entries for code in entry.permissions}
    asked |= {code for one in APPLICATIONS for code in one.permissions}
    assert asked <= set(catalogue())


def test_the_navigation_shows_nothing_that_its_page_refuses():
    by_name = {route.name: route for route in ROUTES}
    for area in ADMIN:
        for entry in area.entries:
            route = by_name.get(entry.url_name)
            if route is not None and entry.permissions:
                assert set(entry.permissions) <= set(route.permissions), entry.url_name
