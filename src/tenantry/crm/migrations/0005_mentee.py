"""Whose mentor has a say in a deal stays with the deal, whoever changes its owner, one at a time or by the million."""

import django.db.models.deletion
import tenantry.core.tenancy.fields
from django.db import migrations

# The first who had or made it, as long as they have a mentor; then who gives it away, then who gets it.
_FOLLOW = """
CREATE FUNCTION crm_deal_of_mentee() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE people uuid[];
BEGIN
  IF TG_OP = 'UPDATE' THEN
    people := ARRAY[NEW.mentee_id, OLD.owner_id, NEW.owner_id];
  ELSE
    people := ARRAY[NEW.created_by_id];
  END IF;
  NEW.mentee_id := (
    SELECT m.mentee_id FROM crm_mentorship m
    WHERE m.organization_id = NEW.organization_id AND m.mentee_id = ANY (people)
    ORDER BY array_position(people, m.mentee_id) LIMIT 1
  );
  RETURN NEW;
END $$;

CREATE TRIGGER crm_deal_given BEFORE UPDATE OF owner_id ON crm_deal
  FOR EACH ROW WHEN (OLD.owner_id IS DISTINCT FROM NEW.owner_id) EXECUTE FUNCTION crm_deal_of_mentee();
CREATE TRIGGER crm_deal_made BEFORE INSERT ON crm_deal
  FOR EACH ROW WHEN (NEW.owner_id IS DISTINCT FROM NEW.created_by_id) EXECUTE FUNCTION crm_deal_of_mentee();
"""
_FORGET = """
DROP TRIGGER crm_deal_given ON crm_deal;
DROP TRIGGER crm_deal_made ON crm_deal;
DROP FUNCTION crm_deal_of_mentee();
"""


class Migration(migrations.Migration):
    dependencies = [("crm", "0004_counted")]

    operations = [
        migrations.AddField(
            "deal",
            "mentee",
            tenantry.core.tenancy.fields.TenantForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                sparse=True,
                to="people.membership",
            ),
        ),
        migrations.RunSQL(_FOLLOW, _FORGET),
    ]
