"""Records that whoever receives them could not open, because they lie in a workspace of others: said before, refused
unless it is meant, mended on the spot, and kept in what is said afterwards (product.md §3, *Reassign records*)."""

import re

import pytest

from factories.organizations import make_organization
from factories.records import make_record
from support.handing import owners
from support.visitors import body, post, signed_in
from tenantry.access.models import Assignment
from tenantry.audit.models import Entry
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.organizations.actions.policies import change_policy
from tenantry.usecases.person import edit_person
from tenantry.usecases.workspaces import add_to_workspace, create_workspace, remove_from_workspace


def page_of(person) -> str:
    return f"/admin/users/u/{person.membership_id}"


def digest_in(answer) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{32})"', answer.content.decode())
    assert found, answer.content.decode()
    return found.group(1)


class Ground:
    """Two workspaces of a messaging organization: the leaver is in both, `near` in the first, `far` in none."""

    def __init__(self):
        self.org = make_organization(blueprint="messaging", seats=30)
        self.north, self.south = (self.org.perform(create_workspace, name=name).id for name in ("Nordics", "Iberia"))
        self.leaver, self.near, self.far = (self.person(name) for name in ("Lena", "Nils", "Fay"))
        self.enter(self.north, self.leaver, self.near)
        self.enter(self.south, self.leaver)
        self.contacts = [make_record(self.org, "contact", self.leaver, workspace_id=self.north) for _n in range(3)]
        self.deals = [make_record(self.org, "contact", self.leaver, workspace_id=self.south) for _n in range(2)]

    def person(self, name):
        found = self.org.person("member")
        self.org.perform(edit_person, membership_id=found.membership_id, given_name=name, family_name="Example")
        return found

    def enter(self, place, *people, level="workspace_agent"):
        ids = tuple(one.membership_id for one in people)
        self.org.perform(add_to_workspace, workspace_id=place, membership_ids=ids, role_id=self.org.role(level))

    def allow_successors(self):
        self.org.perform(change_policy, code="people.removal_records", value="successor_optional")

    def held_by(self, person):
        return sum(owner == person.membership_id for owner in owners(self.org).values())

    def opens(self, person):
        """Through their own pages."""
        client = signed_in(person)
        rows = [*self.contacts, *self.deals]
        return sum(client.get(f"/apps/momentum/contacts/{one}").status_code == 200 for one in rows)

    def said(self, code):
        with scope.tenant(self.org.id), reading():
            return Entry.objects.filter(action=code).order_by("-number").first().values


@pytest.fixture
def ground():
    return Ground()


def giving(ground, place, person, level="workspace_agent"):
    """The button's value."""
    return f"opening:{place}:{person.membership_id}:{ground.org.role(level)}"


def asked(*people, spread="one"):
    return {"types": ["contact"], "spread": spread, "to": [str(one.membership_id) for one in people]}


def test_giving_what_somebody_could_not_open_is_said_refused_and_done_when_it_is_meant(ground):
    client, at = signed_in(ground.org.owner), f"{page_of(ground.leaver)}/records/reassign"
    wanted = asked(ground.near)
    shown = post(client, ground.org.owner, at, wanted)
    assert shown.status_code == 200
    assert "2 records would go to people who can’t open them" in body(shown)
    assert "Nils Example could not open 2 contacts in workspace" in body(shown)
    assert "Iberia" in body(shown)
    digest = digest_in(shown)
    refused = post(client, ground.org.owner, at, {**wanted, "digest": digest})
    assert refused.status_code == 409
    assert "2 of these records could not be opened by whoever receives them: Nils Example." in body(refused)
    assert digest_in(refused) == digest
    assert ground.held_by(ground.leaver) == 5
    done = post(client, ground.org.owner, at, {**wanted, "digest": digest, "anyway": "1"})
    assert done.status_code == 303
    assert "2 of them can’t be opened by whoever has them now." in body(client.get(done["Location"]))
    assert (ground.held_by(ground.near), ground.opens(ground.near)) == (5, 3)
    assert ground.said("records.handed_over")["closed"] == 2
    audit = body(client.get("/admin/audit"))
    assert "2 of them could not be opened by whoever received them." in audit


