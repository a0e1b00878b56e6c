"""The guide: overview, search, chapters. Public, and the same for everybody."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from tenantry.web.help.guide import CHAPTERS, LONGEST_QUERY, find_chapter, search


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "")[:LONGEST_QUERY].strip()
    context = {"chapters": CHAPTERS, "query": query, "hits": search(query) if query else []}
    return render(request, "help/page.html", context)


@require_safe
def help_chapter(request: HttpRequest, slug: str) -> HttpResponse:
    chapter = find_chapter(slug)
    if chapter is None:
        raise Http404
    place = CHAPTERS.index(chapter)
    context = {
        "chapters": CHAPTERS,
        "chapter": chapter,
        "body": f"help/chapters/{chapter.slug}.html",
        "following": CHAPTERS[place + 1] if place + 1 < len(CHAPTERS) else None,
    }
    return render(request, "help/chapter.html", context)
