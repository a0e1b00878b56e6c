"""Operators of the installation: created on the command line, signed in with password and one-time code."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

import pyotp
from django.contrib.auth.hashers import check_password, make_password

from tenantry.acting.actions import Done, Outcome, action, in_action, register_proof
from tenantry.audit.chain import Entry
from tenantry.core import crypto
from tenantry.core.actor import ALL_GRANTS, Actor
from tenantry.core.errors import InvalidInput, NoLongerIn, NotFound
from tenantry.core.ids import NIL
from tenantry.people.locks import lock_members
from tenantry.security.errors import SignInRefused
from tenantry.security.models import Operator, OperatorSession
from tenantry.security.passwords import Person, refuse_weak

PURPOSE = "operator factor"
STEP_SECONDS = 30
# Shorter than a member's: an operator sees mails and every organization's name.
LONGEST = timedelta(hours=12)
IDLE = timedelta(hours=1)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class OperatorCreated:
    """`secret`: base32, for an authenticator application; shown once."""

    email: str
    secret: str
    uri: str


@action(open_to="only somebody with the machine's command line reaches it", holds_secret=True)
def create_operator(*, actor: Actor, now: datetime, email: str, name: str, password: str) -> Outcome[OperatorCreated]:
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


@dataclass(frozen=True, slots=True)
class OperatorEntered:
    """`token`: for the console's cookie; stored as its hash only."""

    id: UUID
    token: str


@action(open_to="password and one-time code are what it asks for", holds_secret=True)
def sign_operator_in(*, actor: Actor, now: datetime, email: str, password: str, code: str) -> Outcome[OperatorEntered]:
    """Checks both factors independently, and each code once (RFC 6238, 5.2), and opens a session of the console.

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
    token = crypto.new_token()
    session = OperatorSession(
        operator=operator,
        token_hash=crypto.token_hash(token),
        epoch=operator.session_epoch,
        entered_at=now,
        seen_at=now,
        address=actor.address,
        agent=actor.agent[:300],
    )
    session.save(force_insert=True)
    entry = Entry("installation.operator_signed_in", "operator", operator.id)
    return Outcome(OperatorEntered(operator.id, token), entry)


@dataclass(frozen=True, slots=True)
class InConsole:
    """`seen_is_old`: "last seen" is due to be written."""

    actor: Actor
    session_id: UUID
    name: str
    email: str
    seen_is_old: bool


def enter_console(token: str, *, address: str, agent: str, request_id: str, now: datetime) -> InConsole | None:
    """Whom this cookie lets into the console; None once it was ended, grew old or idle, or is of an older epoch."""
    if not token or len(token) > 200:
        return None
    rows = OperatorSession.objects.select_related("operator")
    session = rows.filter(token_hash=crypto.token_hash(token), ended_at=None).first()
    if session is None or not session.operator.is_active or session.epoch != session.operator.session_epoch:
        return None
    if now - session.entered_at > LONGEST or now - session.seen_at > IDLE:
        return None
    operator = session.operator
    actor = Actor(
        kind="operator",
        organization_id=None,
        grants=ALL_GRANTS,
        operator_id=operator.id,
        label=operator.name,
        session_epoch=session.epoch,
        address=address,
        agent=agent,
        request_id=request_id,
    )
    return InConsole(actor, session.id, operator.name, operator.email, now - session.seen_at > SEEN_EVERY)


def note_operator_seen(session_id: UUID, now: datetime) -> None:
    """Keeps "last seen" to the minute. Not an action: it says nothing that an operator did."""
    in_action()
    OperatorSession.objects.filter(id=session_id).update(seen_at=now)


@action(open_to="everybody ends their own session")
def sign_operator_out(*, actor: Actor, now: datetime, session_id: UUID) -> Outcome[Done]:
    """:raises NotFound: not an open session of one's own."""
    rows = OperatorSession.objects.filter(id=session_id, operator_id=actor.operator_id or NIL, ended_at=None)
    if not rows.update(ended_at=now):
        raise NotFound
    return Outcome(Done(session_id), Entry("installation.operator_signed_out", "operator", actor.operator_id))


def prove_operator(actor: Actor, targets: frozenset[UUID], now: datetime) -> Actor:
    """:raises NoLongerIn: no operator any more, or signed out everywhere since the request began."""
    lock_members(targets)
    operator = Operator.objects.filter(id=actor.operator_id or NIL, is_active=True).first()
    if operator is None or operator.session_epoch != actor.session_epoch:
        raise NoLongerIn
    return actor


register_proof("operator", prove_operator)


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
