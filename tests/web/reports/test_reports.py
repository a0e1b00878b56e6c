"""Reports over HTTP: figures that can be added up by hand, within one's reach; pages, files, the interface."""

import csv
import io
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.callers import by_session
from factories.organizations import make_organization
from factories.records import make_record, make_workflow, stages_of
from support.holding import make_profile
from support.visitors import body, signed_in
from tenantry.access.actions.restricting import set_profile, set_restrictions
from tenantry.access.models import Profile
from tenantry.audit.models import Entry
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.crm.models import Stage
from tenantry.organizations.models import Organization
from tenantry.people.actions import add_to_team, create_team
from tenantry.people.models import Membership
from tenantry.usecases.telling import sentences

PAGES = ("/reports", "/reports/won", "/reports/conversion", "/reports/activity")
FILES = ("pipeline", "won", "conversion", "activity")
_CONTROL = re.compile(r"^\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|SET |SELECT set_config)", re.IGNORECASE)


def text(answer) -> str:
    """What a page says, without its marks."""
    assert answer.status_code == 200, (answer.status_code, answer.content[:300])
    main = body(answer).partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def lines(answer) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.content[:300]
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def workflow(org, *probabilities: int):
    """Its id and its stages, as many as given."""
    made = make_workflow(org)
    stages = stages_of(org, made)[: len(probabilities)]
    with scope.tenant(org.id), writing():
        for stage, probability in zip(stages, probabilities, strict=True):
            Stage.objects.filter(id=stage).update(probability=probability)
    return made, stages


def closed(org, owner, state: str, flow, at: datetime | None = None, **more):
    return make_record(
        org, "deal", owner, workflow_id=flow, state=state, closed_at=at or clock.now(), age=timedelta(days=40), **more
    )


def named(org, role: str, name: str):
    """`Ada` becomes Ada Reed."""
    person = org.person(role)
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=person.membership_id).update(given_name=name, family_name="Reed")
    return person


def this_month() -> str:
    return f"{clock.now():%Y-%m}"


@pytest.fixture
def org():
    """Everything in euros, and the organization's clock is UTC."""
    made = make_organization()
    with scope.platform("demo", made.id), writing():
        Organization.objects.filter(id=made.id).update(currency="EUR", time_zone="UTC")
    return made


def test_the_pipeline_adds_up_what_is_open(org):
    flow, (first, second) = workflow(org, 20, 75)
    for value, stage in ((100_000, first), (50_050, first), (200_000, second)):
        make_record(org, "deal", org.owner, workflow_id=flow, stage_id=stage, value=value)
    make_record(org, "deal", org.owner, workflow_id=flow, stage_id=second, value=7, archived_at=clock.now())
    closed(org, org.owner, "won", flow, value=9_900_000)
    said = text(signed_in(org.owner).get("/reports"))
    assert "€3,500.50" in said, "1,000 + 500.50 + 2,000"
    assert "€1,800.10" in said, "20 % of 1,500.50 and 75 % of 2,000"
    found = {
        (line["stage"], line["deals"], line["value"], line["weighted_value"])
        for line in lines(signed_in(org.owner).get("/reports/pipeline.csv"))
        if line["deals"] != "0"
    }
    with scope.tenant(org.id), reading():
        names = dict(Stage.objects.values_list("id", "name"))
    assert found == {(names[first], "2", "1500.50", "300.10"), (names[second], "1", "2000.00", "1500.00")}


def test_a_figure_of_the_pipeline_leads_to_its_deals(org):
    flow, (first, second) = workflow(org, 20, 75)
    made = make_record(org, "deal", org.owner, workflow_id=flow, stage_id=first)
    other = make_record(org, "deal", org.owner, workflow_id=flow, stage_id=second)
    client = signed_in(org.owner)
    path = f"/apps/momentum/deals?stage={first}&amp;state=open&amp;currency=EUR"
    assert f'href="{path}"' in body(client.get("/reports"))
    shown = body(client.get(path.replace("&amp;", "&")))
    assert str(made) in shown
    assert str(other) not in shown


def test_the_board_expects_what_the_report_does(org):
    flow, (first, second) = workflow(org, 50, 50)
    for stage in (first, second):
        make_record(org, "deal", org.owner, workflow_id=flow, stage_id=stage, value=1_001)
    client = signed_in(org.owner)
    assert "€10.02" in text(client.get("/reports")), "half of 10.01, twice, each rounded"
    assert "€10.02 expected" in text(client.get(f"/apps/momentum/board/{flow}"))


