from django.db import migrations, models

KINDS = (
    "opening invited added renewed joined reactivated returned deactivated removed revoked lapsed shortened deleted rule"
    " bought given_back plan"
)
_EFFECTS = [
    ("charged", "Charged"),
    ("renewal", "Renewal"),
    ("plan", "Plan"),
    ("within", "Within"),
    ("withdrawn", "Withdrawn"),
]
# What was there before is part of the plan that is paid already.
_PAID = "UPDATE people_seatline SET effect = 'plan' WHERE growth = 'per_person'"


class Migration(migrations.Migration):
    dependencies = [("people", "0012_planned_removals")]

    operations = [
        migrations.AddField("seatline", "licensed", models.BigIntegerField(db_default=0, default=0)),
        migrations.AddField("seatline", "effect", models.TextField(choices=_EFFECTS, db_default="", default="")),
        migrations.AddField("seatline", "invoice_id", models.UUIDField(null=True)),
        migrations.AlterField(
            "seatline",
            "kind",
            models.TextField(choices=[(kind, kind.replace("_", " ").title()) for kind in KINDS.split()]),
        ),
        migrations.RunSQL(_PAID, migrations.RunSQL.noop),
    ]
