"""The tables of meters, and the functions that decide on them in one call."""

import django.db.models.deletion
import tenantry.core.ids
import tenantry.core.tenancy.fields
import tenantry.core.tenancy.scope
from django.db import migrations, models

# What is drawn out of packs, the oldest first, after an amount was added to `used`; nothing where the allowance took it
# all. The caller holds the lock on the quota's row.
#
# A reservation is decided in one call: the rows are locked first, and each statement of a function in a transaction that
# reads what is committed sees what was committed before that statement, so the figures are those of this moment.
_FUNCTIONS = """
CREATE FUNCTION metering_draw(org uuid, the_meter text, began date, entitled text, added bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE allowed bigint; own bigint; needed bigint; drawn bigint := 0; part bigint; pack record;
BEGIN
  SELECT e."limit" INTO allowed FROM organizations_entitlement e WHERE e.organization_id = org AND e.key = entitled;
  IF allowed IS NULL THEN
    RETURN 0;
  END IF;
  SELECT q.used - q.from_packs INTO own FROM metering_quota q
  WHERE q.organization_id = org AND q.meter = the_meter AND q.starts_on = began;
  needed := least(added, greatest(0, own - allowed));
  IF needed <= 0 THEN
    RETURN 0;
  END IF;
  FOR pack IN SELECT p.id, p."left" FROM metering_pack p
    WHERE p.organization_id = org AND p.meter = the_meter AND p."left" > 0 ORDER BY p.bought_at, p.id FOR NO KEY UPDATE
  LOOP
    part := least(pack."left", needed - drawn);
    UPDATE metering_pack p SET "left" = p."left" - part WHERE p.organization_id = org AND p.id = pack.id;
    drawn := drawn + part;
    EXIT WHEN drawn = needed;
  END LOOP;
  IF drawn > 0 THEN
    UPDATE metering_quota q SET from_packs = q.from_packs + drawn
    WHERE q.organization_id = org AND q.meter = the_meter AND q.starts_on = began;
  END IF;
  RETURN drawn;
END $$;

CREATE FUNCTION metering_expire(org uuid, the_meter text, moment timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE freed bigint;
BEGIN
  WITH ended AS (
    UPDATE metering_hold h SET state = 'expired', settled_at = moment
    WHERE h.organization_id = org AND h.meter = the_meter AND h.state = 'held' AND h.expires_at <= moment
    RETURNING h.starts_on, h.amount
  ), sums AS (
    SELECT starts_on, sum(amount)::bigint AS amount FROM ended GROUP BY starts_on
  ), less AS (
    UPDATE metering_quota q SET reserved = q.reserved - s.amount FROM sums s
    WHERE q.organization_id = org AND q.meter = the_meter AND q.starts_on = s.starts_on
  )
  SELECT coalesce(sum(amount), 0) INTO freed FROM sums;
  RETURN freed;
END $$;

CREATE FUNCTION metering_lock(org uuid, the_meter text, began date) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM metering_quota q WHERE q.organization_id = org AND q.meter = the_meter AND q.starts_on = began;
  IF NOT FOUND THEN
    INSERT INTO metering_quota (organization_id, id, meter, starts_on, used, reserved, from_packs)
    VALUES (org, gen_random_uuid(), the_meter, began, 0, 0, 0)
    ON CONFLICT (organization_id, meter, starts_on) DO NOTHING;
  END IF;
  PERFORM FROM metering_quota q
  WHERE q.organization_id = org AND q.meter = the_meter AND (q.starts_on = began OR q.reserved > 0)
  ORDER BY q.starts_on FOR NO KEY UPDATE;
END $$;

CREATE FUNCTION metering_room(org uuid, the_meter text, began date, entitled text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE allowed bigint; packs bigint; mine bigint; others bigint;
BEGIN
  SELECT e."limit" INTO allowed FROM organizations_entitlement e WHERE e.organization_id = org AND e.key = entitled;
  IF allowed IS NULL THEN
    RETURN NULL;
  END IF;
  SELECT coalesce(sum(p."left"), 0) INTO packs FROM metering_pack p
  WHERE p.organization_id = org AND p.meter = the_meter AND p."left" > 0;
  SELECT
    coalesce(sum(greatest(0, allowed - (q.used - q.from_packs)) - q.reserved) FILTER (WHERE q.starts_on = began), allowed),
    coalesce(sum(greatest(0, q.reserved - greatest(0, allowed - (q.used - q.from_packs))))
      FILTER (WHERE q.starts_on <> began), 0)
  INTO mine, others FROM metering_quota q
  WHERE q.organization_id = org AND q.meter = the_meter AND (q.starts_on = began OR q.reserved > 0);
  RETURN mine + packs - others;
END $$;

CREATE FUNCTION metering_reserve(
  org uuid, the_meter text, began date, entitled text, wanted bigint, hold uuid, moment timestamptz, until timestamptz
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE room bigint;
BEGIN
  PERFORM metering_lock(org, the_meter, began);
  room := metering_room(org, the_meter, began, entitled);
  IF room < wanted AND metering_expire(org, the_meter, moment) > 0 THEN
    room := metering_room(org, the_meter, began, entitled);
  END IF;
  IF room < wanted THEN
    RETURN room;
  END IF;
  UPDATE metering_quota q SET reserved = q.reserved + wanted
  WHERE q.organization_id = org AND q.meter = the_meter AND q.starts_on = began;
  INSERT INTO metering_hold (organization_id, id, meter, starts_on, amount, state, created_at, expires_at)
  VALUES (org, hold, the_meter, began, wanted, 'held', moment, until);
  RETURN NULL;
END $$;

CREATE FUNCTION metering_add(org uuid, the_meter text, began date, entitled text, added bigint, today date)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE total bigint;
BEGIN
  UPDATE metering_quota q SET used = q.used + added
  WHERE q.organization_id = org AND q.meter = the_meter AND q.starts_on = began RETURNING q.used INTO total;
  PERFORM metering_draw(org, the_meter, began, entitled, added);
  INSERT INTO metering_usageday AS d (organization_id, id, meter, day, amount)
  VALUES (org, gen_random_uuid(), the_meter, today, added)
  ON CONFLICT (organization_id, meter, day) DO UPDATE SET amount = d.amount + excluded.amount;
  RETURN total;
END $$;

CREATE FUNCTION metering_take(
  org uuid, the_meter text, began date, entitled text, wanted bigint, moment timestamptz, today date
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE room bigint;
BEGIN
  PERFORM metering_lock(org, the_meter, began);
  room := metering_room(org, the_meter, began, entitled);
  IF room < wanted AND metering_expire(org, the_meter, moment) > 0 THEN
    room := metering_room(org, the_meter, began, entitled);
  END IF;
  IF room < wanted THEN
    RETURN room;
  END IF;
  PERFORM metering_add(org, the_meter, began, entitled, wanted, today);
  RETURN NULL;
END $$;

CREATE FUNCTION metering_settle(
  org uuid, the_hold uuid, entitled text, actual bigint, next_state text, moment timestamptz
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE held record;
BEGIN
  SELECT h.meter, h.starts_on, h.amount, (h.created_at AT TIME ZONE 'UTC')::date AS day INTO held FROM metering_hold h
  WHERE h.organization_id = org AND h.id = the_hold;
  PERFORM FROM metering_quota q
  WHERE q.organization_id = org AND q.meter = held.meter AND q.starts_on = held.starts_on FOR NO KEY UPDATE;
  UPDATE metering_hold h SET state = next_state, committed = actual, settled_at = moment
  WHERE h.organization_id = org AND h.id = the_hold AND h.state = 'held'
    AND (next_state <> 'committed' OR h.expires_at > moment);
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE metering_quota q SET reserved = q.reserved - held.amount
  WHERE q.organization_id = org AND q.meter = held.meter AND q.starts_on = held.starts_on;
  IF actual > 0 THEN
    PERFORM metering_add(org, held.meter, held.starts_on, entitled, actual, held.day);
  END IF;
  RETURN true;
END $$;
"""
_NO_FUNCTIONS = """
DROP FUNCTION metering_settle(uuid, uuid, text, bigint, text, timestamptz);
DROP FUNCTION metering_take(uuid, text, date, text, bigint, timestamptz, date);
DROP FUNCTION metering_add(uuid, text, date, text, bigint, date);
DROP FUNCTION metering_reserve(uuid, text, date, text, bigint, uuid, timestamptz, timestamptz);
DROP FUNCTION metering_room(uuid, text, date, text);
DROP FUNCTION metering_lock(uuid, text, date);
DROP FUNCTION metering_expire(uuid, text, timestamptz);
DROP FUNCTION metering_draw(uuid, text, date, text, bigint);
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organizations', '0002_structure'),
        ('people', '0009_searched_anew'),
    ]

    operations = [
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('organization_id', tenantry.core.tenancy.fields.OrganizationKey(default=tenantry.core.tenancy.scope.organization_id)),
                ('id', models.UUIDField(default=tenantry.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('meter', models.TextField()),
                ('starts_on', models.DateField()),
                ('amount', models.BigIntegerField()),
                ('committed', models.BigIntegerField(null=True)),
                ('state', models.TextField(choices=[('held', 'Held'), ('committed', 'Committed'), ('released', 'Released'), ('expired', 'Expired')], default='held')),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', 'held')), fields=['organization_id', 'meter', 'expires_at'], name='metering_holds_open')],
            },
        ),
        migrations.CreateModel(
            name='MeterAlert',
            fields=[
                ('organization_id', tenantry.core.tenancy.fields.OrganizationKey(default=tenantry.core.tenancy.scope.organization_id)),
                ('id', models.UUIDField(default=tenantry.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('meter', models.TextField()),
                ('starts_on', models.DateField()),
                ('percent', models.SmallIntegerField()),
                ('told_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organization_id', 'meter', 'starts_on', 'percent'), name='metering_one_alert')],
            },
        ),
        migrations.CreateModel(
            name='Pack',
            fields=[
                ('organization_id', tenantry.core.tenancy.fields.OrganizationKey(default=tenantry.core.tenancy.scope.organization_id)),
                ('id', models.UUIDField(default=tenantry.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('meter', models.TextField()),
                ('amount', models.BigIntegerField()),
                ('left', models.BigIntegerField()),
                ('bought_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('left__gt', 0)), fields=['organization_id', 'meter', 'bought_at', 'id'], name='metering_packs_left')],
                'constraints': [models.CheckConstraint(condition=models.Q(('left__gte', 0), ('left__lte', models.F('amount'))), name='metering_pack_left')],
            },
        ),
        migrations.CreateModel(
            name='Quota',
            fields=[
                ('organization_id', tenantry.core.tenancy.fields.OrganizationKey(default=tenantry.core.tenancy.scope.organization_id)),
                ('id', models.UUIDField(default=tenantry.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('meter', models.TextField()),
                ('starts_on', models.DateField()),
                ('used', models.BigIntegerField(default=0)),
                ('reserved', models.BigIntegerField(default=0)),
                ('from_packs', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organization_id', 'meter', 'starts_on'), name='metering_one_quota'), models.CheckConstraint(condition=models.Q(('from_packs__gte', 0), ('reserved__gte', 0), ('used__gte', 0)), name='metering_quota_not_negative')],
            },
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('organization_id', tenantry.core.tenancy.fields.OrganizationKey(default=tenantry.core.tenancy.scope.organization_id)),
                ('id', models.UUIDField(default=tenantry.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('meter', models.TextField()),
                ('number', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['organization_id', 'meter'], name='metering_tallies')],
            },
        ),
        migrations.CreateModel(
            name='UsageDay',
            fields=[
                ('organization_id', tenantry.core.tenancy.fields.OrganizationKey(default=tenantry.core.tenancy.scope.organization_id)),
                ('id', models.UUIDField(default=tenantry.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('meter', models.TextField()),
                ('day', models.DateField()),
                ('amount', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organization_id', 'meter', 'day'), name='metering_one_day')],
            },
        ),
        migrations.CreateModel(
            name='UsageEvent',
            fields=[
                ('organization_id', tenantry.core.tenancy.fields.OrganizationKey(default=tenantry.core.tenancy.scope.organization_id)),
                ('id', models.UUIDField(default=tenantry.core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('event_id', tenantry.core.tenancy.fields.CollatedText()),
                ('meter', models.TextField()),
                ('amount', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('membership', tenantry.core.tenancy.fields.TenantForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', sparse=True, to='people.membership')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('organization_id', 'event_id'), name='metering_one_event')],
            },
        ),
        migrations.RunSQL(_FUNCTIONS, _NO_FUNCTIONS),
    ]
