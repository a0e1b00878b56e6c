"""What axe finds on a page as it stands.

Only violations are asked for: what passes, axe would otherwise describe node by node, with selectors and markup, and
that description takes several times as long as the look itself.
"""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
_RUN = """async rules => {
  const options = { runOnly: rules, resultTypes: ["violations"], reporter: "no-passes" };
  return (await axe.run(options)).violations;
}"""


def on_every_page(context: BrowserContext) -> None:
    """For who looks at one page after the other: half a megabyte is sent to the browser once, not for each of them."""
    context.add_init_script(AXE_SCRIPT)


def faults(page: Page) -> list[str]:
    """One for each rule that is broken: which, where for the first three places, and the markup of the first."""
    if not page.evaluate("'axe' in window"):
        # Whether the script's value can be sent here is not asked.
        page.evaluate(f"{AXE_SCRIPT};0")
    return [_told(one) for one in page.evaluate(_RUN, list(RULES))]


def _told(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    return f"{violation['id']}: {violation['help']} {[one['target'] for one in nodes[:3]]} {nodes[0]['html']}"
