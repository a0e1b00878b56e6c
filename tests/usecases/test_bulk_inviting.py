"""Bulk invite: a file comes in, every row says whether it can be sent and why not, and what is sent is sent once."""

import random

import pytest

from factories.organizations import make_organization, unique
from support.bulk import batch_of, codes, file_of, run_reading, send, staged, upload
from support.catalogue import rows as ask
from support.races import failures, together
from support.structure import give, make_role, somebody
from support.workbooks import sheet_of, workbook
from tenantry.access.actions.profiles import create_profile
from tenantry.access.contents import ProfileContent
from tenantry.core.errors import InvalidInput, NotFound, PermissionMissing, TooFast
from tenantry.core.sheets import errors as sheets
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.actions import create_team
from tenantry.security import answers
from tenantry.usecases import bulk_inviting as bulk
from tenantry.usecases.bulk_inviting import judging
from tenantry.usecases.bulk_inviting.errors import BatchNotReady, NoAddresses
from tenantry.usecases.departments import create_department
from tenantry.usecases.joining import revoke_invitation
from tenantry.usecases.units import create_unit
from tenantry.usecases.workspaces import create_workspace


def address(stem="person"):
    return f"{unique(stem)}@example.test"


def states(org, batch_id):
    return [(row.position, row.state, codes(row)) for row in staged(org, batch_id)]


def sentences(row):
    return [bulk.reason_in_words(one) for one in row.reasons]


@pytest.fixture
def org():
    return make_organization()


# --- Reading --------------------------------------------------------------------------------


def test_a_file_is_read_and_each_row_says_whether_it_can_be_sent(org):
    here = org.invite()
    content = file_of(
        (address(), "Ada Stone"),
        (here.email,),
        (org.owner.email,),
        ("nonsense",),
        ("",),
        heading="email,name",
    )
    batch_id = upload(org, content)
    assert states(org, batch_id) == [
        (2, "ready", []),
        (3, "error", ["already_invited"]),
        (4, "error", ["already_member"]),
        (5, "error", ["invalid_email"]),
    ]
    batch = batch_of(org, batch_id)
    assert (batch.state, batch.rows_read, batch.file_name) == ("ready", 4, "people.csv")
    assert batch.reading["columns"] == [{"heading": "email", "field": "email"}, {"heading": "name", "field": "name"}]
    for row in staged(org, batch_id):
        assert all(one.endswith(".") and "%(" not in one for one in sentences(row))


def test_a_row_says_everything_that_is_wrong_with_it(org):
    batch_id = upload(org, file_of(("x", "\u202eevil", "Boss", "Nobody", "None", "Nowhere", "", "Void:High")))
    [row] = staged(org, batch_id)
    assert codes(row) == [
        "invalid_email",
        "forbidden_characters",
        "unit_unknown",
        "role_unknown",
        "team_unknown",
        "profile_unknown",
        "workspace_unknown",
    ]
    assert [one["field"] for one in row.reasons] == ["email", "name", "unit", "role", "team", "profile", "workspaces"]
    assert all(sentences(row))


def test_warnings_are_sent_and_errors_are_not(org):
    gone = org.invite()
    org.perform(revoke_invitation, membership_id=gone.membership_id)
    content = file_of(
        (gone.email,),
        (address(), "", "owner"),
        (address(), "", "", "", "", "", "Field  Sales"),
        (address(), "", "Unheard of"),
    )
    batch_id = upload(org, content)
    assert [row.state for row in staged(org, batch_id)] == ["warning", "warning", "warning", "error"]
    assert [codes(row)[0] for row in staged(org, batch_id)] == [
        "was_removed",
        "gives_everything",
        "department_new",
        "role_unknown",
    ]
    assert [bulk.is_warning(row.reasons[0]) for row in staged(org, batch_id)] == [True, True, True, False]
    send(org, batch_id)
    assert [row.state for row in staged(org, batch_id)] == ["sent", "sent", "sent", "error"]
    made = ask("SELECT name FROM people_department WHERE organization_id = %s", org.id)
    assert made == [("Field Sales",)]


def test_the_first_of_several_rows_with_one_address_counts(org):
    one = address()
    batch_id = upload(org, file_of((one,), (address(),), (one.upper(),), (one,)))
    assert states(org, batch_id)[2:] == [(4, "error", ["listed_twice"]), (5, "error", ["listed_twice"])]
    assert sentences(staged(org, batch_id)[2]) == ["This address stands in line 2 already."]


