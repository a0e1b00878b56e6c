"""Profiles: upper bounds of what people may do in the applications, and who has which."""

from uuid import UUID

from django.http import HttpResponse

from tenantry.access.contents import profile_content_of
from tenantry.access.permissions import PROFILES_EDIT, ROLES_VIEW
from tenantry.access.selectors import find_profile_seen, having_profile, profiles
from tenantry.core.named import is_called
from tenantry.core.permissions import catalogue
from tenantry.web.profiles import editing
from tenantry.web.requests import MemberRequest
from tenantry.web.roles.editor import field_rows, parts_of_profile
from tenantry.web.screens import page, screen

SHOWN = 8


@screen(ROLES_VIEW, PROFILES_EDIT)
def profile_list(request: MemberRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()
    every = list(profiles(request.actor))
    bounded = sum(p.in_applications for p in catalogue().values())
    rows = [
        (one, 100 if one.is_everything else round(100 * len(one.permissions) / bounded))
        for one in every
        if is_called(f"{one.name} {one.description}", query)
    ]
    return page(request, "profiles/list.html", {"rows": rows, "filtered": bool(query), "many": bool(every)})


@screen(ROLES_VIEW, PROFILES_EDIT)
def permission_profile(request: MemberRequest, profile_id: UUID) -> HttpResponse:
    """The editor, for whoever may edit it; for others what it lets people do."""
    profile = find_profile_seen(request.actor, profile_id)
    content = profile_content_of(profile)
    if editing.editable(request.actor, profile):
        return page(request, "profiles/editor.html", editing.editor_context(request, profile, content))
    query = request.GET.get("q", "")
    context = {
        "profile": profile,
        "parts": parts_of_profile(request.actor, content.permissions, content.permissions, query),
        "fields": field_rows(request.actor, content.fields, content.fields),
        "holders": having_profile(request.actor, profile_id, SHOWN),
        "query": query,
    }
    return page(request, "profiles/detail.html", context)
