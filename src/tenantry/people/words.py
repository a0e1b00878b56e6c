"""What somebody is found by: the words of their name and address."""

import re

from tenantry.core.text import folded

_INSIDE_NAMES = re.compile(r"[-'’.]")
_INSIDE_ADDRESSES = re.compile(r"[._+-]")
MOST_WORDS = 16


def search_text_of(name: str, email: str) -> str:
    """Each word after a blank, so that ` wor` finds where a word begins: those of the name, what stands between its
    hyphens and apostrophes, the address, the parts of its first half, and `@` with its second."""
    address = "".join(folded(email).split())
    local, _at, domain = address.rpartition("@")
    found: dict[str, None] = {}
    for word in folded(name).split():
        found.setdefault(word)
        found.update(dict.fromkeys(_INSIDE_NAMES.split(word)))
    found.setdefault(address)
    found.update(dict.fromkeys(_INSIDE_ADDRESSES.split(local)))
    if domain:
        found.setdefault(f"@{domain}")
    return "".join(f" {word}" for word in [word for word in found if word][:MOST_WORDS])


def words_of(*texts: str) -> str:
    """The same of any texts: names, numbers, addresses."""
    found: dict[str, None] = {}
    for word in (word for text in texts for word in folded(text).split()):
        found.setdefault(word)
        found.update(dict.fromkeys(_INSIDE_NAMES.split(word)))
        found.update(dict.fromkeys(_INSIDE_ADDRESSES.split(word)))
    return "".join(f" {word}" for word in [word for word in found if word][:MOST_WORDS])


def asked_words(query: str) -> list[str]:
    """The words of a question, each of which has to begin a word. What begins another one says nothing more."""
    words = list(dict.fromkeys(folded(query).split()))
    return [word for word in words if not any(other != word and other.startswith(word) for other in words)][:6]
