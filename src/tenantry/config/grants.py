"""What each database role may do with the tables that belong to no organization.

Read by the fences after every migration. A table that is missing here is out of reach
for the roles "app" and "tenant"; "platform" reads and writes every table of the owner by
default privileges. Tenant tables are never named here: their fence is not optional.
"""

ALL = "SELECT,INSERT,UPDATE,DELETE"
# What deferring a job takes: the insert reads its own row back, and a queueing lock is
# looked up before.
DEFER = "SELECT,INSERT"

GLOBAL_TABLE_GRANTS: dict[str, dict[str, str]] = {
    "django_migrations": {"app": "SELECT", "tenant": "SELECT"},
    "django_content_type": {"app": "SELECT", "tenant": "SELECT"},
    "django_session": {"app": ALL, "tenant": ALL},
    "auth_permission": {"app": "SELECT"},
    "auth_group": {"app": "SELECT"},
    "auth_group_permissions": {"app": "SELECT"},
    "account_emailaddress": {"app": ALL, "tenant": "SELECT"},
    "account_emailconfirmation": {"app": ALL},
    "mfa_authenticator": {"app": ALL, "tenant": "SELECT"},
    "people_user": {"app": "SELECT,INSERT,UPDATE"},
    "procrastinate_jobs": {"app": ALL, "tenant": DEFER},
    "procrastinate_events": {"app": ALL, "tenant": DEFER},
    "procrastinate_periodic_defers": {"app": ALL},
    "procrastinate_workers": {"app": ALL, "tenant": "SELECT"},
}
