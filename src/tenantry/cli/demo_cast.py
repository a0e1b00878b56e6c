"""The people of the demonstration: invented, international, and the same on every machine."""

import random
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta

from tenantry.usecases.demonstrating import DemoPerson

_GIVEN_NAMES = """
Aaliyah Adaeze Agnieszka Aiko Aisha Alejandro Amara Amélie Anders André Anika Anjali Antonia Arjun Astrid Ayşe
Beatriz Björn Camila Carlos Chiara Chidi Claire Daniel Darragh Dilnoza Diego Eduardo Efua Eilidh Elena Élodie
Emeka Emil Emre Esra Ewan Fatima Felix Femi Finn Freya Gabriela Giulia Grete Hanna Haruto Hélène Henrik
Hiroshi Hugo Ida Idris Ilse Imani Ines Ingrid Isabel Ivana Jakub Jan Jin Joana Jonas José Julia Kaito Karin
Katarzyna Khadija Kofi Kwame Lars Leila Léa Li Liam Linnéa Lucía Luka Mahmoud Maja Malik Marco Mariana Marta
Matteo Mei Mehmet Mia Mikkel Milan Min Nadia Naledi Nia Niamh Nikhil Nina Noor Olga Oliver Omar Oskar Pablo
Paula Pavel Petra Priya Rafael Rania Ravi Rosa Ruth Saanvi Sahar Salma Samuel Sanna Sean Selin Shreya Sigrid
Simone Sofia Søren Stefan Sven Tariq Teresa Thandiwe Theo Tomás Tove Valeria Vikram Viktor Wei Xiomara Yara
Yasmin Yuki Zainab Zofia Zoltán
"""
GIVEN = _GIVEN_NAMES.split()
_FAMILY_NAMES = """
Abdi Achterberg Adeyemi Aguilar Ahmadi Almeida Andersson Bakker Banerjee Barros Bauer Becker Bennani Berg
Bianchi Bondarenko Brandt Byrne Carvalho Castillo Chen Chukwu Costa Dahl Das Demir Devi Diallo Dubois Duarte
Eide Ekström Eriksen Fabre Farouk Fernández Fischer Fontaine Fraser García Ghosh Gomes González Greco
Gunnarsson Gupta Haddad Hansen Haugen Hernández Hoffmann Holm Horváth Hussain Ibrahim Ito Iyer Jansen Jensen
Jiménez Johansson Joshi Kang Kaplan Karlsson Kaur Keller Khan Kim Kjær Kovač Kowalczyk Kumar Lam Larsen
Laurent Le Lindqvist Lopes López Lund MacLeod Mahlangu Marchetti Martins Mbeki Mehta Meyer Molina Moreau
Müller Murphy Mwangi Nakamura Ncube Nguyen Nielsen Nilsson Nkosi Novák Nowak Núñez O’Brien Okafor Olsen Öztürk
Oyelaran Park Patel Pereira Petrov Popescu Quispe Rahman Ramos Rao Reyes Ricci Rossi Sato Schmidt Schneider
Silva Singh Sørensen Sousa Strand Suzuki Szabó Takahashi Tanaka Tesfaye Torres Tran Ullah Vargas Vasquez
Virtanen Wagner Walsh Wang Weber Wójcik Yamamoto Yıldız Yusuf Zając Zhang Zimmermann
"""
FAMILY = _FAMILY_NAMES.split()
TEAMS = {
    "Field sales": "Visits customers in the Nordics and northern Germany.",
    "Inside sales": "Answers enquiries and follows up by phone.",
    "Key accounts": "Looks after the forty largest customers.",
    "Partner sales": "Sells through distributors.",
    "Customer success": "Onboarding, training and reviews.",
    "Renewals": "Contracts that end within ninety days.",
    "Sales operations": "Data, territories and reports.",
    "Marketing": "Campaigns and events.",
}
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_7) Version/18.3 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) Version/18.3 Mobile Safari/604.1",
)
# How many of a hundred hold a role, where a blueprint has it; everybody else holds the ordinary one.
SHARES = {
    "administrator": 2,
    "billing_administrator": 1,
    "people_administrator": 1,
    "manager": 8,
    "read_only": 5,
    "team_lead": 3,
    "senior_sales_rep": 6,
    "read_only_viewer": 2,
    "system_administrator": 3,
    "processor": 30,
    "user_admin": 2,
}
ORDINARY = ("member", "sales_rep", "broker")
FOUNDER = ("Maren", "Holt")
# Invited by the product itself in the last hour.
INVITED = (("Hanna", "Virtanen"), ("Omar", "Haddad"), ("Clara", "Nystrand"))
# Of the whole cast; the rest is active.
ENDINGS = (("pending", 0.03), ("expired", 0.02), ("deactivated", 0.065), ("removed", 0.03))
# What is younger is done by the product's own actions, after the history.
HISTORY_ENDS = timedelta(minutes=70)
_LETTERS = str.maketrans({"ø": "o", "æ": "ae", "ß": "ss", "ł": "l", "ı": "i", "đ": "d", "’": "", "'": ""})


