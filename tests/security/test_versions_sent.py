"""A form that carries the version somebody looked at refuses what is none: else junk would switch the check off."""

import re
from typing import Any

import pytest

from support.forms import Forms
from support.pages import Scene, address, make_scene, page_routes
from support.visitors import body, post, signed_in

JUNK = ["x", "", "²", "-1", "0", "1.5", "\0", "9" * 5000, None]
# Refused: it changed meanwhile, or nothing that could be meant.
REFUSED = {409, 412, 422}
SEEN = "what was seen"
NAMES = ("name", "family_name", "legal_name")


def versioned(client: Any, path: str) -> list[tuple[str, dict[str, Any]]]:
    answer = client.get(path)
    whole = answer.status_code == 200 and not answer.streaming
    return versioned_in(answer, path) if whole and "html" in answer.headers.get("Content-Type", "") else []


def versioned_in(answer: Any, path: str) -> list[tuple[str, dict[str, Any]]]:
    reader = Forms(path)
    reader.feed(answer.content.decode())
    return [(action, values) for action, values in reader.found if "version" in values]


@pytest.fixture(scope="module")
def scene(database: None) -> Scene:
    return make_scene()


def test_no_form_takes_junk_for_the_version_that_was_seen(scene):
    """Every form of every page with a hidden version, found by asking for the pages."""
    owner = scene.organization.owner
    client = signed_in(owner)
    found = {}
    for route in page_routes():
        # Which parameters lack a sample is asked elsewhere.
        if route != "accounts/logout" and set(re.findall(r"<\w+:(\w+)>", route)) <= set(scene.samples):
            path = address(route, scene)
            found |= {action: path for action, _values in versioned(client, path)}
    # Leads, contacts, companies, deals, stages, files, folders, roles, profiles, the company: none is lost on the way.
    assert len(found) >= 10, sorted(found)
    assert any("/stages/" in action for action in found), sorted(found)
    taken = []
    for action, path in sorted(found.items()):
        # What is refused changes nothing: the form stays what it was.
        form = dict(versioned(client, path))[action]
        for junk in JUNK:
            answer = sent(client, owner, action, form, junk)
            if answer.status_code not in REFUSED:
                taken.append((action, str(junk)[:9], answer.status_code))
        answer = sent(client, owner, action, form, SEEN)
        if answer.status_code not in (302, 303):
            taken.append((action, SEEN, answer.status_code, body(answer)[-300:]))
    assert not taken, "\n".join(map(str, taken))


def sent(client: Any, person: Any, action: str, form: dict[str, Any], version: str | None) -> Any:
    """What the form answers to another name; where it shows a plan first, what that answers."""
    values = form | {name: f"{form[name]} anew"[-50:] for name in NAMES if name in form}
    values |= {name: "own" for name in ("p.deals.view",) if name in form}
    for _step in range(2):
        given = {**values, "version": values["version"] if version == SEEN else version}
        answer = post(client, person, action, {name: one for name, one in given.items() if one is not None})
        planned = dict(versioned_in(answer, action)) if answer.status_code == 200 else {}
        if not planned.get(action, {}).get("digest"):
            return answer
        values |= planned[action]
    return answer
