"""Deals over HTTP: list, page, form, people, commission; what a profile or a restriction hides is nowhere."""

import pytest

from factories.organizations import make_organization, unique
from factories.records import make_record, make_workflow, stages_of, without_workflows
from support.structure import somebody
from support.visitors import post, signed_in
from tenantry.access.actions.profiles import create_profile
from tenantry.access.actions.restricting import set_profile, set_restrictions
from tenantry.access.contents import ProfileContent
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.models import Deal

HOME = "/apps/momentum/deals"


def shown(answer) -> str:
    return answer.content.decode()


def deal_of(org, deal_id) -> Deal:
    with scope.tenant(org.id), reading():
        return Deal.objects.get(id=deal_id)


@pytest.fixture(scope="module")
def org(database):
    return make_organization()


@pytest.fixture(scope="module")
def flow(org):
    without_workflows(org)
    return make_workflow(org, "Harbour loans")


@pytest.fixture(scope="module")
def rep(org):
    return org.person("member")


def form_of(org, flow, **more) -> dict:
    first = stages_of(org, flow)[0]
    return {
        "name": "Lighthouse",
        "stage": str(first),
        "value": "125,000.50",
        "currency": "EUR",
        "closes_on": "2030-05-01",
        "company_id": "",
        "contact_id": "",
        **more,
    }


def test_a_deal_is_made_listed_and_edited(org, flow, rep):
    client = signed_in(rep)
    company = make_record(org, "company", rep, name="Northern Lights Ltd")
    assert f'value="{stages_of(org, flow)[0]}" checked><span>New<' in shown(client.get(f"{HOME}/new"))
    made = post(client, rep, f"{HOME}/new", form_of(org, flow, company_id=str(company)))
    assert made.status_code == 303
    page = shown(client.get(made["Location"]))
    assert "€125,000.50" in page
    assert "Northern Lights Ltd" in page
    assert 'aria-current="step">New<' in page
    listed = shown(client.get(HOME))
    assert "Lighthouse" in listed
    assert "€125,000.50" in listed
    deal_id = made["Location"].rpartition("/")[2]
    edit = f"{HOME}/{deal_id}/edit"
    assert 'value="125000.50"' in shown(client.get(edit))
    version = deal_of(org, deal_id).version
    body = form_of(org, flow, name="Lighthouse 2", value="7", currency="JPY", version=version)
    assert post(client, rep, edit, body).status_code == 303
    deal = deal_of(org, deal_id)
    assert (deal.name, deal.value, deal.currency, deal.company_id) == ("Lighthouse 2", 7, "JPY", None)
    # Somebody else's form of before that.
    stale = post(client, rep, edit, {**body, "name": "Lighthouse 3"})
    assert stale.status_code == 409
    assert "Lighthouse 3" in shown(stale)
    assert deal_of(org, deal_id).name == "Lighthouse 2"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Please fill this in."),
        ({"value": "twelve"}, "An amount is digits"),
        ({"value": "1.234"}, "EUR has 2 digits behind the point."),
        ({"stage": ""}, "Choose one of these."),
        ({"currency": "XXX"}, "Select a valid choice"),
        ({"closes_on": "tomorrow"}, "Enter a valid date."),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_kept(org, flow, rep, wrong, said):
    answer = post(signed_in(rep), rep, f"{HOME}/new", form_of(org, flow, **wrong))
    assert answer.status_code == 422
    assert said in shown(answer)
    assert ('value="Lighthouse"' in shown(answer)) == ("name" not in wrong)


def test_people_work_on_a_deal_and_the_commission_is_split(org, flow):
    mate = org.person("member", given_name="Ines", family_name="Quist")
    deal = make_record(org, "deal", org.owner, workflow_id=flow)
    client, path = signed_in(org.owner), f"{HOME}/{deal}"
    assert str(mate.membership_id) in shown(client.get(f"{path}/people?q={mate.email[:12]}"))
    assert post(client, org.owner, f"{path}/people", {"ids": [str(mate.membership_id)]}).status_code == 303
    share = f"share-{mate.membership_id}"
    too_much = post(client, org.owner, f"{path}/split", {"commission": "900", share: "101"})
    assert too_much.status_code == 422
    done = post(client, org.owner, f"{path}/split", {"commission": "1,000.01", share: "12.5"})
    assert done.status_code == 303
    page = shown(client.get(path))
    for said in ("12.5 %", "€125", "87.5 %", "€875.01", "€1,000.01"):
        assert said in page
    removal = f"{path}/people/{mate.membership_id}/removal"
    assert post(client, org.owner, removal).status_code == 303
    assert post(client, org.owner, removal).status_code == 404
    assert "12.5 %" not in shown(client.get(path))


