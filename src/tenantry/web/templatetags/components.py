"""The product's own components: person, status, seats, time, effects. Documented in docs/develop/screens.md."""

import secrets
import zlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import template
from django.contrib.messages.storage.base import Message
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from tenantry.core import clock
from tenantry.web.times import exact, machine, worded, zone_of
from tenantry.web.toasts import link_of, undo_of

register = template.Library()

HUES = 6
# Up to this many seats one tick is one seat; beyond it ticks would be hairlines. The navigation is narrow.
MOST_TICKS = 100
MOST_TICKS_NARROW = 60

# status -> (class of .t-st, words)
STATUSES: Mapping[str, tuple[str, Any]] = {
    "active": ("", gettext_lazy("Active")),
    "invited": ("wait", gettext_lazy("Pending")),
    "pending": ("wait", gettext_lazy("Pending")),
    "accepted": ("", gettext_lazy("Accepted")),
    "expired": ("bad", gettext_lazy("Expired")),
    "revoked": ("off", gettext_lazy("Revoked")),
    "deactivated": ("off", gettext_lazy("Deactivated")),
    "removed": ("off", gettext_lazy("Removed")),
    "queued": ("wait", gettext_lazy("Queued")),
    "running": ("wait", gettext_lazy("Running")),
    "outbox": ("wait", gettext_lazy("In the outbox")),
    "handed_over": ("", gettext_lazy("Handed over")),
    "canceled": ("off", gettext_lazy("Canceled")),
    "sent": ("", gettext_lazy("Sent")),
    "done": ("", gettext_lazy("Done")),
    "refused": ("bad", gettext_lazy("Refused")),
    "failed": ("bad", gettext_lazy("Failed")),
    "parked": ("bad", gettext_lazy("Parked")),
}

NOUNS: Mapping[str, Any] = {
    "people": ngettext_lazy("%(shown)s person", "%(shown)s people", "number"),
    "seats": ngettext_lazy("%(shown)s seat", "%(shown)s seats", "number"),
    "invitations": ngettext_lazy("%(shown)s invitation", "%(shown)s invitations", "number"),
    "teams": ngettext_lazy("%(shown)s team", "%(shown)s teams", "number"),
    "departments": ngettext_lazy("%(shown)s department", "%(shown)s departments", "number"),
    "workspaces": ngettext_lazy("%(shown)s workspace", "%(shown)s workspaces", "number"),
    "workflows": ngettext_lazy("%(shown)s workflow", "%(shown)s workflows", "number"),
    "roles": ngettext_lazy("%(shown)s role", "%(shown)s roles", "number"),
    "permissions": ngettext_lazy("%(shown)s permission", "%(shown)s permissions", "number"),
    "members": ngettext_lazy("%(shown)s member", "%(shown)s members", "number"),
    "sessions": ngettext_lazy("%(shown)s session", "%(shown)s sessions", "number"),
    "keys": ngettext_lazy("%(shown)s API key", "%(shown)s API keys", "number"),
    "entries": ngettext_lazy("%(shown)s entry", "%(shown)s entries", "number"),
    "tasks": ngettext_lazy("%(shown)s task", "%(shown)s tasks", "number"),
    "notes": ngettext_lazy("%(shown)s note", "%(shown)s notes", "number"),
    "activities": ngettext_lazy("%(shown)s activity", "%(shown)s activities", "number"),
    "leads": ngettext_lazy("%(shown)s lead", "%(shown)s leads", "number"),
    "contacts": ngettext_lazy("%(shown)s contact", "%(shown)s contacts", "number"),
    "companies": ngettext_lazy("%(shown)s company", "%(shown)s companies", "number"),
    "deals": ngettext_lazy("%(shown)s deal", "%(shown)s deals", "number"),
    "records": ngettext_lazy("%(shown)s record", "%(shown)s records", "number"),
    "files": ngettext_lazy("%(shown)s file", "%(shown)s files", "number"),
    "pages": ngettext_lazy("%(shown)s page", "%(shown)s pages", "number"),
    "organizations": ngettext_lazy("%(shown)s organization", "%(shown)s organizations", "number"),
    "mails": ngettext_lazy("%(shown)s mail", "%(shown)s mails", "number"),
    "jobs": ngettext_lazy("%(shown)s job", "%(shown)s jobs", "number"),
    "days": ngettext_lazy("%(shown)s day", "%(shown)s days", "number"),
    "rows": ngettext_lazy("%(shown)s row", "%(shown)s rows", "number"),
    "results": ngettext_lazy("%(shown)s result", "%(shown)s results", "number"),
}


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """A drawing of the sprite. Without `label` it is decoration."""
    told = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}{}" {}><use href="{}#{}"/></svg>', " " if css else "", css, told, static("icons.svg"), name
    )


