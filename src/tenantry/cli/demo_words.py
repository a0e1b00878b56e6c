"""What the demonstration's customers are called and what is said about them: invented."""

from collections.abc import Sequence
from dataclasses import dataclass

_STEMS = """
Aker Baltic Birk Brisa Carsa Delta Edda Fjord Garda Havn Iver Jotun Kestrel Lumen Marit Nordlys Orca Polar Quay Rana
Solvik Tarn Ulven Vesta Wexford Ymir Zenit Alta Bruma Corvo Duero Elba Faro Gavle Hemne Isla Lindesnes Mistral Narvik
Odin Porto Riva Skagen Tromsa Varde
"""
STEMS = _STEMS.split()
# Ending of the name, industry.
TRADES = (
    ("Shipyard", "Shipbuilding"),
    ("Seafood", "Fishing and seafood"),
    ("Logistics", "Transport"),
    ("Hotels", "Hospitality"),
    ("Energy", "Energy"),
    ("Foods", "Food"),
    ("Builders", "Construction"),
    ("Marine", "Shipping"),
    ("Timber", "Forestry"),
    ("Clinics", "Health"),
    ("Textiles", "Textiles"),
    ("Ferries", "Transport"),
)
FORMS = ("AS", "AB", "ApS", "GmbH", "Lda", "Oy", "SL", "Ltd")
CITIES = (
    "Oslo",
    "Bergen",
    "Göteborg",
    "Aarhus",
    "Helsinki",
    "Hamburg",
    "Porto",
    "Lisboa",
    "Sevilla",
    "Bilbao",
    "Galway",
    "Tallinn",
)
STREETS = ("Harbour Road", "Mill Lane", "Station Street", "Castle Hill", "Canal Street", "Market Square", "Pier Road")
TITLES = (
    "Head of purchasing",
    "Operations manager",
    "Owner",
    "Finance director",
    "Site manager",
    "Buyer",
    "Managing director",
    "Quality manager",
)
SOURCES = ("Website", "Trade fair", "Referral", "Telephone", "Newsletter", "Partner")
LOST = (
    "Chose a cheaper offer",
    "No budget this year",
    "Stayed with their supplier",
    "No answer any more",
    "We could not deliver in time",
)


@dataclass(frozen=True, slots=True)
class Trade:
    """What an organization sells. `values`: of a deal, lowest and highest, in whole units of the currency; `share`:
    the commission, in thousandths. `funnel`: how open deals spread over the stages. `second`: another workflow beside
    the first one, and what it is for."""

    deals: Sequence[str]
    values: tuple[int, int]
    share: int
    funnel: tuple[int, ...]
    second: tuple[str, str]


SUPPLY = Trade(
    (
        "Workwear, framework agreement",
        "Refit of the workshop",
        "Spare parts, two years",
        "Safety equipment",
        "Deck equipment",
        "Lighting for the hall",
        "Yearly service",
        "Pilot in {city}",
        "Depot in {city}",
        "Renewal",
        "Extension to three sites",
    ),
    (2_400, 86_000),
    30,
    (34, 28, 24, 14),
    ("Renewals", "Contracts that end this year."),
)
BROKERAGE = Trade(
    (
        "Purchase, {street}",
        "Refinancing, {street}",
        "Investment property, {city}",
        "Bridge loan, {street}",
        "Construction loan, {city}",
        "First home, {street}",
    ),
    (140_000, 920_000),
    6,
    (30, 24, 20, 16, 10),
    ("Commercial", "Offices, shops and land."),
)

# {name}: first name of the person; {company}: of their company.
TASKS = (
    "Call {name} about the offer",
    "Send the price list to {name}",
    "Ask {name} for the delivery address",
    "Agree on a date with {name}",
    "Check the credit of {company}",
    "Prepare the visit to {company}",
    "Send the contract to {name}",
    "Follow up with {name}",
    "Update the offer for {company}",
    "Ask {name} who else decides",
    "Book a demonstration at {company}",
    "Thank {name} for the meeting",
)
NOTES = (
    "{name} decides together with the finance director. They meet on the first Monday of each month.",
    "They compare us with one other supplier. Price matters less than delivery within a week.",
    "Wants everything in one contract, with one invoice a month. I promised a draft.",
    "{company} opens a second site in spring and will need the same again there.",
    "{name} prefers to be called before ten. Mail goes unread for days.",
    "The present contract ends with the year; three months’ notice.",
    "They were unhappy with the last delivery. I apologised and offered a credit note of 5 %.",
    "Asked for references from the same industry; sent three.",
    "The budget is approved. Only the wording on liability is open, their lawyer looks at it.",
    "{name} will be away for two weeks. A colleague, Ines, answers meanwhile.",
    "Met at the fair. Small order first, then we will see.",
    "Wants to pay within 60 days. I said that 30 is what we do, 45 may be possible.",
)
# Kind, title, what was said, minutes.
ACTIVITIES = (
    ("call", "Call with {name}", "Interested. Wants figures for a year, not for a quarter.", 12),
    ("call", "Call with {name}", "No answer; left a message.", 2),
    ("call", "First call", "Who they are, what they buy today, and from whom.", 25),
    ("meeting", "Visit at {company}", "Walked through the site with {name} and the foreman.", 90),
    ("meeting", "Meeting about the offer", "Went through each line. Two items are to be left out.", 45),
    ("meeting", "Demonstration", "Five people, good questions. {name} was convinced.", 60),
    ("mail", "Offer sent", "", None),
    ("mail", "Answer to the questions of {name}", "Delivery times, warranty, who to call at night.", None),
    ("mail", "Contract sent for signature", "", None),
    ("other", "Met at the trade fair", "Short talk at our stand.", 10),
)
