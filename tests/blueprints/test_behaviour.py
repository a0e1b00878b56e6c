"""What policies make of the same act in each blueprint."""

import re

import pytest

from api.callers import by_session
from blueprints.scenes import scene
from blueprints.tables import BLUEPRINTS, ROLES
from blueprints.walked import walks
from factories.organizations import PASSWORD, make_organization, unique
from support.visitors import body, browser, post, signed_in
from tenantry.access.actions.giving import give_role
from tenantry.access.actions.profiles import create_profile
from tenantry.access.contents import ProfileContent
from tenantry.access.models import Role
from tenantry.core import clock
from tenantry.core.errors import Refusal
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.errors import AtSeatLimit
from tenantry.people.actions import add_to_team, create_team
from tenantry.people.errors import OneTeamOnly
from tenantry.people.models import Membership, Team
from tenantry.people.seats import seats
from tenantry.security.errors import PasswordRefused
from tenantry.usecases.offboarding import deactivate_members, remove_members
from tenantry.usecases.transferring import transfer_ownership
from tenantry.usecases.units import create_unit
from tenantry.usecases.workspaces import assign_workspaces, create_workspace

each = pytest.mark.parametrize("blueprint", BLUEPRINTS)
WEAKEST = {name: table.roles[-1] for name, table in ROLES.items()}
DEACTIVATED = "/people/{}/deactivation"


@pytest.fixture
def org(blueprint):
    return make_organization(blueprint=blueprint)


# Names of the form's fields, beside the address.
ASKED = {
    "standard": {"given_name", "family_name", "role", "teams", "unit", "profile"},
    "crm-suite": {"given_name", "family_name", "password", "role", "profile"},
    "sales-floor": {"given_name", "family_name", "role", "teams"},
    "brokerage": {"given_name", "family_name"},
    "messaging": {"role"},
}
GIVEN_ANYWAY = {
    "standard": "member",
    "crm-suite": "standard_user",
    "sales-floor": "sales_rep",
    "brokerage": "processor",
    "messaging": "member",
}


@walks("Policies", "people.add_fields")
@walks("Roles, in words", "Role and profile are chosen when a user is added")
@each
def test_what_is_asked_when_somebody_is_added(blueprint, org):
    """Each field where there is something to choose: a team, a unit and a profile are there."""
    org.perform(create_team, name="North")
    org.perform(create_unit, name="Oslo")
    org.perform(create_profile, content=ProfileContent("Trainee", "", {"deals.view": "own"}, {}))
    client = signed_in(org.owner)
    page = body(client.get("/admin/users/u/new"))
    asked = {name for name in set().union(*ASKED.values()) if f'name="{name}"' in page}
    assert asked == ASKED[blueprint]
    assert 'name="email"' in page
    chosen = re.search(r'<select name="role".*?<option value="([0-9a-f-]+)" selected', page, re.DOTALL)
    email = f"{unique('new')}@example.test"
    values = {"email": email, **({"role": chosen[1]} if chosen else {})}
    values |= {"password": "Harbour-lamp 52"} if blueprint == "crm-suite" else {}
    assert post(client, org.owner, "/admin/users/u/new", values).status_code == 303
    with scope.tenant(org.id), reading():
        held = Role.objects.get(assignments__membership__email=email, assignments__is_base=True)
    assert held.key == GIVEN_ANYWAY[blueprint]


LINK, TEMPORARY, GIVEN = "invitation_link", "temporary_password", "administrator_password"
WAYS = {
    "standard": [LINK, TEMPORARY],
    "crm-suite": [GIVEN],
    "sales-floor": [LINK],
    "brokerage": [TEMPORARY],
    "messaging": [LINK],
}
# What comes of it: the person's state, and the mail.
COMES = {
    LINK: ("pending", "people.invitation"),
    TEMPORARY: ("pending", "people.temporary_password"),
    GIVEN: ("active", "people.welcome"),
}


def _mailed(org, email):
    with scope.tenant(org.id), reading():
        return list(MailDelivery.objects.filter(recipient=email).values_list("kind", flat=True))


