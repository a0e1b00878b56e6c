"""Parts of lists and pages: addresses that keep their parameters, sorting, filters, pages, tabs, bulk bar."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django import template
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify
from django.utils.translation import gettext as _

from tenantry.web.offers import TYPED, Offer
from tenantry.web.templatetags.components import grouped, icon

register = template.Library()

# A cursor belongs to one order and filter: every other link drops it.
CURSOR = "cursor"


def query_of(context: template.Context) -> QueryDict:
    """What the list is asked. What was typed to find a filter's choices is no part of it, and leads nowhere else."""
    request = context.get("request")
    parameters = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for name in [name for name in parameters if name.endswith(TYPED)]:
        del parameters[name]
    return parameters


@register.simple_tag(takes_context=True)
def query(context: template.Context, **changes: Any) -> str:
    """This page's parameters with `changes`: None or "" drops one, a list sets several. The cursor is dropped."""
    parameters = query_of(context)
    parameters.pop(CURSOR, None)
    for name, value in changes.items():
        if value is None or value == "":
            parameters.pop(name, None)
        elif isinstance(value, list | tuple):
            parameters.setlist(name, [str(one) for one in value])
        else:
            parameters[name] = str(value)
    return f"?{parameters.urlencode()}"


@register.simple_tag(takes_context=True)
def sort_header(
    context: template.Context, key: str, label: str, current: str, css: str = "", first: str = "ascending"
) -> SafeString:
    """A column heading that sorts. `current` is `key` or `-key`; `first`: the order a first click gives."""
    ordered = {key: "ascending", f"-{key}": "descending"}.get(current, "")
    if ordered:
        target = f"-{key}" if ordered == "ascending" else key
    else:
        target = key if first == "ascending" else f"-{key}"
    return format_html(
        '<th scope="col"{}{}><a href="{}">{}{}</a></th>',
        format_html(' class="{}"', css) if css else "",
        format_html(' aria-sort="{}"', ordered) if ordered else "",
        query(context, sort=target),
        label,
        format_html(" {}", icon("chevron-up" if ordered == "ascending" else "chevron-down")) if ordered else "",
    )


@register.inclusion_tag("components/pager.html", takes_context=True)
def pager(context: template.Context, page: Any, text: str = "") -> dict[str, Any]:
    """Keyset pages: `page` has previous and next, cursors or None. `text` says how many there are."""
    previous, following = getattr(page, "previous", None), getattr(page, "next", None)
    return {
        "text": text,
        "previous": query(context, cursor=previous) if previous else "",
        "next": query(context, cursor=following) if following else "",
    }


@register.inclusion_tag("components/filter_menu.html", takes_context=True)
def filter_menu(
    context: template.Context,
    name: str,
    label: str,
    options: Offer | Iterable[Sequence[Any]],
    many: bool = True,
) -> dict[str, Any]:
    """A filter inside the search form: a chip that opens its choices. `options`: (value, label) pairs, or an `Offer` of
    many, in which one searches.

    Place it in the list's GET form, so that the other filters are kept.
    """
    chosen = query_of(context).getlist(name)
    offer = options if isinstance(options, Offer) else Offer([tuple(option)[:2] for option in options])
    rows = [{"value": str(value), "label": text, "checked": str(value) in chosen} for value, text in offer.choices]
    return {
        "name": name,
        "label": label,
        "many": many,
        "options": rows,
        "chosen": [row["label"] for row in rows if row["checked"]],
        "clear": query(context, **{name: None}),
        "id": f"filter-{slugify(name)}",
        "search": offer.search,
        "typed": offer.typed,
        "hint": offer.hint,
    }


@register.simple_tag(takes_context=True)
def filter_on(context: template.Context, label: str, text: str, *names: str) -> SafeString:
    """A filter that is on, as a link that takes it off. `names`: the parameters it consists of."""
    return format_html(
        '<a class="t-chip on" href="{}"><span class="text-secondary">{}</span> {}{}'
        '<span class="visually-hidden">{}</span></a>',
        query(context, **dict.fromkeys(names)),
        label,
        text,
        icon("x"),
        _("Remove this filter"),
    )


