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
    "account_emailaddress": {"app": ALL, "tenant": READ, "platform": ALL},
    "account_emailconfirmation": {"app": ALL},
    "mfa_authenticator": {"app": ALL, "tenant": READ, "platform": READ},
    "people_user": {"app": "SELECT, INSERT, UPDATE", "platform": ALL},
    "procrastinate_jobs": {"app": ALL, "tenant": DEFER, "platform": ALL},
    "procrastinate_events": {"app": ALL, "tenant": DEFER, "platform": ALL},
    "procrastinate_periodic_defers": {"app": ALL, "platform": READ},
    "procrastinate_workers": {"app": ALL, "tenant": READ, "platform": READ},
}
