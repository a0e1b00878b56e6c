"""Short answers at the edge of the page, kept over one redirect by Django's messages."""

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

UNDO = "undo:"
LINK = "link:"


def toast(request: HttpRequest, text: str, *, undo_url: str = "", url: str = "", bad: bool = False) -> None:
    """Say what happened. `undo_url` takes a POST that takes it back; `url`: where more is said instead."""
    level = messages.ERROR if bad else messages.SUCCESS
    tags = f"{UNDO}{undo_url}" if undo_url else f"{LINK}{url}" if url else ""
    messages.add_message(request, level, text, extra_tags=tags)


def link_of(message: Message) -> str:
    """Where more is said; "" where nothing is."""
    tags = message.extra_tags or ""
    return tags.removeprefix(LINK) if tags.startswith(LINK) else ""


def undo_of(message: Message) -> str:
    """The address that undoes what this message says; "" where nothing does."""
    tags = message.extra_tags or ""
    return tags.removeprefix(UNDO) if tags.startswith(UNDO) else ""
