"""Operators of the installation: created on the command line, signed in with password and one-time code."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import pyotp
from django.contrib.auth.hashers import check_password, make_password

from tenantry.acting.actions import Done, Outcome, action
from tenantry.audit.chain import Entry
from tenantry.core import crypto
from tenantry.core.actor import Actor
from tenantry.core.errors import InvalidInput
from tenantry.security.errors import SignInRefused
from tenantry.security.models import Operator
from tenantry.security.passwords import Person, refuse_weak

PURPOSE = "operator factor"
STEP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class OperatorCreated:
    """`secret`: base32, for an authenticator application; shown once."""

    email: str
    secret: str
    uri: str


@action(open_to="only somebody with the machine's command line reaches it", holds_secret=True)
def create_operator(
    *, actor: Actor, now: datetime, email: str, name: str, password: str
) -> Outcome[OperatorCreated]:
    """A new operator with a second factor from the start.

    :raises InvalidInput: the address has an operator. :raises PasswordRefused: too weak.
    """
    if actor.kind != "system":
        raise SignInRefused
    refuse_weak(password, Person(email, name))
    if Operator.objects.filter(email=email).exists():
        raise InvalidInput({"email": "An operator with this address exists."})
    secret = pyotp.random_base32()
    operator = Operator(
        email=email,
        name=name,
        password=make_password(password),
        sealed_totp_secret=crypto.seal(secret.encode(), PURPOSE),
        created_at=now,
    )
    operator.save(force_insert=True)
    uri = pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name="Tenantry console")
    entry = Entry("installation.operator_created", "operator", operator.id, {}, {"email": email, "name": name})
    return Outcome(OperatorCreated(email, secret, uri), entry)


@action(open_to="password and one-time code are what it asks for")
def sign_operator_in(*, actor: Actor, now: datetime, email: str, password: str, code: str) -> Outcome[Done]:
    """Checks both factors independently, and each code once (RFC 6238, 5.2).

    :raises SignInRefused: one answer whatever was wrong.
    """
    operator = Operator.objects.select_for_update(no_key=True).filter(email=email, is_active=True).first()
    known = operator.password if operator else _unknown()
    password_fits = check_password(password, known) and operator is not None
    step = _fitting_step(operator, code, now) if operator else None
    if operator is None or not password_fits or step is None or step <= operator.totp_step:
        raise SignInRefused
    operator.totp_step, operator.last_sign_in_at = step, now
    operator.save(update_fields=["totp_step", "last_sign_in_at"])
    return Outcome(Done(operator.id), Entry("installation.operator_signed_in", "operator", operator.id))


@lru_cache(maxsize=1)
def _unknown() -> str:
    """Checked when the address is unknown, so that both answers take the same time."""
    return make_password("no operator has this password")


def _fitting_step(operator: Operator, code: str, now: datetime) -> int | None:
    totp = pyotp.TOTP(crypto.unseal(bytes(operator.sealed_totp_secret), PURPOSE).decode())
    this = int(now.timestamp()) // STEP_SECONDS
    for step in (this, this - 1, this + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.strip().encode("utf-8", "replace")):
            return step
    return None


def code_of(email: str, now: datetime) -> str | None:
    """The present code of an operator, for the one who owns the machine (command line only)."""
    operator = Operator.objects.filter(email=email).first()
    if operator is None:
        return None
    secret = crypto.unseal(bytes(operator.sealed_totp_secret), PURPOSE).decode()
    return pyotp.TOTP(secret).generate_otp(int(now.timestamp()) // STEP_SECONDS)


def operator_exists(email: str) -> bool:
    return Operator.objects.filter(email=email).exists()
