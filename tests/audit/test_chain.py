"""The chain: whatever is done to it behind the application's back is found (design: audit)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError
from hypothesis import given, settings
from hypothesis import strategies as st

from factories.organizations import make_organization
from support import catalogue
from support.races import failures, together
from tenantry.audit.chain import Act, Entry, Event, Verification, append, append_all, erase_personal, verify
from tenantry.audit.models import Entry as Row
from tenantry.audit.models import Head, OutboxEvent, PersonalValue
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.ids import new_id
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading, writing


def write(organization_id: UUID, *entries: Entry, now: datetime | None = None) -> list[int]:
    actor = Actor(kind="system", organization_id=organization_id, label="test", address="192.0.2.9", agent="browser")
    with scope.tenant(organization_id), writing():
        return [append(actor=actor, entry=e, events=(), now=now or clock.now()) for e in entries]


def checked(organization_id: UUID) -> Verification:
    with scope.tenant(organization_id), reading():
        return verify()


def found(organization_id: UUID) -> set[tuple[int, str]]:
    return {(fault.number, fault.what) for fault in checked(organization_id).faults}


@pytest.fixture
def chain() -> UUID:
    """Five entries of an organization that is only this."""
    organization_id = new_id()
    write(
        organization_id,
        *(
            Entry(
                "people.edited", "member", new_id(), {"n": n, "deep": {"b": [1, None, True], "a": "é"}}, {"name": "Ann"}
            )
            for n in range(5)
        ),
    )
    result = checked(organization_id)
    assert result.sound
    assert (result.checked, result.erased) == (5, 0)
    return organization_id


def test_several_entries_in_one_writing_are_links_like_any_other(chain):
    """Each with its own values and events, on top of what was there, and the next follows them."""
    before = clock.now()
    people = [new_id() for _n in range(3)]
    acts = [
        Act(
            Actor(kind="system", organization_id=chain, label="test", address=f"192.0.2.{n}"),
            Entry("people.edited", "member", person, {"n": n}, {"name": f"Ann {n}"}),
            before + timedelta(seconds=n),
            (Event("MemberEdited", {"n": n}),) * n,
        )
        for n, person in enumerate(people)
    ]
    with scope.tenant(chain), writing():
        assert append_all(acts) == 8
    assert write(chain, Entry("people.edited")) == [9]
    result = checked(chain)
    assert result.sound
    assert (result.checked, result.erased) == (9, 0)
    with scope.tenant(chain), reading():
        rows = list(Row.objects.filter(number__in=(6, 7, 8)).order_by("number"))
        assert [(row.target_id, row.values, row.at) for row in rows] == [
            (person, {"n": n}, before + timedelta(seconds=n)) for n, person in enumerate(people)
        ]
        named = PersonalValue.objects.filter(number__in=(6, 7, 8), field="name").order_by("number")
        assert [row.value for row in named] == ["Ann 0", "Ann 1", "Ann 2"]
        events = OutboxEvent.objects.filter(number__in=(6, 7, 8)).order_by("number", "ordinal")
        assert [(row.number, row.ordinal) for row in events] == [(7, 0), (8, 0), (8, 1)]


CHANGES = {
    "a value": "UPDATE audit_entry SET values = jsonb_set(values, '{n}', '99')",
    "who": "UPDATE audit_entry SET actor_id = gen_random_uuid()",
    "what": "UPDATE audit_entry SET action = 'people.removed'",
    "the area": "UPDATE audit_entry SET area = 'billing'",
    "on whom": "UPDATE audit_entry SET target_id = gen_random_uuid()",
    "the kind of target": "UPDATE audit_entry SET target_type = 'team'",
    "when": "UPDATE audit_entry SET at = at + interval '1 microsecond'",
    "the kind of actor": "UPDATE audit_entry SET actor_kind = 'operator'",
    "the label": "UPDATE audit_entry SET actor_label = 'somebody'",
    "a promised digest": "UPDATE audit_entry SET personal = personal - 'name'",
}


@pytest.mark.parametrize("statement", CHANGES.values(), ids=CHANGES)
def test_a_changed_entry_is_found(chain, statement):
    assert catalogue.change(f"{statement} WHERE organization_id = %s AND number = 3", chain) == 1
    assert (3, "changed") in found(chain)


def test_a_changed_hash_is_found(chain):
    catalogue.change("UPDATE audit_entry SET hash = %s WHERE organization_id = %s AND number = 3", b"x" * 32, chain)
    assert found(chain) == {(3, "changed"), (4, "link_broken")}


def test_a_removed_entry_is_found(chain):
    catalogue.change("DELETE FROM audit_entry WHERE organization_id = %s AND number = 3", chain)
    assert {(3, "missing"), (4, "link_broken")} <= found(chain)


def test_the_first_entry_removed_is_found(chain):
    catalogue.change("DELETE FROM audit_entry WHERE organization_id = %s AND number = 1", chain)
    assert {(1, "missing"), (2, "link_broken")} <= found(chain)


def test_the_last_entry_removed_is_found(chain):
    catalogue.change("DELETE FROM audit_entry WHERE organization_id = %s AND number = 5", chain)
    assert (0, "end_missing") in found(chain)


def test_the_last_entry_removed_with_the_head_set_back_is_found(chain):
    catalogue.change("DELETE FROM audit_entry WHERE organization_id = %s AND number = 5", chain)
    catalogue.change(
        "UPDATE audit_head SET number = 4, hash = (SELECT hash FROM audit_entry e WHERE e.number = 4"
        " AND e.organization_id = audit_head.organization_id) WHERE organization_id = %s",
        chain,
    )
    assert found(chain) - {(5, "personal_changed:name")} >= {(0, "head_forged")}


def test_everything_removed_is_found(chain):
    for table in ("audit_entry", "audit_personalvalue", "audit_head"):
        catalogue.change(f"DELETE FROM {table} WHERE organization_id = %s", chain)
    assert found(chain) == {(0, "head_missing")}


def test_two_entries_that_changed_places_are_found(chain):
    for before, after in ((2, -2), (3, 2), (-2, 3)):
        catalogue.change(
            "UPDATE audit_entry SET number = %s WHERE organization_id = %s AND number = %s", after, chain, before
        )
    assert {(2, "changed"), (3, "changed"), (2, "link_broken")} <= found(chain)


def test_an_entry_put_in_between_is_found(chain):
    for number in (5, 4, 3):
        catalogue.change(
            "UPDATE audit_entry SET number = number + 1 WHERE organization_id = %s AND number = %s", chain, number
        )
    copy_row(chain, 2, 3)
    faults = found(chain)
    assert {(3, "changed"), (3, "link_broken")} <= faults
    assert (0, "end_added") in faults


def test_an_entry_put_at_the_end_is_found(chain):
    copy_row(chain, 5, 6)
    assert {(6, "changed"), (0, "end_added")} <= found(chain)


def copy_row(organization_id: UUID, number: int, as_number: int) -> None:
    columns = (
        "at, actor_kind, actor_id, actor_label, action, area, target_type, target_id, values, personal, previous, hash"
    )
    catalogue.change(
        f"INSERT INTO audit_entry (organization_id, id, number, {columns})"
        f" SELECT organization_id, gen_random_uuid(), %s, {columns} FROM audit_entry"
        " WHERE organization_id = %s AND number = %s",
        as_number,
        organization_id,
        number,
    )


def test_a_forged_head_is_found(chain):
    catalogue.change("UPDATE audit_head SET mac = %s WHERE organization_id = %s", b"m" * 32, chain)
    assert found(chain) == {(0, "head_forged")}


def test_a_head_of_another_organization_is_found(chain):
    other = new_id()
    write(other, Entry("people.edited"))
    [(number, hash_, mac)] = catalogue.rows(
        "SELECT number, hash, mac FROM audit_head WHERE organization_id = %s", other
    )
    catalogue.change(
        "UPDATE audit_head SET number = %s, hash = %s, mac = %s WHERE organization_id = %s", number, hash_, mac, chain
    )
    assert (0, "head_forged") in found(chain)


def test_an_entry_of_another_organization_is_found(chain):
    other = new_id()
    write(other, Entry("people.edited"))
    catalogue.change("DELETE FROM audit_entry WHERE organization_id = %s AND number = 1", chain)
    catalogue.change("UPDATE audit_entry SET organization_id = %s WHERE organization_id = %s", chain, other)
    assert (1, "changed") in found(chain)


def test_a_changed_personal_value_is_found_and_an_erased_one_is_not_a_fault(chain):
    catalogue.change(
        "UPDATE audit_personalvalue SET value = '\"Eve\"' WHERE organization_id = %s AND number = 3 AND field = 'name'",
        chain,
    )
    assert found(chain) == {(3, "personal_changed:name")}
    with scope.tenant(chain), writing():
        assert erase_personal([3]) == 3
    result = checked(chain)
    assert result.sound
    assert result.erased == 3


def test_a_personal_value_of_no_entry_is_found(chain):
    catalogue.change(
        "INSERT INTO audit_personalvalue (organization_id, id, number, field, salt, value)"
        " VALUES (%s, gen_random_uuid(), 2, 'extra', 'x', '1')",
        chain,
    )
    assert found(chain) == {(2, "personal_changed:extra")}


def test_equal_values_have_different_digests(chain):
    with scope.tenant(chain), reading():
        digests = [row.personal["name"] for row in Row.objects.all()]
    assert len(set(digests)) == 5


def test_personal_values_are_nowhere_in_the_entry(chain):
    write(chain, Entry("people.edited", personal={"email": "secret.person@example.test"}))
    found_rows = catalogue.rows(
        "SELECT count(*) FROM audit_entry t WHERE t::text LIKE '%%secret.person%%' AND %s", True
    )
    assert found_rows == [(0,)]


def test_eight_writers_at_once_number_without_gaps():
    organization_id = new_id()

    def writer() -> list[int]:
        return [write(organization_id, Entry("people.edited", values={"i": i}))[0] for i in range(10)]

    results = together(*(writer for _ in range(8)))
    failures(results)
    assert sorted(n for numbers in results for n in numbers) == list(range(1, 81))
    result = checked(organization_id)
    assert (result.sound, result.checked) == (True, 80)


def test_verifying_while_others_write_raises_no_alarm():
    organization_id = new_id()
    write(organization_id, Entry("people.edited"))

    def writer() -> None:
        for i in range(40):
            write(organization_id, Entry("people.edited", values={"i": i}))

    def reader() -> list[Verification]:
        return [checked(organization_id) for _ in range(30)]

    _written, *read = together(writer, reader, reader)
    failures(read)
    assert all(result.sound for results in read for result in results)


def test_a_rolled_back_action_leaves_no_number(chain):
    class Stop(Exception):
        pass

    actor = Actor.system("test", chain)
    with pytest.raises(Stop), scope.tenant(chain), writing():
        append(actor=actor, entry=Entry("people.edited"), events=(), now=clock.now())
        raise Stop
    assert write(chain, Entry("people.edited")) == [6]
    assert checked(chain).sound


def test_a_tenant_can_neither_change_nor_remove_entries():
    org = make_organization()
    for act in (
        lambda: Row.objects.filter(number=1).delete(),
        lambda: Row.objects.filter(number=1).update(action="x"),
        lambda: Head.objects.all().delete(),
        lambda: PersonalValue.objects.all().update(value=1),
    ):
        with scope.tenant(org.id), pytest.raises(ProgrammingError, match="permission denied"), writing():
            act()
    assert checked(org.id).sound


texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=40)
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | texts | st.uuids() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
entries = st.builds(
    Entry,
    action=st.sampled_from(["people.edited", "teams.created", "x"]),
    target_type=texts,
    target_id=st.none() | st.uuids(),
    values=st.dictionaries(texts, plain, max_size=4),
    personal=st.dictionaries(texts, plain, max_size=3),
)


# Hypothesis takes naive limits and adds the zone itself.
SPAN = datetime(2000, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001


@settings(max_examples=40, deadline=None)
@given(
    written=st.lists(entries, min_size=1, max_size=6),
    now=st.datetimes(*SPAN, timezones=st.just(UTC)),
    erased=st.sets(st.integers(1, 6)),
)
def test_whatever_is_written_verifies(written: list[Entry], now: datetime, erased: set[int]):
    organization_id = new_id()
    assert write(organization_id, *written, now=now) == list(range(1, len(written) + 1))
    assert checked(organization_id).sound
    with scope.tenant(organization_id), writing():
        gone = erase_personal(sorted(erased))
    result = checked(organization_id)
    assert (result.sound, result.erased, result.checked) == (True, gone, len(written))


@pytest.mark.parametrize("value", [1e22, -0.0, 1.10, float("nan"), float("inf"), 10**40, {"k": [1e5]}])
def test_numbers_come_back_as_they_were_hashed(value: Any):
    organization_id = new_id()
    write(organization_id, Entry("people.edited", values={"v": value}, personal={"v": value}))
    assert checked(organization_id).sound
    with scope.tenant(organization_id), reading():
        json.dumps(Row.objects.get().values)
