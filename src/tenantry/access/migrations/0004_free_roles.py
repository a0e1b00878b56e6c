"""Who holds a role without a fee is known where seats are counted (people 0014): triggers on what is given, and on the
policy that names the roles. A role with an end, at a unit or in a workspace frees nobody: seats are exact at any moment,
and an end comes by itself."""

from django.db import migrations

_FOLLOWING = r"""-- `members` null: everybody. Whoever gives or takes a role shares the lock of seats, whoever changes the rule has it alone.
CREATE FUNCTION access_seats_follow(organization uuid, members uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  keys jsonb;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(people_seat_lock(organization));
  keys := coalesce(
    (SELECT value FROM organizations_policyvalue WHERE organization_id = organization AND code = 'seats.free_roles'),
    '[]');
  IF keys = '[]' AND members IS NOT NULL THEN
    RETURN;
  END IF;
  UPDATE people_membership m SET seat_free = NOT m.seat_free
  WHERE m.organization_id = organization AND (members IS NULL OR m.id = ANY (members))
    AND m.seat_free <> EXISTS (
      SELECT FROM access_assignment a
      JOIN access_role r ON r.organization_id = a.organization_id AND r.id = a.role_id
      WHERE a.organization_id = organization AND a.membership_id = m.id
        AND a.ends_at IS NULL AND a.unit_id IS NULL AND a.workspace_id IS NULL AND keys ? r.key
    );
END $$;

CREATE FUNCTION access_seats_came() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_seats_follow(organization_id, array_agg(DISTINCT membership_id))
  FROM came GROUP BY organization_id ORDER BY organization_id;
  RETURN NULL;
END $$;

CREATE FUNCTION access_seats_went() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM access_seats_follow(organization_id, array_agg(DISTINCT membership_id))
  FROM went GROUP BY organization_id ORDER BY organization_id;
  RETURN NULL;
END $$;

CREATE FUNCTION access_seats_ruled() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  organization uuid := coalesce(NEW.organization_id, OLD.organization_id);
BEGIN
  IF coalesce(NEW.code, OLD.code) = 'seats.free_roles' THEN
    PERFORM pg_advisory_xact_lock(people_seat_lock(organization));
    PERFORM access_seats_follow(organization, NULL);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER access_seats_came AFTER INSERT ON access_assignment REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION access_seats_came();
CREATE TRIGGER access_seats_changed AFTER UPDATE ON access_assignment REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION access_seats_came();
CREATE TRIGGER access_seats_went AFTER DELETE ON access_assignment REFERENCING OLD TABLE AS went
  FOR EACH STATEMENT EXECUTE FUNCTION access_seats_went();
CREATE TRIGGER access_seats_ruled AFTER INSERT OR UPDATE OR DELETE ON organizations_policyvalue
  FOR EACH ROW EXECUTE FUNCTION access_seats_ruled();
"""
_NOT_FOLLOWING = """
DROP TRIGGER access_seats_ruled ON organizations_policyvalue;
DROP TRIGGER access_seats_came ON access_assignment;
DROP TRIGGER access_seats_changed ON access_assignment;
DROP TRIGGER access_seats_went ON access_assignment;
DROP FUNCTION access_seats_ruled, access_seats_came, access_seats_went, access_seats_follow;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0003_search"), ("people", "0014_free_roles"), ("organizations", "0003_states")]
    operations = [migrations.RunSQL(_FOLLOWING, _NOT_FOLLOWING)]
