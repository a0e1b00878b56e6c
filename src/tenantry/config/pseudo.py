"""A language made of accents and brackets: a string that stays plain on a page was never marked for translation.

Needs no catalogue: every message is changed when it is asked for. Chosen like any language,
by its code, and only where TENANTRY_PSEUDO_LOCALE is set.
"""

import re

from django.utils.translation import trans_real

CODE = "eo"
_ACCENTS = str.maketrans(
    "AaBbCcDdEeFfGgHhIiJjKkLlMmNnOoPpRrSsTtUuWwYyZz",
    "ÅåƁƀÇçĐđÉéƑƒĜĝĤĥÎîĴĵĶķĹĺḾḿÑñÖöƤƥŔŕŠšŦŧÜüŴŵÝýŽž",
)
# Places to be filled in and markup stay as they are.
_KEPT = re.compile(r"(%\([^)]*\)[#0-9.+-]*[a-zA-Z]|%[a-zA-Z%]|\{[^{}]*\}|<[^<>]*>|&[a-z#0-9]+;)")


def accented(message: str) -> str:
    """The message in the pseudo language, a third longer, as many real languages are."""
    if not message.strip():
        return message
    parts = _KEPT.split(message)
    changed = "".join(part if number % 2 else part.translate(_ACCENTS) for number, part in enumerate(parts))
    return f"[{changed}{'·' * (len(message) // 3)}]"


class PseudoTranslation(trans_real.DjangoTranslation):
    """Answers every look-up with the accented message."""

    def gettext(self, message: str) -> str:
        """:returns: the accented message; context markers are taken off first."""
        return accented(message.rpartition(trans_real.CONTEXT_SEPARATOR)[2])

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """:returns: the accented singular for one, the plural otherwise."""
        return self.gettext(msgid1 if n == 1 else msgid2)


def install() -> None:
    """Make Django find the pseudo language."""
    # Django caches translations by language in this dictionary and has no public door to it.
    translations = trans_real._translations  # type: ignore[attr-defined]
    translations[CODE] = PseudoTranslation(CODE)
