"""The policy catalogue: every code of blueprints.md, its values, and how a form sends them."""

import pytest

from support.policies import allowed, refused
from tenantry.blueprints.schema import load
from tenantry.core.text import InvalidText
from tenantry.organizations.errors import PolicyValueRefused
from tenantry.organizations.policies import CATALOGUE, GROUPS, POLICIES
from tenantry.organizations.policies.effects import without_effects
from tenantry.organizations.policies.typed import expected, fields_of, typed, widget

# blueprints.md, Policies: the column "code", and whether it is marked *op*.
TABLE = {
    "people.entry_modes": False,
    "people.add_fields": False,
    "people.invitation_days": False,
    "workspaces.assign_on_add_limit": False,
    "people.exclusive_email": True,
    "seats.counted_statuses": True,
    "seats.growth": True,
    "seats.free_roles": True,
    "people.deactivation_by": False,
    "people.removal_records": False,
    "people.email_change": False,
    "keyholders.maximum": False,
    "ownership.transfer": False,
    "organization.deletion": True,
    "teams.per_person": False,
    "proration.basis": True,
    "password.minimum_length": False,
    "password.required_classes": False,
    "password.breached": False,
    "password.similar": False,
    "password.expiry_days": False,
    "password.history": False,
    "password.locked": True,
    "session.idle_hours": False,
    "session.absolute_days": False,
    "session.sso_hours": False,
}
OURS = {"organization.structure": False}

each = pytest.mark.parametrize("code", sorted(CATALOGUE))


def test_the_catalogue_is_the_table_and_what_is_ours():
    assert {policy.code: policy.operator_only for policy in POLICIES} == TABLE | OURS
    assert [policy.group for policy in POLICIES] == sorted(
        (policy.group for policy in POLICIES), key=list(GROUPS).index
    )


def test_a_new_policy_says_what_changing_it_does():
    assert without_effects(list(CATALOGUE)) == []


def test_the_standard_blueprint_names_every_policy_of_the_table_as_the_table_does():
    policies = load("standard").policies
    assert set(TABLE) <= set(policies)
    different = {code for code in TABLE if policies[code] != CATALOGUE[code].default}
    assert different == {"people.add_fields"}
    assert policies["people.add_fields"] == ["names", "email", "role", "profile", "teams", "unit"]


@each
def test_every_allowed_value_goes_through_the_form_and_comes_back(code):
    policy = CATALOGUE[code]
    values = allowed(policy)
    assert policy.default in values
    for value in values:
        fields = fields_of(policy, value)
        assert typed(policy, fields) == policy.validate(value) == value, value
        shown = widget(policy, fields)
        if shown.options:
            chosen = [option for option in shown.options if option.chosen]
            in_order = sorted(chosen, key=lambda option: int(option.place or 0))
            sent = {"on": True, "off": False}
            codes = [option.code for option in in_order]
            assert (codes if isinstance(value, list) else sent.get(codes[0], codes[0])) == value
        else:
            assert shown.number == ("" if value is None else str(value))
        words = policy.in_words(value)
        assert words
        assert words[0] == words[0].upper()


@each
def test_other_values_are_refused_with_a_sentence(code):
    policy = CATALOGUE[code]
    for value in refused(policy):
        assert not policy.check(value), value
        with pytest.raises(PolicyValueRefused):
            policy.validate(value)
    sentence = expected(policy)
    for fields in ({"value": ["nonsense"]}, {"value": ["1", "2", "x"]}, {"value": ["\u0661"]}, {"value": ["9" * 40]}):
        if policy.kind.name == "ordered_set":
            fields = {f"place.{choice.code}": ["1"] for choice in policy.kind.choices}  # noqa: PLW2901
        with pytest.raises(InvalidText, match=sentence[:20]):
            typed(policy, fields)


def test_a_set_is_kept_in_one_order_however_it_came():
    policy = CATALOGUE["seats.counted_statuses"]
    assert policy.validate(["invited", "active"]) == ["active", "invited"]
    assert CATALOGUE["people.entry_modes"].validate(["temporary_password", "invitation_link"]) == [
        "temporary_password",
        "invitation_link",
    ]


def test_every_choice_has_a_title_and_a_sentence_of_its_own():
    for policy in POLICIES:
        choices = getattr(policy.kind, "choices", ())
        for texts in ([str(c.title) for c in choices], [str(c.sentence) for c in choices]):
            assert all(texts)
            assert len(set(texts)) == len(texts), policy.code
    assert len({str(policy.effect) for policy in POLICIES}) == len(POLICIES)