@register.simple_tag
def url_if(name: str, *args: Any, **kwargs: Any) -> str:
    """The address of a view, or "" where this installation has no such page."""
    try:
        return reverse(name, args=args, kwargs=kwargs)
    except NoReverseMatch:
        return ""


def initials(name: str) -> str:
    """First letters of the first and the last word."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[0].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 and "@" not in name else "")).upper()


def hue(key: object) -> str:
    """A colour class that stays with the id."""
    return f"h{zlib.crc32(str(key).encode()) % HUES}c"


@register.simple_tag
def avatar(
    person: Any = None, *, name: str = "", key: object = None, picture: str = "", size: str = "sm"
) -> SafeString:
    """Picture or initials; always decoration, the name stands beside it. `size`: sm, md, xl."""
    name = name or str(_first(person, "display_name", "name", "label", "email") or "")
    key = key or _first(person, "id", "pk", "membership_id") or name
    picture = picture or str(_first(person, "picture_url") or "")
    css = "" if size == "md" else f" avatar-{size}"
    if picture:
        return format_html('<img class="avatar{}" src="{}" alt="" loading="lazy" decoding="async">', css, picture)
    return format_html('<span class="avatar{} {}" aria-hidden="true">{}</span>', css, hue(key), initials(name))


@register.simple_tag
def status(code: object, text: str = "", tone: str | None = None) -> SafeString:
    """Shape and words. `text` replaces the words, `tone` ("", wait, off, bad) the shape."""
    known, words = STATUSES.get(str(code), ("off", str(code)))
    css = known if tone is None else tone
    return format_html('<span class="t-st{}{}">{}</span>', " " if css else "", css, text or words)


@register.simple_tag
def meter(
    used: int,
    limit: int | None,
    *,
    hold: int = 0,
    label: str = "",
    ticks: int = 0,
    tall: bool = False,
    near: int = 80,
    name: str = "",
) -> SafeString:
    """A bar of `used` (of which `hold` are reserved) in `limit`. Without a limit there is nothing to draw.

    `near`: percentage from which it warns, 0 never. `ticks`: one tick a unit, up to that many.
    """
    if limit is None or limit < 0:
        return SafeString("")
    whole = max(limit, used, 1)
    state = "full" if used >= limit else "near" if near and used * 100 >= limit * near else ""
    return mark_safe(  # noqa: S308
        render_to_string(
            "components/meter.html",
            {
                "label": label or _("%(used)s of %(limit)s") % {"used": grouped(used), "limit": grouped(limit)},
                "state": state,
                "tall": tall,
                "solid": _share(used - hold, whole),
                "hold": _share(hold, whole) if hold else "",
                "step": f"{1 / whole:.6f}" if whole <= ticks else "",
                "id": f"tick-{name or secrets.token_hex(4)}",
            },
        ).strip()
    )


@register.simple_tag
def seat_meter(seats: Any, *, tall: bool = False, narrow: bool = False, name: str = "") -> SafeString:
    """The meter of seats: `seats` has in_use, limit, active, pending."""
    # A policy decides which statuses hold a seat; what active people do not use is held by pending ones first.
    hold = min(seats.pending, max(seats.in_use - seats.active, 0))
    if seats.limit is None:
        return SafeString("")
    most = MOST_TICKS_NARROW if narrow else MOST_TICKS
    label = _("%(used)s of %(limit)s seats in use, %(pending)s of them pending") % {
        "used": grouped(seats.in_use),
        "limit": grouped(seats.limit),
        "pending": grouped(hold),
    }
    return meter(seats.in_use, seats.limit, hold=hold, label=label, ticks=most, tall=tall, near=0, name=name)


@register.simple_tag
def spark(values: Iterable[float], label: str) -> SafeString:
    """A row of bars, 100 by 24; `label` says the range in words."""
    numbers = list(values)
    top = max([*numbers, 1])
    step = 100 / max(len(numbers), 1)
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}"/>',
        (
            (f"{i * step:.1f}", f"{24 - 24 * n / top:.1f}", f"{step * 0.7:.1f}", f"{24 * n / top:.1f}")
            for i, n in enumerate(numbers)
        ),
    )
    return format_html(
        '<svg class="t-spark" viewBox="0 0 100 24" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>',
        label,
        bars,
    )


@register.simple_tag(takes_context=True)
def when(
    context: template.Context, value: datetime | date | None, style: str = "relative", empty: str = "–"
) -> SafeString:
    """A moment in the organization's time zone. `style`: relative, date, time, full."""
    if value is None:
        return format_html('<span class="text-secondary">{}</span>', empty)
    zone = zone_of(context.get("organization"))
    text = worded(value, now=clock.now(), zone=zone, style=style)
    return format_html('<time datetime="{}" title="{}">{}</time>', machine(value), exact(value, zone=zone), text)