def test_a_department_of_a_file_is_one_like_any_other(org):
    """A name that the list itself would refuse comes in by no file either."""
    org.perform(create_department, name="Équipe")
    said = ("x" * 81, "Sa\u202eles", "A\x01B", "  Field   sales ", "e\u0301QUIPE")
    batch_id = upload(org, file_of(*((address(), "", "", "", "", "", name) for name in said)))
    assert [(row.state, codes(row)) for row in staged(org, batch_id)] == [
        ("error", ["too_long"]),
        ("error", ["forbidden_characters"]),
        ("error", ["forbidden_characters"]),
        ("warning", ["department_new"]),
        ("ready", []),
    ]
    assert sentences(staged(org, batch_id)[0]) == ["At most 80 characters."]
    assert staged(org, batch_id)[0].reasons[0]["field"] == "department"
    send(org, batch_id)
    known = ask("SELECT name FROM people_department WHERE organization_id = %s ORDER BY 1", org.id)
    assert known == [("Field sales",), ("Équipe",)]


def test_accents_may_be_characters_of_their_own(org):
    """As some systems write them: what looks like the name is the name."""
    org.perform(create_team, name="Équipe")
    org.perform(create_unit, name="Ålesund")
    batch_id = upload(org, file_of((address(), "", "", "E\u0301quipe", "", "A\u030alesund")))
    assert states(org, batch_id) == [(2, "ready", [])]


def test_names_come_in_both_orders(org):
    batch_id = upload(
        org, file_of(*((address(), name) for name in ("Ada Stone", "Stone, Ada", "Ada", "Ana Maria Lopes")))
    )
    assert [(r.resolved["given_name"], r.resolved["family_name"]) for r in staged(org, batch_id)] == [
        ("Ada", "Stone"),
        ("Ada", "Stone"),
        ("Ada", ""),
        ("Ana Maria", "Lopes"),
    ]


def test_a_long_file_goes_on_by_its_job(org):
    emails = [address() for _ in range(1200)]
    batch_id = upload(org, file_of(*((email,) for email in [*emails, emails[3]])))
    batch = batch_of(org, batch_id)
    assert (batch.state, batch.rows_read) == ("reading", 500)
    assert bulk.progress_of(batch) == (500, 1201, "reading")
    jobs = "SELECT 1 FROM procrastinate_jobs WHERE task_name = 'people.read_batch' AND args->>'batch_id' = %s"
    assert len(ask(jobs, str(batch_id))) == 1
    run_reading(org, batch_id)
    run_reading(org, batch_id)
    assert (batch_of(org, batch_id).state, batch_of(org, batch_id).rows_read) == ("ready", 1201)
    found = staged(org, batch_id)
    assert [row.position for row in found] == list(range(2, 1203))
    assert (found[-1].state, codes(found[-1])) == ("error", ["listed_twice"])


def test_how_long_a_workbook_is_nobody_guesses(org):
    """Its bytes are packed: what looks like ends of lines there are none."""
    noise = [("xl/noise.bin", random.Random(1).randbytes(400_000))]
    book = workbook(sheet_of([("email",), *((address(),) for _ in range(700))]), extra=noise)
    assert book.count(b"\n") > 701
    batch_id = upload(org, book)
    assert bulk.progress_of(batch_of(org, batch_id)) == (500, 500, "reading")


def test_a_fault_at_once_keeps_nothing_and_a_late_one_leaves_no_row(org):
    for content, kind in ((b"", sheets.EmptyFile), (b"name\nAda\n", sheets.MissingColumn), (b"email\n", sheets.NoRows)):
        with pytest.raises(kind):
            upload(org, content)
    assert ask("SELECT count(*) FROM people_invitationbatch WHERE organization_id = %s", org.id) == [(0,)]
    late = b"email\n" + b"".join(b"p%d@example.test\n" % n for n in range(900)) + b'"unclosed'
    batch_id = upload(org, late)
    assert len(staged(org, batch_id)) == 500
    run_reading(org, batch_id)
    batch = batch_of(org, batch_id)
    assert (batch.state, batch.fault) == ("failed", {"code": "sheet_quote_not_closed", "values": {"line": 902}})
    assert staged(org, batch_id) == []
    with pytest.raises(BatchNotReady):
        org.perform(bulk.send_batch, batch_id=batch_id)


def test_a_file_is_read_again_as_somebody_says(org):
    batch_id = upload(org, f"email,name\n{address()},Zo\u00eb\n".encode("mac-roman"))
    assert "Zo\u00eb" not in staged(org, batch_id)[0].name
    org.perform(bulk.read_again, batch_id=batch_id, encoding="mac-roman", separator=",")
    assert [row.name for row in staged(org, batch_id)] == ["Zo\u00eb"]
    with pytest.raises(sheets.NoHeading):
        org.perform(bulk.read_again, batch_id=batch_id, encoding="mac-roman", separator=";")
    assert [row.name for row in staged(org, batch_id)] == ["Zo\u00eb"]


