"""The pseudo-locale run: every page is asked for in a language of accents, and what stays plain was never marked."""

import re
from html.parser import HTMLParser

import pytest
from django.utils import translation

from support.pages import Scene, address, make_scene, page_routes
from support.visitors import signed_in
from tenantry.access.models import Profile
from tenantry.access.selectors import all_role_names
from tenantry.billing.gateways.sandbox import CARDS
from tenantry.billing.offers import SHIPPED, load
from tenantry.blueprints.schema import shipped
from tenantry.config.pseudo import CODE, accented
from tenantry.core.records import owned_types
from tenantry.core.sheets import ENCODINGS
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.models import Stage
from tenantry.organizations.bounds import CURRENCIES, TIME_ZONES
from tenantry.organizations.models import Unit, Workflow, Workspace
from tenantry.people.models import Department, SavedView, Team

ATTRIBUTES = {"title", "aria-label", "placeholder", "alt", "data-copied", "data-failed"}
# Elements whose text is not language: codes, data to copy, and what browsers don't show.
SILENT = {"script", "style", "code", "kbd", "samp", "pre"}
WORD = re.compile(r"[A-Za-z]{3,}")
# Names: of ourselves, of formats, of programs, and of the people and things that the test made.
NAMES = re.compile(
    r"Tenantry|CSV|JSON|PDF|ZIP|Lines|PNG|JPEG|WebP|SMTP|API|REST|UTC|MB|Halden|Supply|Petra|Lindqvist|Hanna|Virtanen|Ewan"
    r"|Drummond|Grete|Sunde|Maren|Holt|Pat|Example|Field|sales|On the road|Inside|Outside|Ada Stone|Ben Ode|Nonesuch"
    r"|Fairs|Drive|people\.csv|halden[\w-]*|\S+@\S+|https?://\S+"
    r"|#[0-9a-f]{6}|\btest\b|tk_\S*|\b\d+\w*\b"
)


class Strings(HTMLParser):
    """Visible text and spoken attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.silent += tag in SILENT
        self.found += [value for name, value in attrs if name in ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in SILENT

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.found.append(data)


# Whose rows have names that people chose.
NAMED = (Profile, Department, SavedView, Stage, Team, Unit, Workspace, Workflow)


@pytest.fixture(scope="module")
def scene(database: None) -> Scene:
    return make_scene()


@pytest.fixture(scope="module")
def data(scene: Scene) -> set[str]:
    """Texts of blueprints and lists of the world: shown as they are."""
    with scope.tenant(scene.organization.id), reading():
        names = {name for _id, name in all_role_names()}
        names |= {str(getattr(row, one.name)) for one in owned_types().values() for row in one.model.objects.all()}
        names |= set(Workflow.objects.values_list("description", flat=True)) - {""}
        names |= {name for model in NAMED for name in model.objects.values_list("name", flat=True)}
    blueprints = {text for b in shipped() for text in (b.title, b.sentence)}
    blueprints |= {text for b in shipped() for r in b.roles for text in (r.name, r.description)}
    catalogues = [load(key) for key in SHIPPED]
    blueprints |= {
        one.title for c in catalogues for one in (c, *c.plans, *c.packs, *(a for p in c.plans for a in p.addons))
    }
    blueprints |= {f"{card.brand} {card.last4}" for card in CARDS.values()}
    labels = {label for b in shipped() for label in b.labels.values()}
    zones = {zone.replace("_", " ") for zone in TIME_ZONES}
    return names | blueprints | labels | zones | set(TIME_ZONES) | set(CURRENCIES) | set(ENCODINGS.values())


def plain(text: str, data: set[str]) -> bool:
    text = " ".join(text.split())
    for known in sorted((d for d in data if d in text), key=len, reverse=True):
        text = text.replace(known, "")
    # What stands in brackets went through gettext, with the values that were filled in.
    while (shorter := re.sub(r"\[[^\[\]]*\]", "", text)) != text:
        text = shorter
    return bool(WORD.search(NAMES.sub("", text)))


def test_the_pseudo_language_changes_every_word():
    assert accented("Add user") == "[Åđđ üšéŕ··]"
    assert plain("Add user", set())
    assert not plain(accented("Add user"), set())


def test_no_page_shows_a_string_that_was_not_marked_for_translation(scene, data):
    client = signed_in(scene.organization.owner)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = CODE
    bare = {}
    for route in page_routes():
        # A request leaves its language with this thread; other tests read English.
        with translation.override(None):
            answer = client.get(address(route, scene))
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        strings = Strings()
        strings.feed(answer.content.decode())
        found = sorted({" ".join(s.split())[:90] for s in strings.found if plain(s, data)})
        if found:
            bare[route] = found
    assert not bare, "\n".join(f"{route}: {found}" for route, found in bare.items())
