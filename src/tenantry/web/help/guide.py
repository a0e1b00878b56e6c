"""The administrator's guide: chapters are templates, search reads what they say in the person's language."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LONGEST_QUERY = 100
SNIPPET = 200
MOST_HITS = 30


@dataclass(frozen=True, slots=True)
class Chapter:
    """`slug` names address and template."""

    slug: str
    title: Any
    summary: Any
    icon: str


@dataclass(frozen=True, slots=True)
class Section:
    anchor: str
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Hit:
    """`heading` and `snippet` are safe HTML with the words found in <mark>."""

    chapter: Chapter
    anchor: str
    heading: SafeString
    snippet: SafeString


CHAPTERS: tuple[Chapter, ...] = (
    Chapter(
        "sign-up", _("Set up your organization"), _("Sign up, prove your address, the first five minutes"), "rocket"
    ),
    Chapter("people", _("Bring people in"), _("Three ways in, and what if somebody is here already"), "user-plus"),
    Chapter("many", _("Many people at once"), _("A file or a list, looked through first, sent as one"), "upload"),
    Chapter("directory", _("The directory"), _("Find people, keep a view, act on many"), "list-details"),
    Chapter("person", _("One person"), _("Particulars, departments, another address, passwords"), "user-edit"),
    Chapter("links", _("Links that expire"), _("How long links work, resend, revoke, and what people see"), "link"),
    Chapter("roles", _("Roles"), _("Who may do what, whose records, and the last Owner"), "shield-half"),
    Chapter(
        "access", _("Why somebody can, or can’t"), _("The order of evaluation, explanations, codes to hand over"), "key"
    ),
    Chapter("teams", _("Teams"), _("Sets of people, and what a team's lead may do"), "users-group"),
    Chapter(
        "structure",
        _("Branches, workspaces, workflows"),
        _("Where people stand, and what they take part in"),
        "sitemap",
    ),
    Chapter("records", _("Records"), _("Who sees what, the queue Unassigned, archive, files"), "briefcase"),
    Chapter("workflows", _("Pipelines"), _("Stages, who takes part, mentors"), "arrows-split-2"),
    Chapter("reports", _("Reports"), _("What they count, and for whom"), "chart-bar"),
    Chapter(
        "leaving", _("Deactivate, remove, reactivate"), _("When somebody leaves, and when they come back"), "user-off"
    ),
    Chapter("seats", _("Seats"), _("What counts, what is free, and what to do at the limit"), "ticket"),
    Chapter("plans", _("Plan, payment, invoices"), _("Change, pay, end; meters and packs"), "credit-card"),
    Chapter("notifications", _("What you are told"), _("The bell, mails by kind, contacts"), "bell"),
    Chapter("audit", _("The audit"), _("Who did what to whom, and how to prove it"), "history"),
    Chapter("mail", _("Mails and the outbox"), _("Where a mail is, and how to work without a mail server"), "mail"),
)


def find_chapter(slug: str) -> Chapter | None:
    return next((chapter for chapter in CHAPTERS if chapter.slug == slug), None)


class _Reader(HTMLParser):
    """Cuts a chapter at its <h2 id=…>."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections: list[tuple[str, list[str], list[str]]] = [("", [], [])]
        self._pieces = self.sections[0][2]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "h2":
            self.sections.append((dict(attrs).get("id") or "", [], []))
            self._pieces = self.sections[-1][1]
        elif tag in ("p", "li", "dt", "dd", "td", "th", "tr"):
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "h2":
            self._pieces = self.sections[-1][2]

    def handle_data(self, data: str) -> None:
        self._pieces.append(data)


@lru_cache(maxsize=64)
def sections(slug: str, language: str) -> tuple[Section, ...]:
    """What a chapter says; `language` is the active one and keys the cache."""
    reader = _Reader()
    reader.feed(render_to_string(f"help/chapters/{slug}.html"))
    found = (Section(anchor, _plain(heading), _plain(text)) for anchor, heading, text in reader.sections)
    return tuple(section for section in found if section.heading or section.text)


def search(query: str) -> list[Hit]:
    """Sections that hold every word of `query`, those with more of them in their heading first."""
    words = tuple(dict.fromkeys(query[:LONGEST_QUERY].casefold().split()))
    if not words:
        return []
    scored: list[tuple[int, Hit]] = []
    for chapter in CHAPTERS:
        for section in sections(chapter.slug, get_language() or ""):
            heading = section.heading or str(chapter.title)
            title, text = f"{chapter.title} {heading}".casefold(), section.text.casefold()
            if all(word in title or word in text for word in words):
                weight = sum(word in title for word in words)
                hit = Hit(chapter, section.anchor, marked(heading, words), marked(_around(section.text, words), words))
                scored.append((-weight, hit))
    return [hit for _weight, hit in sorted(scored, key=lambda pair: pair[0])[:MOST_HITS]]


def marked(text: str, words: Iterable[str]) -> SafeString:
    """`text` escaped, the words in <mark>."""
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    parts, end = [], 0
    for found in pattern.finditer(text):
        parts.append((escape(text[end : found.start()]), mark_safe(f"<mark>{escape(found.group())}</mark>")))  # noqa: S308
        end = found.end()
    return format_html_join("", "{}{}", [*parts, (escape(text[end:]), "")])


def _around(text: str, words: tuple[str, ...]) -> str:
    """A part of the text with the first word in it, cut between words."""
    if len(text) <= SNIPPET:
        return text
    places = [place for word in words if (place := text.casefold().find(word)) >= 0]
    start = max(min(places, default=0) - SNIPPET // 3, 0)
    start = 0 if start == 0 else text.find(" ", start) + 1
    cut = text[start : start + SNIPPET].rsplit(" ", 1)[0]
    return f"{'… ' if start else ''}{cut} …"


def _plain(pieces: list[str]) -> str:
    return " ".join("".join(pieces).split())