def test_a_reader_of_an_older_reading_stops(org):
    """The file is read anew while its job was about to go on."""
    batch_id = upload(org, file_of(*((address(),) for _ in range(700))))
    org.perform(bulk.read_again, batch_id=batch_id)
    run_reading(org, batch_id)
    assert len(staged(org, batch_id)) == 700


def test_two_readers_of_one_file_put_each_row_down_once(org):
    batch_id = upload(org, file_of(*((address(),) for _ in range(5000))))
    failures(together(*[lambda: run_reading(org, batch_id)] * 3))
    assert [row.position for row in staged(org, batch_id)] == list(range(2, 5002))
    assert batch_of(org, batch_id).state == "ready"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@x.example\nb@x.example", [("a@x.example", ""), ("b@x.example", "")]),
        ("a@x.example, b@x.example; c@x.example", [(f"{c}@x.example", "") for c in "abc"]),
        ('Ada Stone <a@x.example>, "Bob B." <b@x.example>', [("a@x.example", "Ada Stone"), ("b@x.example", "Bob B.")]),
        ("a@x.example;Ada Stone\nb@x.example;Bob", [("a@x.example", "Ada Stone"), ("b@x.example", "Bob")]),
        ("Name\tE-mail\nAda\ta@x.example", [("a@x.example", "Ada")]),
    ],
)
def test_a_list_is_pasted_in_any_form(org, text, found):
    batch_id = org.perform(bulk.paste_batch, text=text).batch_id
    assert [(row.email, row.name) for row in staged(org, batch_id)] == found


@pytest.mark.parametrize("rest", ["y" * 200_000, "\nb@b.example" * 20_000])
def test_a_quote_in_a_text_that_nothing_closes(org, rest):
    with pytest.raises(sheets.CellTooLong):
        org.perform(bulk.paste_batch, text=f'a@a.example,"x{rest}')


def test_a_text_without_an_address(org):
    with pytest.raises(NoAddresses):
        org.perform(bulk.paste_batch, text="nobody at all")


# --- Rights ---------------------------------------------------------------------------------


def test_a_row_is_judged_by_what_its_sender_may(org):
    admin = org.person("administrator")
    batch_id = upload(org, file_of((address(), "", "Owner"), (address(), "", "member")), by=admin)
    assert [codes(row) for row in staged(org, batch_id)] == [["role_not_assignable"], []]
    ordinary = org.role("member")
    assert staged(org, batch_id)[1].resolved["role_id"] == str(ordinary)


def test_who_only_invites_gives_no_team_profile_or_workspace(org):
    inviter = somebody(org, {"people.invite": "yes", "people.view": "all"})
    org.perform(create_team, name="Hunters")
    org.perform(create_workspace, name="Fairs")
    org.perform(create_profile, content=ProfileContent("Small"))
    batch_id = upload(
        org, file_of((address(), "", "member", "Hunters", "Small", "", "New", "Fairs:Manager")), by=inviter
    )
    [row] = staged(org, batch_id)
    # What one does not see is unknown, and stays so.
    assert codes(row) == [
        "role_not_assignable",
        "team_unknown",
        "profile_not_given",
        "department_unknown",
        "workspace_unknown",
    ]


def test_whoever_invites_into_a_unit_names_it_and_sees_their_own_batches(org):
    oslo, bergen = (org.perform(create_unit, name=name) for name in ("Oslo", "Bergen"))
    agent = org.person("member")
    role = make_role(org, "unit", {"people.invite": "yes", "units.view": "yes"}, assignable=(org.role("member"),))
    give(org, agent, role, unit_id=oslo.id)
    rows = [(address(), "", "member", "", "", unit) for unit in ("Oslo", "", "Bergen", "Nowhere")]
    mine, others = upload(org, file_of(*rows), by=agent), upload(org, file_of((address(),)))
    assert [codes(row) for row in staged(org, mine)] == [
        [],
        ["unit_needed", "role_not_assignable"],
        ["unit_unknown", "role_not_assignable"],
        ["unit_unknown", "role_not_assignable"],
    ]
    with scope.tenant(org.id), reading():
        assert [batch.id for batch in bulk.batches(agent.actor)] == [mine]
        assert {batch.id for batch in bulk.batches(org.owner.actor)} == {mine, others}
    send(org, mine, by=agent)
    placed = ask("SELECT unit_id FROM people_membership WHERE id = %s", staged(org, mine)[0].membership_id)
    assert placed == [(oslo.id,)]
    assert bergen.id != oslo.id


