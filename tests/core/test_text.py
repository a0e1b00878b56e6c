"""Bounds of texts: what is short-cut says what the long way says."""

import unicodedata

import pytest
from django.core.validators import EmailValidator
from hypothesis import given
from hypothesis import strategies as st

from tenantry.core import text
from tenantry.core.bounds import EMAIL
from tenantry.core.text import InvalidText, TextBound

PARTS = st.text(st.sampled_from("abcz09_+-.@ A\u00e9"), min_size=1, max_size=12)


@given(st.from_regex(text._PLAIN, fullmatch=True).filter(lambda address: len(address) <= EMAIL.max_length))
def test_every_plain_address_is_one_for_the_validator(address):
    EmailValidator()(address)


@given(local=PARTS, domain=PARTS, ending=PARTS)
def test_an_address_is_taken_or_refused_as_without_the_short_cut(local, domain, ending):
    written = f"{local}@{domain}.{ending}"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(text, "_PLAIN", text.re.compile(r"(?!)"))
        slow = cleaned(written)
    assert cleaned(written) == slow


def cleaned(written):
    try:
        return EMAIL.clean(written)
    except InvalidText as refused:
        return refused.code


def test_addresses_come_in_lower_case():
    assert EMAIL.clean(" Ada.Stone+x@Company.Example ") == "ada.stone+x@company.example"


@pytest.mark.parametrize(
    "text", ["\u200d", "\u200c \u200d", "\u00ad", "\u3164", "\u2800\u2800", "\ufe0f", "\u115f\u1160"]
)
def test_what_nobody_sees_is_nothing(text):
    with pytest.raises(InvalidText) as refused:
        TextBound(20).clean(text)
    assert refused.value.code == "required"
    assert TextBound(20, required=False).clean(text) == ""
    assert TextBound(20, required=False, multiline=True).clean(f"{text}\n") == ""


@pytest.mark.parametrize("text", ["👩\u200d👧", "می\u200cخواهم", "A\u0301", "❤\ufe0f", "Ko\u00adop"])
def test_what_stands_inside_of_a_text_stays(text):
    assert TextBound(20).clean(text) == unicodedata.normalize("NFC", text)
