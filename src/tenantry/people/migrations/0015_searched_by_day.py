"""Search rows know the day of the last sign-in, and who waits for them is found by person (decision 0019)."""

from django.db import migrations, models

from tenantry.core.ids import NEW_ID_SQL

# The function of 0014 as it was, but that a day is noticed where it was a week.
_CHANGED = """
CREATE OR REPLACE FUNCTION people_membership_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO people_headcount (organization_id, id, status, free, until, number)
  SELECT organization_id, {new_id}, status, seat_free, until, sum(number) FROM (
    SELECT organization_id, status, seat_free,
      CASE WHEN status = 'invited' THEN date_trunc('hour', invited_until, 'UTC') END AS until, 1 AS number FROM came
    UNION ALL SELECT organization_id, status, seat_free,
      CASE WHEN status = 'invited' THEN date_trunc('hour', invited_until, 'UTC') END, -1 FROM went
  ) AS moved GROUP BY 1, 3, 4, 5 HAVING sum(number) <> 0;
  INSERT INTO people_searchwaiting (organization_id, id, member_id)
  SELECT c.organization_id, {new_id}, c.id FROM came c JOIN people_searchstate USING (organization_id)
  JOIN went w ON w.organization_id = c.organization_id AND w.id = c.id
  WHERE (c.sort_name, c.search_text, c.status, c.invited_until, c.unit_id, c.department_id,
      floor(extract(epoch FROM c.last_sign_in_at) / {seconds}))
    IS DISTINCT FROM (w.sort_name, w.search_text, w.status, w.invited_until, w.unit_id, w.department_id,
      floor(extract(epoch FROM w.last_sign_in_at) / {seconds}));
  RETURN NULL;
END $$;
""".replace("{new_id}", NEW_ID_SQL)

# What was filled before knows weeks: large organizations are searched the plain way until a worker has filled them again.
_EMPTIED = """
TRUNCATE people_searchstate, people_searchwaiting, people_searchtoken, people_searchprefix, people_searchpair,
  people_searchperson, people_searchvalue
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0014_free_roles")]

    operations = [
        migrations.RunSQL(_CHANGED.replace("{seconds}", "86400"), _CHANGED.replace("{seconds}", "604800")),
        migrations.RunSQL(_EMPTIED, _EMPTIED),
        migrations.RemoveField("searchstate", "begun_in"),
        migrations.AddField("searchstate", "known_from", models.BigIntegerField(null=True)),
        migrations.AlterModelOptions("searchwaiting", {}),
        migrations.AddIndex(
            model_name="searchwaiting",
            index=models.Index(fields=["organization_id", "member_id"], name="people_waiting_by_member"),
        ),
        # The way back begins with it, too: a column that is never empty comes back.
        migrations.RunSQL(migrations.RunSQL.noop, _EMPTIED),
    ]
