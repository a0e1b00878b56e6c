"""Accounts that an organization makes for its people, and whose identity is its own to act on (decision 0016)."""

from django.db import migrations, models

from tenantry.core.tenancy.fences import roles

# A tenant neither sees accounts of others nor inserts any. Each statement of a function has a snapshot of its own: what
# the lock waited for is seen, and while it is held nobody can be linked to the account.
_ACCOUNT = """
CREATE FUNCTION people_account_made(new_id uuid, new_email text, new_password text, is_due boolean, made_at timestamptz)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE known people_user%ROWTYPE;
BEGIN
  IF nullif(current_setting('tenantry.organization_id', true), '') IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO people_user (id, email, password, is_active, must_change_password, theme, language, created_at)
  VALUES (new_id, new_email, new_password, true, is_due, 'system', '', made_at) ON CONFLICT (email) DO NOTHING;
  IF FOUND THEN
    RETURN new_id;
  END IF;
  SELECT * INTO known FROM people_user WHERE email = new_email FOR UPDATE;
  IF NOT FOUND OR known.email_proven_at IS NOT NULL
    OR EXISTS (SELECT FROM people_membership WHERE user_id = known.id AND status <> 'removed') THEN
    RETURN NULL;
  END IF;
  UPDATE people_user SET password = new_password, must_change_password = is_due, is_active = true,
    created_at = made_at WHERE id = known.id;
  RETURN known.id;
END $$;
"""

# Pending people have no account: an invitation of somebody else takes nothing away.
_OURS = """
CREATE FUNCTION people_account_ours(asked uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce(bool_and(m.organization_id = nullif(current_setting('tenantry.organization_id', true), '')::uuid),
    false)
  FROM people_membership AS m WHERE m.user_id = asked AND m.status <> 'removed'
$$;
"""
_NONE = "DROP FUNCTION people_account_made, people_account_ours;"


def _closed() -> str:
    """A function is everybody's to call until it is taken away."""
    role = roles()
    names = "people_account_made(uuid, text, text, boolean, timestamptz), people_account_ours(uuid)"
    return f"""
REVOKE ALL ON FUNCTION {names} FROM PUBLIC;
GRANT EXECUTE ON FUNCTION {names} TO {role["tenant"]}, {role["platform"]};
"""


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0006_planned_days"),
    ]

    operations = [
        migrations.AddIndex("membership", models.Index(fields=["email", "organization_id"], name="people_by_address")),
        migrations.RunSQL(_ACCOUNT + _OURS, _NONE),
        migrations.RunSQL(_closed(), migrations.RunSQL.noop),
    ]
