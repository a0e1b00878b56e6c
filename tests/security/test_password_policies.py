"""Policies about passwords are asked wherever somebody chooses one."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import check_password
from django.utils.module_loading import import_string

from factories.organizations import PASSWORD, make_organization
from support.policies import planned, value_of
from support.visitors import body, browser, link_in, mail_to, post, signed_in
from tenantry.config import settings as product
from tenantry.core import clock
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing
from tenantry.organizations.actions.policies import change_policy
from tenantry.people.models import User
from tenantry.security.errors import PasswordRefused
from tenantry.security.models import PastPassword
from tenantry.security.passwords import Person, Rule, refuse_weak, rule_in_words
from tenantry.usecases.signing_in import change_own_password, rule_of_user

MAREN = Person("maren.holt@halden.example", "Maren Holt")
LONG = "a quiet harbour at {}"


def test_the_product_hashes_with_the_recommended_work():
    """The tests do so with less: `support.hashing`."""
    first = import_string(product.PASSWORD_HASHERS[0])()
    assert first.encode("a quiet harbour", "some salt of its own").startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def change(org, person, old, new):
    return org.perform(change_own_password, by=person, old=old, new=new)


def past_of(person):
    with scope.platform("sign_in"), reading():
        return list(PastPassword.objects.filter(user_id=person.user_id).order_by("replaced_at"))


def grow_old(person, days):
    with scope.platform("sign_in"), writing():
        then = clock.now() - timedelta(days=days)
        User.objects.filter(id=person.user_id).update(created_at=then)
        PastPassword.objects.filter(user_id=person.user_id).update(replaced_at=then)


@pytest.mark.parametrize(
    ("rule", "password", "refused"),
    [
        (Rule(8), "password123", True),
        (Rule(8, breached=False), "password123", False),
        (Rule(8, breached=False), "maren.holt@halden.example", True),
        (Rule(8, breached=False, similar=False), "maren.holt@halden.example", False),
        (Rule(8, similar=False), "maren.holt@halden.example", False),
        (Rule(13), "harbour at 55", False),
        (Rule(14), "harbour at 55", True),
        (Rule(8, ("digit", "symbol")), "quiet harbour 5", True),
        (Rule(8, ("digit", "symbol")), "quiet harbour 5!", False),
        (Rule(8, ("upper",)), "quiet harbour 5!", True),
    ],
)
def test_each_rule_refuses_what_it_names_and_nothing_else(rule, password, refused):
    if refused:
        with pytest.raises(PasswordRefused):
            refuse_weak(password, MAREN, rule)
    else:
        refuse_weak(password, MAREN, rule)


def test_the_rule_is_said_as_it_is():
    assert rule_in_words(Rule(8, ("digit",), breached=False, similar=False, history=3)) == [
        "At least 8 characters.",
        "With a digit.",
        "None of your last 3 passwords.",
    ]
    assert rule_in_words(Rule(12, history=1))[-1] == "Not your last password."


def test_the_last_ones_do_not_come_back():
    org = make_organization()
    change(org, org.owner, PASSWORD, LONG.format(1))
    # Without a history the one before may come back.
    change(org, org.owner, LONG.format(1), PASSWORD)
    org.perform(change_policy, code="password.history", value=3)
    for password in (PASSWORD, LONG.format(1)):
        with pytest.raises(PasswordRefused, match="You had this password before"):
            change(org, org.owner, PASSWORD, password)
    change(org, org.owner, PASSWORD, LONG.format(2))
    change(org, org.owner, LONG.format(2), LONG.format(3))
    # The last three are now 3, 2 and the first one.
    with pytest.raises(PasswordRefused):
        change(org, org.owner, LONG.format(3), PASSWORD)
    change(org, org.owner, LONG.format(3), LONG.format(1))
    assert [check_password(LONG.format(2), one.hash) for one in past_of(org.owner)].count(True) == 1


def test_no_more_are_kept_than_the_longest_history_needs():
    org = make_organization()
    with scope.platform("sign_in"), writing():
        now = clock.now()
        PastPassword.objects.bulk_create(
            PastPassword(user_id=org.owner.user_id, hash=f"!{n}", replaced_at=now - timedelta(days=n + 1))
            for n in range(30)
        )
    change(org, org.owner, PASSWORD, LONG.format(1))
    kept = past_of(org.owner)
    assert len(kept) == 24
    assert check_password(PASSWORD, kept[-1].hash)


def test_another_organization_sees_nothing_of_ones_past_passwords():
    org, other = make_organization(), make_organization()
    change(org, org.owner, PASSWORD, LONG.format(1))
    with scope.tenant(other.id), reading():
        assert not PastPassword.objects.filter(user_id=org.owner.user_id).exists()
    with scope.tenant(org.id), reading():
        assert PastPassword.objects.filter(user_id=org.owner.user_id).count() == 1


def _reset(person):
    browser().post("/accounts/reset", {"email": person.email})
    return link_in(mail_to(person.email, "people.password_reset"))


def test_a_mailed_link_asks_what_every_organization_of_the_person_asks():
    org = make_organization()
    org.perform(change_policy, code="password.required_classes", value=["digit", "symbol"])
    org.perform(change_policy, code="password.minimum_length", value=8)
    org.perform(change_policy, code="password.history", value=1)
    path = _reset(org.owner)
    client = browser()
    page = body(client.get(path))
    assert "At least 8 characters." in page
    assert "With a digit, a symbol." in page
    for refused in ("quiet harbour", PASSWORD):
        assert client.post(path, {"password": refused}).status_code == 422
    assert client.post(path, {"password": "harbour 5!"}).status_code == 200
    signed_in(org.owner, "harbour 5!")


def test_of_several_organizations_the_strictest_counts():
    first = make_organization()
    second = make_organization(email=None)
    person = first.person("member")
    invited = second.invite(email=person.email)
    with scope.platform("accept_invitation", second.id):
        token = second.token_for(invited.membership_id)
    second.accept(token, signed_in_user_id=person.user_id)
    first.perform(change_policy, code="password.minimum_length", value=16)
    first.perform(change_policy, code="password.breached", value=False)
    second.perform(change_policy, code="password.required_classes", value=["digit"])
    with scope.platform("sign_in"), reading():
        assert rule_of_user(person.user_id) == Rule(16, ("digit",))
        assert rule_of_user(first.owner.user_id) == Rule(16, (), breached=False)


def test_a_password_that_grew_old_comes_first_at_the_next_sign_in():
    org = make_organization()
    member = org.person("member")
    before = signed_in(org.owner)
    grow_old(org.owner, 91)
    plan = planned(org, "password.expiry_days", 90)
    assert [(e.number, e.names) for e in plan.effects if e.number] == [(1, ("Maren Holt",))]
    org.perform(change_policy, code="password.expiry_days", value=90)
    # Whoever is in goes on.
    assert before.get("/admin").status_code == 200
    client = signed_in(org.owner)
    for path in ("/", "/admin", "/admin/org/policies", "/me"):
        assert client.get(path)["Location"] == "/me/password", path
    answer = client.get("/admin", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (204, "/me/password")
    assert post(client, org.owner, "/admin/org/policies/people.invitation_days", {"value": "3"}).status_code == 303
    assert value_of(org, "people.invitation_days") == 7
    answer = client.get("/api/v1/policies")
    assert (answer.status_code, answer.json()["code"]) == (403, "password_due")
    page = body(client.get("/me/password"))
    assert "Your password has grown too old for this organization." in page
    answer = post(client, org.owner, "/me/password", {"old": PASSWORD, "new": LONG.format(1)})
    assert answer.status_code == 303
    assert client.get("/admin").status_code == 200
    assert client.get("/api/v1/policies").status_code == 200
    assert signed_in(org.owner, LONG.format(1)).get("/admin").status_code == 200
    # Somebody whose password is young notices nothing.
    assert signed_in(member).get("/me").status_code == 200


def test_signing_out_is_always_open_and_an_end_of_the_rule_opens_everything():
    org = make_organization()
    grow_old(org.owner, 10)
    org.perform(change_policy, code="password.expiry_days", value=5)
    client = signed_in(org.owner)
    assert client.get("/accounts/logout").status_code == 200
    org.perform(change_policy, code="password.expiry_days", value=None)
    assert client.get("/admin").status_code == 200
