"""Bounds of text fields, declared once and used by forms, API schemas and files alike."""

import re
import unicodedata
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _

# Directional overrides and isolates (UAX #9) can make a name read as another one; zero-width characters hide in it.
# U+200C and U+200D stay: Persian and emoji need them.
_FORBIDDEN = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\u061c\u200e\u200f]")
# Nobody sees any of these alone: joiners, fillers, the hyphen that only stands at a line's end, choices of a shape.
_UNSEEN = re.compile(
    "[\\s\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200c\u200d\u2800\u3164\ufe00-\ufe0f\uffa0]*"
)
_SPACE = re.compile(r"[ \t\u00a0\u2000-\u200a\u202f\u205f\u3000]+")
_PHONE = re.compile(r"\+?[0-9(](?:[ ()./-]*[0-9]){2,}[ )]*(?:(?:x|ext\.?) ?[0-9]{1,8})?", re.IGNORECASE)
# Marks that stand above or below a letter.
MARKS = "[\u0300-\u036f]"
_MARKS = re.compile(MARKS)
_email = EmailValidator()
# Most addresses: the validator is asked about the others only. A test says that it takes all of these.
_PLAIN = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII)


def folded(text: str) -> str:
    """As names are looked for: lower case, without accents. `Zoë` is found by `zoe`; see `core.named.Folded`."""
    lower = text.lower()
    return lower if lower.isascii() else _MARKS.sub("", unicodedata.normalize("NFKD", lower))


class InvalidText(ValueError):
    """Refused text. `code` is stable, `str()` is the sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(sentence)


@dataclass(frozen=True, slots=True)
class TextBound:
    """`max_length` in characters (code points) after cleaning."""

    max_length: int
    required: bool = True
    multiline: bool = False

    def clean(self, value: str) -> str:
        """NFC, trimmed, single-spaced.

        :raises InvalidText: empty, too long, or with characters that can't be shown safely.
        """
        # A megabyte of spaces should not cost a megabyte of work.
        if len(value) > self.max_length * 4 + 64:
            raise self._too_long()
        text = unicodedata.normalize("NFC", value)
        if self.multiline:
            text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
        else:
            text = _SPACE.sub(" ", text).strip()
        if not text.isascii() and _UNSEEN.fullmatch(text):
            text = ""
        if not text.isprintable() and self._holds_hidden(text):
            raise InvalidText("forbidden_characters", _("Please leave out control and hidden characters."))
        if len(text) > self.max_length:
            raise self._too_long()
        if self.required and not text:
            raise InvalidText("required", _("Please fill this in."))
        return text

    def _holds_hidden(self, text: str) -> bool:
        if _FORBIDDEN.search(text):
            return True
        return any(_unprintable(c) for c in text if not (self.multiline and c in "\n\t"))

    def _too_long(self) -> InvalidText:
        return InvalidText("too_long", _("At most %(count)s characters.") % {"count": self.max_length})


@dataclass(frozen=True, slots=True)
class EmailBound:
    max_length: int = 254
    required: bool = True

    def clean(self, value: str) -> str:
        """The address in lower case.

        :raises InvalidText: not an address that a mail can be sent to.
        """
        if len(value) > self.max_length * 4:
            raise InvalidText("too_long", _("At most %(count)s characters.") % {"count": self.max_length})
        text = unicodedata.normalize("NFC", value).strip().lower()
        if len(text) <= self.max_length and _PLAIN.fullmatch(text):
            return text
        if not text and not self.required:
            return ""
        if not text:
            raise InvalidText("required", _("Please fill this in."))
        if len(text) > self.max_length:
            raise InvalidText("too_long", _("At most %(count)s characters.") % {"count": self.max_length})
        if not text.isprintable() and (_FORBIDDEN.search(text) or any(_unprintable(c) for c in text)):
            raise InvalidText("invalid_email", _("This is not an e-mail address."))
        domain = text.rpartition("@")[2]
        if "@" in text and "." not in domain:
            raise InvalidText("no_domain_ending", _("This address has no domain ending."))
        try:
            _email(text)
        except ValidationError as error:
            raise InvalidText("invalid_email", _("This is not an e-mail address.")) from error
        return text


@dataclass(frozen=True, slots=True)
class PhoneBound:
    """A telephone number as people write it; nobody is called by us, so only its characters are asked."""

    max_length: int = 40
    required: bool = False

    def clean(self, value: str) -> str:
        """:raises InvalidText: too long, or not a number with at least three digits."""
        text = TextBound(self.max_length, required=self.required).clean(value)
        if text and not _PHONE.fullmatch(text):
            raise InvalidText("invalid_phone", _("Digits, spaces and + ( ) - . /, maybe with “ext” at the end."))
        return text


def _unprintable(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
