from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0002_structure"),
    ]

    operations = [
        migrations.AlterField(
            model_name="organization",
            name="state",
            field=models.TextField(
                choices=[
                    ("active", "Active"),
                    ("trial_ended", "Trial Ended"),
                    ("frozen", "Frozen"),
                    ("canceled", "Canceled"),
                    ("closed", "Closed"),
                ],
                default="active",
            ),
        ),
    ]
