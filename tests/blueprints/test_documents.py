"""Documents are refused with line and column, all faults at once; what is sound is read as it was written."""

import pytest
from typer.testing import CliRunner

from tenantry.blueprints.document import expanded
from tenantry.blueprints.reading import DocumentWrong, read
from tenantry.blueprints.schema import SHIPPED, load
from tenantry.cli.organizations import app
from tenantry.core.permissions import catalogue

SOUND = """\
key: small
title: Small
sentence: One sentence.
policies:
  people.invitation_days: 5
  organization.structure: [units, additions, workspaces, profiles]
labels:
  teams: Groups
roles:
  - key: owner
    name: Owner
    keyholder: true
    assignable: all
  - key: broker
    name: Broker
    assignable: [broker]
    permissions:
      deals.view: team
      people.invite: yes
  - key: mentor
    name: Mentor
    kind: addition
    beside: [broker]
  - key: agent
    name: Agent
    kind: unit
    permissions:
      people.view: all
  - key: level
    name: Level
    kind: workspace
    permissions: &level
      "*.view": all
      notes.view: own
  - key: level_too
    name: Level too
    kind: workspace
    permissions: *level
profiles:
  - key: plain
    name: Plain
    permissions:
      deals.view: all
workflow:
  name: Sales
  stages:
    - {name: New, probability: 10}
    - name: Offer
      probability: 50
      milestone: true
"""


def findings(text, file="small.yaml"):
    with pytest.raises(DocumentWrong) as wrong:
        read(text, file)
    return [str(one) for one in wrong.value.findings]


def changed(old, new, text=SOUND):
    assert old in text
    return text.replace(old, new, 1)


def test_what_is_sound_is_read():
    document = read(SOUND)
    by_key = {role.key: role.row() for role in document.roles}
    assert by_key["broker"]["permissions"] == {"deals.view": "team", "people.invite": "yes"}
    assert by_key["owner"]["assignable"] is None
    assert by_key["level"]["permissions"] == by_key["level_too"]["permissions"]
    assert by_key["level"]["permissions"]["deals.view"] == "all"
    assert by_key["level"]["permissions"]["notes.view"] == "own", "what is written out wins over a pattern"
    assert set(expanded({"*.create": True})) == {c for c in catalogue() if c.endswith(".create") and c[0:4] != "chal"}