def test_each_currency_has_its_own_sums(org):
    flow, (stage,) = workflow(org, 50)
    for currency, value in (("EUR", 100_00), ("USD", 200_00), ("USD", 300_00), ("JPY", 5_000)):
        make_record(org, "deal", org.owner, workflow_id=flow, stage_id=stage, value=value, currency=currency)
    client = signed_in(org.owner)
    mine = text(client.get("/reports"))
    assert "€100" in mine
    assert "3 open deals in other currencies" in mine
    assert "$500" in text(client.get("/reports?currency=USD"))
    yen = text(client.get("/reports?currency=JPY"))
    assert "¥5,000" in yen
    assert "¥2,500" in yen
    assert text(client.get("/reports?currency=nonsense")) == mine
    api = by_session(org.owner).get("/reports/pipeline").body["items"]
    assert {(i["currency"], i["deals"], i["value"], i["weighted_value"]) for i in api if i["deals"]} == {
        ("EUR", 1, 10_000, 5_000),
        ("USD", 2, 50_000, 25_000),
        ("JPY", 1, 5_000, 2_500),
    }


def test_won_by_person_and_month(org):
    flow, _stages = workflow(org, 10)
    ada = named(org, "member", "Ada")
    closed(org, ada, "won", flow, value=120_000)
    closed(org, ada, "won", flow, value=80_000, archived_at=clock.now())
    closed(org, ada, "lost", flow, value=999_999)
    closed(org, org.owner, "won", flow, value=10_000)
    closed(org, None, "won", flow, value=5_000)
    closed(org, ada, "won", flow, clock.now() - timedelta(days=800), value=77_777)
    client = signed_in(org.owner)
    said = text(client.get("/reports/won"))
    assert "€2,150" in said
    assert "777" not in said, "before the period"
    assert "67 %" in said, "two of three of Ada's"
    found = {
        (line["month"], line["person"], line["won"], line["lost"], line["value"])
        for line in lines(client.get("/reports/won.csv"))
    }
    month = this_month()
    assert found == {
        (month, "Ada Reed", "2", "1", "2000.00"),
        (month, "Maren Holt", "1", "0", "100.00"),
        (month, "", "1", "0", "50.00"),
    }
    asked = [(i["person"] or {}).get("name", "") for i in by_session(org.owner).get("/reports/won").body["items"]]
    assert sorted(asked) == ["", "Ada Reed", "Maren Holt"]


def test_months_are_those_of_the_organization(org):
    """What was closed at half past midnight on the first, fourteen hours ahead of UTC, is of that month."""
    zone = ZoneInfo("Pacific/Kiritimati")
    with scope.platform("demo", org.id), writing():
        Organization.objects.filter(id=org.id).update(time_zone=zone.key)
    flow, _stages = workflow(org, 10)
    local = clock.now().astimezone(zone).replace(day=1, hour=0, minute=30)
    last = (local - timedelta(days=1)).replace(day=1)
    closed(org, org.owner, "won", flow, last)
    closed(org, org.owner, "won", flow, last - timedelta(hours=1))
    found = [line["month"] for line in lines(signed_in(org.owner).get("/reports/won.csv?months=3"))]
    assert found == [f"{last - timedelta(hours=1):%Y-%m}", f"{last:%Y-%m}"]


def test_what_became_of_leads(org):
    made = [
        make_record(org, "lead", org.owner, source="Fair", state="qualified", qualified_at=clock.now()),
        make_record(org, "lead", org.owner, source="Fair", state="converted", converted_at=clock.now()),
        make_record(org, "lead", org.owner, source="Web"),
        make_record(org, "lead", org.owner, source="Web", state="unqualified"),
    ]
    make_record(org, "lead", org.owner, source="Old", age=timedelta(days=800))
    client = signed_in(org.owner)
    said = text(client.get("/reports/conversion"))
    for part in ("Created 4", "2 50 %", "1 25 %", "Fair 2 50 %", "Web 2 0 %"):
        assert part in said, part
    assert "Old" not in said
    assert [(i["leads"], i["qualified"], i["converted"]) for i in lines(client.get("/reports/conversion.csv"))] == [
        (str(len(made)), "2", "1")
    ]
    sources = by_session(org.owner).get("/reports/conversion").body["sources"]
    assert [(s["source"], s["leads"], s["converted"]) for s in sources] == [("Fair", 2, 1), ("Web", 2, 0)]


