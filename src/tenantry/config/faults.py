"""What no view answered: a problem document below /api, a page elsewhere."""

from typing import Any

from django.http import HttpRequest, HttpResponse  # noqa: TID251 stands above the interfaces

from tenantry.api import problems
from tenantry.api.errors import Broken, MalformedRequest
from tenantry.web import errors

API = "/api/v"


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if request.path.startswith(API):
        return problems.answer(request, MalformedRequest())
    return errors.bad_request(request, exception)


def broken(request: HttpRequest) -> HttpResponse:
    return problems.answer(request, Broken()) if request.path.startswith(API) else errors.broken(request)
