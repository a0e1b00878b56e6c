"""What a profile hides of records is hidden in the audit too, by whatever door it is read: by the declarations."""

from typing import Any

import pytest
from django.db import models

from api.callers import by_session
from factories.organizations import make_organization
from factories.records import make_record
from support.crm import OF_PATH
from support.structure import narrowed, somebody
from support.visitors import post, signed_in
from tenantry.audit.models import Entry
from tenantry.core.fields import columns_of
from tenantry.core.records import record_types
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.crm.actions.converting import convert_lead
from tenantry.crm.actions.deal_members import split_commission
from tenantry.crm.actions.deals import edit_deal, lose_deal, reopen_deal, win_deal
from tenantry.crm.actions.records import archive_records, give_records, restore_records
from tenantry.usecases.telling import sentences

PATHS = {key: path for path, key in OF_PATH.items()}
# Every column of every declared field; a new one is asked about without being named here.
COLUMNS = [
    (key, field.code, column)
    for key, one in record_types().items()
    for field in one.fields
    for column in columns_of(field)
]
# Nothing that is written down says what it was.
NOT_SAID = {("deal", "commission")}
READS = {"audit.view": "yes", "audit.export": "yes", "people.view": "all"}


@pytest.fixture
def org(database):
    return make_organization()


def marks(record_type: Any, column: str) -> tuple[Any, Any]:
    """Two values of this column that stand nowhere else."""
    if isinstance(record_type.model._meta.get_field(column), models.IntegerField):
        return 771_199_331, 882_288_442
    if column == "phone":
        return "+49 7711 99331", "+49 8822 88442"
    return "zq-before@hidden.example", "zq-after@hidden.example"


def acted_on(org: Any, key: str, column: str, before: Any, after: Any) -> Any:
    """A record to which everything was done that writes down what it is like."""
    record = make_record(org, key, org.owner, **{column: before})
    colleague = org.person("member").membership_id
    if column == "commission":
        org.perform(split_commission, deal_id=record, commission=after)
    else:
        answer = by_session(org.owner).patch(f"/{PATHS[key]}/{record}", {column: after})
        assert answer.status == 200, answer.raw
    if key == "deal":
        for act in (win_deal, reopen_deal, lose_deal, reopen_deal):
            org.perform(act, deal_id=record)
        org.perform(edit_deal, deal_id=record, changes={"currency": "USD"})
    several = {"type_key": key, "record_ids": (record,)}
    org.perform(archive_records, **several)
    org.perform(restore_records, **several)
    org.perform(give_records, owner_id=colleague, **several)
    if key == "lead":
        org.perform(convert_lead, lead_id=record)
    return record


def read(org: Any, reader: Any, key: str, record: Any) -> dict[str, str]:
    """Everything that this person reads of the audit, by door."""
    client, caller = signed_in(reader), by_session(reader)
    pages = {
        "page": client.get("/admin/audit").content,
        "home": client.get("/home").content,
        "person": client.get(f"/admin/users/u/{org.owner.membership_id}").content,
        "history": client.get(f"/apps/momentum/records/{key}/{record}/history").content,
        "api": caller.get("/audit?limit=100").raw,
    }
    for name in ("csv", "jsonl"):
        answer = post(client, reader, "/admin/audit/file", {"format": name})
        assert answer.status_code == 200, name
        pages[name] = b"".join(answer.streaming_content)
    return {name: content.decode() for name, content in pages.items()}


@pytest.mark.parametrize(("key", "code", "column"), COLUMNS, ids=[f"{key}-{one}" for key, _code, one in COLUMNS])
def test_no_reader_of_the_audit_shows_a_hidden_field(org, key, code, column):
    record_type = record_types()[key]
    before, after = marks(record_type, column)
    record = acted_on(org, key, column, before, after)
    views = dict.fromkeys((one.permissions["view"] for one in record_types().values()), "all")
    reader = somebody(org, {**READS, **{name: how for name, how in views.items() if "." in name}})
    open_ = read(org, reader, key, record)
    if (key, column) not in NOT_SAID:
        for door in ("page", "api", "csv", "jsonl"):
            assert str(after) in open_[door], door
    narrowed(org, reader, **{code: "hidden"})
    for door, content in read(org, reader, key, record).items():
        assert str(before) not in content, door
        assert str(after) not in content, door
    # That it was changed stays to be seen.
    if (key, column) not in NOT_SAID:
        shut = read(org, reader, key, record)
        title = str(next(one.title for one in record_type.fields if one.code == code))
        assert f"{title}: hidden → hidden" in shut["csv"]
        assert f'"hidden":["{column}"]' in shut["api"].replace(" ", "")


def test_a_record_that_is_called_by_a_hidden_field_goes_without_a_name(org):
    lead = make_record(org, "lead", org.owner, given_name="", family_name="", email="zq-nora@hidden.example")
    org.perform(archive_records, type_key="lead", record_ids=(lead,))
    reader = somebody(org, {**READS, "leads.view": "all"})
    assert "zq-nora@hidden.example" in read(org, reader, "lead", lead)["page"]
    narrowed(org, reader, **{"leads.reached": "hidden"})
    for door, content in read(org, reader, "lead", lead).items():
        assert "zq-nora" not in content, door
    assert "archived the lead “Without a name”." in read(org, reader, "lead", lead)["page"]


def test_an_operator_reads_no_declared_field(org):
    """Whoever runs the installation is nobody of the organization."""
    deal = make_record(org, "deal", org.owner, value=771_199_331)
    org.perform(win_deal, deal_id=deal)
    with scope.tenant(org.id), reading():
        [line] = sentences(Entry.objects.filter(action="deals.won"))
    assert "value" in line.entry.values
    assert "value" not in line.values
