"""The seats page: the number in words, those people behind each link, the ledger; and the ways out at the limit."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from factories.organizations import Person, make_organization
from support.holding import make_role, make_unit, stand_in
from support.policies import by_operator, entries_of
from support.visitors import body, post, signed_in
from tenantry.access.actions.assigning import change_role
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.people.models import Invitation, Membership
from tenantry.people.seat_ledger import Price, in_effect, price_lines
from tenantry.people.seats import COUNTED
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.telling import sentences

SEATS = "/admin/billing/seats"
_TAGS = re.compile(r"<[^>]+>")


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", _TAGS.sub("", html))


def main_of(answer) -> str:
    assert answer.status_code == 200, answer.content[-500:]
    return body(answer).partition("<main")[2].partition("</main>")[0]


def expire(org, *ids) -> None:
    past = clock.now()
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id__in=ids).update(invited_until=past)
        Invitation.objects.filter(membership_id__in=ids).update(expires_at=past)


def _give(org, person, role_id) -> None:
    org.perform(change_role, membership_id=person.membership_id, role_id=role_id)


def _person(org, name: str) -> Person:
    invited = org.invite(given_name=name)
    made = org.accept(org.token_for(invited.membership_id), given_name=name)
    return Person(org.id, made.membership_id, made.user_id, invited.email)


def furnished(**how):
    """An owner, two active people, one deactivated, two pending, one expired."""
    org = make_organization(**how)
    kept = [_person(org, name) for name in ("Ada", "Bo", "Cy")]
    pending = [org.invite(given_name=name) for name in ("Di", "Ed", "Flo")]
    org.perform(deactivate_members, membership_ids=(kept[2].membership_id,))
    expire(org, pending[2].membership_id)
    return org, kept, pending


def test_the_number_is_explained_and_each_part_leads_to_exactly_those_people():
    org, _kept, _pending = furnished(seats=9)
    owner = signed_in(org.owner)
    page = main_of(owner.get(SEATS))
    said = text_of(page)
    assert "5 seats are in use: 3 active people and 2 open invitations." in said
    assert "1 deactivated person and 1 expired invitation hold none." in said
    links = dict(re.findall(r'<a href="(/admin/users/u\?status=\w+)">(\d+) ', page))
    assert links == {
        "/admin/users/u?status=active": "3",
        "/admin/users/u?status=pending": "2",
        "/admin/users/u?status=deactivated": "1",
        "/admin/users/u?status=expired": "1",
    }
    for url, number in links.items():
        assert body(owner.get(url)).count('id="row-') == int(number), url


def test_another_rule_tells_others():
    org, _kept, _pending = furnished()
    by_operator(org, code=COUNTED, value=["active", "deactivated"])
    said = text_of(main_of(signed_in(org.owner).get(SEATS)))
    assert "4 seats are in use: 3 active people and 1 deactivated person." in said
    assert "2 open invitations and 1 expired invitation hold none." in said
    assert "The operator" in said
    assert "changed who holds a seat" in said
    assert "Counted then: Active people, pending invitations" in said


def test_the_ledger_says_what_happened_and_is_filtered():
    org, kept, _pending = furnished()
    owner = signed_in(org.owner)
    said = text_of(main_of(owner.get(SEATS)))
    for sentence in (
        "Maren Holt invited Ada Example.",
        "Maren Holt deactivated Cy Example.",
        "The invitation of Flo Example ended early.",
    ):
        assert sentence in said
    assert "Counted then" not in said
    only = text_of(main_of(owner.get(SEATS, {"kind": "deactivated"})))
    assert "deactivated Cy Example." in only
    assert "invited" not in only.partition("In use")[2]
    one = text_of(main_of(owner.get(SEATS, {"person": str(kept[2].membership_id)})))
    assert "invited Cy Example." in one
    assert "Ada" not in one.partition("In use")[2]
    assert "invited Di Example." in text_of(main_of(owner.get(SEATS, {"q": "Di"})))
    for odd in ({"kind": "x"}, {"from": "yesterday"}, {"person": "1"}, {"q": "\0"}):
        assert owner.get(SEATS, odd).status_code == 200
    assert "Nothing like this" in text_of(main_of(owner.get(SEATS, {"from": "2999-01-01"})))


def test_the_file_has_every_line_with_the_number_after_it():
    org, _kept, _pending = furnished()
    owner = signed_in(org.owner)
    answer = post(owner, org.owner, f"{SEATS}.csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    number = 0
    for row in reversed(rows):
        number += int(row["taken"]) - int(row["freed"])
        assert int(row["in_use_after"]) == number
    assert number == 5
    filtered = post(owner, org.owner, f"{SEATS}.csv?kind=deactivated")
    (line,) = csv.DictReader(io.StringIO(b"".join(filtered.streaming_content).decode("utf-8-sig")))
    assert (line["kind"], line["in_use_after"]) == ("deactivated", "6")
    entries = entries_of(org, "billing.seats_exported")
    with scope.tenant(org.id), reading():
        told = [one.sentence for one in sentences(entries)]
    assert told == ["Maren Holt took the seat ledger out as a file."] * 2


def test_money_is_for_those_who_see_billing():
    org, _kept, _pending = furnished()
    watching = org.person()
    watcher_role = make_role(org, "base", permissions={"seats.view": "yes"})
    with scope.tenant(org.id), writing():
        line = in_effect(clock.now()).order_by("at").last()
        price_lines({line.id: Price("charged", 1234)}, "USD")
    from_owner = main_of(signed_in(org.owner).get(SEATS))
    assert "$12.34" in from_owner
    _give(org, watching, watcher_role)
    watcher = signed_in(watching)
    seen = main_of(watcher.get(SEATS))
    assert "$12.34" not in seen
    # The meter and the ledger, nobody's name but whose who acted, no link to a directory that is not theirs.
    assert "seats are in use" in text_of(seen)
    assert "Ada" not in seen
    assert "/admin/users" not in seen
    heading = next(post(watcher, watching, f"{SEATS}.csv").streaming_content).decode()
    assert "price" not in heading


def test_whoever_sees_neither_gets_nothing():
    org = make_organization()
    person = signed_in(org.person())
    assert person.get(SEATS).status_code == 403


def test_whoever_sees_a_part_of_the_people_is_led_to_no_list_that_is_smaller():
    org, kept, _pending = furnished()
    unit = make_unit(org)
    stand_in(org, kept[0].membership_id, unit)
    role = make_role(org, "base", permissions={"seats.view": "yes", "people.view": "unit"})
    _give(org, kept[0], role)
    seen = main_of(signed_in(kept[0]).get(SEATS))
    assert "5 seats are in use" in text_of(seen)
    assert "status=" not in seen.partition('id="ledger"')[0]


def test_the_page_asks_no_more_for_more_lines():
    org, _kept, _pending = furnished(seats=40)
    owner = signed_in(org.owner)
    owner.get(SEATS)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            owner.get(SEATS)
        control = re.compile(r"^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET |SELECT set_config)", re.IGNORECASE)
        return sum(not control.match(one["sql"]) for one in asked)

    few = queries()
    for _ in range(4):
        org.invite()
    assert queries() == few <= 10


# --- At seat limit ---------------------------------------------------------------------------


def ways_in(html: str) -> dict[str, str]:
    found = re.findall(r'<a(?: class="[^"]*")? href="([^"]+)">([^<]+)</a>', html)
    return {label: url.replace("&amp;", "&") for url, label in found}


INVITATIONS = "/admin/users/invitations"
FREE = "/admin/users/u?status=active&status=pending&sort=last_sign_in"


def test_every_way_out_works_for_whoever_may():
    org = make_organization(seats=2)
    pending = org.invite()
    owner = signed_in(org.owner)
    dialog = body(owner.get("/admin/users/u/new"))
    wanted = {"email": "new@example.test", "role": str(org.role("member"))}
    refused = post(owner, org.owner, "/admin/users/u/new", wanted)
    assert refused.status_code == 409
    assert "At seat limit: 2 of 2 seats are in use." in text_of(body(refused))
    for shown in (dialog, body(refused)):
        ways = ways_in(shown)
        assert ways["Upgrade the plan"] == "/admin/billing/plans"
        assert ways["Buy seats"] == f"{SEATS}#buy"
        assert ways["Free a seat"] == FREE
        assert ways["Revoke an invitation"] == INVITATIONS
    for url in (f"{SEATS}#buy", FREE, INVITATIONS):
        assert owner.get(url.partition("#")[0]).status_code == 200
    assert 'id="buy"' in body(owner.get(SEATS))
    rows = re.findall(r'id="row-([0-9a-f-]+)"', body(owner.get(FREE)))
    # Whoever never signed in comes first.
    assert rows == [str(pending.membership_id), str(org.owner.membership_id)]


def test_whoever_may_not_pay_sees_who_can():
    org = make_organization()
    helper = org.person("people_administrator")
    org.limit_seats(2)
    page = body(
        post(
            signed_in(helper),
            helper,
            "/admin/users/u/new",
            {"email": "x@example.test", "role": str(org.role("member"))},
        )
    )
    ways = ways_in(page)
    assert "Buy seats" not in ways
    assert ways["Free a seat"] == FREE
    assert "Upgrade the plan, Buy seats: ask Maren Holt." in text_of(page)


def test_reactivation_and_an_expired_invitation_offer_the_same():
    org, kept, pending = furnished()
    org.limit_seats(5)
    owner = signed_in(org.owner)
    back = post(owner, org.owner, f"/admin/users/u/{kept[2].membership_id}/reactivation")
    assert back.status_code == 409
    assert ways_in(body(back))["Buy seats"] == f"{SEATS}#buy"
    again = post(owner, org.owner, f"/admin/users/u/{pending[2].membership_id}/invitation")
    assert again.status_code == 409
    assert ways_in(body(again))["Upgrade the plan"] == "/admin/billing/plans"
    pressed = post(
        owner, org.owner, f"/admin/users/u/{pending[2].membership_id}/invitation", headers={"HX-Request": "true"}
    )
    assert ways_in(body(pressed))["Details"] == "/admin/billing/plans"


def test_an_open_invitation_holds_its_seat_until_it_is_accepted():
    org = make_organization(seats=2)
    pending = org.invite()
    org.limit_seats(1)
    accepted = org.accept(org.token_for(pending.membership_id))
    assert org.status(accepted.membership_id) == "active"


@pytest.mark.parametrize("blueprint", ["brokerage"])
def test_where_every_person_is_charged_nothing_is_refused(blueprint):
    org = make_organization(blueprint=blueprint, seats=1)
    assert "Every person who is added is charged" in body(signed_in(org.owner).get(SEATS))