def test_access_is_given_on_the_spot_and_nothing_is_closed_any_more(ground):
    owner = ground.org.owner
    client, at = signed_in(owner), f"{page_of(ground.leaver)}/records/reassign"
    wanted = asked(ground.far)
    shown = post(client, owner, at, wanted)
    assert "Give access as Agent" in body(shown)
    # The same people in two workspaces: each is a line of its own, each with its button.
    for place, left in ((ground.north, 2), (ground.south, 0)):
        matter = giving(ground, place, ground.far)
        assert f'value="{matter}"' in body(shown)
        shown = post(
            client, owner, f"{page_of(ground.leaver)}/leaving/matters", {**wanted, "how": "reassign", "matter": matter}
        )
        assert shown.status_code == 200
        assert (f"{left} records would go" in body(shown)) == bool(left)
    done = post(client, owner, at, {**wanted, "digest": digest_in(shown)})
    assert done.status_code == 303
    assert (ground.held_by(ground.far), ground.opens(ground.far)) == (5, 5)
    assert "closed" not in ground.said("records.handed_over")


def test_in_turn_only_those_receive_who_can_open_it(ground):
    client, at = signed_in(ground.org.owner), f"{page_of(ground.leaver)}/records/reassign"
    wanted = asked(ground.near, ground.far, spread="round_robin")
    shown = post(client, ground.org.owner, at, wanted)
    # The north goes to Nils alone; what neither of them can open goes to whoever has less then, and is counted.
    assert "3</b><span>records go to Nils Example" in body(shown)
    assert "2</b><span>records go to Fay Example" in body(shown)
    assert "2 records would go to people who can’t open them" in body(shown)
    post(client, ground.org.owner, at, {**wanted, "digest": digest_in(shown), "anyway": "1"})
    assert (ground.held_by(ground.near), ground.held_by(ground.far)) == (3, 2)
    assert (ground.opens(ground.near), ground.opens(ground.far)) == (3, 0)


def test_who_left_the_workspace_meanwhile_is_found_by_the_confirmation(ground):
    client, at = signed_in(ground.org.owner), f"{page_of(ground.leaver)}/records/reassign"
    ground.enter(ground.south, ground.near)
    wanted = asked(ground.near)
    shown = post(client, ground.org.owner, at, wanted)
    assert "can’t open" not in body(shown)
    ground.org.perform(remove_from_workspace, workspace_id=ground.north, membership_id=ground.near.membership_id)
    changed = post(client, ground.org.owner, at, {**wanted, "digest": digest_in(shown), "anyway": "1"})
    assert changed.status_code == 409
    assert "3 records would go to people who can’t open them" in body(changed)
    assert ground.held_by(ground.leaver) == 5


def test_who_may_not_decide_about_the_workspace_is_offered_no_button(ground):
    """A manager of the one workspace, who may remove people, decides nothing about the other."""
    admin = ground.org.person("user_admin")
    client, at = signed_in(admin), f"{page_of(ground.leaver)}/records/reassign"
    matter = giving(ground, ground.south, ground.near)
    assert f'value="{matter}"' in body(post(client, admin, at, asked(ground.near)))
    # For themselves nobody decides.
    ground.enter(ground.north, admin)
    itself = post(client, admin, at, asked(admin))
    assert "opening:" not in body(itself)
    sent = {**asked(ground.near), "how": "reassign", "matter": giving(ground, ground.south, admin)}
    refused = post(client, admin, f"{page_of(ground.leaver)}/leaving/matters", sent)
    assert refused.status_code == 403
    with scope.tenant(ground.org.id), reading():
        assert not Assignment.objects.filter(workspace_id=ground.south, membership_id=admin.membership_id).exists()


