"""A batch as a file: the rows that can't be sent, to be mended in a spreadsheet; and the template."""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from tenantry.core.actor import Actor
from tenantry.core.sheets import MARK, csv_line
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import BatchRow
from tenantry.usecases.bulk_inviting.batches import State, get_batch, rows_of
from tenantry.usecases.bulk_inviting.drafts import FIELDS
from tenantry.usecases.bulk_inviting.wording import is_warning, reason_in_words

# Nobody asks for this column when the file comes back.
REASON: Final = "reason"
_PART = 1_000


def faulty_file(actor: Actor, batch_id: UUID) -> Iterator[bytes]:
    """Rows with errors and rows that were refused, with the reasons behind them; a transaction a part, so that nobody
    waits for a slow reader. Goes back up as it is.

    :raises NotFound: see `get_batch`.
    """
    assert actor.organization_id is not None
    yield MARK + csv_line([*FIELDS, REASON])
    position = 0
    while True:
        with scope.tenant(actor.organization_id), reading():
            rows = rows_of(get_batch(actor, batch_id), (State.ERROR, State.REFUSED))
            part = list(rows.filter(position__gt=position).order_by("position")[:_PART])
            text = b"".join(_line(row) for row in part)
        if not part:
            return
        position = part[-1].position
        yield text


def _line(row: BatchRow) -> bytes:
    reasons = [reason_in_words(one) for one in row.reasons if not is_warning(one)]
    return csv_line([*(getattr(row, field) for field in FIELDS), " ".join(reasons)])


def template_file() -> bytes:
    """The heading, and one line that shows what stands where."""
    return MARK + csv_line(FIELDS) + csv_line(["ada@company.example", _("Ada Stone"), "", "", "", "", "", ""])
