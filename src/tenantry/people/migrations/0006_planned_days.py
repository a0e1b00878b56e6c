import datetime as dt

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0005_addresses'),
    ]

    operations = [
        migrations.AddField(
            model_name='plannedchange',
            name='day',
            field=models.DateField(default=dt.date(1970, 1, 1)),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='plannedchange',
            name='zone',
            field=models.TextField(default='UTC'),
            preserve_default=False,
        ),
    ]
