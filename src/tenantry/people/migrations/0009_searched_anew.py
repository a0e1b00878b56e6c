from django.db import migrations

# Search rows lead from a week of the last sign-in, and from a first letter with a value, too. What was filled before
# says nothing of these: large organizations are searched the plain way until a worker has filled them again.
_EMPTIED = """
TRUNCATE people_searchstate, people_searchwaiting, people_searchtoken, people_searchprefix, people_searchpair,
  people_searchperson, people_searchvalue
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0008_given_passwords")]

    operations = [migrations.RunSQL(_EMPTIED, _EMPTIED)]
