"""What no view answered: a problem document below /api, a page elsewhere."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase  # noqa: TID251 stands above the interfaces

from tenantry.api import problems
from tenantry.api.errors import BodyTooLarge, Broken, MalformedRequest
from tenantry.web import errors

API = "/api/v"
# The largest picture with its form; the API asks for less by itself.
MOST_BYTES = 8 * 1024 * 1024


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if request.path.startswith(API):
        return problems.answer(request, MalformedRequest())
    return errors.bad_request(request, exception)


def broken(request: HttpRequest) -> HttpResponse:
    return problems.answer(request, Broken()) if request.path.startswith(API) else errors.broken(request)


class BodyLimit:
    """Refuses what is announced to be too large before a byte is read: Django would write uploads to disk, however
    long they are, and whoever sends them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        # No number is no body to Django; twenty digits are enough for every number that is too large.
        if not (length.isascii() and length.isdigit()) or int(length[:20]) <= MOST_BYTES:
            return self.get_response(request)
        if request.path.startswith(API):
            return problems.answer(request, BodyTooLarge(limit=MOST_BYTES))
        return errors.too_large(request)