@register.filter(name="num")
def grouped(value: Any) -> str:
    """A number in the person's notation: 12,804."""
    if value is None or value == "":
        return "–"
    return str(formats.number_format(value, use_l10n=True, force_grouping=True))


@register.simple_tag
def counted(number: int, noun: str, over: bool = False) -> str:
    """`3 people`. `over`: counting stopped there ("more than 10,000 people")."""
    words = NOUNS[noun] % {"number": number, "shown": grouped(number)}
    return _("more than %(count)s") % {"count": words} if over else str(words)


@register.inclusion_tag("components/effects.html")
def effects(lines: Iterable[Any]) -> dict[str, Any]:
    """What an action does. A line has number, text; maybe detail, warning, url, url_label (attributes or keys)."""
    return {"lines": list(lines)}


@register.simple_block_tag
def blocker(content: str, title: str, id: str = "blocker") -> SafeString:  # noqa: A002
    """What has to be settled first. Body: sentences with a link each that resolves it."""
    return format_html(
        '<div class="t-stop" role="group" aria-labelledby="{0}"><strong id="{0}">{1}</strong>'
        '<div class="mt-1">{2}</div></div>',
        id,
        title,
        content,
    )


@register.simple_block_tag
def notice(content: str, tone: str = "info") -> SafeString:
    """A sentence that stays on the page. `tone`: info, ok, warn, bad."""
    names = {"info": "info-circle", "ok": "circle-check", "warn": "alert-triangle", "bad": "alert-circle"}
    return format_html('<div class="t-say {}">{}<div>{}</div></div>', tone, icon(names[tone]), content)


@register.simple_block_tag
def empty(content: str, title: str, art: str = "box", text: str = "", level: int = 2) -> SafeString:
    """What a page is for while there is nothing on it. Body: one action, perhaps two. `art`: see components/art."""
    drawing = mark_safe(render_to_string(f"components/art/{art}.svg").strip())  # noqa: S308
    return format_html(
        '<div class="t-empty">{}<h{} class="h1 mb-2">{}</h{}>{}<div class="t-acts">{}</div></div>',
        drawing,
        level,
        title,
        level,
        format_html('<p class="text-secondary">{}</p>', text) if text else "",
        content,
    )


@register.simple_block_tag
def dialog(content: str, title: str, id: str, label_close: str = "") -> SafeString:  # noqa: A002
    """A dialog that is part of the page, opened by `command="show-modal" commandfor=id`.

    Body: a form (or nothing) around `<section>` and `<footer>`. One that has a URL of its own extends dialog.html.
    """
    return format_html(
        '<dialog class="t-dlg" id="{0}" aria-labelledby="{0}-title"><header><h2 class="h1 me-auto" id="{0}-title">{1}'
        '</h2><button type="button" class="btn btn-ghost btn-icon" command="close" commandfor="{0}" aria-label="{2}">'
        "{3}</button></header>{4}</dialog>",
        id,
        title,
        label_close or _("Close"),
        icon("x"),
        content,
    )


@register.filter
def undo_url(message: Message) -> str:
    """Where the Undo of a toast leads."""
    return undo_of(message)


@register.filter
def link_url(message: Message) -> str:
    """Where the details of a toast are."""
    return link_of(message)


def _share(part: int, whole: int) -> str:
    return f"{max(part, 0) * 100 / whole:.2f}%"


def _first(thing: Any, *names: str) -> Any:
    """The first attribute or key that holds something."""
    for name in names:
        value = thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
        if value:
            return value
    return None
