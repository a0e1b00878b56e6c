"""No page leads to a refusal: every link that somebody is shown opens for them, whatever their role."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest

from factories.organizations import make_organization
from support.visitors import signed_in
from tenantry.core.tenancy import scope
from tenantry.core.transactions import writing
from tenantry.people.models import Membership

# A handful of each kind of page; ids of records and members differ, what stands on their pages hardly does.
OF_A_KIND = 2
NUMBERS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/|$)")
LINK = re.compile(r'<a\b[^>]*?\bhref="([^"]+)"')
ROLES = {
    "standard": ("billing_administrator", "people_administrator", "manager", "member", "read_only"),
    "crm-suite": ("manager", "standard_user"),
    "sales-floor": ("read_only_viewer", "sales_rep"),
}


def kind_of(path: str) -> str:
    split = urlsplit(path)
    names = sorted({part.partition("=")[0] for part in split.query.split("&")})
    return NUMBERS.sub("#", split.path) + "?" + ",".join(names)


def dead_links(client) -> list[str]:
    """`status path, from the page that leads there`, found by following everything from the start."""
    seen, kinds, found = set(), {}, []
    waiting = [("/", "")]
    while waiting:
        path, origin = waiting.pop(0)
        kind = kind_of(path)
        if path in seen or kinds.get(kind, 0) >= OF_A_KIND or "/logout" in path:
            continue
        seen.add(path)
        kinds[kind] = kinds.get(kind, 0) + 1
        answer = client.get(path, follow=True)
        if answer.status_code >= 400:
            found.append(f"{answer.status_code} {path}, from {origin}")
        if answer.streaming or not answer["Content-Type"].startswith("text/html"):
            continue
        for href in LINK.findall(answer.content.decode()):
            there = urlsplit(urljoin(path, unescape(href)))
            if not there.scheme and not there.netloc:
                waiting.append((there.path + (f"?{there.query}" if there.query else ""), path))
    return found


@pytest.mark.parametrize(("blueprint", "role"), [(key, role) for key, roles in ROLES.items() for role in roles])
def test_no_page_links_to_what_is_not_open(blueprint, role):
    org = make_organization(blueprint=blueprint)
    plain = ROLES[blueprint][-1]
    somebody = org.person(role)
    org.invite(plain)
    managed_by_owner(org, somebody)
    assert not dead_links(signed_in(somebody))


def test_a_manager_out_of_reach_is_named_without_a_link():
    org = make_organization(blueprint="crm-suite")
    somebody = org.person("manager")
    managed_by_owner(org, somebody)
    there = f"/admin/users/u/{somebody.membership_id}"
    theirs = f'href="/admin/users/u/{org.owner.membership_id}"'
    assert "Maren Holt" in (seen := signed_in(somebody).get(there).content.decode())
    assert theirs not in seen
    assert theirs in signed_in(org.owner).get(there).content.decode()


def managed_by_owner(org, person) -> None:
    with scope.tenant(org.id), writing():
        Membership.objects.filter(id=person.membership_id).update(manager_id=org.owner.membership_id)
