"""A language model behind an OpenAI-compatible address (`POST …/chat/completions`), where the operator has set one up.

Called outside of any transaction: an answer may take as long as `TENANTRY_ASSISTANT_SECONDS`.
"""

import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import urllib3
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from urllib3.exceptions import HTTPError

from tenantry.core.errors import Refusal

# Answers are text of a few pages; whatever is longer is no answer.
_MOST_BYTES = 1_000_000
# A process has few threads: those that wait for a model must not keep pages from being served.
_AT_ONCE = threading.BoundedSemaphore(2)


class Message(TypedDict):
    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    """`tokens`: read and written ones together, as the endpoint counted them; None where it did not say."""

    text: str
    tokens: int | None


class AssistantUnavailable(Refusal):
    """It could not be reached, took too long, or said nothing that can be read."""

    code = "assistant_unavailable"
    kind = "unavailable"
    sentence = _("The assistant does not answer at the moment. Nothing was counted. Please try again later.")


class AssistantBusy(AssistantUnavailable):
    """The endpoint asks for patience, or as many answers are waited for as this process waits for at once."""

    code = "assistant_busy"
    sentence = _("The assistant has too much to do at the moment. Nothing was counted. Please try again in a minute.")


def is_configured() -> bool:
    return bool(settings.ASSISTANT_URL)


def most_tokens(messages: Sequence[Message], answer_tokens: int) -> int:
    """What a call may come to: half a token a byte is more than models make of text in any script we know of."""
    return sum(len(one["content"].encode()) // 2 + 10 for one in messages) + answer_tokens


def complete(messages: Sequence[Message], answer_tokens: int) -> Completion:
    """:raises AssistantUnavailable, AssistantBusy: there is no answer, and nothing is known to have been used."""
    if not _AT_ONCE.acquire(blocking=False):
        raise AssistantBusy
    try:
        return _read(_asked(messages, answer_tokens))
    finally:
        _AT_ONCE.release()


def _asked(messages: Sequence[Message], answer_tokens: int) -> bytes:
    body = {"model": settings.ASSISTANT_MODEL, "messages": list(messages), "max_tokens": answer_tokens}
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if settings.ASSISTANT_KEY:
        headers["Authorization"] = f"Bearer {settings.ASSISTANT_KEY}"
    seconds = settings.ASSISTANT_SECONDS
    with urllib3.PoolManager(timeout=urllib3.Timeout(total=seconds, connect=min(5, seconds))) as pool:
        try:
            response = pool.request(
                "POST",
                f"{settings.ASSISTANT_URL.rstrip('/')}/chat/completions",
                body=json.dumps(body).encode(),
                headers=headers,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            content = _content(response, time.monotonic() + seconds)
        except (HTTPError, OSError) as error:
            raise AssistantUnavailable from error
    if response.status == 429:
        raise AssistantBusy
    if response.status != 200:
        raise AssistantUnavailable
    return content


def _content(response: urllib3.BaseHTTPResponse, until: float) -> bytes:
    """Piece by piece: an endpoint that drips is no better than one that is silent."""
    content = b""
    while piece := response.read1(65_536):
        content += piece
        if len(content) > _MOST_BYTES or time.monotonic() > until:
            raise AssistantUnavailable
    return content


def _read(content: bytes) -> Completion:
    try:
        answer: Any = json.loads(content)
        text = answer["choices"][0]["message"]["content"]
        tokens = (answer.get("usage") or {}).get("total_tokens")
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise AssistantUnavailable from error
    if not isinstance(text, str) or not text.strip():
        raise AssistantUnavailable
    counted = isinstance(tokens, int) and not isinstance(tokens, bool) and tokens >= 0
    return Completion(text.strip(), tokens if counted else None)