def test_what_was_done(org):
    ada = named(org, "member", "Ada")
    make_record(org, "activity", ada, kind="call")
    make_record(org, "activity", ada, kind="meeting")
    make_record(org, "activity", ada, kind="meeting", happened_at=clock.now() + timedelta(days=40))
    make_record(org, "note", org.owner)
    make_record(org, "task", ada, done_at=clock.now())
    make_record(org, "task", ada)
    client = signed_in(org.owner)
    said = text(client.get("/reports/activity"))
    assert "Calls 1 Meetings 1 Mails 0 Others 0 Notes 1 Tasks done 1" in said
    found = {(line["person"], line["kind"], line["number"]) for line in lines(client.get("/reports/activity.csv"))}
    assert found == {("Ada Reed", "call", "1"), ("Ada Reed", "meeting", "1"), ("Ada Reed", "task", "1"),
                     ("Maren Holt", "note", "1")}  # fmt: skip


def _won_by(person, path: str = "/reports/won.csv") -> set[str]:
    return {line["person"] for line in lines(signed_in(person).get(path))}


def test_everybody_counts_what_they_reach(org):
    flow, (stage,) = workflow(org, 10)
    lead, mate, other = named(org, "manager", "Lena"), named(org, "member", "Mats"), named(org, "member", "Olga")
    team = org.perform(create_team, name="North")
    ids = (lead.membership_id, mate.membership_id)
    org.perform(add_to_team, team_id=team.id, membership_ids=ids)
    for person in (lead, mate, other):
        closed(org, person, "won", flow, value=100)
        make_record(org, "deal", person, workflow_id=flow, stage_id=stage)
        make_record(org, "lead", person)
        make_record(org, "note", person)
    make_record(org, "deal", other, workflow_id=flow, stage_id=stage, members=[mate])
    assert _won_by(lead) == {"Lena Reed", "Mats Reed"}
    assert len(_won_by(org.owner)) == 3
    wanted = {lead: ({"Lena Reed", "Mats Reed"}, 2), mate: ({"Mats Reed"}, 2), other: ({"Olga Reed"}, 2)}
    for person, (names, deals) in wanted.items():
        api = by_session(person)
        assert sum(i["deals"] for i in api.get("/reports/pipeline").body["items"]) == deals, names
        for report in ("won", "conversion", "activity"):
            assert {i["person"]["name"] for i in api.get(f"/reports/{report}").body["items"]} == names, report
        said = text(signed_in(person).get("/reports/won"))
        assert {name for name in ("Lena Reed", "Mats Reed", "Olga Reed") if name in said} == names


def test_a_restriction_on_what_is_seen_narrows_reports(org):
    flow, (stage,) = workflow(org, 10)
    reader, other = org.person("read_only"), org.person()
    make_record(org, "deal", other, workflow_id=flow, stage_id=stage)
    make_record(org, "deal", reader, workflow_id=flow, stage_id=stage)
    make_record(org, "lead", other)

    def counted():
        api = by_session(reader)
        found = [sum(i["deals"] for i in api.get("/reports/pipeline").body["items"])]
        return [*found, sum(i["leads"] for i in api.get("/reports/conversion").body["items"])]

    assert counted() == [2, 1]
    org.perform(set_restrictions, membership_id=reader.membership_id, values={"deals.seen": "own"})
    assert counted() == [1, 1]
    org.perform(set_restrictions, membership_id=reader.membership_id, values={"leads.seen": "team"})
    assert counted() == [2, 0]


def test_who_sees_reports_and_no_records_sees_figures(database):
    org = make_organization(blueprint="sales-floor")
    viewer, rep = org.person("read_only_viewer"), org.person("sales_rep")
    flow, (stage,) = workflow(org, 10)
    make_record(org, "deal", rep, workflow_id=flow, stage_id=stage)
    assert by_session(viewer).get("/reports/pipeline").body["items"][0]["deals"] == 1
    assert "Open deals" in text(signed_in(viewer).get("/reports"))
    assert signed_in(viewer).get("/reports/pipeline.csv").status_code == 403


def _hide(org, person, field: str) -> None:
    """Gives a profile that keeps this one field shut."""
    codes = {f"{kind}__view": "all" for kind in ("deals", "leads", "activities", "notes", "tasks", "reports")}
    profile_id = make_profile(org, **codes, reports__export="yes")
    with scope.tenant(org.id), writing():
        Profile.objects.filter(id=profile_id).update(fields={field: "hidden"})
    org.perform(set_profile, membership_id=person.membership_id, profile_id=profile_id)


