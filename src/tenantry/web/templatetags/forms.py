"""Form parts: fields with hint and error, choices, the hidden tokens every form carries."""

from collections.abc import Mapping
from typing import Any

from django import forms, template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from tenantry.core.errors import Refusal
from tenantry.organizations.errors import AtSeatLimit
from tenantry.web.picking import PickField, shown_picker
from tenantry.web.refusals import ways_out

register = template.Library()

# The hidden field that says which organization a form was rendered for; see "you have switched to …".
ORGANIZATION_FIELD = "_organization"


@register.simple_tag(takes_context=True)
def organization_field(context: template.Context) -> SafeString:
    """The organization this form belongs to; nothing outside of one."""
    organization = context.get("organization")
    if organization is None:
        return SafeString("")
    return format_html('<input type="hidden" name="{}" value="{}">', ORGANIZATION_FIELD, organization.id)


@register.simple_tag(takes_context=True)
def form_tokens(context: template.Context) -> SafeString:
    """What every POST form starts with: the CSRF token and the organization."""
    token = context.get("csrf_token")
    csrf = format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', token) if token else ""
    return format_html("{}{}", csrf, organization_field(context))


def kind_of(widget: forms.Widget) -> str:
    """Which shape components/field.html draws."""
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "group"
    if isinstance(widget, forms.Select):
        return "select"
    if isinstance(widget, forms.PasswordInput):
        return "password"
    return "input"


_CLASSES = {
    "check": "form-check-input",
    "group": "form-check-input",
    "select": "form-select",
    "password": "form-control",
    "input": "form-control",
}


@register.inclusion_tag("components/field.html")
def field(
    bound: forms.BoundField,
    label: str = "",
    hint: str = "",
    optional: bool = True,
    switch: bool = False,
    descriptions: Mapping[Any, str] | None = None,
    css: str = "",
) -> dict[str, Any]:
    """Label, control, hint and error of one form field; keeps what was typed.

    `optional` False leaves the word "optional" away; `switch` draws a check box as a switch; `descriptions` maps
    choice to sentence and turns radio buttons into cards; `css` goes on the outer element.
    """
    kind = kind_of(bound.field.widget)
    hint = hint or str(bound.help_text or "")
    if picker := shown_picker(bound):
        return {"picker": picker, "hint": hint, "bound": bound}
    errors = [str(error) for error in bound.errors]
    return {
        "bound": bound,
        "kind": kind,
        "control": "" if kind == "group" else bound.as_widget(attrs=_attributes(bound, kind, hint, errors, switch)),
        "options": _options(bound, descriptions or {}) if kind == "group" else [],
        "label": label or bound.label,
        "hint": hint,
        "errors": errors,
        "optional": optional and not bound.field.required and kind not in ("check", "group"),
        "switch": switch,
        "css": css,
        "described": _described(bound, hint, errors),
    }


@register.inclusion_tag("components/fields.html", takes_context=True)
def fields(context: template.Context, form: forms.BaseForm, optional: bool = True) -> dict[str, Any]:
    """All fields of a form one below the other, with its own errors above. Where one searches in a field, the return
    key still sends the form."""
    picks = any(isinstance(one, PickField) for one in form.fields.values())
    return {"form": form, "optional": optional, "actor": context.get("actor"), "picks": picks}


@register.inclusion_tag("components/remedies.html", takes_context=True)
def remedies(context: template.Context, refusal: Refusal) -> dict[str, Any]:
    """The ways out of a refusal, and who can go those that are not the reader's."""
    return {"ways": ways_out(refusal, context.get("actor"))}


@register.inclusion_tag("components/remedies.html", takes_context=True)
def seat_remedies(context: template.Context) -> dict[str, Any]:
    """The ways to a free seat, before anything was refused."""
    return {"ways": ways_out(AtSeatLimit(), context.get("actor"))}


@register.inclusion_tag("components/form_errors.html", takes_context=True)
def form_errors(context: template.Context, form: forms.BaseForm, title: str = "") -> dict[str, Any]:
    """What is wrong with the form as a whole, with the ways out that a refusal names."""
    refusal = getattr(form, "refusal", None)
    return {
        "errors": [str(error) for error in form.non_field_errors()],
        "title": title or _("This did not work"),
        "ways": ways_out(refusal, context.get("actor")) if refusal is not None else (),
    }


@register.simple_tag
def submit(label: str, css: str = "", **attributes: Any) -> SafeString:
    """The primary button of a form. Underscores in attribute names become hyphens."""
    given = [(name.replace("_", "-"), value) for name, value in attributes.items() if value is not None]
    extra = format_html_join("", ' {}="{}"', given)
    return format_html('<button class="btn btn-primary{}{}"{}>{}</button>', " " if css else "", css, extra, label)


def _attributes(bound: forms.BoundField, kind: str, hint: str, errors: list[str], switch: bool) -> dict[str, Any]:
    given = str(bound.field.widget.attrs.get("class", ""))
    invalid = " is-invalid" if errors else ""
    attributes: dict[str, Any] = {"class": f"{_CLASSES[kind]}{invalid}{' ' if given else ''}{given}"}
    if described := _described(bound, hint, errors):
        attributes["aria-describedby"] = described
    if errors:
        attributes["aria-invalid"] = "true"
        if bound.name == next(iter(bound.form.errors)):
            attributes["autofocus"] = True
    if switch and kind == "check":
        attributes["role"] = "switch"
    return attributes


def _described(bound: forms.BoundField, hint: str, errors: list[str]) -> str:
    ids = []
    if errors:
        ids.append(f"{bound.auto_id}-error")
    if hint:
        ids.append(f"{bound.auto_id}-hint")
    return " ".join(ids)


def _options(bound: forms.BoundField, descriptions: Mapping[Any, str]) -> list[dict[str, Any]]:
    """Radio buttons or boxes one by one, each with its sentence."""
    found = []
    for option in bound.subwidgets:
        data = option.data
        attributes = {**data["attrs"], "class": _CLASSES["group"]}
        value = data["value"]
        found.append(
            {
                "name": data["name"],
                "type": data["type"],
                "value": str(value),
                "label": data["label"],
                "checked": data["selected"],
                "id": attributes.get("id", ""),
                "disabled": bool(attributes.get("disabled")),
                "sentence": descriptions.get(getattr(value, "value", value), descriptions.get(str(value), "")),
            }
        )
    return found
