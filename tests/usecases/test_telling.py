"""Every act has a sentence, with the names of today."""

import ast
from pathlib import Path

import tenantry
from factories.organizations import make_organization
from tenantry.access.actions.assigning import change_role
from tenantry.audit.models import Entry
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.actions import create_team
from tenantry.usecases.joining import revoke_invitation
from tenantry.usecases.offboarding import deactivate_members
from tenantry.usecases.person import change_own_profile
from tenantry.usecases.telling import AREAS, SENTENCES, TITLES, sentences

SOURCE = Path(tenantry.__file__).parent
MAKERS = {"Entry", "_entry", "AuditEntry", "entry_of", "entry_of_many"}


def written_codes() -> dict[str, str]:
    """Code of an entry -> where it is written: the first argument of every call that makes one."""
    found = {}
    for path in SOURCE.rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or not call.args:
                continue
            name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
            first = call.args[0]
            if name in MAKERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
                area, dot, _rest = first.value.partition(".")
                if dot and area.isidentifier() and area != "tenantry":
                    found[first.value] = f"{path.relative_to(SOURCE)}:{call.lineno}"
    return found


def test_every_act_in_the_source_has_a_sentence_and_a_title():
    codes = written_codes()
    assert len(codes) > 30
    assert not {code: place for code, place in codes.items() if code not in SENTENCES}
    assert not set(codes) - set(TITLES)
    assert {code.partition(".")[0] for code in codes} <= set(AREAS)


def test_nothing_is_told_that_nobody_does():
    assert not set(SENTENCES) - set(written_codes())
    assert set(SENTENCES) == set(TITLES)


def _told(org, **options):
    with scope.tenant(org.id), reading():
        return sentences(Entry.objects.order_by("number"), **options)


def test_sentences_name_people_as_they_are_called_now():
    org = make_organization()
    ada = org.person("manager")
    org.perform(change_role, membership_id=ada.membership_id, role_id=org.role("member"))
    org.perform(change_own_profile, by=ada, given_name="Adele", family_name="Berg")
    told = [line.sentence for line in _told(org)]
    assert told[0] == "Maren Holt founded Halden Supply."
    assert "Maren Holt invited Adele Berg as Manager." in told
    assert "Adele Berg accepted the invitation." in told
    assert "Maren Holt changed the role of Adele Berg from Manager to Member." in told
    last = _told(org)[-1]
    assert ("Given name", "Pat", "Adele") in [(c.label, c.before, c.after) for c in last.changes]
    assert last.address == "192.0.2.7"


def test_several_people_and_teams_stand_in_one_sentence():
    org = make_organization()
    people = [org.person() for _n in range(4)]
    org.perform(create_team, name="Field & <sales>")
    org.perform(deactivate_members, membership_ids=tuple(p.membership_id for p in people))
    invited = org.invite()
    org.perform(revoke_invitation, membership_id=invited.membership_id)
    told = [line.sentence for line in _told(org)]
    assert "Maren Holt created the team “Field & <sales>”." in told
    assert any(s.startswith("Maren Holt deactivated ") and s.endswith(" and 1 more.") for s in told)
    assert told[-1] == "Maren Holt revoked the invitation of Pat Example."


def test_an_erased_value_is_missed_and_nothing_breaks():
    org = make_organization()
    org.invite()
    assert [line.address for line in _told(org, details=False)] == ["", ""]
