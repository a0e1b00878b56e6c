"""Every change of owner makes a record somebody's anew: taking a handing over back leaves alone what went on since, even
where it is with the same person again. Written by the statement that changes the owner, whoever runs it."""

from django.db import migrations, models

_MODELS = ("activity", "company", "contact", "deal", "file", "folder", "lead", "note", "task")

# Whoever gives says as which ownership, or gets a new one. One can't be changed alone: whoever writes a whole row that
# they read before would bring an old one back.
_RENEW = """
CREATE FUNCTION crm_owner_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.owner_id IS NOT DISTINCT FROM NEW.owner_id THEN
    NEW.ownership := OLD.ownership;
  ELSE
    NEW.ownership := gen_random_uuid();
  END IF;
  RETURN NEW;
END $$;
"""


def _on(table: str) -> str:
    return f"""
CREATE TRIGGER {table}_owner_changed BEFORE UPDATE OF owner_id, ownership ON {table} FOR EACH ROW
  WHEN ((OLD.owner_id IS DISTINCT FROM NEW.owner_id) <> (OLD.ownership IS DISTINCT FROM NEW.ownership))
  EXECUTE FUNCTION crm_owner_changed();
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0005_mentee")]

    operations = [
        *(migrations.AddField(name, "ownership", models.UUIDField(editable=False, null=True)) for name in _MODELS),
        migrations.AddField("stage", "version", models.IntegerField(default=1, db_default=1)),
        migrations.RunSQL(_RENEW, "DROP FUNCTION crm_owner_changed()"),
        *(
            migrations.RunSQL(_on(f"crm_{name}"), f"DROP TRIGGER crm_{name}_owner_changed ON crm_{name}")
            for name in _MODELS
        ),
    ]