def address_of(given: str, family: str, domain: str) -> str:
    """`lea.wojcik@…`: letters without marks."""
    plain = f"{given}.{family}".lower().translate(_LETTERS)
    bare = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return f"{bare}@{domain}"


def ordinary_of(roles: Sequence[str]) -> str:
    """What most people of an organization are."""
    return next((key for key in ORDINARY if key in roles), roles[-1])


def cast(
    *, roles: Sequence[str], keyholder: str, size: int, domain: str, founded_at: datetime, now: datetime, seed: str
) -> list[DemoPerson]:
    """`size` people who came since the founding. `roles`: keys of the blueprint, strongest first."""
    dice = random.Random(seed)  # noqa: S311 the same people everywhere is the point
    names = _names(dice, size)
    keys = _roles(dice, roles, keyholder, size)
    endings = _endings(dice, keys, size)
    teams = list(TEAMS)
    leads = _leads(keys, endings)
    people = []
    for place, ((given, family), role, ending) in enumerate(zip(names, keys, endings, strict=True)):
        people.append(
            _person(
                dice,
                name=(given, family),
                email=address_of(given, family, domain),
                role=role,
                ending=ending,
                # Three of four belong to a team; administrators of the first rows to none.
                team=leads.get(place) or (dice.choice(teams) if place > 5 and dice.random() < 0.8 else ""),
                is_lead=place in leads,
                arrived=founded_at + (now - timedelta(days=8) - founded_at) * (place / size) ** 0.8,
                now=now,
            )
        )
    return people


def _names(dice: random.Random, size: int) -> list[tuple[str, str]]:
    found = [FOUNDER]
    taken = {FOUNDER, *INVITED}
    while len(found) < size:
        name = (dice.choice(GIVEN), dice.choice(FAMILY))
        if name not in taken:
            taken.add(name)
            found.append(name)
    return found


def _roles(dice: random.Random, roles: Sequence[str], keyholder: str, size: int) -> list[str]:
    ordinary = ordinary_of(roles)
    first = [keyholder, *(key for key in roles if key != keyholder)]
    many = [key for key in roles for _n in range(max(0, SHARES.get(key, 0) * size // 100 - 1))]
    rest = many + [ordinary] * (size - len(first) - len(many))
    dice.shuffle(rest)
    return [*first, *rest]


def _endings(dice: random.Random, keys: Sequence[str], size: int) -> list[str]:
    # The first rows stay: one of each role signs in for the demonstration.
    safe = len(set(keys)) + 20
    late = [ending for ending, share in ENDINGS for _n in range(round(share * size))]
    rest = late + ["active"] * (size - safe - len(late))
    dice.shuffle(rest)
    return ["active"] * safe + rest


def _leads(keys: Sequence[str], endings: Sequence[str]) -> dict[int, str]:
    """Place in the cast -> the team that is led from there."""
    able = [i for i, key in enumerate(keys) if key == "manager" and endings[i] == "active"]
    able += [i for i in range(8, len(keys)) if endings[i] == "active" and i not in able]
    return dict(zip(able, TEAMS, strict=False))


def _person(
    dice: random.Random,
    *,
    name: tuple[str, str],
    email: str,
    role: str,
    ending: str,
    team: str,
    is_lead: bool,
    arrived: datetime,
    now: datetime,
) -> DemoPerson:
    given, family = name
    address = f"203.0.113.{dice.randrange(2, 250)}" if dice.random() < 0.8 else f"198.51.100.{dice.randrange(2, 250)}"
    agent = dice.choices(AGENTS, weights=(5, 3, 1, 2))[0]
    if ending in ("pending", "expired"):
        days = dice.uniform(0.2, 6.6) if ending == "pending" else dice.uniform(9, 30)
        invited = now - timedelta(days=days)
        return DemoPerson(given, family, email, role, ending, invited, team=team, address=address, agent=agent)
    joined = arrived + timedelta(hours=dice.uniform(0.3, 40))
    ended = None if ending == "active" else _between(dice, joined + timedelta(days=1), now - timedelta(days=1))
    last = min(now - HISTORY_ENDS, ended or now) - _absence(dice)
    return DemoPerson(
        given,
        family,
        email,
        role,
        ending,
        arrived,
        team=team,
        is_lead=is_lead,
        joined_at=joined,
        ended_at=ended,
        last_sign_in_at=max(joined, last),
        address=address,
        agent=agent,
    )


def _between(dice: random.Random, low: datetime, high: datetime) -> datetime:
    return low + (high - low) * dice.uniform(0.3, 1)


def _absence(dice: random.Random) -> timedelta:
    """Most people were here today or yesterday, some not for weeks."""
    spans = ((0, 9), (9, 60), (60, 400), (400, 2400))
    low, high = dice.choices(spans, weights=(30, 35, 25, 10))[0]
    return timedelta(hours=dice.uniform(low, high))