def test_a_level_that_does_not_open_it_is_raised_to_the_least_that_does(ground):
    """Agents work on contacts; a deal takes a Manager."""
    make_record(ground.org, "lead", ground.leaver, workspace_id=ground.north)
    owner = ground.org.owner
    client, at = signed_in(owner), f"{page_of(ground.leaver)}/records/reassign"
    wanted = {**asked(ground.near), "types": ["lead"]}
    shown = post(client, owner, at, wanted)
    assert "Give access as Manager" in body(shown)
    sent = {**wanted, "how": "reassign", "matter": giving(ground, ground.north, ground.near, "workspace_manager")}
    mended = post(client, owner, f"{page_of(ground.leaver)}/leaving/matters", sent)
    assert "can’t open" not in body(mended)
    assert post(client, owner, at, {**wanted, "digest": digest_in(mended)}).status_code == 303


def test_a_removal_names_it_offers_the_fix_and_goes_on_when_it_is_meant(ground):
    ground.allow_successors()
    owner, at = ground.org.owner, f"{page_of(ground.leaver)}/removal"
    client = signed_in(owner)
    wanted = {"successor": str(ground.near.membership_id)}
    shown = post(client, owner, at, {**wanted, "show": "1"})
    assert "Nils Example could not open 2 contacts in workspace" in body(shown)
    assert f'value="{giving(ground, ground.south, ground.near)}"' in body(shown)
    assert 'name="digest"' not in body(shown)
    refused = post(client, owner, at, wanted)
    assert refused.status_code == 409
    assert "Nils Example could not open 2 contacts in workspace" in body(refused)
    assert ground.org.status(ground.leaver.membership_id) == "active"
    meant = post(client, owner, at, {**wanted, "show": "1", "anyway": "1"})
    assert re.search(r'name="anyway" value="1" checked', body(meant))
    assert "of them could not be opened by whoever receives them" in body(meant)
    done = post(client, owner, at, {**wanted, "anyway": "1", "digest": digest_in(meant)})
    assert done.status_code == 303
    assert ground.org.status(ground.leaver.membership_id) == "removed"
    assert (ground.held_by(ground.near), ground.opens(ground.near)) == (5, 3)
    assert "records could not be opened by whoever went on with them" in body(
        client.get(f"{page_of(ground.leaver)}/receipt")
    )
    assert ground.said("people.removed")["closed"] == 2


def test_a_removal_goes_on_after_access_was_given_on_the_spot(ground):
    ground.allow_successors()
    owner = ground.org.owner
    client = signed_in(owner)
    wanted = {"successor": str(ground.near.membership_id)}
    matter = giving(ground, ground.south, ground.near)
    mended = client.post(
        f"{page_of(ground.leaver)}/leaving/matters",
        {"_organization": str(ground.org.id), **wanted, "how": "removal", "matter": matter},
        headers={"HX-Request": "true"},
    )
    assert mended.status_code == 200
    assert "can’t open" not in body(mended)
    with scope.tenant(ground.org.id), reading():
        level = Assignment.objects.get(workspace_id=ground.south, membership_id=ground.near.membership_id)
        assert level.role_id == ground.org.role("workspace_agent")
    done = post(client, owner, f"{page_of(ground.leaver)}/removal", {**wanted, "digest": digest_in(mended)})
    assert done.status_code == 303
    assert (ground.held_by(ground.near), ground.opens(ground.near)) == (5, 5)


def test_of_several_those_stay_whose_records_the_successor_could_not_open(ground):
    ground.allow_successors()
    owner, other = ground.org.owner, ground.person("Olga")
    ground.enter(ground.north, other)
    make_record(ground.org, "contact", other, workspace_id=ground.north)
    client = signed_in(owner)
    ids = [str(one.membership_id) for one in (ground.leaver, other)]
    wanted = {"do": "removal", "ids": ids, "successor": str(ground.near.membership_id)}
    shown = post(client, owner, "/admin/users/u/bulk", {**wanted, "show": "1"})
    assert "Nils Example could not open 2 of the records of Lena Example" in body(shown)
    assert "Give access to their workspaces" in body(shown)
    done = post(client, owner, "/admin/users/u/bulk", {**wanted, "digest": digest_in(shown)})
    assert done.status_code == 303
    assert ground.org.status(other.membership_id) == "removed"
    assert ground.org.status(ground.leaver.membership_id) == "active"
    assert (ground.held_by(ground.near), ground.held_by(ground.leaver)) == (1, 5)
