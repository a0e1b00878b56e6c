"""The table of policies, cell by cell: the value that holds, where it is shown, and who may change it."""

import pytest
from django.utils.html import escape

from blueprints.scenes import scene
from blueprints.tables import BLUEPRINTS, LABELS, OPERATORS, VALUES
from blueprints.walked import walks
from support.policies import allowed
from support.visitors import body
from tenantry.organizations.policies import CATALOGUE

CELLS = [
    (blueprint, code, values[place]) for code, values in VALUES.items() for place, blueprint in enumerate(BLUEPRINTS)
]


def _keyholder(blueprint):
    here = scene(blueprint)
    return here.caller(next(iter(here.people)))


@walks("Policies", *VALUES)
@pytest.mark.parametrize(("blueprint", "code", "wanted"), CELLS)
def test_the_value_holds_and_is_shown(blueprint, code, wanted):
    caller, policy = _keyholder(blueprint), CATALOGUE[code]
    told = caller.get(f"/policies/{code}").body
    assert told["value"] == wanted
    page = body(caller.client.get("/admin/org/policies"))
    row = page[page.index(f'id="{code}"') :].partition("</li>")[0]
    assert str(escape(policy.in_words(wanted))) in row
    assert told["operator_only"] is (code in OPERATORS)
    assert (f'href="/admin/org/policies/{code}"' in row) is (code not in OPERATORS)


@walks("Policies", *VALUES)
@pytest.mark.parametrize(("blueprint", "code", "wanted"), CELLS)
def test_it_changes_by_whoever_may_edit_policies_unless_it_is_the_operators(blueprint, code, wanted):
    """As far as a plan tells: nothing is changed here."""
    here = scene(blueprint)
    other = next(value for value in allowed(CATALOGUE[code]) if value != wanted)
    for role, person in here.people.items():
        answer = here.caller(role).post(f"/policies/{code}/plan", {"value": other})
        if not person.actor.may("policies.edit"):
            assert answer.status == 403, role
        elif code in OPERATORS:
            assert (answer.status, answer.code) == (403, "operator_only_policy"), role
        else:
            assert answer.status == 200, (role, answer.raw)


@walks("Policies", "label teams", "label add_user", "label bulk_invite", "label deactivate")
@pytest.mark.parametrize("blueprint", BLUEPRINTS)
def test_the_words_of_the_blueprint_are_on_the_pages(blueprint):
    place = BLUEPRINTS.index(blueprint)
    words = {key: of_each[place] for key, of_each in LABELS.items()}
    here, client = scene(blueprint), _keyholder(blueprint).client
    teams = body(client.get("/admin/users/g"))
    assert f"<h1>{words['teams']}</h1>" in teams
    assert f"<title>{words['teams']}" in teams
    directory = body(client.get("/admin/users/u"))
    assert f"{words['add_user']}</a>" in directory
    assert f"{words['bulk_invite']}</a>" in directory
    assert f">{words['teams']}</span>" in directory or f"{words['teams']}</a>" in directory, "the navigation"
    other = list(here.people.values())[-1]
    person = body(client.get(f"/admin/users/u/{other.membership_id}"))
    offered = f">{words['deactivate']}" in person.replace("</svg>", ">")
    assert offered is (blueprint != "messaging")
    for key, of_each in LABELS.items():
        for word in set(of_each) - {words[key]} - {"Teams"}:
            assert f"{word}</a>" not in directory + teams + person, word
