"""A load that the search can follow: whoever was loaded is found within a minute, at any time and at its end."""

import time
from typing import Final
from uuid import UUID

from django.db import connections, transaction

# Notes of who waits for search rows, three or four for somebody new: what a worker makes in less than half a minute.
MOST_BEHIND: Final = 150_000
# When nothing was done for so many seconds, no worker is running; it will do it all when one does.
PATIENCE: Final = 60.0
_WAITING = """
SELECT count(*) FROM (SELECT FROM people_searchwaiting WHERE organization_id = %s LIMIT %s) AS waiting
"""


class Pace:
    """`database`: the alias that sees every organization."""

    def __init__(self, database: str, organization_id: UUID) -> None:
        self.database, self.organization_id = database, organization_id
        self.is_followed = True

    def keep(self) -> None:
        """Returns when no more than `MOST_BEHIND` notes wait, or nobody does anything about them."""
        fewest, since = self._behind(), time.monotonic()
        behind = fewest
        while self.is_followed and behind > MOST_BEHIND:
            time.sleep(0.5)
            behind = self._behind()
            if behind < fewest:
                fewest, since = behind, time.monotonic()
            self.is_followed = time.monotonic() - since < PATIENCE

    def _behind(self) -> int:
        # Counted far beyond what is too many, so that one sees whether they become fewer.
        with transaction.atomic(using=self.database), connections[self.database].cursor() as cursor:
            cursor.execute(_WAITING, [self.organization_id, 10 * MOST_BEHIND + 1])
            return int(cursor.fetchone()[0])
