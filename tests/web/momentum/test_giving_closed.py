"""A record, a selection, or something new is given to somebody who could not open it: the giver hears so, and does it
all the same where it is meant (docs/decisions/0044)."""

import re

import pytest

from factories.organizations import make_organization, unique
from factories.records import make_record
from support.visitors import body, post, signed_in
from tenantry.access.models import Assignment
from tenantry.acting.models import Operation
from tenantry.audit.models import Entry
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.models import Contact, Task
from tenantry.usecases.person import edit_person
from tenantry.usecases.workspaces import add_to_workspace, create_workspace

HOME = "/apps/momentum"


class Ground:
    """Two workspaces: `near` is in the first, and in none of the organization's lists otherwise."""

    def __init__(self):
        self.org = make_organization(blueprint="messaging", seats=30)
        self.north, self.south = (self.org.perform(create_workspace, name=name).id for name in ("Nordics", "Iberia"))
        self.near = self.org.person("member")
        self.org.perform(edit_person, membership_id=self.near.membership_id, given_name="Nils", family_name="Example")
        self.enter(self.north, self.near)

    def enter(self, place, person, level="workspace_agent"):
        self.org.perform(
            add_to_workspace, workspace_id=place, membership_ids=(person.membership_id,), role_id=self.org.role(level)
        )

    def contacts(self, place, number):
        word = unique("Lot")
        return [
            make_record(self.org, "contact", self.org.owner, workspace_id=place, family_name=word)
            for _n in range(number)
        ]

    def held(self, ids):
        with scope.tenant(self.org.id), reading():
            return Contact.objects.filter(pk__in=ids, owner_id=self.near.membership_id).count()

    def giving(self, place, level="workspace_agent"):
        return f"opening:{place}:{self.near.membership_id}:{self.org.role(level)}"

    def said(self):
        with scope.tenant(self.org.id), reading():
            return Entry.objects.filter(action="records.reassigned").order_by("-number").first().values


@pytest.fixture
def ground():
    return Ground()


def test_one_record_is_refused_in_words_and_given_when_it_is_meant(ground):
    owner, to = ground.org.owner, str(ground.near.membership_id)
    [contact] = ground.contacts(ground.south, 1)
    client, at = signed_in(owner), f"{HOME}/records/contact/{contact}/owner"
    refused = post(client, owner, at, {"owner": to})
    assert refused.status_code == 409
    assert "1 of these records could not be opened by whoever receives them: Nils Example." in body(refused)
    assert "Nils Example could not open 1 contact in workspace" in body(refused)
    assert ground.held([contact]) == 0
    # What was ticked for one is not meant for another.
    assert post(client, owner, at, {"owner": to, "anyway": str(owner.membership_id)}).status_code == 409
    assert f'name="anyway" value="{to}"' in body(refused)
    done = post(client, owner, at, {"owner": to, "anyway": to})
    assert done.status_code == 303
    assert "1 of them can’t be opened by whoever has it now." in body(client.get(done["Location"]))
    assert ground.held([contact]) == 1
    assert ground.said()["closed"] == 1
    assert "1 of them could not be opened by whoever received it." in body(client.get("/admin/audit"))
    # Where they can open it nothing is asked.
    [open_one] = ground.contacts(ground.north, 1)
    assert post(client, owner, f"{HOME}/records/contact/{open_one}/owner", {"owner": to}).status_code == 303
    assert "closed" not in ground.said()


def test_access_is_given_on_the_spot_from_the_dialog_of_a_record(ground):
    owner, to = ground.org.owner, str(ground.near.membership_id)
    [contact] = ground.contacts(ground.south, 1)
    client, at = signed_in(owner), f"{HOME}/records/contact/{contact}/owner"
    matter = ground.giving(ground.south)
    assert f'name="matter" value="{matter}"' in body(post(client, owner, at, {"owner": to}))
    mended = post(client, owner, at, {"owner": to, "matter": matter})
    assert mended.status_code == 200
    assert "can’t open" not in body(mended)
    assert re.search(f'value="{to}" checked', body(mended))
    assert post(client, owner, at, {"owner": to}).status_code == 303
    assert ground.held([contact]) == 1
    assert signed_in(ground.near).get(f"{HOME}/contacts/{contact}").status_code == 200


def test_access_is_given_by_nobody_who_may_not(ground):
    mate, at = ground.org.person("member"), f"{HOME}/records/contact"
    ground.enter(ground.south, mate)
    own = make_record(ground.org, "contact", mate, workspace_id=ground.south)
    sent = {"owner": str(mate.membership_id), "matter": ground.giving(ground.south)}
    assert post(signed_in(mate), mate, f"{at}/{own}/owner", sent).status_code in (403, 404)
    with scope.tenant(ground.org.id), reading():
        assert not Assignment.objects.filter(
            workspace_id=ground.south, membership_id=ground.near.membership_id
        ).exists()


def test_of_a_selection_the_number_is_said(ground):
    owner, to = ground.org.owner, str(ground.near.membership_id)
    ids = [str(one) for one in (*ground.contacts(ground.north, 2), *ground.contacts(ground.south, 3))]
    client, at = signed_in(owner), f"{HOME}/records/contact/several"
    wanted = {"do": "owner", "ids": ids, "owner": to}
    shown = post(client, owner, at, {**wanted, "show": "1"})
    assert "3 records would go to people who can’t open them" in body(shown)
    digest = re.search(r'name="digest" value="([0-9a-f]{32})"', shown.content.decode()).group(1)
    refused = post(client, owner, at, {**wanted, "digest": digest})
    assert refused.status_code == 409
    assert "3 of these records could not be opened by whoever receives them" in body(refused)
    assert ground.held(ids) == 0
    with scope.tenant(ground.org.id), reading():
        assert not Operation.objects.exists()
    done = post(client, owner, at, {**wanted, "digest": digest, "anyway": to})
    assert done.status_code == 303
    assert "3 of them can’t be opened by whoever has them now." in body(client.get(done["Location"]))
    assert ground.held(ids) == 5
    assert ground.said()["closed"] == 3


def test_access_is_given_on_the_spot_from_a_selection(ground):
    owner, to = ground.org.owner, str(ground.near.membership_id)
    ids = [str(one) for one in ground.contacts(ground.south, 2)]
    client, at = signed_in(owner), f"{HOME}/records/contact/several"
    wanted = {"do": "owner", "ids": ids, "owner": to}
    mended = post(client, owner, at, {**wanted, "matter": ground.giving(ground.south)})
    assert mended.status_code == 200
    assert "can’t open" not in body(mended)
    digest = re.search(r'name="digest" value="([0-9a-f]{32})"', mended.content.decode()).group(1)
    assert post(client, owner, at, {**wanted, "digest": digest}).status_code == 303
    assert ground.held(ids) == 2


def test_a_new_task_for_somebody_else_is_asked_about_too(ground):
    owner, to = ground.org.owner, str(ground.near.membership_id)
    [contact] = ground.contacts(ground.south, 1)
    client, at = signed_in(owner), f"/apps/workspace/tasks/new?type=contact&id={contact}"
    wanted = {"title": "Call them", "owner": to}
    refused = post(client, owner, at, wanted)
    assert refused.status_code == 409
    assert "Nils Example could not open 1 task in workspace" in body(refused)
    with scope.tenant(ground.org.id), reading():
        assert not Task.objects.exists()
    assert post(client, owner, at, {**wanted, "anyway": to}).status_code == 303
    with scope.tenant(ground.org.id), reading():
        assert Task.objects.get().owner_id == ground.near.membership_id
