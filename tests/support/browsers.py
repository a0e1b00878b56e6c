"""Chromium of the system, driven by Playwright; nothing is downloaded."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Pages are left after a moment: what V8 compiles again to run faster would be thrown away with them.
    "--js-flags=--no-opt --no-maglev",
]
# Chromium without windows draws the same pages with a third less work, and is not installed everywhere.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser")
# Milliseconds until something that is expected on a page counts as missing.
PATIENCE = 20_000
# The browser reports every answer of 400 and above as an error; those are what many tests ask for.
EXPECTED = "Failed to load resource: the server responded with a status of"


def executable() -> str:
    """The path of Chromium, or a failure that says how to get it."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found, "Chromium is missing: apt-get install chromium (make test does it when it is run as root)"
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """One browser."""
    # Playwright's event loop runs in this thread, which Django would take for an asynchronous caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    # Two browsers, their servers and workers share a small machine: what is right comes, though not at once.
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


class Problems(list[str]):
    """What the browser complained about: script errors, refusals by the content security policy."""

    def watch(self, page: Page) -> None:
        """Collect from this page."""
        page.on("pageerror", lambda error: self.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(EXPECTED):
            self.append(message.text)


@contextmanager
def clean_context(browser: Browser, base_url: str, **options: object) -> Iterator[BrowserContext]:
    """A browser profile of its own; fails at the end when a page of it complained."""
    problems = Problems()
    context = browser.new_context(base_url=base_url, **options)
    context.set_default_timeout(PATIENCE)
    context.on("page", problems.watch)
    try:
        yield context
    finally:
        context.close()
    assert not problems, problems
