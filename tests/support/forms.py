"""Forms as a browser reads them off a page."""

from html.parser import HTMLParser
from typing import Any

# Types of inputs in which somebody writes; a program may write anything into any of them.
WRITTEN = frozenset({"text", "search", "email", "tel", "url", "password", "number", "date", "time", "color"})


class Forms(HTMLParser):
    """Forms of a page that post: where to, and the values they would send. `texts`: by the same place in the list, the
    fields in which somebody writes. `searches`: of forms that ask, where and in which such fields."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.found, self.texts, self.searches = path, [], [], []
        self._open: tuple[str, dict[str, Any]] | None = None
        # Fields that stand elsewhere name their form.
        self._by_id: dict[str, dict[str, Any]] = {}
        self._written: dict[int, set[str]] = {}
        self._asking: set[str] | None = None
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and given.get("method", "").lower() == "post":
            self._open = (given.get("action") or self.path, {})
            self.found.append(self._open)
            self.texts.append(set())
            self._written[id(self._open[1])] = self.texts[-1]
            self._by_id[given.get("id", "")] = self._open[1]
        elif tag == "form":
            self._asking = set()
            self.searches.append((given.get("action") or self.path, self._asking))
        values = self._by_id.get(given.get("form", "")) if "form" in given else self._open and self._open[1]
        name = given.get("name", "")
        if values is None:
            if self._asking is not None and name and tag == "input" and given.get("type", "text") in WRITTEN:
                self._asking.add(name)
            return
        if tag == "input" and name and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            values[name] = given.get("value", "")
        if name and (tag == "textarea" or (tag == "input" and given.get("type", "text") in WRITTEN)):
            self._written[id(values)].add(name)
        if tag == "button" and given.get("value") == "save":
            values[name] = "save"
        if tag == "select":
            self._select = name
        if tag == "option" and self._select and ("selected" in given or self._select not in values):
            values[self._select] = given.get("value", "")
        if tag == "textarea":
            self._area = name
            values[name] = ""

    def handle_data(self, data: str) -> None:
        if self._open is not None and self._area:
            self._open[1][self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = self._asking = None
        if tag in ("select", "textarea"):
            self._select = self._area = ""
