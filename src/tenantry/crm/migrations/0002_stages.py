"""A deal's stage is one of its workflow's, by the database; workflows that are there already get the usual stages."""

from typing import Any

from django.db import migrations

USUAL = (("New", 10, False, 14), ("Qualified", 25, False, 21), ("Proposal", 50, True, 30), ("Negotiation", 75, False, 30))

HOLD = """
ALTER TABLE crm_stage ADD CONSTRAINT crm_stage_of_workflow UNIQUE (organization_id, id, workflow_id);
ALTER TABLE crm_deal ADD CONSTRAINT crm_deal_stage_of_workflow
    FOREIGN KEY (organization_id, stage_id, workflow_id)
    REFERENCES crm_stage (organization_id, id, workflow_id) DEFERRABLE INITIALLY DEFERRED;
"""
LET_GO = """
ALTER TABLE crm_deal DROP CONSTRAINT crm_deal_stage_of_workflow;
ALTER TABLE crm_stage DROP CONSTRAINT crm_stage_of_workflow;
"""


def furnish(apps: Any, editor: Any) -> None:
    stage, workflow = apps.get_model("crm", "Stage"), apps.get_model("organizations", "Workflow")
    database = editor.connection.alias
    rows = workflow._base_manager.using(database).values_list("organization_id", "id")
    stage._base_manager.using(database).bulk_create(
        stage(
            organization_id=organization_id,
            workflow_id=workflow_id,
            name=name,
            sort_name=name.lower(),
            position=position,
            probability=probability,
            is_milestone=milestone,
            stale_days=stale,
        )
        for organization_id, workflow_id in rows.iterator()
        for position, (name, probability, milestone, stale) in enumerate(USUAL)
    )


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_records")]

    operations = [
        migrations.RunSQL(HOLD, LET_GO),
        migrations.RunPython(furnish, migrations.RunPython.noop),
    ]
