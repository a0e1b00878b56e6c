"""Brotli for pages and API answers; static files are compressed ahead by whitenoise.

Secrets of a page (the CSRF token) are masked anew in every answer by Django, and the answer's length is blurred by a
header of random length, so that compression tells nobody what stands beside what they sent (BREACH; the same cure as
Django's own gzip middleware).
"""

import secrets
from collections.abc import Callable

import brotli
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

SMALLEST = 1024
BLUR = 100
# Higher levels cost more time than they save bytes on pages of this size.
QUALITY = 4
TYPES = ("text/html", "application/json", "application/problem+json", "text/plain")


class Compression:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponse) or response.has_header("Content-Encoding"):
            return response
        if not response.get("Content-Type", "").startswith(TYPES) or len(response.content) < SMALLEST:
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        if not _accepts_brotli(request.headers.get("Accept-Encoding", "")):
            return response
        response.content = brotli.compress(response.content, quality=QUALITY)
        response["Content-Encoding"] = "br"
        response["Content-Length"] = str(len(response.content))
        response["X-Blur"] = secrets.token_hex(BLUR)[: secrets.randbelow(BLUR)]
        return response


def _accepts_brotli(header: str) -> bool:
    for part in header.lower().split(","):
        name, _, parameter = part.strip().partition(";")
        if name.strip() == "br":
            return parameter.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
