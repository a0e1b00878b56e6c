"""*Why can, or can't …?* on a person's page, and *Who can see this?* on a record's (product.md §4, Explain)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from tenantry.access.explaining.answering import answer_oneself, explain, may_explain
from tenantry.access.explaining.who import who_can
from tenantry.access.permissions import EXPLAIN
from tenantry.core import clock
from tenantry.core.errors import NotFound, PermissionMissing
from tenantry.core.permissions import permission
from tenantry.core.records import record_types
from tenantry.people.permissions import VIEW
from tenantry.web.explain.asking import Asked, asked, choices, permissions_by_area
from tenantry.web.explain.ways import shown
from tenantry.web.people.views.detail import head
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import page, screen


@screen()
def person_why(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """The chain for whoever may explain this person's access; for the person one sentence."""
    question = asked(request.GET)
    own = membership_id == request.actor.membership_id
    if own and not (request.actor.may(VIEW) and may_explain(request.actor, membership_id)):
        return _short(request, question)
    if not request.actor.may(VIEW):
        raise PermissionMissing(EXPLAIN, "permission")
    context = head(request, membership_id)
    if not question.permission:
        if not may_explain(request.actor, membership_id):
            raise PermissionMissing(EXPLAIN, "reach" if request.actor.may(EXPLAIN) else "permission")
        query = request.GET.get("find", "").strip()[:100]
        return page(request, "explain/choose.html", {**context, "query": query, "areas": permissions_by_area(query)})
    told = explain(
        actor=request.actor,
        membership_id=membership_id,
        permission=question.permission,
        now=clock.now(),
        record_type=question.record_type or None,
        record_id=question.record_id,
        field=question.field or None,
    )
    context |= choices(request.actor, question)
    context |= {
        "told": told,
        "permission": permission(question.permission),
        "remedies": [shown(one, told) for one in told.remedies],
        "record_title": record_types()[question.record_type].title if question.record_type else "",
    }
    return page(request, "explain/why.html", context)


def _short(request: MemberRequest, question: Asked) -> HttpResponse:
    """:raises NotFound: nothing is asked."""
    if not question.permission:
        raise NotFound
    told = answer_oneself(
        actor=request.actor,
        permission=question.permission,
        now=clock.now(),
        record_type=question.record_type or None,
        record_id=question.record_id,
        field=question.field or None,
    )
    return page(request, "explain/short.html", {"told": told, "permission": permission(question.permission)})


@screen(EXPLAIN)
def access_who(request: MemberRequest) -> HttpResponse:
    """Who can do this, to this record or at all."""
    question = asked(request.GET)
    if (request.GET.get("id") or request.GET.get("type")) and not question.record_id:
        raise NotFound
    declared = record_types().get(question.record_type)
    code = question.permission or (declared.permissions["view"] if declared else VIEW)
    found = who_can(
        actor=request.actor,
        permission=code,
        now=clock.now(),
        record_type=question.record_type or None,
        record_id=question.record_id,
        cursor=request.GET.get("cursor"),
    )
    context: dict[str, Any] = {
        "found": found,
        "permission": permission(code),
        "asked": question,
        "areas": permissions_by_area(),
        "record_title": declared.title if declared else "",
        "record_permissions": [permission(c) for c in dict.fromkeys(declared.permissions.values())] if declared else [],
    }
    return page(request, "explain/who.html", context)
