"""Saved views are of any list, no longer of the directory alone."""

import django.db.models
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0010_seat_ledger")]
    operations = [
        migrations.AddField("savedview", "place", django.db.models.TextField(default="people", db_default="people")),
        migrations.RemoveConstraint("savedview", "people_one_view_name"),
        migrations.AddConstraint(
            "savedview",
            django.db.models.UniqueConstraint(
                fields=["organization_id", "owner", "place", "sort_name"], name="people_one_view_name"
            ),
        ),
    ]
