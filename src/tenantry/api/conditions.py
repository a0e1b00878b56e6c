"""If-Match: nobody's change is overwritten unseen (RFC 9110, 13.1.1)."""

import re

from tenantry.api.errors import StateChanged, StateNotNamed
from tenantry.api.requests import ApiRequest

_TAG = re.compile(r'(?:W/)?"([^"]*)"')


def require_version(request: ApiRequest, present: int) -> None:
    """`present`: the version whose ETag a GET would answer with.

    :raises StateNotNamed: no If-Match. :raises StateChanged: it names another version.
    """
    wanted = request.headers.get("If-Match", "").strip()
    if not wanted:
        raise StateNotNamed
    if wanted != "*" and str(present) not in _TAG.findall(wanted):
        raise StateChanged


def tag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}
