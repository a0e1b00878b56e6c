"""The rule of one address, one organization (policy `people.exclusive_email`), held by the database on every path.

Every statement that changes who is where moves the counters of `people_addressuse`, in the order of the addresses; the
table's own CHECK refuses what the rule excludes. See docs/decisions/0017-exclusive-addresses.md.
"""

from django.db import migrations

from tenantry.core.tenancy.fences import roles
from tenantry.core.tenancy.fields import CollatedText

# Adds to the counters. Two statements that share addresses take them in one order.
_APPLY = """
CREATE FUNCTION people_addresses_apply(which text[], here integer[], alone integer[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO people_addressuse AS held (email, organizations, exclusive)
  SELECT moved.email, moved.here, moved.alone
  FROM unnest(which, here, alone) AS moved(email, here, alone) ORDER BY moved.email COLLATE "C"
  ON CONFLICT (email) DO UPDATE
  SET organizations = held.organizations + excluded.organizations, exclusive = held.exclusive + excluded.exclusive;
  DELETE FROM people_addressuse AS held USING unnest(which, here) AS moved(email, here)
  WHERE held.email = moved.email AND moved.here < 0 AND held.organizations = 0;
END $$;
"""

# Whoever counts members reads the policy under a shared lock on their organization; whoever switches the policy holds
# it alone. Each statement of a function has a snapshot of its own: what the lock waited for is seen.
_MEMBERS = """
CREATE FUNCTION people_addresses_came() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE which text[]; here integer[]; alone integer[];
BEGIN
  PERFORM 1 FROM organizations_organization AS o
  WHERE o.organization_id IN (SELECT organization_id FROM came WHERE status <> 'removed')
  ORDER BY o.organization_id FOR KEY SHARE OF o;
  SELECT array_agg(m.email), array_agg(m.here), array_agg(m.alone) INTO which, here, alone FROM (
    SELECT c.email, count(*)::integer AS here, count(p.id)::integer AS alone FROM came AS c
    LEFT JOIN organizations_policyvalue AS p ON p.organization_id = c.organization_id
      AND p.code = 'people.exclusive_email' AND p.value = 'true'::jsonb
    WHERE c.status <> 'removed' GROUP BY c.email
  ) AS m;
  IF which IS NOT NULL THEN
    PERFORM people_addresses_apply(which, here, alone);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION people_addresses_went() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE which text[]; here integer[]; alone integer[];
BEGIN
  PERFORM 1 FROM organizations_organization AS o
  WHERE o.organization_id IN (SELECT organization_id FROM went WHERE status <> 'removed')
  ORDER BY o.organization_id FOR KEY SHARE OF o;
  SELECT array_agg(m.email), array_agg(-m.here), array_agg(-m.alone) INTO which, here, alone FROM (
    SELECT w.email, count(*)::integer AS here, count(p.id)::integer AS alone FROM went AS w
    LEFT JOIN organizations_policyvalue AS p ON p.organization_id = w.organization_id
      AND p.code = 'people.exclusive_email' AND p.value = 'true'::jsonb
    WHERE w.status <> 'removed' GROUP BY w.email
  ) AS m;
  IF which IS NOT NULL THEN
    PERFORM people_addresses_apply(which, here, alone);
  END IF;
  RETURN NULL;
END $$;

-- Most updates change neither address nor presence: they end at the first question.
CREATE FUNCTION people_addresses_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE touched uuid[]; which text[]; here integer[]; alone integer[];
BEGIN
  SELECT array_agg(DISTINCT m.organization_id) INTO touched FROM (
    SELECT organization_id FROM (
      SELECT organization_id, email, 1 AS n FROM came WHERE status <> 'removed'
      UNION ALL SELECT organization_id, email, -1 FROM went WHERE status <> 'removed'
    ) AS one GROUP BY organization_id, email HAVING sum(n) <> 0
  ) AS m;
  IF touched IS NULL THEN
    RETURN NULL;
  END IF;
  PERFORM 1 FROM organizations_organization AS o
  WHERE o.organization_id = ANY(touched) ORDER BY o.organization_id FOR KEY SHARE OF o;
  SELECT array_agg(m.email), array_agg(m.here), array_agg(m.alone) INTO which, here, alone FROM (
    SELECT one.email, sum(one.n)::integer AS here,
      sum(CASE WHEN p.id IS NULL THEN 0 ELSE one.n END)::integer AS alone
    FROM (
      SELECT organization_id, email, 1 AS n FROM came WHERE status <> 'removed'
      UNION ALL SELECT organization_id, email, -1 FROM went WHERE status <> 'removed'
    ) AS one
    LEFT JOIN organizations_policyvalue AS p ON p.organization_id = one.organization_id
      AND p.code = 'people.exclusive_email' AND p.value = 'true'::jsonb
    GROUP BY one.email
  ) AS m WHERE m.here <> 0 OR m.alone <> 0;
  IF which IS NOT NULL THEN
    PERFORM people_addresses_apply(which, here, alone);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER people_addresses_came AFTER INSERT ON people_membership REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION people_addresses_came();
CREATE TRIGGER people_addresses_went AFTER DELETE ON people_membership REFERENCING OLD TABLE AS went
  FOR EACH STATEMENT EXECUTE FUNCTION people_addresses_went();
CREATE TRIGGER people_addresses_changed AFTER UPDATE ON people_membership
  REFERENCING OLD TABLE AS went NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION people_addresses_changed();
"""

