"""What each database role may do with the tables that belong to no organization.

Read by the fences after every migration. A table that is missing here is out of reach for
the roles "app" and "tenant"; "platform" reaches it by the owner's default privileges, which
is what the test that compares the grants with this list would report. Tenant tables are
never named here: their fence is not optional.
"""

ALL = "SELECT, INSERT, UPDATE, DELETE"
READ = "SELECT"
# What deferring a job takes: the insert reads its own row back, and a queueing lock is looked up before.
DEFER = "SELECT, INSERT"

GLOBAL_TABLE_GRANTS: dict[str, dict[str, str]] = {
    "django_migrations": {"app": READ},
    "django_content_type": {"app": READ, "tenant": READ, "platform": READ},
    "django_session": {"app": ALL, "tenant": ALL, "platform": ALL},
    "auth_permission": {"app": READ},
    "auth_group": {"app": READ},
    "auth_group_permissions": {"app": READ},
    # A tenant changes a user's own rows only (theme, password), by actions that ask for exactly that row.
    "people_user": {"app": "SELECT, INSERT, UPDATE", "tenant": "SELECT, UPDATE", "platform": ALL},
    "people_signuprequest": {"platform": ALL},
    "people_passwordreset": {"tenant": "SELECT, INSERT, UPDATE", "platform": ALL},
    "people_emailchange": {"tenant": "SELECT, INSERT, UPDATE", "platform": ALL},
    # Written by the database itself, by functions of the owner.
    "people_addressuse": {"platform": READ},
    "organizations_address": {"platform": ALL},
    "core_maildelivery": {"tenant": "SELECT, INSERT, UPDATE", "platform": ALL},
    "billing_gatewayevent": {"platform": ALL},
    "security_pastpassword": {"tenant": "SELECT, INSERT, DELETE", "platform": ALL},
    "security_operator": {"platform": ALL},
    "security_operatorsession": {"platform": ALL},
    "security_failedattempts": {"app": ALL, "platform": ALL},
    "security_ratebucket": {"app": ALL, "platform": ALL},
    "procrastinate_jobs": {"app": ALL, "tenant": DEFER, "platform": ALL},
    "procrastinate_events": {"app": ALL, "tenant": DEFER, "platform": ALL},
    "procrastinate_periodic_defers": {"app": ALL, "platform": READ},
    "procrastinate_workers": {"app": ALL, "tenant": READ, "platform": READ},
}

_HERE = "(SELECT nullif(current_setting('tenantry.organization_id', true), '')::uuid)"
_MEMBERS = "SELECT 1 FROM people_membership m WHERE m.organization_id = " + _HERE  # noqa: S608 both are ours

# Global tables that hold rows of people and organizations: what a tenant may see of them. The other
# roles see everything that their grants allow.
GLOBAL_TABLE_POLICIES: dict[str, str] = {
    "people_user": f"EXISTS ({_MEMBERS} AND m.user_id = people_user.id)",
    "security_pastpassword": f"EXISTS ({_MEMBERS} AND m.user_id = security_pastpassword.user_id)",
    "people_emailchange": f"EXISTS ({_MEMBERS} AND m.user_id = people_emailchange.user_id)",
    "people_passwordreset": f"EXISTS ({_MEMBERS} AND m.email = people_passwordreset.email)",
    "core_maildelivery": f"organization_id = {_HERE}",
}
