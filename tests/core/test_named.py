"""Names are found without their accents, by the database as by Python, and fast among many."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories.organizations import make_organization
from tenantry.core import clock
from tenantry.core.named import called, called_just, is_called
from tenantry.core.tenancy import scope
from tenantry.core.text import folded
from tenantry.core.transactions import reading, writing
from tenantry.organizations.models import Workspace

NAMES = ("André Bar", "Andre Bar", "Zoë Dock", "Söder", "Søder", "Ångström", "100 % Ä_b", "ﬁn")
PLACES = 10_000


@pytest.fixture(scope="module")
def org(database):
    return make_organization()


@pytest.fixture(scope="module")
def named(org):
    with scope.tenant(org.id), writing():
        rows = [Workspace(name=name, sort_name=name.lower(), created_at=clock.now()) for name in NAMES]
        Workspace.objects.bulk_create(rows)
    return {row.name: row.id for row in rows}


def found(org, typed: str) -> set[str]:
    with scope.tenant(org.id), reading():
        return set(called(Workspace.objects.filter(name__in=NAMES), typed).values_list("name", flat=True))


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("andre", {"André Bar", "Andre Bar"}),
        ("ANDRÉ", {"André Bar", "Andre Bar"}),
        ("bar andre\u0301", {"André Bar", "Andre Bar"}),
        ("zoe", {"Zoë Dock"}),
        ("soder", {"Söder"}),
        ("ö", {"Söder", "Ångström", "Zoë Dock"}),
        ("angstrom", {"Ångström"}),
        ("100 %", {"100 % Ä_b"}),
        ("a_b", {"100 % Ä_b"}),
        ("fin", {"ﬁn"}),
        ("ø", {"Søder"}),
        ("\u0301", set(NAMES)),
        ("nowhere", set()),
        ("a\0b", set()),
    ],
)
def test_accents_need_not_be_typed(org, named, typed, names):
    assert found(org, typed) & names == names
    assert found(org, typed) == {name for name in NAMES if is_called(name, typed)} or typed == "a\0b"


def test_a_name_is_meant_as_it_was_typed_and_else_without_its_accents(org, named):
    with scope.tenant(org.id), reading():
        rows = Workspace.objects.filter(name__in=NAMES)
        for typed, meant in (
            ("andré bar", "André Bar"),
            ("ANDRE BAR ", "Andre Bar"),
            ("andré  bar", "André Bar"),
            ("zoe \u00a0dock", "Zoë Dock"),
            ("zoe dock", "Zoë Dock"),
            ("zoe", None),
            ("ändre bar", None),
            ("\0", None),
        ):
            assert called_just(rows, typed) == (named[meant] if meant else None), typed


@given(text=st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs", "Cn")), max_size=30))
def test_the_database_folds_as_python_does(org, named, text):
    with scope.tenant(org.id), writing():
        row = Workspace.objects.filter(id=named["Søder"])
        row.update(sort_name=text.lower())
        assert row.values_list("sort_name__folded", flat=True).get() == folded(text)
        row.update(sort_name="søder")


def test_a_place_among_ten_thousand_is_found_at_once(org, named):
    with scope.tenant(org.id), writing():
        for start in range(0, PLACES, 1000):
            names = [f"Städte {n:05}" for n in range(start, start + 1000)]
            rows = [Workspace(name=name, sort_name=name.lower(), created_at=clock.now()) for name in names]
            Workspace.objects.bulk_create(rows)
    with scope.tenant(org.id), reading():
        taken = []
        for _n in range(5):
            begun = time.perf_counter()
            assert called(Workspace.objects.all(), "stadte 09999").count() == 1
            taken.append(time.perf_counter() - begun)
    assert min(taken) < 0.25, taken
