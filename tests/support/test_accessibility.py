"""The look of `support.accessibility` finds what axe finds when it is asked for everything."""

from axe_playwright_python.sync_playwright import Axe

from support.accessibility import RULES, faults

BROKEN = """
<!doctype html><title>Broken</title><style>body { background: #fff; color: #ccc }</style>
<img src="data:,"><img src="data:,"><input><button></button><h1>One</h1><h4>Four</h4><a href="#gone">here</a>
<ul><p>Not an item</p></ul><div role="dialog" aria-modal="true">Nameless</div>
"""


def test_all_that_axe_finds(browser):
    page = browser.new_page()
    page.set_content(BROKEN)
    whole = Axe().run(page, options={"runOnly": list(RULES)}).response["violations"]
    assert len(whole) > 6
    assert {"color-contrast", "image-alt", "heading-order"} <= {one["id"] for one in whole}
    told = [f"{one['id']}: {one['help']} {[node['target'] for node in one['nodes'][:3]]}" for one in whole]
    found = faults(page)
    assert len(found) == len(told)
    assert all(one.startswith(start) for one, start in zip(found, told, strict=True)), (found, told)
    page.close()