@register.simple_tag(takes_context=True)
def search_box(context: template.Context, placeholder: str, name: str = "q", label: str = "") -> SafeString:
    """The search field of a list, reached with the key "/"."""
    return format_html(
        '<label class="t-find"><span class="visually-hidden">{}</span>{}<input class="form-control" type="search"'
        ' name="{}" value="{}" placeholder="{}" autocomplete="off" maxlength="200" data-search aria-keyshortcuts="/">'
        "</label>",
        label or placeholder,
        icon("search"),
        name,
        query_of(context).get(name, ""),
        placeholder,
    )


@register.simple_tag(takes_context=True)
def hidden_query(context: template.Context, *leave: str) -> SafeString:
    """The page's other parameters as hidden fields, for a GET form that has only some of them itself."""
    fields = (
        format_html('<input type="hidden" name="{}" value="{}">', name, value)
        for name, values in query_of(context).lists()
        if name not in leave and name != CURSOR
        for value in values
    )
    return SafeString("".join(fields))


@register.simple_block_tag
def tabs(content: str, label: str) -> SafeString:
    """Parts of one thing, as links. Body: `tab` tags."""
    return format_html('<nav aria-label="{}"><ul class="nav nav-tabs mb-3">{}</ul></nav>', label, content)


@register.simple_tag(takes_context=True)
def tab(
    context: template.Context, label: str, url: str, current: bool | None = None, count: int | None = None
) -> SafeString:
    """One part. Without `current` the page's own path decides; without an address the part is left out."""
    if not url:
        return SafeString("")
    request = context.get("request")
    here = request is not None and request.path == urlsplit(url).path if current is None else current
    return format_html(
        '<li class="nav-item"><a class="nav-link{}"{} href="{}">{}{}</a></li>',
        " active" if here else "",
        mark_safe(' aria-current="page"') if here else "",
        url,
        label,
        format_html('<span class="num text-secondary small ms-1">{}</span>', grouped(count))
        if count is not None
        else "",
    )


@register.simple_tag
def crumb(label: str, url: str = "") -> SafeString:
    """One step of the breadcrumb; the last has no address."""
    if url:
        return format_html('<li class="breadcrumb-item"><a href="{}">{}</a></li>', url, label)
    return format_html('<li class="breadcrumb-item active" aria-current="page">{}</li>', label)


@register.simple_block_tag
def bulk_bar(content: str) -> SafeString:
    """What can be done with the selected rows. Body: buttons `name=do`; lies in `form[data-bulk]`, boxes `name=ids`."""
    return format_html(
        '<div class="t-bulk" hidden><span role="status" class="me-2 text-nowrap num" data-one="{}" data-other="{}">'
        "</span>{}</div>",
        _("%s selected") % "1",
        _("%s selected") % "#",
        content,
    )


@register.simple_tag
def dialog_link(url: str) -> SafeString:
    """Attributes of a link whose page opens as a dialog over this one; a plain link without JavaScript."""
    return format_html('href="{}" hx-get="{}" hx-target="#dialog" hx-swap="innerHTML"', url, url)


@register.simple_block_tag
def menu(content: str, key: object, label: str, glyph: str = "dots", text: str = "", small: bool = False) -> SafeString:
    """A button that opens a list of links or buttons (`.t-nav`). `key` makes it unique on the page: an id, a word.

    With `text` the button shows it, else the glyph and `label` for screen readers.
    """
    target = f"menu-{slugify(str(key))}"
    if text:
        face, css, told = format_html("{}{}", text, icon("chevron-down", css="ms-1 me-0")), "", ""
    else:
        face, css = icon(glyph), " btn-ghost btn-icon btn-sm" if small else " btn-ghost btn-icon"
        told = format_html(' aria-label="{}"', label)
    return format_html(
        '<button type="button" class="btn{}" popovertarget="{}"{}>{}</button>'
        '<div class="t-pop" id="{}" popover role="group" aria-label="{}">{}</div>',
        css,
        target,
        told,
        face,
        target,
        label,
        content,
    )
