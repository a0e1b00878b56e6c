"""The same at the doors: pages, files and the interface show of a generated organization what `decide` allows.

Every type of record is asked for whatever doors it has: nothing here lists the types.
"""

import csv
import io
import re
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.urls import NoReverseMatch, reverse

from api.callers import Caller, by_session
from factories.organizations import Person, make_organization, make_user
from support.crm_worlds import WORD, Maker, World
from tenantry.api.operations import OPERATIONS, Operation
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id
from tenantry.core.records import RecordType, owned_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
PEOPLE = 4


@dataclass
class Look:
    """One member at the doors, and what decisions say of each record."""

    world: World
    actor: Actor
    caller: Caller
    faults: list[str] = field(default_factory=list)

    def page(self, path: str) -> tuple[int, set[UUID]]:
        """Status, and every id that the main part of the page names."""
        answer = self.caller.client.get(path)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        text = content.decode("utf-8-sig")
        main = text.partition("<main")[2] or text
        return answer.status_code, {UUID(one) for one in _UUID.findall(main)}

    def same(self, what: str, found: Any, expected: Any) -> None:
        if found != expected:
            self.faults.append(f"{what}: {found} instead of {expected}")

    def named(self, ids: set[UUID], record_type: RecordType) -> set[UUID]:
        return ids & set(self.world.rows[record_type.key])

    def view(self, record_type: RecordType) -> bool:
        return self.actor.may(record_type.permissions["view"])


