"""Short answers at the edge of the page, kept over one redirect by Django's messages."""

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

UNDO = "undo:"


def toast(request: HttpRequest, text: str, *, undo_url: str = "", bad: bool = False) -> None:
    """Say what happened. `undo_url` takes a POST that takes it back."""
    level = messages.ERROR if bad else messages.SUCCESS
    messages.add_message(request, level, text, extra_tags=f"{UNDO}{undo_url}" if undo_url else "")


def undo_of(message: Message) -> str:
    """The address that undoes what this message says; "" where nothing does."""
    tags = message.extra_tags or ""
    return tags.removeprefix(UNDO) if tags.startswith(UNDO) else ""
