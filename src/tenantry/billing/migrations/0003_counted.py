from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0002_periods"),
    ]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="counted_at",
            field=models.DateTimeField(null=True),
        ),
    ]
