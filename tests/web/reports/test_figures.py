"""A figure of a report leads to a list of exactly what it counts: as many, worth as much, whatever one's reach."""

import re
from html import unescape

import pytest

from factories.organizations import make_organization
from factories.records import make_record, make_workflow, stages_of
from support.structure import give, make_role, narrowed, somebody
from support.visitors import body, signed_in
from tenantry.access.actions.restricting import set_restrictions
from tenantry.core import clock
from tenantry.core.money import written
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.models import Deal
from tenantry.organizations.models import Organization
from tenantry.people.actions import add_to_team, create_team
from tenantry.usecases.placing import move_to_unit
from tenantry.usecases.units import create_unit
from tenantry.usecases.workflows import add_to_workflow

PAGES = ("/reports", "/reports/won", "/reports/conversion", "/reports/activity")
REACHES = ("own", "team", "workflow", "unit", "all")


class World:
    """A reader with a colleague in the team, one in the workflow, one in the unit and a stranger, each with deals."""

    def __init__(self) -> None:
        org = self.org = make_organization(seats=20)
        with scope.platform("demo", org.id), writing():
            Organization.objects.filter(id=org.id).update(currency="EUR")
        self.reader, mate, peer, neighbour, stranger = (somebody(org, {}) for _n in range(5))
        flows = [make_workflow(org, "Boats"), make_workflow(org, "Cranes")]
        team = org.perform(create_team, name="North").id
        org.perform(add_to_team, team_id=team, membership_ids=(self.reader.membership_id, mate.membership_id))
        ids = (self.reader.membership_id, peer.membership_id)
        org.perform(add_to_workflow, workflow_id=flows[0], membership_ids=ids)
        unit = org.perform(create_unit, name="Coast").id
        ids = (self.reader.membership_id, neighbour.membership_id)
        org.perform(move_to_unit, membership_ids=ids, unit_id=unit)
        worth = 1
        for owner in (self.reader, mate, peer, neighbour, stranger, None):
            for flow in flows:
                first, second, *_others = stages_of(org, flow)
                for stage, currency in ((first, "EUR"), (first, "USD"), (second, "EUR"), (first, "EUR")):
                    worth *= 2
                    more = {"workflow_id": flow, "stage_id": stage, "currency": currency}
                    make_record(org, "deal", owner, value=worth % 1_000_003, **more)
                make_record(org, "deal", owner, workflow_id=flow, value=7, archived_at=clock.now())
                make_record(org, "deal", owner, workflow_id=flow, value=7, state="won", closed_at=clock.now())
        # One that the reader sees because they work on it.
        make_record(org, "deal", stranger, workflow_id=flows[1], value=99, members=[self.reader])
        self.client = signed_in(self.reader)

    def rights(self, **rights: str) -> None:
        codes = {code.replace("__", "."): reach for code, reach in rights.items()}
        give(self.org, self.reader, make_role(self.org, "base", codes), base=True)


@pytest.fixture(scope="module")
def world(database):
    return World()


def figures(client, path: str) -> list[tuple[str, int, list[str]]]:
    """(address or "", number, what else the line says) of each line with a figure that might lead somewhere."""
    answer = client.get(path)
    assert answer.status_code == 200
    found = []
    for row in re.findall(r"<tr>(.*?)</tr>", body(answer).partition("<main")[2], re.DOTALL):
        cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)
        for place, cell in enumerate(cells):
            link = re.search(r'<a href="([^"]+)">([\d,]+)<', cell)
            if link:
                rest = [unescape(re.sub(r"<[^>]+>", "", one)).strip() for one in cells[place + 1 :]]
                found.append((unescape(link[1]), int(link[2].replace(",", "")), rest))
    return found


def unlinked(client, path: str) -> list[int]:
    """Figures of stages that are not nothing and lead nowhere."""
    page = body(client.get(path)).partition("<main")[2]
    rows = re.findall(r'<tr><th scope="row" class="fw-normal">.*?</tr>', page, re.DOTALL)
    numbers = [re.search(r'<td class="text-end num">([\d,]+)</td>', row) for row in rows]
    return [int(one[1].replace(",", "")) for one in numbers if one and one[1] != "0"]


def follow(org, client, path: str, *, values: bool = True) -> int:
    """How many links there are; the list of each has as many as the figure says, worth what stands beside it."""
    found = figures(client, path)
    for address, number, rest in found:
        listed = client.get(address)
        assert listed.status_code == 200, address
        ids = re.findall(r'<tr[^>]*id="row-([0-9a-f-]{36})"', body(listed))
        assert len(ids) == number, address
        assert "something that is gone" not in body(listed), address
        with scope.tenant(org.id), reading():
            deals = list(Deal.objects.filter(id__in=ids))
        if values:
            [currency] = {deal.currency for deal in deals}
            assert written(sum(deal.value for deal in deals), currency, short=True) == rest[0], address
    return len(found)


@pytest.mark.parametrize("seen", REACHES)
@pytest.mark.parametrize("reported", REACHES)
def test_every_figure_leads_to_just_what_it_counts(world, reported, seen):
    world.rights(reports__view=reported, deals__view=seen)
    assert any(number for _address, number, _rest in figures(world.client, "/reports")) or reported != seen
    for path in (*PAGES, "/reports?currency=USD"):
        links = follow(world.org, world.client, path)
        if path.startswith("/reports?") or path == "/reports":
            # Where each of them is seen, each figure leads there; where they are the same ones, without more words.
            assert links or reported != seen or seen != "all"
            if seen == "all":
                assert not unlinked(world.client, path)
            if seen == reported:
                assert not any("counted" in address for address, _n, _rest in figures(world.client, path))


def test_a_figure_of_what_one_does_not_see_leads_nowhere(world):
    world.rights(reports__view="all", deals__view="own")
    assert unlinked(world.client, "/reports")
    follow(world.org, world.client, "/reports")
    world.rights(reports__view="all")
    assert not figures(world.client, "/reports")
    assert unlinked(world.client, "/reports")


def test_a_restriction_narrows_figure_and_list_alike(world):
    reader = somebody(world.org, {"reports.view": "all", "deals.view": "all"})
    make_record(world.org, "deal", reader, value=12)
    client = signed_in(reader)
    before = follow(world.org, client, "/reports")
    world.org.perform(set_restrictions, membership_id=reader.membership_id, values={"deals.seen": "own"})
    assert 0 < follow(world.org, client, "/reports") < before


def test_who_sees_no_amounts_comes_to_deals_of_all_currencies(world):
    reader = somebody(world.org, {"reports.view": "all", "deals.view": "all"})
    narrowed(world.org, reader, **{"deals.value": "hidden"})
    client = signed_in(reader)
    assert follow(world.org, client, "/reports", values=False)
    assert all("currency" not in address for address, _n, _rest in figures(client, "/reports"))
    # An address tells nobody which currency a deal has.
    assert "row-" not in body(client.get("/apps/momentum/deals?currency=USD")).partition("<main")[2]


def test_the_list_says_what_it_is_narrowed_by(world):
    world.rights(reports__view="own", deals__view="all")
    address = next(address for address, _n, _rest in figures(world.client, "/reports"))
    assert "counted=yes" in address
    shown = body(world.client.get(address))
    assert "Those that reports count" in shown
    assert "<span data-filter-chosen>EUR</span>" in re.sub(r"\s+", " ", shown)
    plain = body(world.client.get("/apps/momentum/deals"))
    assert "Those that reports count" not in plain
    world.rights(deals__view="all")
    assert "row-" not in body(world.client.get("/apps/momentum/deals?counted=yes")).partition("<main")[2]