def address(name: str, *args: Any) -> str:
    """Where a page is; "" where there is none."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


SHAPES = {"list": re.compile(r"/[a-z]+"), "get": re.compile(r"/[a-z]+/\{\w+\}")}


def operation_of(record_type: RecordType, what: str) -> Operation | None:
    """The one that lists records of a type, or gives one of them."""
    view = (record_type.permissions["view"],)
    fits = [o for o in OPERATIONS.values() if o.method == "GET" and o.permissions == view]
    fits = [one for one in fits if SHAPES[what].fullmatch(one.path)]
    named = [one for one in fits if one.name.startswith(record_type.key)]
    return next(iter(named or fits), None)


def lists(look: Look, record_type: RecordType) -> None:
    key = record_type.key
    seen, listed = look.world.seen(look.actor, record_type), look.world.listed(look.actor, record_type)
    if path := address(f"{key}_list"):
        status, ids = look.page(path)
        look.same(f"{path} answers", status, 200 if look.view(record_type) else 403)
        if status == 200:
            look.same(f"{path} shows", look.named(ids, record_type), listed)
            found = look.page(f"{path}?q={WORD}")[1]
            look.same(f"{path}?q shows", look.named(found, record_type), listed)
            look.same(f"{path}?q=nothing shows", look.named(look.page(f"{path}?q=qwxyz")[1], record_type), set())
    operation = operation_of(record_type, "list")
    if operation is not None:
        answer = look.caller.get(f"{operation.path}?archived=all&limit=200")
        look.same(f"{operation.path} answers", answer.status, 200 if look.view(record_type) else 403)
        if answer.status == 200:
            look.same(f"{operation.path} gives", {UUID(one["id"]) for one in answer.body["items"]}, seen)
            plain = look.caller.get(operation.path).body["items"]
            look.same(f"{operation.path} gives without archived", {UUID(one["id"]) for one in plain}, listed)


def files(look: Look, record_type: RecordType) -> None:
    path = address(f"{record_type.key}_csv") or address(f"{record_type.key}_file")
    if not path:
        return
    status, ids = look.page(path)
    code = "records.export"
    opened = look.actor.may(code) and look.view(record_type)
    look.same(f"{path} answers", status, 200 if opened else 403)
    if status == 200:
        expected = look.world.listed(look.actor, record_type) & look.world.allowed(look.actor, code, record_type)
        look.same(f"{path} holds", look.named(ids, record_type), expected)


def single(look: Look, record_type: RecordType) -> None:
    """Out of reach is not there, by page and by interface."""
    key = record_type.key
    seen = look.world.seen(look.actor, record_type)
    operation = operation_of(record_type, "get")
    for pk in look.world.rows[key]:
        right = (200 if pk in seen else 404) if look.view(record_type) else 403
        # An archived folder is no place any more; its records are still found.
        away = key == "folder" and look.world.rows[key][pk].archived_at is not None
        if (path := address(f"{key}_detail", pk)) and not away:
            look.same(path, look.caller.client.get(path).status_code, right)
        if operation is not None:
            where = re.sub(r"\{\w+\}", str(pk), operation.path)
            look.same(f"GET {where}", look.caller.get(where).status, right)


def searches(look: Look) -> None:
    path = address("momentum_search")
    status, ids = look.page(f"{path}?q={WORD}")
    if status != 200:
        look.same(f"{path} answers", status, 403)
        return
    for record_type in owned_types().values():
        expected = look.world.listed(look.actor, record_type)
        look.same(f"{path} finds of {record_type.key}", look.named(ids, record_type), expected)


def queues(look: Look) -> None:
    path = address("unassigned_list")
    for key, record_type in owned_types().items():
        if not look.view(record_type):
            continue
        status, ids = look.page(f"{path}?type={key}")
        if status != 200:
            look.same(f"{path} answers", status, 403)
            return
        rows = look.world.rows[key]
        expected = {pk for pk in look.world.listed(look.actor, record_type) if rows[pk].owner_id is None}
        look.same(f"{path}?type={key}", look.named(ids, record_type), expected)


def boards(look: Look) -> None:
    deal = owned_types()["deal"]
    if not look.view(deal):
        look.same("the board answers", look.page(address("deal_board"))[0], 403)
        return
    rows = look.world.rows["deal"]
    shown = {pk for pk in look.world.listed(look.actor, deal) if rows[pk].state == "open"}
    for workflow_id in {stage.workflow_id for stage in look.world.stages}:
        status, ids = look.page(address("deal_board_of", workflow_id))
        here = {pk for pk in shown if rows[pk].workflow_id == workflow_id}
        if status == 404:
            look.same(f"board {workflow_id} is hidden with", here, set())
        else:
            look.same(f"board {workflow_id}", look.named(ids, deal), here)


def reports(look: Look) -> None:
    if not look.actor.may("reports.view"):
        look.same("reports answer", look.page("/reports")[0], 403)
        return
    types = owned_types()
    deals = look.world.counted(look.actor, types["deal"])
    items = look.caller.get("/reports/pipeline").body["items"]
    still = [row for row in deals if row.state == "open" and row.archived_at is None]
    look.same("the pipeline counts", sum(one["deals"] for one in items), len(still))
    items = look.caller.get("/reports/won?months=24").body["items"]
    closed = [row for row in deals if row.state != "open"]
    look.same("closed deals", sum(one["won"] + one["lost"] for one in items), len(closed))
    items = look.caller.get("/reports/conversion?months=24").body["items"]
    look.same("leads", sum(one["leads"] for one in items), len(look.world.counted(look.actor, types["lead"])))
    items = look.caller.get("/reports/activity?months=24").body["items"]
    work = [row for key in ("note", "activity", "task") for row in look.world.counted(look.actor, types[key])]
    done = [row for row in work if getattr(row, "done_at", row.created_at)]
    look.same("what was done", sum(one["number"] for one in items), len(done))
    if not look.actor.may("reports.export"):
        return
    for report, key, figures in (("won", "deal", ("won", "lost")), ("conversion", "lead", ("leads",))):
        taken_out = look.world.allowed(look.actor, "reports.export", types[key])
        expected = [row for row in look.world.counted(look.actor, types[key]) if row.pk in taken_out]
        expected = [row for row in expected if getattr(row, "state", "") != "open" or key == "lead"]
        text = look.caller.client.get(f"/reports/{report}.csv?months=24").content.decode("utf-8-sig")
        lines = csv.DictReader(io.StringIO(text))
        look.same(f"{report}.csv", sum(int(line[name]) for line in lines for name in figures), len(expected))


def ask_every_door(seed: int) -> list[str]:
    org = make_organization()
    users = [make_user() for _n in range(PEOPLE)]
    with scope.tenant(org.id), writing():
        world = Maker(Random(seed), org.id, users).make()
    faults = []
    for member in world.members:
        if member.status != "active":
            continue
        with scope.tenant(org.id), reading():
            actor = world.actor(member)
        look = Look(world, actor, by_session(Person(org.id, member.id, member.user_id, member.email)))
        for record_type in owned_types().values():
            lists(look, record_type)
            files(look, record_type)
            single(look, record_type)
        for ask in (searches, queues, boards, reports):
            ask(look)
        faults += [f"{member.given_name}: {fault}" for fault in look.faults]
    return faults


@pytest.mark.brief
@pytest.mark.parametrize("seed", range(2))
def test_every_door_shows_what_is_decided(seed, database):
    faults = ask_every_door(seed)
    assert not faults, "\n".join(faults)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 108))
def test_every_door_shows_what_is_decided_for_long(seed, database):
    faults = ask_every_door(seed)
    assert not faults, "\n".join(faults)


def test_each_type_has_its_doors():
    for key, record_type in owned_types().items():
        assert address(f"{key}_list") or key == "folder", key
        assert address(f"{key}_detail", new_id()), key
        assert operation_of(record_type, "list") is not operation_of(record_type, "get") is not None, key


def test_worlds_differ_enough_to_tell():
    """Among the drawn members are some who see everything of a type, some who see nothing, and many between."""
    shares = set()
    for seed in range(4):
        org = make_organization()
        users = [make_user() for _n in range(PEOPLE)]
        with scope.tenant(org.id), writing():
            world = Maker(Random(seed), org.id, users).make()
            for member in world.members:
                actor = world.actor(member)
                for record_type in owned_types().values():
                    shares.add(len(world.seen(actor, record_type)))
    assert {0, 1, 2, 3, 4} <= shares
