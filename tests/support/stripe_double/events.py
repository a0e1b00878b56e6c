"""What happened, newest first."""

from support.stripe_double.routes import CREATED, PAGING, Call, created, operation, page
from support.stripe_double.world import Object


@operation("GET /v1/events", f"{PAGING} type types {CREATED}")
def list_events(call: Call) -> Object:
    rows, wanted = call.world.all("event"), call.get("types") or ([call.get("type")] if call.get("type") else None)
    if wanted is not None:
        rows = [row for row in rows if any(_fits(row["type"], one) for one in wanted)]
    return page(call, created(call, rows))


def _fits(kind: str, wanted: str) -> bool:
    return kind == wanted or (wanted.endswith(".*") and kind.startswith(wanted[:-1]))


@operation("GET /v1/events/{}")
def retrieve_event(call: Call) -> Object:
    return call.world.find("event", call.id, status=404)
