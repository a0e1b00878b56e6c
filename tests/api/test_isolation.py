"""Another organization's ids, on every operation and in every place, are answered as ids that don't exist."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from api.callers import PASSWORD, by_key, make_organization
from api.samples import ids_of
from support.crm import OF_PATH
from support.holding import make_role
from tenantry.api.openapi import PREFIX, document
from tenantry.api.operations import OPERATIONS
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.models import Unit, Workflow, Workspace
from tenantry.people.models import Membership, Team, TeamMember
from tenantry.security.actions import create_key

# What a body needs besides ids, by operation.
BODIES: dict[str, dict[str, Any]] = {
    "lead_step": {"state": "working"},
    "lead_give": {"owner_id": None},
    "crm_contact_give": {"owner_id": None},
    "company_give": {"owner_id": None},
    "view_create": {"name": "Intruder"},
    "view_edit": {"name": "Intruder"},
    "me_edit": {"given_name": "Intruder"},
    "appearance_choose": {"theme": "dark"},
    "organization_edit": {"legal_name": "Intruder"},
    "contact_change": {"name": "Intruder"},
    "setup_step_mark": {"state": "done"},
    "note_edit": {"body": "Intruder"},
    "person_edit": {"given_name": "Intruder"},
    "batch_row_edit": {"name": "Intruder"},
    "invitation_edit": {"given_name": "Intruder"},
    "address_change_ask": {"email": "intruder@example.test"},
    "invitation_address_change": {"email": "intruder@example.test"},
    "department_create": {"name": "Intruder"},
    "department_rename": {"name": "Intruder"},
    "leaving_planned_plan": {"last_day": "2030-05-04"},
    "leaving_planned": {"last_day": "2030-05-04"},
    "return_planned": {"back_on": "2030-05-04"},
    "leavings_planned_plan": {"last_day": "2030-05-04"},
    "leavings_planned": {"last_day": "2030-05-04"},
    "removals_planned_plan": {"last_day": "2030-05-04"},
    "removals_planned": {"last_day": "2030-05-04"},
    "team_create": {"name": "Intruder"},
    "people_change": {"do": "removal", "filter": {"q": "nobody is called this"}},
    "role_create": {"name": "Intruder"},
    "role_edit": {"name": "Intruder"},
    "role_edit_plan": {"name": "Intruder"},
    "profile_create": {"name": "Intruder"},
    "profile_edit": {"name": "Intruder"},
    "profile_edit_plan": {"name": "Intruder"},
    "team_edit": {"name": "Intruder"},
    "policy_change": {"value": 5},
    "policy_plan": {"value": 5},
    "unit_create": {"name": "Intruder"},
    "unit_rename": {"name": "Intruder"},
    "workspace_create": {"name": "Intruder"},
    "workspace_edit": {"name": "Intruder"},
    "workflow_create": {"name": "Intruder"},
    "workflow_edit": {"name": "Intruder"},
    "workflow_duplicate": {"name": "Intruder"},
    "stage_create": {"name": "Intruder"},
    "stage_edit": {"name": "Intruder"},
    "stage_order": {"stage_ids": [str(uuid4())]},
    "deal_create": {"name": "Intruder"},
    "deal_edit": {"name": "Intruder"},
    "deal_close": {"state": "won"},
    "deal_split": {"commission": 1},
    "approval_answer": {"answer": "approve"},
    "usage_commit": {"amount": 1},
    "billing_addon_plan": {"on": True},
    "billing_addon_switch": {"on": True},
    "billing_stay_plan": {"seats": 1},
    "billing_stay": {"seats": 1},
    "person_role_move": {"ends_at": None},
    "person_restriction_plan": {"values": {"data.no_export": "yes"}},
    "person_restriction_set": {"values": {"data.no_export": "yes"}},
    "transfer_accept": {"password": PASSWORD},
    "person_password_set": {"password": "Harbour-lamp 52"},
}
IN_PATH = {name for name, o in OPERATIONS.items() if "_id}" in o.path}
SELECTING = {
    "department_set_plan", "department_set",
    "deactivations_plan", "deactivations_create", "removals_plan", "removals_create", "team_member_add",
    "invitations_resend_plan", "invitations_resend", "team_join_plan", "team_join",
    "unit_member_plan", "unit_member_add", "workspace_member_add", "workflow_member_add",
    "deal_member_add", "billing_addon_plan", "billing_addon_switch", "billing_stay_plan", "billing_stay",
}  # fmt: skip
# Ids in the query, by operation: parameter -> which.
IN_QUERY = {
    "role_plan": {"role_id": "role_id"},
    "unit_move_plan": {"parent_id": "unit_id"},
    "role_deletion_plan": {"successor_id": "role_id"},
    "role_delete": {"successor_id": "role_id"},
    "profile_deletion_plan": {"successor_id": "profile_id"},
    "profile_delete": {"successor_id": "profile_id"},
    "department_deletion_plan": {"to": "department_id"},
    "department_delete": {"to": "department_id"},
    "unit_deletion_plan": {"to": "unit_id"},
    "workspace_deletion_plan": {"to": "workspace_id"},
    "workflow_deletion_plan": {"to": "workflow_id"},
    "stage_deletion_plan": {"to": "stage_id"},
    "unit_delete": {"to": "unit_id"},
    "workspace_delete": {"to": "workspace_id"},
}
# Ids in the body, by operation: field -> which.
FIELDS = {
    "person_create": {"role_id": "role_id", "unit_id": "unit_id", "profile_id": "profile_id"},
    "person_edit": {"department_id": "department_id", "manager_id": "person_id"},
    "department_set_plan": {"department_id": "department_id"},
    "department_set": {"department_id": "department_id"},
    "role_change": {"role_id": "role_id"},
    "role_create": {"copy_of": "role_id"},
    "profile_create": {"copy_of": "profile_id"},
    "unit_create": {"parent_id": "unit_id"},
    "unit_move": {"parent_id": "unit_id"},
    "workspace_member_add": {"role_id": "role_id"},
    "workspace_level_change": {"role_id": "role_id"},
    "workflow_delete": {"to": "workflow_id"},
    "stage_delete": {"to": "stage_id"},
    "deal_create": {"workflow_id": "workflow_id"},
    "deal_move": {"stage_id": "stage_id"},
    "person_mentor_set": {"mentor_id": "person_id"},
    "person_role_plan": {"role_id": "addition_id", "unit_id": "unit_id"},
    "person_role_give": {"role_id": "addition_id", "unit_id": "unit_id"},
    "person_profile_plan": {"profile_id": "profile_id"},
    "person_profile_set": {"profile_id": "profile_id"},
    "person_restriction_plan": {"workspace_id": "workspace_id"},
    "person_restriction_set": {"workspace_id": "workspace_id"},
}
# Selections of records, by operation: which.
OF_RECORDS = {
    f"{noun}_{act}": f"{noun.removeprefix('crm_')}_id"
    for noun in ("lead", "crm_contact", "company")
    for act in ("archive", "restore", "give")
}
# The same, of what does something to many.
OF_MANY = {f"{noun}_change_many": f"{noun.removeprefix('crm_')}_id" for noun in ("lead", "crm_contact", "company")}
IN_BODY = {*OF_RECORDS, *OF_MANY, "person_workspaces_assign", *IN_QUERY, *FIELDS} | SELECTING
WITH_IDS = IN_PATH | IN_BODY


def _unknown(ids: dict[str, str]) -> dict[str, str]:
    return {
        name: value if name in ("kind", "step", "code", "number", "meter", "place") else str(uuid4())
        for name, value in ids.items()
    }


def _call(secret: str, name: str, path_ids: dict[str, str], body_ids: dict[str, str]) -> tuple[int, Any]:
    declared = OPERATIONS[name]
    kind = OF_PATH.get(declared.path.split("/")[1], "")
    path = declared.path.format(**{**path_ids, "record_id": path_ids.get(f"{kind}_id", "")})
    asked = IN_QUERY.get(name, {})
    path += "?" + "&".join(f"{field}={body_ids[which]}" for field, which in asked.items()) if asked else ""
    if name == "person_explain":
        path += "?permission=people.edit"
    body = dict(BODIES.get(name, {})) | {field: body_ids[which] for field, which in FIELDS.get(name, {}).items()}
    if name == "person_create":
        body["email"] = f"{uuid4().hex}@example.test"
    if name == "person_workspaces_assign":
        body["workspaces"] = [{"workspace_id": body_ids["workspace_id"], "role_id": body_ids["role_id"]}]
    if name in OF_RECORDS:
        body["record_ids"] = [body_ids[OF_RECORDS[name]]]
    if name in OF_MANY:
        body |= {"do": "archive", "ids": [body_ids[OF_MANY[name]]]}
    if name in SELECTING:
        body["person_ids"] = [body_ids["person_id"]]
    response = Client().generic(
        declared.method,
        f"{PREFIX}{path}",
        json.dumps(body).encode() if declared.method != "GET" else b"",
        content_type=declared.takes[0],
        headers={"Authorization": secret, "If-Match": "*"},
    )
    document_ = json.loads(response.content) if response.content else None
    if isinstance(document_, dict):
        document_.pop("instance", None)
    return response.status_code, document_


@pytest.fixture(scope="module")
def world():
    mine, theirs = make_organization("Mine"), make_organization("Theirs")
    return {
        "mine": ids_of(mine), "theirs": ids_of(theirs), "secret": by_key(mine).headers["Authorization"],
        "foreign": by_key(theirs), "organization": theirs,
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(WITH_IDS))
def test_a_foreign_id_is_an_unknown_id(name, world):
    before = _state(world["organization"])
    places = [place for place, has in (("path", name in IN_PATH), ("body", name in IN_BODY)) if has]
    for foreign in {(place,) for place in places} | {tuple(places)}:
        path, body = (world["theirs" if place in foreign else "mine"] for place in ("path", "body"))
        theirs = _call(world["secret"], name, path, body)
        nobodys = _call(
            world["secret"],
            name,
            _unknown(path) if "path" in foreign else path,
            _unknown(body) if "body" in foreign else body,
        )
        assert theirs == nobodys, (name, foreign)
        assert (theirs[0], theirs[1]["code"]) == (404, "not_found"), (name, foreign)
    assert _state(world["organization"]) == before


def _state(org: Any) -> Any:
    with scope.tenant(org.id), reading():
        return (
            list(
                Membership.objects.order_by("id").values_list(
                    "id", "status", "given_name", "session_epoch", "access_version"
                )
            ),
            list(Team.objects.order_by("id").values_list("id", "name")),
            list(TeamMember.objects.order_by("id").values_list("id", "is_lead")),
            *(list(m.objects.order_by("id").values_list("id", "name")) for m in (Unit, Workspace, Workflow)),
        )


def test_foreign_ids_in_filters_find_nothing(world):
    own = {"Authorization": world["secret"]}
    theirs = world["theirs"]
    person = theirs["person_id"]
    filters = (f"people?role={theirs['role_id']}", f"people?team={theirs['team_id']}")
    for query in (*filters, *(f"audit?{name}={person}" for name in ("actor", "target", "person"))):
        assert json.loads(Client().get(f"{PREFIX}/{query}", headers=own).content)["items"] == []


def test_a_foreign_cursor_shows_own_rows_only(world):
    foreign = world["foreign"]
    for listing in ("people", "teams", "invitations", "audit"):
        cursor = foreign.get(f"/{listing}?limit=1").body["next"]
        if cursor is None:
            continue
        answer = json.loads(
            Client().get(f"{PREFIX}/{listing}?cursor={cursor}", headers={"Authorization": world["secret"]}).content
        )
        assert not any(value in json.dumps(answer) for value in world["theirs"].values() if len(value) == 36)


def test_foreign_teams_on_an_invitation_are_left_out(world):
    body = {
        "email": f"{uuid4().hex}@example.test",
        "role_id": world["mine"]["role_id"],
        "team_ids": [world["theirs"]["team_id"]],
    }
    response = Client().post(
        f"{PREFIX}/people",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": world["secret"]},
    )
    assert json.loads(response.content)["teams"] == []


def test_every_operation_of_the_document_is_swept():
    described = {o["operationId"] for methods in document()["paths"].values() for o in methods.values()}
    assert described == set(OPERATIONS)


def test_nobody_without_the_permission_gets_through():
    """A member without any permission, on every operation that asks for one, before anything else is looked at."""
    org = make_organization()
    ids = ids_of(org)
    nothing = make_role(org, "base", assigned_by=("owner",))
    secret = f"Bearer {org.perform(create_key, name='nothing', role_id=nothing).secret}"
    before = _state(org)
    for name, declared in OPERATIONS.items():
        status, said = _call(secret, name, ids, ids)
        if declared.permissions:
            assert (status, said["code"], said["permission"]) == (403, "permission_missing", declared.permissions[0]), (
                name
            )
        elif status == 403:
            # What is asked hangs on the address, as that of a list's views does.
            assert said["code"] == "permission_missing", name
        else:
            assert status in (200, 204, 404, 422), name
    assert _state(org) == before


def test_nobody_unknown_gets_through(world):
    for name in OPERATIONS:
        for secret in ("Bearer tk_unknown", ""):
            status, said = _call(secret, name, world["mine"], world["mine"])
            assert (status, said["code"]) == (401, "not_authenticated"), name