@walks("Policies", "people.entry_modes")
@each
def test_the_ways_in_that_are_offered_by_page_and_by_api(blueprint, org):
    """The first is what happens when nothing is said; each of the others only where the table names it."""
    offered, caller, client = WAYS[blueprint], by_session(org.owner), signed_in(org.owner)
    role_id = str(org.role(WEAKEST[blueprint]))
    page = body(client.get("/admin/users/u/new"))
    assert re.findall(r'name="way" value="(\w+)"', page) == (offered if len(offered) > 1 else [])
    assert ('name="password"' in page) == (GIVEN in offered)
    for way in (None, LINK, TEMPORARY, GIVEN):
        comes = way or offered[0]
        secret = {"password": "Harbour-lamp 52"} if comes == GIVEN else {}
        by_api, by_page = (f"{unique('way')}@example.test" for _ in range(2))
        given = {"way": way} if way else {}
        made = caller.post("/people", {"email": by_api, "role_id": role_id, **given, **secret})
        answer = post(client, org.owner, "/admin/users/u/new", {"email": by_page, "role": role_id, **given, **secret})
        if comes not in offered:
            assert (made.status, made.code) == (403, "way_not_offered")
            # A page with one way has no such field: what it does not ask does not count.
            assert answer.status_code == (303 if offered in ([LINK], [TEMPORARY]) else 422)
            continue
        state, kind = COMES[comes]
        assert (made.status, made.body["status"]) == (201, state)
        assert answer.status_code == 303
        assert _mailed(org, by_api) == _mailed(org, by_page) == [kind]


@walks("Policies", "people.invitation_days")
@each
def test_an_invitation_lives_as_long_as_the_table_says(blueprint, org):
    invited = org.invite(WEAKEST[blueprint])
    with scope.tenant(org.id), reading():
        until = Membership.objects.get(id=invited.membership_id).invited_until
    assert abs((until - clock.now()).total_seconds() - 7 * 86_400) < 60


@walks("Policies", "workspaces.assign_on_add_limit")
@pytest.mark.parametrize("blueprint", ["standard", "messaging"])
def test_ten_workspaces_at_once_and_not_eleven(blueprint, org):
    person, level = org.person(WEAKEST[blueprint]), "workspace_member" if blueprint == "standard" else "workspace_agent"
    ids = [org.perform(create_workspace, name=f"Area {number}").id for number in range(11)]
    wanted = tuple((one, org.role(level)) for one in ids)
    with pytest.raises(Refusal):
        org.perform(assign_workspaces, membership_id=person.membership_id, levels=wanted)
    org.perform(assign_workspaces, membership_id=person.membership_id, levels=wanted[:10])


@walks("Policies", "seats.counted_statuses", "ways to stop paying for a person")
@each
def test_which_endings_free_a_seat(blueprint, org):
    """Deactivating does but in a brokerage; removing and revoking always do."""
    first, second = org.person(WEAKEST[blueprint]), org.person(WEAKEST[blueprint])

    def in_use():
        with scope.tenant(org.id), reading():
            return seats(clock.now()).in_use

    assert in_use() == 3
    if blueprint != "messaging":
        org.perform(deactivate_members, membership_ids=(first.membership_id,), organization_name="Halden Supply")
        assert in_use() == (3 if blueprint == "brokerage" else 2)
    org.perform(remove_members, membership_ids=(first.membership_id,))
    assert in_use() == 2
    org.invite(WEAKEST[blueprint])
    assert in_use() == 3
    org.perform(remove_members, membership_ids=(second.membership_id,))
    assert in_use() == 2


@walks("Policies", "seats.free_roles")
@walks("Roles, in words", "no fee for System administrators")
@each
def test_system_administrators_take_no_seat_where_they_are_free(blueprint, org):
    def in_use():
        with scope.tenant(org.id), reading():
            return seats(clock.now()).in_use

    if blueprint != "brokerage":
        org.invite(WEAKEST[blueprint])
        assert in_use() == 2
        return
    org.person("system_administrator")
    broker = org.person("broker")
    assert in_use() == 2
    addition = org.role("system_administrator_addition")
    org.perform(give_role, membership_id=broker.membership_id, role_id=addition)
    assert in_use() == 1


@walks("Policies", "seats.growth")
@each
def test_adding_stops_at_the_licence_unless_each_person_is_charged(blueprint, org):
    org.limit_seats(1)
    if blueprint == "brokerage":
        org.invite(WEAKEST[blueprint])
    else:
        with pytest.raises(AtSeatLimit):
            org.invite(WEAKEST[blueprint])


