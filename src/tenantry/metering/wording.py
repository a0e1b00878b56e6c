"""Figures of meters for people."""

from django.utils.formats import date_format, number_format

from tenantry.core.sizes import in_words as bytes_in_words
from tenantry.metering.errors import CallsExhausted, MeterExhausted
from tenantry.metering.meters import CALLS, Meter
from tenantry.metering.selectors import MeterState


def amount_in_words(meter: Meter, amount: int) -> str:
    """“12,804”, or “4.2 GB”."""
    if meter.unit == "bytes":
        return bytes_in_words(amount)
    return str(number_format(amount, decimal_pos=0, use_l10n=True, force_grouping=True))


def exhausted(state: MeterState, needed: int) -> MeterExhausted:
    """The refusal with this state's figures. Only where there is a limit."""
    meter, limit = state.meter, (state.limit or 0) + state.from_packs + state.packs_left
    words = {
        "title": str(meter.title),
        "used": amount_in_words(meter, state.counted + state.reserved),
        "limit": amount_in_words(meter, limit),
        "needed": amount_in_words(meter, needed),
    }
    if state.resets_at is not None:
        words["resets"] = str(date_format(state.resets_at, "DATE_FORMAT"))
    kind = CallsExhausted if meter.key == CALLS else MeterExhausted
    return kind(
        words=words,
        packs=meter.packs,
        meter=meter.key,
        used=state.counted + state.reserved,
        limit=limit,
        needed=needed,
        room=state.room or 0,
        resets_at=state.resets_at.isoformat() if state.resets_at else "",
    )
