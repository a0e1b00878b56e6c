"""The guide: every chapter reads, and search finds, marks and escapes."""

import pytest
from django.test import Client

from tenantry.web.help.guide import CHAPTERS, marked, search, sections


@pytest.mark.parametrize("chapter", CHAPTERS, ids=lambda chapter: chapter.slug)
def test_chapter_has_sections_with_anchors(chapter) -> None:
    found = sections(chapter.slug, "en")
    assert len(found) >= 3
    assert all(section.anchor and section.heading and section.text for section in found)
    assert len({section.anchor for section in found}) == len(found)


def test_search_finds_all_words_in_any_order_and_case() -> None:
    hits = search("FREE seat")
    assert hits
    assert hits == search("seat free")
    assert all("<mark>" in hit.snippet or "<mark>" in hit.heading for hit in hits)


def test_search_ranks_headings_first() -> None:
    assert "revoke" in search("revoke")[0].heading.lower()


@pytest.mark.parametrize("query", ["", "   ", "zzqqxx", "seat zzqqxx", "\x00", "[a", "(.*", "\u202e"])
def test_search_without_a_hit(query: str) -> None:
    assert search(query) == []


def test_marking_escapes_text_and_words() -> None:
    assert marked("a <b> & c", ["<b>"]) == "a <mark>&lt;b&gt;</mark> &amp; c"


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/help", 200, "Guide for administrators"),
        ("/help?q=deactivate", 200, "<mark>Deactivate</mark>"),
        ("/help?q=zzqqxx", 200, "Nothing found"),
        ("/help?q=%3Cscript%3Ealert(1)%3C/script%3E", 200, "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("/help?q=%00%ff" + "x" * 5000, 200, "Nothing found"),
        ("/help/leaving", 200, "Reactivate"),
        ("/help/nothing-like-it", 404, "There is nothing here"),
    ],
)
def test_pages(address: str, status: int, words: str) -> None:
    response = Client().get(address)
    assert response.status_code == status
    assert words in response.content.decode()


def test_pages_take_no_post() -> None:
    assert Client().post("/help").status_code in (403, 405)