def test_amounts_are_left_out_where_the_profile_hides_them(org):
    flow, (stage,) = workflow(org, 50)
    manager = org.person("manager")
    make_record(org, "deal", manager, workflow_id=flow, stage_id=stage, value=123_456_00)
    make_record(org, "deal", manager, workflow_id=flow, stage_id=stage, value=654_321_00, currency="USD")
    closed(org, manager, "won", flow, value=777_777_00)
    assert "€123,456" in text(signed_in(manager).get("/reports"))
    _hide(org, manager, "deals.value")
    client, api = signed_in(manager), by_session(manager)
    for path in ("/reports", "/reports/won", "/reports/pipeline.csv", "/reports/won.csv"):
        answer = client.get(path)
        assert answer.status_code == 200
        said = re.sub(r"[,. ]", "", answer.content.decode())
        for secret in ("123456", "654321", "777777", "EUR", "USD", "€"):
            assert secret not in said, (path, secret)
    items = api.get("/reports/pipeline").body["items"]
    assert {(i["deals"], i["value"], i["weighted_value"], i["currency"]) for i in items if i["deals"]} == {
        (2, None, None, "")
    }
    assert api.get("/reports/won").body["items"][0] | {"month": "", "person": None} == {
        "month": "", "person": None, "currency": "", "won": 1, "lost": 0, "value": None,
    }  # fmt: skip


def test_who_may_not_is_refused(org):
    member, clerk = org.person("member"), org.person("billing_administrator")
    for path in PAGES:
        assert signed_in(clerk).get(path).status_code == 403, path
    api = by_session(clerk)
    for report in FILES:
        assert signed_in(member).get(f"/reports/{report}.csv").status_code == 403, "a Member exports nothing"
        assert api.get(f"/reports/{report}").status == 403
    assert "reports/won.csv" not in body(signed_in(member).get("/reports/won"))
    manager = org.person("manager")
    assert "reports/won.csv" in body(signed_in(manager).get("/reports/won"))
    assert signed_in(manager).get("/reports/nonsense.csv").status_code == 404
    org.perform(set_restrictions, membership_id=manager.membership_id, values={"reports.no_export": "yes"})
    assert signed_in(manager).get("/reports/won.csv").status_code == 403
    assert "reports/won.csv" not in body(signed_in(manager).get("/reports/won"))


def test_taking_a_report_out_is_written_down(org):
    flow, _stages = workflow(org, 10)
    closed(org, org.owner, "won", flow)
    client = signed_in(org.owner)
    client.get("/reports/won.csv?months=3")
    client.get("/reports/activity.csv")
    with scope.tenant(org.id), reading():
        told = [line.sentence for line in sentences(Entry.objects.filter(action="reports.exported").order_by("number"))]
    assert told == [
        "Maren Holt took the report “Won deals” out as a file, 1 line.",
        "Maren Holt took the report “Activity” out as a file; it was empty.",
    ]


def test_cells_of_a_file_run_nothing(org):
    made = make_workflow(org, "=cmd|' /C calc'!A1")
    make_record(org, "deal", org.owner, workflow_id=made)
    text_of_file = signed_in(org.owner).get("/reports/pipeline.csv").content.decode("utf-8-sig")
    assert "'=cmd" in text_of_file


@pytest.mark.parametrize("path", PAGES)
def test_nothing_yet_says_what_will_be_here(org, path):
    answer = signed_in(org.owner).get(path)
    assert answer.status_code == 200
    assert "t-empty" in body(answer)


def _filled(many: int):
    org = make_organization(seats=50)
    for _n in range(many):
        flow, (stage,) = workflow(org, 30)
        person = org.person()
        for kind in ("lead", "note", "activity"):
            make_record(org, kind, person)
        make_record(org, "task", person, done_at=clock.now())
        make_record(org, "deal", person, workflow_id=flow, stage_id=stage)
        closed(org, person, "won", flow)
    client = signed_in(org.owner)
    client.get("/reports")
    return client


@pytest.fixture(scope="module")
def few_and_many(database):
    return _filled(1), _filled(3)


@pytest.mark.parametrize("path", PAGES)
def test_a_report_asks_at_most_ten_times(few_and_many, path):
    counts = []
    for client in few_and_many:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        counts.append([query["sql"] for query in captured if not _CONTROL.match(query["sql"])])
    assert len(counts[1]) <= 10, "\n".join(counts[1])
    assert len(counts[0]) == len(counts[1])
