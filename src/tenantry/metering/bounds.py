"""Bounds of what programs report."""

from datetime import timedelta

from tenantry.core.text import TextBound

EVENT_ID = TextBound(200)
MOST_EVENTS = 1_000
MOST_AMOUNT = 10**12
# How late a report may come, and how far clocks may differ.
LATE = timedelta(days=35)
AHEAD = timedelta(minutes=5)
# How long room may be held.
SHORTEST_HOLD, LONGEST_HOLD = 10, 86_400
