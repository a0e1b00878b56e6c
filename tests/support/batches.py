"""Batches of invitations, as an upload leaves them."""

from uuid import UUID

from factories.organizations import Organization, Person, unique
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.models import BatchRow
from tenantry.usecases.bulk_inviting import upload_batch


def address(name: str = "pat") -> str:
    """Nobody's yet."""
    return f"{unique(name)}@example.test"


def make_batch(org: Organization, *lines: str, name: str = "people.csv", by: Person | None = None) -> UUID:
    """Read and ready. Without `lines` it has one row that can be sent and one with an error."""
    rows = lines or ("email,name,role", f"{address()},Ada Stone,", f"{address()},Ben Ode,Nonesuch")
    return org.perform(upload_batch, by=by, file_name=name, content="\n".join(rows).encode()).batch_id


def rows_of(org: Organization, batch_id: UUID) -> list[BatchRow]:
    """In the order of the file."""
    with scope.tenant(org.id), reading():
        return list(BatchRow.objects.filter(batch_id=batch_id).order_by("position"))


def batch_samples(org: Organization, many: int = 1) -> dict[str, str]:
    """Of a batch with `many` rows of either kind: values for `batch_id` and `row_id` in addresses."""
    rows = [line for _ in range(many) for line in (f"{address()},Ada Stone,", f"{address()},Ben Ode,Nonesuch")]
    batch_id = make_batch(org, "email,name,role", *rows)
    return {"batch_id": str(batch_id), "row_id": str(rows_of(org, batch_id)[0].id)}
