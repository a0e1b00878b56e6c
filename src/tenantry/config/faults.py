"""What no view answered: a problem document below /api, a page elsewhere."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase  # noqa: TID251 stands above the interfaces

from tenantry.api import problems
from tenantry.api.errors import BodyTooLarge, Broken, MalformedRequest
from tenantry.core.sheets import BOUNDS
from tenantry.crm.drive import CREATE, EDIT
from tenantry.web import errors

API = "/api/v"
# The largest picture with its form; the API asks for less by itself.
MOST_BYTES = 8 * 1024 * 1024
# What Stripe tells is a few kilobytes.
HOOKS, HOOK_BYTES = "/hooks/", 256 * 1024
# Where a table of people is uploaded: the form around it is small.
TABLES = ("/admin/users/invitations/bulk", "/api/v1/invitations/batches")
# Where files of Drive come in.
DRIVE, DRIVE_API = "/apps/workspace/drive/files", "/api/v1/files"
FORM_BYTES = 64 * 1024


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
        most, megabytes = _most(request.path)
        if _announced(request) <= most:
            return self.get_response(request)
        if request.path.startswith(API):
            return problems.answer(request, BodyTooLarge(limit=most))
        return errors.too_large(request, megabytes=megabytes)


def _announced(request: HttpRequest) -> int:
    """No number is no body to Django; twenty digits are enough for every number that is too large."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(length[:20]) if length.isascii() and length.isdigit() else 0


def _most(path: str) -> tuple[int, int | None]:
    """Bytes of a body, and how many megabytes its file may have where the form says so."""
    if path in TABLES:
        return BOUNDS.file + FORM_BYTES, BOUNDS.file >> 20
    if path in (DRIVE, DRIVE_API) or path.startswith(f"{DRIVE_API}/"):
        return settings.LARGEST_FILE + FORM_BYTES, settings.LARGEST_FILE // 1_000_000
    return (HOOK_BYTES if path.startswith(HOOKS) else MOST_BYTES), None


class UploadsOfMembers:
    """Large bodies are for those who may add files: Django reads a form before a view is asked whose it is. Stands
    behind the gate, which knows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == DRIVE and _announced(request) > MOST_BYTES:
            actor = request.actor  # type: ignore[attr-defined]
            if actor is None or not actor.may_any(CREATE, EDIT):
                return errors.too_large(request)
        return self.get_response(request)