@walks("Policies", "people.deactivation_by")
@walks("Roles, in words", "disabling a person asks for the organization's name")
@each
def test_who_deactivates_and_how(blueprint, org):
    person = org.person(WEAKEST[blueprint])
    caller = by_session(org.owner)
    path = DEACTIVATED.format(person.membership_id)
    plain = caller.post(path, {})
    if blueprint == "brokerage":
        assert plain.status >= 400
        wrong = caller.post(path, {"organization_name": "Another"})
        assert wrong.status >= 400
        assert org.status(person.membership_id) == "active"
        assert caller.post(path, {"organization_name": "Halden Supply"}).status < 300
    elif blueprint == "messaging":
        assert (plain.status, plain.code) == (plain.status, "not_offered_here")
    else:
        assert plain.status < 300, plain.raw
    wanted = "active" if blueprint == "messaging" else "deactivated"
    assert org.status(person.membership_id) == wanted


@walks("Policies", "keyholders.maximum")
@walks("Roles, in words", "Any number of Admins", "exactly one Organization Owner")
@each
def test_how_many_hold_everything(blueprint, org):
    person = org.person(WEAKEST[blueprint])
    path, role = f"/people/{person.membership_id}/role", org.role(ROLES[blueprint].roles[0])
    answer = by_session(org.owner).put(path, {"role_id": str(role)})
    if blueprint == "brokerage":
        assert (answer.status, answer.code) == (409, "too_many_keyholders")
    else:
        assert answer.status == 200, answer.raw
        assert person.actor.grants.everything


@walks("Policies", "ownership.transfer")
@each
def test_ownership_waits_for_the_recipient_but_in_a_brokerage(blueprint, org):
    person = org.person(ROLES[blueprint].roles[1])
    then = org.role(ROLES[blueprint].roles[1])
    org.perform(transfer_ownership, recipient_id=person.membership_id, then_role_id=then, password=PASSWORD)
    assert person.actor.grants.everything is (blueprint == "brokerage")
    assert org.owner.actor.grants.everything is (blueprint != "brokerage")


@walks("Policies", "teams.per_person")
@each
def test_in_how_many_teams_one_is(blueprint, org):
    person = org.person(WEAKEST[blueprint])
    first, second, third = (org.perform(create_team, name=name).id for name in ("North", "South", "West"))
    if blueprint == "messaging":
        here, there = (org.perform(create_workspace, name=name).id for name in ("Nordics", "Iberia"))
        with scope.tenant(org.id), writing():
            Team.objects.filter(id__in=(first, second)).update(workspace=here)
            Team.objects.filter(id=third).update(workspace=there)

    def join(team_id):
        org.perform(add_to_team, team_id=team_id, membership_ids=(person.membership_id,))

    join(first)
    if blueprint in ("sales-floor", "messaging"):
        with pytest.raises(OneTeamOnly):
            join(second)
    else:
        join(second)
    if blueprint == "sales-floor":
        with pytest.raises(OneTeamOnly):
            join(third)
    else:
        join(third)


@walks(
    "Policies",
    *("password.minimum_length", "password.required_classes", "password.breached", "password.similar"),
    *("password.expiry_days", "password.history", "password.locked"),
)
@each
def test_which_passwords_are_taken(blueprint, org):
    def taken(password):
        invited = org.invite(WEAKEST[blueprint])
        try:
            org.accept(org.token_for(invited.membership_id), password=password)
        except PasswordRefused:
            return False
        return True

    short_and_mixed = "vellum-4"
    assert taken(short_and_mixed) is (blueprint == "crm-suite")
    assert taken("vellum quarry kelp") is (blueprint != "crm-suite"), "no digit, or long enough"
    assert taken("password1234") is False, "breached"


@walks("Policies", "session.idle_hours", "session.absolute_days")
@each
def test_how_long_a_session_lasts_is_said(blueprint):
    here = scene(blueprint)
    page = here.caller(ROLES[blueprint].roles[0]).client.get("/admin/org/security").content.decode()
    assert "12 hours" in page
    assert "14 days" in page


@walks("Policies", "sign-in")
@each
def test_one_reset_mail_in_five_minutes(blueprint, org):
    person = org.person(WEAKEST[blueprint])
    client = browser()
    for _try in range(3):
        assert client.post("/accounts/reset", {"email": person.email}).status_code == 200
    with scope.platform("mail"), reading():
        mails = MailDelivery.objects.filter(recipient=person.email, kind__contains="reset")
        assert mails.count() == 1
    for _try in range(6):
        client.post("/accounts/login", {"email": person.email, "password": unique("wrong")})
    other = browser()
    assert other.post("/accounts/login", {"email": person.email, "password": PASSWORD}).status_code == 303
