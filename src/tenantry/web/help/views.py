"""The guide: overview, search, chapters. Public, and the same for everybody."""

from django.http import Http404, HttpRequest, HttpResponse

from tenantry.web.help.guide import CHAPTERS, LONGEST_QUERY, find_chapter, search
from tenantry.web.screens import page, public_screen

WHY = "the guide says the same to everybody and reads no table"


@public_screen(WHY)
def help_page(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "")[:LONGEST_QUERY].strip()
    context = {"chapters": CHAPTERS, "query": query, "hits": search(query) if query else []}
    return page(request, "help/page.html", context)


@public_screen(WHY)
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
    return page(request, "help/chapter.html", context)
