"""Roles and profiles change what somebody is found by (people 0004)."""

from django.db import migrations

_NOTICING = """
CREATE TRIGGER access_assignment_came AFTER INSERT ON access_assignment REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION people_search_came();
CREATE TRIGGER access_assignment_went AFTER DELETE ON access_assignment REFERENCING OLD TABLE AS went
  FOR EACH STATEMENT EXECUTE FUNCTION people_search_went();
CREATE TRIGGER access_assignment_changed AFTER UPDATE ON access_assignment REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION people_search_came();
CREATE TRIGGER access_profile_came AFTER INSERT ON access_profileassignment REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION people_search_came();
CREATE TRIGGER access_profile_went AFTER DELETE ON access_profileassignment REFERENCING OLD TABLE AS went
  FOR EACH STATEMENT EXECUTE FUNCTION people_search_went();
CREATE TRIGGER access_profile_changed AFTER UPDATE ON access_profileassignment REFERENCING NEW TABLE AS came
  FOR EACH STATEMENT EXECUTE FUNCTION people_search_came();
"""
_NOT_NOTICING = """
DROP TRIGGER access_assignment_came ON access_assignment;
DROP TRIGGER access_assignment_went ON access_assignment;
DROP TRIGGER access_assignment_changed ON access_assignment;
DROP TRIGGER access_profile_came ON access_profileassignment;
DROP TRIGGER access_profile_went ON access_profileassignment;
DROP TRIGGER access_profile_changed ON access_profileassignment;
"""


class Migration(migrations.Migration):
    dependencies = [("access", "0002_scopes"), ("people", "0004_search")]
    operations = [migrations.RunSQL(_NOTICING, _NOT_NOTICING)]