def test_the_four_switches_take_what_they_say(org, flow):
    """blueprints.md, brokerage: edit deals, move deals, export reports, see commission splits."""
    org = make_organization(blueprint="brokerage")
    flow = make_workflow(org)
    broker = org.person("broker")
    deal = make_record(org, "deal", broker, workflow_id=flow, commission=90_000)
    second = str(stages_of(org, flow)[1])
    client, path = signed_in(broker), f"{HOME}/{deal}"

    def allowed() -> dict[str, bool]:
        page = shown(client.get(path))
        return {
            "edit": client.get(f"{path}/edit").status_code == 200 and f"{path}/edit" in page,
            "move": client.get(f"{path}/move").status_code == 200 and f"{path}/loss" in page,
            "split": "€900" in page,
        }

    assert allowed() == {"edit": True, "move": True, "split": True}
    for code, gone in (("deals.no_edit", "edit"), ("deals.no_move", "move"), ("commission.hidden", "split")):
        org.perform(set_restrictions, membership_id=broker.membership_id, values={code: "yes"})
        assert [name for name, yes in allowed().items() if not yes] == [gone]
    org.perform(set_restrictions, membership_id=broker.membership_id, values={"deals.no_move": "yes"})
    assert post(client, broker, f"{path}/move", {"stage": second}).status_code == 403
    assert post(client, broker, f"{path}/win").status_code == 403
    assert post(client, broker, f"{path}/loss", {"reason": ""}).status_code == 403
    org.perform(set_restrictions, membership_id=broker.membership_id, values={"commission.hidden": "yes"})
    assert client.get(f"{path}/split").status_code == 403
    assert deal_of(org, deal).state == "open"


def test_a_hidden_value_is_nowhere(org, flow):
    deal = make_record(org, "deal", org.owner, workflow_id=flow, name="Secret pier", value=777_000_00)
    person = somebody(org, {"deals.view": "all", "deals.edit": "all", "deals.create": "yes"})
    bound = {"deals.view": "all", "deals.edit": "all", "deals.create": "yes"}
    profile = org.perform(
        create_profile, content=ProfileContent(unique("Blind"), permissions=bound, fields={"deals.value": "hidden"})
    )
    org.perform(set_profile, membership_id=person.membership_id, profile_id=profile.id)
    client = signed_in(person)
    for path in (HOME, f"{HOME}/{deal}", f"{HOME}/{deal}/edit", f"/apps/momentum/board/{flow}"):
        page = shown(client.get(path))
        assert "Secret pier" in page
        # Longer than what an id holds by chance.
        assert not [one for one in ("777,000", "777000") if one in page]
    version = deal_of(org, deal).version
    body = {"name": "Secret pier 2", "value": "1", "currency": "EUR", "closes_on": "", "company_id": ""}
    body |= {"contact_id": "", "version": version}
    assert post(client, person, f"{HOME}/{deal}/edit", body).status_code == 303
    assert (deal_of(org, deal).name, deal_of(org, deal).value) == ("Secret pier 2", 777_000_00)


def test_out_of_reach_is_not_there(org, flow, rep):
    deal = make_record(org, "deal", org.owner, workflow_id=flow)
    client = signed_in(rep)
    for one in (deal, new_id()):
        for page in ("", "/edit", "/move", "/loss", "/people"):
            assert client.get(f"{HOME}/{one}{page}").status_code == 404
        for act in ("/win", "/reopen", "/withdrawal", f"/people/{rep.membership_id}/removal"):
            assert post(client, rep, f"{HOME}/{one}{act}").status_code == 404
