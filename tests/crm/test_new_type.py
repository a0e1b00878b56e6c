"""A new type of record is declared once and found everywhere: nobody keeps a list of the types."""

from collections.abc import Iterator
from random import Random

import pytest

from access.ground import hold, seat
from api.callers import by_session
from crm.test_visibility import PEOPLE, compare
from factories.organizations import make_organization, make_user
from factories.records import make_each
from support.holding import make_role
from support.visitors import body, post, signed_in
from support.visits import VERBS, VISIT, Visit, make_visit, visiting
from tenantry.core import clock
from tenantry.core.decisions import visible
from tenantry.core.records import owned_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.searching import search
from tenantry.usecases.handing_over import Spread, owned_counts, plan_reassign_records, reassign_records
from tenantry.usecases.offboarding import remove_members
from tenantry.web.momentum.exporting import cells, headings


@pytest.fixture(scope="module", autouse=True)
def visits(database) -> Iterator[None]:
    with visiting():
        yield


@pytest.fixture
def org():
    return make_organization()


def owner_of(org, row) -> object:
    with scope.tenant(org.id), reading():
        return Visit.objects.get(pk=row.pk).owner_id


def person(org, reach: str):
    found = seat(org)
    hold(found, make_role(org, "base", permissions={VERBS["view"]: reach, "leads.view": reach}), base=True)
    return found


def test_it_is_seen_as_its_permission_reaches(org):
    mine, all_seeing, blind = person(org, "own"), person(org, "all"), seat(org)
    hold(blind, make_role(org, "base", permissions={"leads.view": "all"}), base=True)
    own, other = make_visit(org, mine, "Harbour"), make_visit(org, org.owner, "Harbour too")
    with scope.tenant(org.id), reading():
        for who, expected in ((mine, {own.pk}), (all_seeing, {own.pk, other.pk}), (blind, set())):
            assert set(visible(who.actor, VERBS["view"], VISIT).values_list("pk", flat=True)) == expected


def test_it_is_searched(org):
    mine = person(org, "own")
    own, other = make_visit(org, mine, "Harbour north"), make_visit(org, org.owner, "Harbour south")
    with scope.tenant(org.id), reading():
        assert [row.pk for found in search(mine.actor, "harb") for row in found.rows] == [own.pk]
    said = body(signed_in(org.owner).get("/apps/momentum/search?q=harb"))
    assert "Harbour north" in said
    assert "Harbour south" in said
    assert str(other.pk) not in body(by_session(mine).client.get("/apps/momentum/search?q=harb"))


def test_it_waits_in_the_queue(org):
    make_visit(org, None, "Lighthouse")
    answer = signed_in(org.owner).get("/apps/momentum/unassigned?type=visit")
    assert answer.status_code == 200
    assert "Lighthouse" in body(answer)


def test_it_is_counted_and_handed_over(org):
    leaver, successor = org.person(), org.person()
    make_each(org, leaver)
    rows = [make_visit(org, leaver, name) for name in ("One", "Two")]
    with scope.tenant(org.id), reading():
        counts = owned_counts(org.owner.actor, (leaver.membership_id,))[leaver.membership_id]
        assert counts == {**dict.fromkeys(owned_types(), 1), "visit": 2}
        spread = Spread("one", (successor.membership_id,))
        plan = plan_reassign_records(
            actor=org.owner.actor, from_ids=(leaver.membership_id,), spread=spread, now=clock.now()
        )
    assert dict(plan.counts)["visit"] == 2
    said = body(signed_in(org.owner).get(f"/admin/users/u/{leaver.membership_id}/records"))
    assert "Visits" in said
    org.perform(reassign_records, from_ids=(leaver.membership_id,), spread=spread, digest=plan.digest)
    assert {owner_of(org, row) for row in rows} == {successor.membership_id}


def test_it_goes_into_the_queue_when_its_owner_is_removed(org):
    leaver = org.person()
    row = make_visit(org, leaver, "Left behind")
    org.perform(remove_members, membership_ids=(leaver.membership_id,))
    assert owner_of(org, row) is None


def test_its_columns_are_exported(org):
    row = make_visit(org, org.owner, "Harbour")
    assert headings(VISIT.exports) == ["id", "name", "owner_id", "owner", "created_at"]
    written = cells(row, VISIT.exports, {org.owner.membership_id: "Maren Holt"})
    assert written[:4] == [str(row.pk), "Harbour", str(org.owner.membership_id), "Maren Holt"]


def test_whoever_may_act_on_it_archives_and_deletes_it(org):
    row = make_visit(org, org.owner, "Harbour")
    client = signed_in(org.owner)
    for way in ("archive", "restore"):
        answer = post(client, org.owner, f"/apps/momentum/records/visit/{way}", {"ids": str(row.pk)})
        assert answer.status_code in (204, 303), (way, answer.status_code)
        with scope.tenant(org.id), reading():
            assert (Visit.objects.get(pk=row.pk).archived_at is not None) == (way == "archive")


def test_explain_says_who_sees_it(org):
    row = make_visit(org, org.owner, "Harbour")
    answer = signed_in(org.owner).get(f"/admin/access/who?type=visit&id={row.pk}")
    assert answer.status_code == 200
    assert "Harbour" in body(answer)


def test_every_reading_of_generated_organizations_has_it(org):
    compare(Random(7), (org.id, [make_user() for _n in range(PEOPLE)]))