def test_a_unit_is_named_with_those_above_it_where_its_name_is_not_enough(org):
    north, south = (org.perform(create_unit, name=name) for name in ("North", "South"))
    for above in (north, south):
        org.perform(create_unit, name="Coast", parent_id=above.id)
    named = ("Coast", "north / coast", "West / Coast")
    batch_id = upload(org, file_of(*((address(), "", "", "", "", unit) for unit in named)))
    assert [codes(row) for row in staged(org, batch_id)] == [["unit_ambiguous"], [], ["unit_unknown"]]


def test_a_list_learns_no_more_of_other_organizations_than_one_by_one(org, monkeypatch):
    exclusive = make_organization(blueprint="crm-suite")
    taken = [exclusive.invite("standard_user").email for _ in range(4)]
    monkeypatch.setattr(judging, "LIMIT", 2)
    monkeypatch.setattr(answers, "LIMIT", 2)
    free = [address() for _ in range(2)]
    batch_id = upload(org, file_of((free[0],), *((email,) for email in taken), (free[1],)))
    assert [codes(row) for row in staged(org, batch_id)] == [
        [],
        ["address_elsewhere"],
        ["address_elsewhere"],
        ["address_unasked"],
        ["address_unasked"],
        ["address_unasked"],
    ]
    with pytest.raises(TooFast):
        upload(org, file_of((taken[2],)))
    row = staged(org, batch_id)[3]
    with pytest.raises(TooFast):
        org.perform(bulk.edit_row, batch_id=batch_id, row_id=row.id, email=taken[2])


def test_nobody_without_the_permission_gets_in(org):
    member = org.person("member")
    with pytest.raises(PermissionMissing):
        upload(org, file_of((address(),)), by=member)
    with scope.tenant(org.id), reading(), pytest.raises(PermissionMissing):
        bulk.batches(member.actor)


def test_another_organizations_batch_is_not_there(org):
    other = make_organization()
    batch_id = upload(other, file_of((address(),)))
    [row] = staged(other, batch_id)
    for action, params in (
        (bulk.send_batch, {}),
        (bulk.cancel_batch, {}),
        (bulk.delete_batch, {}),
        (bulk.resend_failed, {}),
        (bulk.read_again, {}),
        (bulk.edit_row, {"row_id": row.id, "email": "x@example.test"}),
        (bulk.drop_row, {"row_id": row.id}),
    ):
        with pytest.raises(NotFound):
            org.perform(action, batch_id=batch_id, **params)
    assert staged(other, batch_id)[0].email == row.email


# --- Mending --------------------------------------------------------------------------------


def test_a_row_is_mended_in_place_with_those_it_doubled(org):
    one = address()
    batch_id = upload(org, file_of((one,), (one,), (one,), ("typo@",)))
    first, second, _third, fourth = staged(org, batch_id)
    org.perform(bulk.edit_row, batch_id=batch_id, row_id=fourth.id, email=one)
    assert states(org, batch_id)[3] == (5, "error", ["listed_twice"])
    org.perform(bulk.edit_row, batch_id=batch_id, row_id=first.id, email=address(), name="Ada", role="Manager")
    assert [state for _p, state, _c in states(org, batch_id)] == ["ready", "ready", "error", "error"]
    assert sentences(staged(org, batch_id)[2]) == ["This address stands in line 3 already."]
    org.perform(bulk.drop_row, batch_id=batch_id, row_id=second.id)
    assert [state for _p, state, _c in states(org, batch_id)] == ["ready", "ready", "error"]


def test_a_value_that_no_cell_may_hold(org):
    batch_id = upload(org, file_of((address(),)))
    [row] = staged(org, batch_id)
    with pytest.raises(InvalidInput) as refused:
        org.perform(bulk.edit_row, batch_id=batch_id, row_id=row.id, email="a\0@example.test", name="x" * 2001)
    assert sorted(refused.value.fields) == ["email", "name"]
    assert staged(org, batch_id)[0].email == row.email


def test_faulty_rows_go_out_as_a_file_and_come_back(org):
    batch_id = upload(
        org, file_of((address(),), ("=cmd|'/C calc'!A0", "+Ada", "Boss", "@team"), ("typo@", 'J\u00f6rg; "x"\nStone'))
    )
    before = staged(org, batch_id)[1:]
    content = b"".join(bulk.faulty_file(org.owner.actor, batch_id))
    assert content.startswith(b"\xef\xbb\xbfemail,name,")
    assert b"\r\n'=cmd" in content
    again = upload(org, content)
    after = staged(org, again)
    assert [(r.email, r.name, r.role, r.team, codes(r)) for r in after] == [
        (r.email, r.name, r.role, r.team, codes(r)) for r in before
    ]
    assert batch_of(org, again).reading["columns"][-1] == {"heading": "reason", "field": ""}


def test_the_template_can_be_uploaded(org):
    [row] = staged(org, upload(org, bulk.template_file()))
    assert (row.state, row.email) == ("ready", "ada@company.example")
