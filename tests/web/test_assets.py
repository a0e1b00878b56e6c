"""What is vendored is what the manifest says, and templates keep to the content security policy."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from django.template.loader import get_template, render_to_string

import tenantry.web

WEB = Path(tenantry.web.__file__).parent
STATIC = WEB / "static"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
NAMES = [str(path.relative_to(WEB / "templates")) for path in TEMPLATES]

FORBIDDEN = {
    "a style attribute": re.compile(r"\sstyle\s*="),
    "an inline style sheet": re.compile(r"<style"),
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)"),
    "an inline handler": re.compile(r"\son[a-z]+=|\bhx-on"),
    "evaluated code": re.compile(r"\bjs:|hx-vals=['\"]?js"),
    "an address of another site": re.compile(r"(?:src|href|action)=[\"']https?://"),
}


def test_vendored_files_are_the_listed_ones() -> None:
    manifest = json.loads((STATIC / "vendor/manifest.json").read_text())
    listed = {name: digest for package in manifest for name, digest in package["sha256"].items()}
    assert all(package["licence"] and package["version"] for package in manifest)
    assert {name: hashlib.sha256((STATIC / name).read_bytes()).hexdigest() for name in listed} == listed
    present = {f"vendor/{path.name}" for path in (STATIC / "vendor").iterdir()} - {"vendor/manifest.json"}
    assert present <= set(listed)


def test_fonts_of_invoices_are_the_listed_ones() -> None:
    fonts = WEB.parent / "billing/fonts"
    manifest = json.loads((fonts / "manifest.json").read_text())
    listed = {name: digest for package in manifest for name, digest in package["sha256"].items()}
    assert all("OFL" in package["licence"] and package["version"] for package in manifest)
    present = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in fonts.iterdir()}
    present.pop("manifest.json")
    assert present == listed


def test_style_sheets_and_scripts_name_no_source_map() -> None:
    for path in [*STATIC.rglob("*.css"), *STATIC.rglob("*.js")]:
        assert "sourceMappingURL" not in path.read_text(), path.name


def test_icons_that_are_used_are_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text()))
    sources = [path.read_text() for path in [*TEMPLATES, *WEB.rglob("*.py")]]
    used = {name for text in sources for name in re.findall(r"""\bicon[ (]["']([a-z0-9-]+)["']""", text)}
    assert used
    assert used <= sprite


def test_templates_compile_and_keep_to_the_policy() -> None:
    for name in NAMES:
        get_template(name)
        source = (WEB / "templates" / name).read_text()
        for what, pattern in FORBIDDEN.items():
            assert not pattern.search(source), f"{name}: {what}"


def test_every_post_form_carries_its_tokens() -> None:
    for name in NAMES:
        source = (WEB / "templates" / name).read_text()
        for found in re.finditer(r'<form(?=[^>]*method="post")', source):
            # Attributes may hold template tags with ">" in them, so the look ahead is by length.
            ahead = source[found.start() : found.start() + 700]
            assert "{% form_tokens %}" in ahead.split("</form>")[0], f"{name}: {ahead[:120]}"


@pytest.mark.parametrize("name", ["errors/500.html", "500.html"])
def test_page_for_our_faults_needs_nothing(name: str) -> None:
    html = render_to_string(name, {"request_id": "0192"})
    assert "<code>0192</code>" in html
    assert "<script" not in html
