"""The two kinds of transaction: one that reads a moment, one that writes an action."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from tenantry.core.acts import Act, acting


class NoTransaction(RuntimeError):
    """An action or a step was called outside of `acting.perform`."""


@contextmanager
def reading() -> Iterator[None]:
    """One read-only transaction around a page or an answer; nested calls join it."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
        yield


@contextmanager
def writing(act: Act | None = None) -> Iterator[None]:
    """One transaction of an action, committed or rolled back before anything is rendered. `act`: what triggers write
    down of it."""
    with acting(act), transaction.atomic(durable=True):
        yield


def assert_in_transaction() -> None:
    if not connection.in_atomic_block:
        raise NoTransaction