# Part of the document -> what stands there instead -> the one finding.
FAULTS = [
    ("deals.view: team", "deals.veiw: team",
     "small.yaml:18:7 roles.broker.permissions.deals.veiw: unknown permission; did you mean deals.view?"),
    ("deals.view: team", "deals.view: teams",
     "small.yaml:18:19 roles.broker.permissions.deals.view: deals.view needs a reach: own, team, workflow, unit, all"),
    ("people.invite: yes", "people.invite: all",
     "small.yaml:19:22 roles.broker.permissions.people.invite: people.invite has no reach: write yes"),
    ("people.invite: yes", "ownership.transfer: yes",
     "small.yaml:19:7 roles.broker.permissions.ownership.transfer: ownership.transfer is of keyholders only"),
    ("people.invite: yes", "deals.view: own",
     "small.yaml:19:7 deals.view stands here twice"),
    ("assignable: [broker]", "assignable: [brokr]",
     "small.yaml:16:18 roles.broker.assignable.1: unknown role brokr; did you mean broker?"),
    ("assignable: [broker]", "assignable: [owner]",
     "small.yaml:16:18 roles.broker.assignable.1: only keyholders give the keyholder's role"),
    ("assignable: [broker]", "assignable: all",
     "small.yaml:16:17 roles.broker.assignable: only the keyholder's role assigns all"),
    ("beside: [broker]", "beside: [mentor]", "small.yaml:23:14 roles.mentor.beside.1: mentor is no base role"),
    ("      people.view: all", "      billing.view: yes",
     "small.yaml:28:7 roles.agent.permissions.billing.view: billing.view can't be held in a unit only"),
    ('"*.view": all', '"*.see": all',
     "small.yaml:33:7 roles.level.permissions.*.see: no permission of the applications ends so"),
    ("      deals.view: all\n", "      people.view: all\n",
     "small.yaml:43:7 profiles.plain.permissions.people.view: people.view is none of the applications"),
    ("    keyholder: true\n    assignable: all\n", "", "small.yaml:10:3 roles: exactly one role is the keyholder's"),
    ("people.invitation_days: 5", "people.invitation_days: 91",
     "small.yaml:5:27 policies.people.invitation_days: 91 is not a value of people.invitation_days"),
    ("people.invitation_days: 5", "people.invitation_day: 5",
     "small.yaml:5:3 policies.people.invitation_day: unknown policy; did you mean people.invitation_days?"),
    ("people.invitation_days: 5", "people.add_fields: [email, password]",
     "small.yaml:5:22 policies.people.add_fields: a password is asked, but no administrator sets one"),
    ("[units, additions, workspaces, profiles]", "[units, workspaces, profiles]",
     "small.yaml:22:11 roles.mentor.kind: organization.structure does not name additions"),
    ("  teams: Groups", "  team_s: Groups", "small.yaml:8:3 labels.team_s: unknown label; did you mean teams?"),
    ("    name: Broker\n", "", "small.yaml:14:5 roles.broker.name: is missing"),
    ("    name: Broker\n", "    nam: Broker\n    name: Broker\n",
     "small.yaml:15:5 roles.broker.nam: unknown key; did you mean name?"),
    ("    name: Broker\n", "    name: OWNER\n", "small.yaml:15:11 roles.broker.name: another one has the name owner"),
    ("    name: Broker\n", "    name: 5\n", "small.yaml:15:11 roles.broker.name: should be a valid string"),
    ("probability: 50", "probability: 500",
     "small.yaml:49:20 workflow.stages.2.probability: should be less than or equal to 100"),
    ("probability: 50", "probabilty: 50",
     "small.yaml:49:7 workflow.stages.2.probabilty: unknown key; did you mean probability?"),
    ("name: Offer", "name: new", "small.yaml:48:13 workflow.stages.2.name: another one has the name new"),
    ("milestone: true", "lodgement: true",
     "small.yaml:50:18 workflow.stages.2.lodgement: a mentor is asked, but no role has deals.approve"),
    ("key: small", "key: !!python/object/apply:os.system [ls]",
     "small.yaml:1:6 the tag tag:yaml.org,2002:python/object/apply:os.system is not allowed"),
    ("title: Small", "title: [", "small.yaml:4:9 expected ',' or ']', but got ':'"),
    ("title: Small", "5: Small", "small.yaml:2:1 keys are words; put others in quotes"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "wanted"), FAULTS, ids=[wanted for _old, _new, wanted in FAULTS])
def test_a_fault_is_named_with_its_place(old, new, wanted):
    assert wanted in findings(changed(old, new))


def test_every_fault_is_told_at_once_in_the_order_of_the_document():
    text = changed("  teams: Groups", "  tems: Groups", changed("deals.view: team", "deals.veiw: team"))
    assert [one.partition(" ")[0] for one in findings(text)] == ["small.yaml:8:3", "small.yaml:18:7"]


@pytest.mark.parametrize("text", ["", "5", "[]", "- a\n- b", "a: &a [*a]\n", "\0", "key: \ud83d"])
def test_what_is_no_document_is_refused(text):
    assert findings(text)


def test_aliases_of_aliases_do_not_fill_the_memory():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert "too large" in findings("\n".join(lines))[0]


@pytest.mark.parametrize("key", SHIPPED)
def test_what_ships_is_sound_and_says_how_it_differs(key):
    document = load(key)
    assert document.key == key
    assert document.sentence.endswith(".")
    assert document.sentence.count(".") == 1, "one sentence"
    assert len({load(one).sentence for one in SHIPPED}) == len(SHIPPED)


def test_the_command_says_what_is_wrong_and_fails(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(changed("deals.view: team", "deals.veiw: team"))
    answer = CliRunner().invoke(app, ["check-blueprint", str(path)])
    assert answer.exit_code == 1
    assert answer.stderr.strip().startswith("mine.yaml:18:7 roles.broker.permissions.deals.veiw: unknown permission")
    path.write_text(SOUND)
    answer = CliRunner().invoke(app, ["check-blueprint", str(path)])
    assert (answer.exit_code, answer.stdout) == (0, "mine.yaml: Small, 6 roles, 2 policies\n")
