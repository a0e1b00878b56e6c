"""Pages for what no view answered: unknown addresses, malformed requests, and our own faults."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tenantry.web.screens import page


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return page(request, "errors/400.html", status=400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return page(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return page(request, "errors/404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """Needs neither database nor session: either may be what broke."""
    return HttpResponse(
        render_to_string("errors/500.html", {"request_id": getattr(request, "request_id", "")}), status=500
    )


def too_large(request: HttpRequest, megabytes: int | None = None) -> HttpResponse:
    """Before a session is looked at, and before anything of the body is read. `megabytes`: what a file may have."""
    context = {"megabytes": megabytes, "back": request.path}
    return HttpResponse(render_to_string("errors/413.html", context), status=413)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return page(request, "errors/csrf.html", status=403)
