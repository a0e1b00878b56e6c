"""What Drive's files take is counted, and what they leave behind noted, by the statements that write them: whoever runs
these, for one file or for a million that change owners at once."""

import django.db.models.functions.datetime
import tenantry.core.ids
import tenantry.core.tenancy.fields
import tenantry.core.tenancy.scope
from django.db import migrations, models

# A file without an owner counts for nil. Owners are locked in one order, so that two statements that touch the same
# ones wait for each other instead of for ever. (A check sees what an insert proposes before its conflict is found, so
# what goes away can't be written as an upsert.)
_COUNTING = """
CREATE FUNCTION crm_drive_apply(places uuid[], owners uuid[], sizes bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(cardinality(owners), 0) = 0 THEN
    RETURN;
  END IF;
  INSERT INTO crm_driveusage (organization_id, id, owner_id, used)
  SELECT place, gen_random_uuid(), owner, 0 FROM unnest(places, owners) AS moved(place, owner)
  WHERE NOT EXISTS (SELECT FROM crm_driveusage u WHERE u.organization_id = place AND u.owner_id = owner)
  ORDER BY place, owner ON CONFLICT (organization_id, owner_id) DO NOTHING;
  PERFORM FROM crm_driveusage u JOIN unnest(places, owners) AS moved(place, owner)
    ON u.organization_id = place AND u.owner_id = owner
  ORDER BY place, owner FOR NO KEY UPDATE OF u;
  UPDATE crm_driveusage u SET used = u.used + moved.size FROM unnest(places, owners, sizes) AS moved(place, owner, size)
  WHERE u.organization_id = moved.place AND u.owner_id = moved.owner;
END $$;

CREATE FUNCTION crm_file_came() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE places uuid[]; owners uuid[]; sizes bigint[];
BEGIN
  SELECT array_agg(place), array_agg(owner), array_agg(size) INTO places, owners, sizes FROM (
    SELECT organization_id AS place, coalesce(owner_id, '00000000-0000-0000-0000-000000000000') AS owner,
      sum(size)::bigint AS size FROM came GROUP BY 1, 2
  ) AS moved WHERE size <> 0;
  PERFORM crm_drive_apply(places, owners, sizes);
  RETURN NULL;
END $$;

CREATE FUNCTION crm_file_went() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE places uuid[]; owners uuid[]; sizes bigint[];
BEGIN
  INSERT INTO crm_discardedbytes (organization_id, id, store_key)
  SELECT organization_id, gen_random_uuid(), store_key FROM went;
  SELECT array_agg(place), array_agg(owner), array_agg(size) INTO places, owners, sizes FROM (
    SELECT organization_id AS place, coalesce(owner_id, '00000000-0000-0000-0000-000000000000') AS owner,
      -sum(size)::bigint AS size FROM went GROUP BY 1, 2
  ) AS moved WHERE size <> 0;
  PERFORM crm_drive_apply(places, owners, sizes);
  RETURN NULL;
END $$;

CREATE FUNCTION crm_file_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE places uuid[]; owners uuid[]; sizes bigint[];
BEGIN
  INSERT INTO crm_discardedbytes (organization_id, id, store_key)
  SELECT w.organization_id, gen_random_uuid(), w.store_key FROM went w
  JOIN came c ON c.organization_id = w.organization_id AND c.id = w.id WHERE c.store_key <> w.store_key;
  SELECT array_agg(place), array_agg(owner), array_agg(size) INTO places, owners, sizes FROM (
    SELECT place, owner, sum(size)::bigint AS size FROM (
      SELECT organization_id AS place, coalesce(owner_id, '00000000-0000-0000-0000-000000000000') AS owner, size
      FROM came
      UNION ALL
      SELECT organization_id, coalesce(owner_id, '00000000-0000-0000-0000-000000000000'), -size FROM went
    ) AS each GROUP BY 1, 2
  ) AS moved WHERE size <> 0;
  PERFORM crm_drive_apply(places, owners, sizes);
  RETURN NULL;
END $$;

CREATE TRIGGER crm_file_came AFTER INSERT ON crm_file REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION crm_file_came();
CREATE TRIGGER crm_file_went AFTER DELETE ON crm_file REFERENCING OLD TABLE AS went
  FOR EACH STATEMENT EXECUTE FUNCTION crm_file_went();
CREATE TRIGGER crm_file_changed AFTER UPDATE ON crm_file REFERENCING OLD TABLE AS went NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION crm_file_changed();

INSERT INTO crm_driveusage (organization_id, id, owner_id, used)
SELECT organization_id, gen_random_uuid(), coalesce(owner_id, '00000000-0000-0000-0000-000000000000'), sum(size)
FROM crm_file GROUP BY 1, 3
ON CONFLICT (organization_id, owner_id) DO UPDATE SET used = excluded.used;
"""
_NOT_COUNTING = """
DROP TRIGGER crm_file_came ON crm_file;
DROP TRIGGER crm_file_went ON crm_file;
DROP TRIGGER crm_file_changed ON crm_file;
DROP FUNCTION crm_file_came();
DROP FUNCTION crm_file_went();
DROP FUNCTION crm_file_changed();
DROP FUNCTION crm_drive_apply(uuid[], uuid[], bigint[]);
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0002_stages")]

    operations = [
        migrations.AddField("file", "pages", models.SmallIntegerField(default=0)),
        migrations.CreateModel(
            name="DiscardedBytes",
            fields=[
                (
                    "organization_id",
                    tenantry.core.tenancy.fields.OrganizationKey(default=tenantry.core.tenancy.scope.organization_id),
                ),
                (
                    "id",
                    models.UUIDField(
                        default=tenantry.core.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("store_key", tenantry.core.tenancy.fields.CollatedText()),
                ("discarded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"abstract": False, "default_manager_name": "objects"},
        ),
        migrations.RunSQL(_COUNTING, _NOT_COUNTING),
    ]
