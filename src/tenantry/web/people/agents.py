"""A browser's own description in words. A hint for people, never a fact to decide by: browsers say what they like."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

# In this order: Edge and Opera call themselves Chrome too, and Chrome calls itself Safari.
_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
_HANDHELD = re.compile("iPhone|Android.*Mobile")


@dataclass(frozen=True, slots=True)
class Device:
    """`icon` is a drawing's name."""

    name: str
    icon: str


def device_of(agent: str) -> Device:
    browser = next((name for sign, name in _BROWSERS if f"{sign}/" in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    drawing = "device-mobile" if _HANDHELD.search(agent) else "device-laptop"
    if browser and system:
        return Device(_("%(browser)s on %(system)s") % {"browser": browser, "system": system}, drawing)
    return Device(browser or system or agent[:60] or _("Unknown device"), drawing)
