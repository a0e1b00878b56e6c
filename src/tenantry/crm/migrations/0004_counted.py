"""Leads, contacts, companies and deals that are not archived are counted by the statements that write them, as rows of
`metering_tally`: whoever runs these, for one record or for a million."""

from django.db import migrations

_TABLES = ("crm_lead", "crm_contact", "crm_company", "crm_deal")

# Archiving is looked at row by row, because what changes nothing else about many records should not be read for it.
_COUNTING = """
CREATE FUNCTION crm_record_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO metering_tally (organization_id, id, meter, number)
  SELECT organization_id, gen_random_uuid(), 'records', count(*) FROM came WHERE archived_at IS NULL GROUP BY 1;
  RETURN NULL;
END $$;

CREATE FUNCTION crm_record_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO metering_tally (organization_id, id, meter, number)
  SELECT organization_id, gen_random_uuid(), 'records', -count(*) FROM went WHERE archived_at IS NULL GROUP BY 1;
  RETURN NULL;
END $$;

CREATE FUNCTION crm_record_archived() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO metering_tally (organization_id, id, meter, number) VALUES
    (NEW.organization_id, gen_random_uuid(), 'records', CASE WHEN NEW.archived_at IS NULL THEN 1 ELSE -1 END);
  RETURN NULL;
END $$;
"""
_NOT_COUNTING = "DROP FUNCTION crm_record_came(), crm_record_went(), crm_record_archived();"


def _on(table: str) -> str:
    return f"""
CREATE TRIGGER {table}_counted_came AFTER INSERT ON {table} REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION crm_record_came();
CREATE TRIGGER {table}_counted_went AFTER DELETE ON {table} REFERENCING OLD TABLE AS went
  FOR EACH STATEMENT EXECUTE FUNCTION crm_record_went();
CREATE TRIGGER {table}_counted_archived AFTER UPDATE OF archived_at ON {table} FOR EACH ROW
  WHEN ((OLD.archived_at IS NULL) <> (NEW.archived_at IS NULL)) EXECUTE FUNCTION crm_record_archived();
INSERT INTO metering_tally (organization_id, id, meter, number)
SELECT organization_id, gen_random_uuid(), 'records', count(*) FROM {table} WHERE archived_at IS NULL GROUP BY 1;
"""  # noqa: S608


def _off(table: str) -> str:
    return "".join(f"DROP TRIGGER {table}_counted_{what} ON {table};\n" for what in ("came", "went", "archived"))


class Migration(migrations.Migration):
    dependencies = [("crm", "0003_drive"), ("metering", "0001_meters")]

    operations = [
        migrations.RunSQL(_COUNTING, _NOT_COUNTING),
        *(migrations.RunSQL(_on(table), _off(table)) for table in _TABLES),
        migrations.RunSQL(migrations.RunSQL.noop, "DELETE FROM metering_tally WHERE meter = 'records'"),
    ]
