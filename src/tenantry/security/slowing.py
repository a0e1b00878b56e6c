"""Sign-in slows down but never locks (product.md §8): each failure beyond the third doubles the wait, at most 60 s.

Counted by address and place together, so that a stranger's guesses do not keep the owner out, and by place alone, so
that guessing many addresses slows down too. Behind one place may stand a whole office: its wait before a sign-in is
short, or one of them could keep all others out by failing once a minute. Counters are committed on their own: a refused
sign-in rolls nothing back.
"""

from datetime import datetime, timedelta

from django.db import connection

from tenantry.core import crypto
from tenantry.core.errors import TooFast
from tenantry.security.models import FailedAttempts

FREE_TRIES = 3
FREE_TRIES_OF_A_PLACE = 30
LONGEST_SECONDS = 60
# Of a place alone, by what is tried; what sends mails to addresses of somebody's choice stays at the longest.
LONGEST_SECONDS_OF_A_PLACE = {"sign_in": 4}
FORGOTTEN_AFTER = timedelta(hours=1)


def _keys(what: str, who: str, place: str) -> list[tuple[bytes, int]]:
    pair = crypto.mac("failed attempts", f"{what}|{who}|{place}".encode("utf-8", "replace"))
    alone = crypto.mac("failed attempts", f"{what}||{place}".encode("utf-8", "replace"))
    return [(pair, FREE_TRIES), (alone, FREE_TRIES_OF_A_PLACE)]


def ask(what: str, who: str, place: str, now: datetime) -> None:
    """:raises TooFast: with the seconds to wait; the right password is not looked at either."""
    longest = (LONGEST_SECONDS, LONGEST_SECONDS_OF_A_PLACE.get(what, LONGEST_SECONDS))
    for (key, free), most in zip(_keys(what, who, place), longest, strict=True):
        row = FailedAttempts.objects.filter(key=key).first()
        if row is None or row.failures < free or now - row.last_at > FORGOTTEN_AFTER:
            continue
        wait = min(most, 2 ** min(row.failures - free, 10))
        left = wait - (now - row.last_at).total_seconds()
        if left > 0:
            raise TooFast(seconds=int(left) + 1)


def failed(what: str, who: str, place: str, now: datetime) -> None:
    """Counts one failure, atomically: parallel tries all count."""
    with connection.cursor() as cursor:
        for key, _free in _keys(what, who, place):
            cursor.execute(
                "INSERT INTO security_failedattempts AS t (key, failures, last_at) VALUES (%s, 1, %s)"
                " ON CONFLICT (key) DO UPDATE"
                " SET failures = CASE WHEN t.last_at < %s THEN 1 ELSE t.failures + 1 END, last_at = excluded.last_at",
                [key, now, now - FORGOTTEN_AFTER],
            )


def succeeded(what: str, who: str, place: str) -> None:
    # One statement in autocommit: Django's own delete would begin a transaction, and with it take the role of whatever
    # organization this browser is in.
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM security_failedattempts WHERE key = %s", [_keys(what, who, place)[0][0]])
