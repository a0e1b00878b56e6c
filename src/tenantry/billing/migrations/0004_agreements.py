from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0003_counted"),
    ]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="agreed_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="subscription",
            name="agreed_told_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="subscription",
            name="demonstrates",
            field=models.BooleanField(default=False),
        ),
    ]
