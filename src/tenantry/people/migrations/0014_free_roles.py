"""Roles without a fee: whoever holds one takes no seat (policy `seats.free_roles`; decision 0034)."""

from django.db import migrations, models

from tenantry.core.ids import NEW_ID_SQL

KINDS = (
    "opening invited added renewed joined reactivated returned deactivated removed revoked lapsed shortened deleted rule"
    " exempted counted bought given_back plan"
)
# The functions of 0010 and 0004 as they were, but that a seat is not held by whoever is free.
_COUNTING = r"""CREATE OR REPLACE FUNCTION people_seats_came() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  act record := people_act();
BEGIN
  PERFORM pg_advisory_xact_lock_shared(people_seat_lock(organization_id))
  FROM (SELECT DISTINCT organization_id FROM came ORDER BY 1) AS touched;
  INSERT INTO people_seatline (organization_id, id, at, kind, change, membership_id, actor_kind, actor_id, action,
    counted, growth, currency)
  SELECT organization_id, {new_id}, line.at, line.kind, line.change, came.id, line.actor_kind, line.actor_id,
    line.action, rule.names, rule.growth, ''
  FROM came
  JOIN (SELECT organization_id, ruled.* FROM (SELECT DISTINCT organization_id FROM came) AS touched,
    people_seat_rule(organization_id) AS ruled) AS rule USING (organization_id)
  CROSS JOIN LATERAL (VALUES
    (act.at, CASE WHEN status = 'invited' THEN 'invited' ELSE 'added' END, 1, act.kind, act.id, act.action),
    (invited_until, 'lapsed', -1, '', NULL, '')
  ) AS line (at, kind, change, actor_kind, actor_id, action)
  WHERE people_holds(status, invited_until, rule.counted, act.moment) AND NOT came.seat_free
    AND (line.change = 1 OR status = 'invited');
  RETURN NULL;
END $$;

-- Lines are found by their index also where the plan was made while there were few.
CREATE OR REPLACE FUNCTION people_seats_changed() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  act record;
BEGIN
  IF NOT EXISTS (
    SELECT FROM came c JOIN went w ON w.organization_id = c.organization_id AND w.id = c.id
    WHERE (c.status, c.invited_until, c.seat_free) IS DISTINCT FROM (w.status, w.invited_until, w.seat_free)
  ) THEN
    RETURN NULL;
  END IF;
  act := people_act();
  PERFORM pg_advisory_xact_lock_shared(people_seat_lock(organization_id))
  FROM (SELECT DISTINCT organization_id FROM came ORDER BY 1) AS touched;
  WITH moved AS MATERIALIZED (
    SELECT c.organization_id, c.id, w.status AS was, c.status AS becomes, w.invited_until AS had,
      c.invited_until AS has, w.seat_free AS was_free, c.seat_free AS is_free, rule.names, rule.growth,
      people_holds(w.status, w.invited_until, rule.counted, act.moment) AND NOT w.seat_free AS held,
      people_holds(c.status, c.invited_until, rule.counted, act.moment) AND NOT c.seat_free AS holds
    FROM came c
    JOIN went w ON w.organization_id = c.organization_id AND w.id = c.id
    JOIN (SELECT organization_id, ruled.* FROM (SELECT DISTINCT organization_id FROM came) AS touched,
      people_seat_rule(organization_id) AS ruled) AS rule ON rule.organization_id = c.organization_id
    WHERE (c.status, c.invited_until, c.seat_free) IS DISTINCT FROM (w.status, w.invited_until, w.seat_free)
  ), taken_back AS (
    DELETE FROM people_seatline line USING moved
    WHERE line.organization_id = moved.organization_id AND line.membership_id = moved.id AND line.kind = 'lapsed'
      AND line.at = moved.had AND moved.was = 'invited' AND moved.held
  )
  INSERT INTO people_seatline (organization_id, id, at, kind, change, membership_id, actor_kind, actor_id, action,
    counted, growth, currency)
  SELECT organization_id, {new_id}, line.at, line.kind, line.change, moved.id, line.actor_kind,
    line.actor_id, line.action, names, growth, ''
  FROM moved CROSS JOIN LATERAL (VALUES
    (act.at, CASE
      WHEN was = becomes AND was_free <> is_free THEN CASE WHEN is_free THEN 'exempted' ELSE 'counted' END
      WHEN becomes = 'removed' THEN CASE WHEN was = 'invited' THEN 'revoked' ELSE 'removed' END
      WHEN becomes = 'deactivated' THEN CASE WHEN was = 'removed' THEN 'returned' ELSE 'deactivated' END
      WHEN was = 'removed' THEN 'returned'
      WHEN becomes = 'active' THEN CASE WHEN was = 'invited' THEN 'joined' ELSE 'reactivated' END
      WHEN was = 'invited' THEN CASE WHEN holds THEN 'renewed' ELSE 'shortened' END
      ELSE 'invited' END,
      holds::int - held::int, act.kind, act.id, act.action),
    (CASE WHEN becomes = 'invited' AND holds THEN has END, 'lapsed', -1, '', NULL, '')
  ) AS line (at, kind, change, actor_kind, actor_id, action)
  WHERE line.at IS NOT NULL AND line.change <> 0;
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION people_seats_went() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
DECLARE
  act record := people_act();
BEGIN
  PERFORM pg_advisory_xact_lock_shared(people_seat_lock(organization_id))
  FROM (SELECT DISTINCT organization_id FROM went ORDER BY 1) AS touched;
  WITH moved AS MATERIALIZED (
    SELECT organization_id, went.id, status, invited_until, rule.names, rule.growth
    FROM went
    JOIN (SELECT organization_id, ruled.* FROM (SELECT DISTINCT organization_id FROM went) AS touched,
      people_seat_rule(organization_id) AS ruled) AS rule USING (organization_id)
    WHERE people_holds(status, invited_until, rule.counted, act.moment) AND NOT went.seat_free
  ), taken_back AS (
    DELETE FROM people_seatline line USING moved
    WHERE line.organization_id = moved.organization_id AND line.membership_id = moved.id AND line.kind = 'lapsed'
      AND line.at = moved.invited_until AND moved.status = 'invited'
  )
  INSERT INTO people_seatline (organization_id, id, at, kind, change, membership_id, actor_kind, actor_id, action,
    counted, growth, currency)
  SELECT organization_id, {new_id}, act.at, 'deleted', -1, id, act.kind, act.id, act.action, names, growth, ''
  FROM moved;
  RETURN NULL;
END $$;

-- One line for everybody whom a changed rule gives a seat or takes it from; ends to come are those of the new rule.
CREATE OR REPLACE FUNCTION people_seats_ruled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  act record := people_act();
  organization uuid := coalesce(NEW.organization_id, OLD.organization_id);
  rule record;
  before jsonb;
  difference bigint;
BEGIN
  IF coalesce(NEW.code, OLD.code) NOT IN ('seats.counted_statuses', 'seats.growth') THEN
    RETURN NULL;
  END IF;
  PERFORM pg_advisory_xact_lock(people_seat_lock(organization));
  rule := people_seat_rule(organization);
  before := rule.counted;
  IF coalesce(NEW.code, OLD.code) = 'seats.counted_statuses' THEN
    before := coalesce(OLD.value, '["active", "invited"]');
  END IF;
  SELECT coalesce(sum((rule.counted ? status)::int - (before ? status)::int), 0) INTO difference
  FROM people_membership
  WHERE organization_id = organization AND NOT seat_free AND (status <> 'invited' OR invited_until > act.moment);
  IF difference <> 0 THEN
    INSERT INTO people_seatline (organization_id, id, at, kind, change, actor_kind, actor_id, action, counted, growth,
      currency)
    VALUES (organization, {new_id}, act.at, 'rule', difference, act.kind, act.id, act.action, rule.names,
      rule.growth, '');
  END IF;
  DELETE FROM people_seatline WHERE organization_id = organization AND kind = 'lapsed' AND at > act.moment;
  INSERT INTO people_seatline (organization_id, id, at, kind, change, membership_id, actor_kind, action, counted,
    growth, currency)
  SELECT organization, {new_id}, invited_until, 'lapsed', -1, id, '', '', rule.names, rule.growth, ''
  FROM people_membership
  WHERE organization_id = organization AND NOT seat_free AND status = 'invited' AND invited_until > act.moment
    AND rule.counted ? 'invited';
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION people_membership_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO people_headcount (organization_id, id, status, free, until, number)
  SELECT organization_id, {new_id}, status, seat_free,
    CASE WHEN status = 'invited' THEN date_trunc('hour', invited_until, 'UTC') END AS until, count(*)
  FROM came GROUP BY 1, 3, 4, 5;
  INSERT INTO people_searchwaiting (organization_id, id, member_id)
  SELECT c.organization_id, {new_id}, c.id FROM came c JOIN people_searchstate USING (organization_id);
  RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION people_membership_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO people_headcount (organization_id, id, status, free, until, number)
  SELECT organization_id, {new_id}, status, seat_free,
    CASE WHEN status = 'invited' THEN date_trunc('hour', invited_until, 'UTC') END AS until, -count(*)
  FROM went GROUP BY 1, 3, 4, 5;
  INSERT INTO people_searchwaiting (organization_id, id, member_id)
  SELECT w.organization_id, {new_id}, w.id FROM went w JOIN people_searchstate USING (organization_id);
  RETURN NULL;
END $$;

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
      floor(extract(epoch FROM c.last_sign_in_at) / 604800))
    IS DISTINCT FROM (w.sort_name, w.search_text, w.status, w.invited_until, w.unit_id, w.department_id,
      floor(extract(epoch FROM w.last_sign_in_at) / 604800));
  RETURN NULL;
END $$;
""".replace("{new_id}", NEW_ID_SQL)


class Migration(migrations.Migration):
    dependencies = [("people", "0013_money_of_seats")]

    operations = [
        migrations.AddField("membership", "seat_free", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("headcount", "free", models.BooleanField(db_default=False, default=False)),
        migrations.AlterField(
            "seatline",
            "kind",
            models.TextField(choices=[(kind, kind.replace("_", " ").title()) for kind in KINDS.split()]),
        ),
        migrations.RunSQL(_COUNTING, migrations.RunSQL.noop),
    ]