# Without a value the policy is off (its default in the catalogue).
_POLICY = """
CREATE FUNCTION people_addresses_switched() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE on_now uuid[] := '{}'; off_now uuid[] := '{}'; which text[]; here integer[]; alone integer[];
BEGIN
  IF TG_OP <> 'DELETE' THEN
    SELECT coalesce(array_agg(organization_id), '{}') INTO on_now FROM came
    WHERE code = 'people.exclusive_email' AND value = 'true'::jsonb;
  END IF;
  IF TG_OP <> 'INSERT' THEN
    SELECT coalesce(array_agg(organization_id), '{}') INTO off_now FROM went
    WHERE code = 'people.exclusive_email' AND value = 'true'::jsonb;
  END IF;
  IF on_now = off_now THEN
    RETURN NULL;
  END IF;
  PERFORM 1 FROM organizations_organization AS o
  WHERE o.organization_id = ANY(on_now || off_now) ORDER BY o.organization_id FOR UPDATE OF o;
  SELECT array_agg(m.email), array_agg(0), array_agg(m.alone) INTO which, here, alone FROM (
    SELECT email, sum(
      (organization_id = ANY(on_now))::integer - (organization_id = ANY(off_now))::integer
    )::integer AS alone
    FROM people_membership WHERE organization_id = ANY(on_now || off_now) AND status <> 'removed' GROUP BY email
  ) AS m WHERE m.alone <> 0;
  IF which IS NOT NULL THEN
    PERFORM people_addresses_apply(which, here, alone);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER people_addresses_on AFTER INSERT ON organizations_policyvalue REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION people_addresses_switched();
CREATE TRIGGER people_addresses_off AFTER DELETE ON organizations_policyvalue REFERENCING OLD TABLE AS went
  FOR EACH STATEMENT EXECUTE FUNCTION people_addresses_switched();
CREATE TRIGGER people_addresses_switched AFTER UPDATE ON organizations_policyvalue
  REFERENCING OLD TABLE AS went NEW TABLE AS came FOR EACH STATEMENT EXECUTE FUNCTION people_addresses_switched();
"""

# They answer for the organization of the open scope only, and say of an address nothing but that it can't be here.
_ASKING = """
CREATE FUNCTION people_addresses_taken(asked text[]) RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT held.email FROM people_addressuse AS held
  CROSS JOIN (SELECT nullif(current_setting('tenantry.organization_id', true), '')::uuid AS id) AS open
  LEFT JOIN people_membership AS m
    ON m.organization_id = open.id AND m.email = held.email AND m.status <> 'removed'
  WHERE open.id IS NOT NULL AND held.email = ANY(asked) AND held.organizations > (m.id IS NOT NULL)::integer
    AND (held.exclusive > 0 OR EXISTS (
      SELECT FROM organizations_policyvalue AS p WHERE p.organization_id = open.id
        AND p.code = 'people.exclusive_email' AND p.value = 'true'::jsonb
    ))
$$;

CREATE FUNCTION people_addresses_shared() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT held.email FROM people_membership AS m JOIN people_addressuse AS held ON held.email = m.email
  WHERE m.organization_id = nullif(current_setting('tenantry.organization_id', true), '')::uuid
    AND m.status <> 'removed' AND held.organizations > 1
$$;
"""

# Before this the policy was written down and nobody kept it. Where somebody is elsewhere too it can't hold: it is off
# there, and an operator switches it on again once they have looked.
_FILL = """
UPDATE organizations_policyvalue AS p SET value = 'false'::jsonb, version = p.version + 1
WHERE p.code = 'people.exclusive_email' AND p.value = 'true'::jsonb AND EXISTS (
  SELECT FROM people_membership AS m JOIN people_membership AS other
    ON other.email = m.email AND other.organization_id <> m.organization_id AND other.status <> 'removed'
  WHERE m.organization_id = p.organization_id AND m.status <> 'removed'
);
INSERT INTO people_addressuse (email, organizations, exclusive)
SELECT m.email, count(*), count(p.id) FROM people_membership AS m
LEFT JOIN organizations_policyvalue AS p ON p.organization_id = m.organization_id
  AND p.code = 'people.exclusive_email' AND p.value = 'true'::jsonb
WHERE m.status <> 'removed' GROUP BY m.email;
"""

_HOLD = "LOCK TABLE people_membership, organizations_policyvalue IN SHARE ROW EXCLUSIVE MODE;"
_NONE = """
DROP TRIGGER people_addresses_came ON people_membership;
DROP TRIGGER people_addresses_went ON people_membership;
DROP TRIGGER people_addresses_changed ON people_membership;
DROP TRIGGER people_addresses_on ON organizations_policyvalue;
DROP TRIGGER people_addresses_off ON organizations_policyvalue;
DROP TRIGGER people_addresses_switched ON organizations_policyvalue;
DROP FUNCTION people_addresses_came, people_addresses_went, people_addresses_changed, people_addresses_switched,
  people_addresses_taken, people_addresses_shared, people_addresses_apply;
DELETE FROM people_addressuse;
"""


def _closed() -> str:
    """A function is everybody's to call until it is taken away."""
    role = roles()
    return f"""
REVOKE ALL ON FUNCTION people_addresses_apply(text[], integer[], integer[]), people_addresses_came(),
  people_addresses_went(), people_addresses_changed(), people_addresses_switched(), people_addresses_taken(text[]),
  people_addresses_shared() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_addresses_taken(text[]) TO {role["tenant"]}, {role["platform"]};
GRANT EXECUTE ON FUNCTION people_addresses_shared() TO {role["platform"]};
"""


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0002_structure"),
        ("people", "0004_search"),
    ]

    operations = [
        migrations.AddField("emailchange", "old_email", CollatedText(default="")),
        migrations.RunSQL(_HOLD + _FILL + _APPLY + _MEMBERS + _POLICY + _ASKING, _NONE),
        migrations.RunSQL(_closed(), migrations.RunSQL.noop),
    ]
