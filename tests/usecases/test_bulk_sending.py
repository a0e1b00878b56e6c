"""Sending a bulk invite: every address exactly one membership, one open invitation and one mail, whatever happens on
the way."""

import pytest

from factories.organizations import make_organization, unique
from support.bulk import batch_of, codes, file_of, run_sending, send, staged, upload
from support.catalogue import change
from support.catalogue import rows as ask
from support.policies import entries_of
from support.races import failures, together
from tenantry.access.actions.profiles import create_profile
from tenantry.access.contents import ProfileContent
from tenantry.acting import operations
from tenantry.acting.models import Operation
from tenantry.acting.operations import cancel_operation
from tenantry.audit.chain import verify
from tenantry.core import clock
from tenantry.core.errors import PlanChanged
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.actions import create_team
from tenantry.usecases import bulk_inviting as bulk
from tenantry.usecases.bulk_inviting import sending
from tenantry.usecases.bulk_inviting.errors import BatchNotReady, NothingFailed, NothingToSend
from tenantry.usecases.bulk_inviting.tasks import read
from tenantry.usecases.units import create_unit
from tenantry.usecases.workspaces import create_workspace


def address(stem="person"):
    return f"{unique(stem)}@example.test"


def people(count):
    return [address() for _ in range(count)]


@pytest.fixture
def org():
    return make_organization()


def uploaded(org, emails, by=None):
    return upload(org, file_of(*((email, "Ada Stone") for email in emails)), by=by)


def once_each(org, emails):
    """Every address exactly one membership, one open invitation, one link that lives, one mail."""
    counted = """
        SELECT m.email, count(DISTINCT m.id), count(DISTINCT i.id), count(DISTINCT l.id), count(DISTINCT d.id)
        FROM people_membership m
        LEFT JOIN people_invitation i ON i.membership_id = m.id AND i.accepted_at IS NULL AND i.revoked_at IS NULL
        LEFT JOIN people_invitationlink l ON l.invitation_id = i.id AND l.ended_at IS NULL
        LEFT JOIN core_maildelivery d ON d.subject_id = l.id
        WHERE m.organization_id = %s AND m.email = ANY(%s) GROUP BY 1
    """
    found = ask(counted, org.id, list(emails))
    return len(found) == len(set(emails)) and all(row[1:] == (1, 1, 1, 1) for row in found)


def mails(org):
    return ask("SELECT count(*) FROM core_maildelivery WHERE organization_id = %s", org.id)[0][0]


def plan(org, batch_id, by=None):
    with scope.tenant(org.id), reading():
        return bulk.plan_send_batch((by or org.owner).actor, batch_id, clock.now())


def counts(org, batch_id):
    with scope.tenant(org.id), reading():
        return {state: n for state, n in bulk.counts_of(batch_of(org, batch_id)).items() if n}


def test_everybody_is_invited_once_with_all_that_the_row_says(org):
    org.perform(create_team, name="Hunters")
    org.perform(create_team, name="Farmers")
    org.perform(create_unit, name="Oslo")
    org.perform(create_profile, content=ProfileContent("Small"))
    fairs = org.perform(create_workspace, name="Fairs")
    [level] = ask("SELECT name FROM access_role WHERE organization_id = %s AND key = 'workspace_viewer'", org.id)[0]
    email = address()
    row = (email, "Ada Stone", "Manager", "hunters | Farmers", "small", "oslo", "Field", f"Fairs:{level}")
    batch_id = upload(org, file_of(row))
    assert codes(staged(org, batch_id)[0]) == ["department_new"]
    send(org, batch_id)
    [sent] = staged(org, batch_id)
    assert sent.state == "sent"
    found = ask(
        """SELECT m.given_name, m.family_name, u.name, d.name, p.name,
             (SELECT string_agg(t.name, ',' ORDER BY t.name)
              FROM people_teammember x JOIN people_team t ON t.id = x.team_id
              WHERE x.membership_id = m.id),
             (SELECT r.key FROM access_assignment a JOIN access_role r ON r.id = a.role_id
              WHERE a.membership_id = m.id AND a.is_base),
             (SELECT r.key FROM access_assignment a JOIN access_role r ON r.id = a.role_id
              WHERE a.membership_id = m.id AND a.workspace_id = %s)
           FROM people_membership m JOIN organizations_unit u ON u.id = m.unit_id
           JOIN people_department d ON d.id = m.department_id
           JOIN access_profileassignment b ON b.membership_id = m.id JOIN access_profile p ON p.id = b.profile_id
           WHERE m.id = %s""",
        fairs.id,
        sent.membership_id,
    )
    assert found == [("Ada", "Stone", "Oslo", "Field", "Small", "Farmers,Hunters", "manager", "workspace_viewer")]
    assert once_each(org, [email])
    accepted = org.accept(org.token_for(sent.membership_id))
    assert org.status(accepted.membership_id) == "active"


def test_many_are_sent_in_batches_each_with_one_entry(org):
    emails = people(1234)
    batch_id = uploaded(org, emails)
    from_job = batch_of(org, batch_id)
    assert from_job.state == "reading"
    with scope.tenant(org.id):
        read(batch_id)
    org.perform(bulk.send_batch, batch_id=batch_id, digest=plan(org, batch_id).digest)
    assert batch_of(org, batch_id).state == "sending"
    run_sending(org, batch_id)
    batch = batch_of(org, batch_id)
    assert (batch.state, batch.content) == ("sent", None)
    with scope.tenant(org.id), reading():
        assert bulk.progress_of(batch) == (1234, 1234, "sent")
        assert verify().sound
    assert once_each(org, emails)
    assert mails(org) == 1234
    assert [entry.values["count"] for entry in entries_of(org, "people.bulk_invited")] == [500, 500, 234]
    bundles = ask(
        "SELECT count(*) FROM core_maildelivery WHERE organization_id = %s GROUP BY bundle ORDER BY 1 DESC", org.id
    )
    assert max(bundles) == (100,)
    assert len(bundles) == 13


def test_what_was_shown_is_what_is_sent(org):
    batch_id = uploaded(org, people(3))
    shown = plan(org, batch_id)
    assert (shown.ready, shown.warnings, shown.errors, shown.seats_needed) == (3, 0, 0, 3)
    row = staged(org, batch_id)[0]
    org.perform(bulk.drop_row, batch_id=batch_id, row_id=row.id)
    with pytest.raises(PlanChanged):
        org.perform(bulk.send_batch, batch_id=batch_id, digest=shown.digest)
    assert mails(org) == 0


def test_two_people_press_send_at_once(org):
    admin = org.person("administrator")
    emails = people(40)
    batch_id = uploaded(org, emails)
    before = mails(org)
    presses = [lambda by=by: org.perform(bulk.send_batch, by=by, batch_id=batch_id) for by in (org.owner, admin)] * 2
    refused = failures(together(*presses), BatchNotReady)
    assert len(refused) == 3
    failures(together(*[lambda: run_sending(org, batch_id)] * 3))
    assert once_each(org, emails)
    assert mails(org) - before == 40
    assert batch_of(org, batch_id).state == "sent"


def test_seats_run_out_in_the_middle(org):
    emails = people(8)
    batch_id = uploaded(org, emails)
    org.limit_seats(6)
    shown = plan(org, batch_id)
    assert (shown.seats_needed, shown.seats_free, shown.beyond_seats) == (8, 5, 3)
    send(org, batch_id)
    assert counts(org, batch_id) == {"sent": 5, "refused": 3}
    assert [row.state for row in staged(org, batch_id)] == ["sent"] * 5 + ["refused"] * 3
    last = staged(org, batch_id)[-1]
    assert codes(last) == ["at_seat_limit"]
    assert "seat" in bulk.reason_in_words(last.reasons[0])
    assert once_each(org, emails[:5])
    known = ask("SELECT count(*) FROM people_membership WHERE organization_id = %s", org.id)
    assert known == [(6,)], "no half rows"
    org.limit_seats(20)
    org.perform(bulk.resend_failed, batch_id=batch_id)
    run_sending(org, batch_id)
    assert counts(org, batch_id) == {"sent": 8}
    assert once_each(org, emails)


def test_the_sender_is_deactivated_in_the_middle(org, monkeypatch):
    admin = org.person("administrator")
    emails = people(30)
    batch_id = uploaded(org, emails, by=admin)
    monkeypatch.setattr(sending, "BATCH", 10)
    org.perform(bulk.send_batch, by=admin, batch_id=batch_id)
    operation_id = batch_of(org, batch_id).operation_id
    asked, revived = [], operations.revived

    def counted(kind, acting_id, now):
        asked.append(acting_id)
        if len(asked) == 2:
            change("UPDATE people_membership SET status = 'deactivated' WHERE id = %s", admin.membership_id)
        return revived(kind, acting_id, now)

    monkeypatch.setattr(operations, "revived", counted)
    with scope.tenant(org.id):
        operations.run(operation_id)
    assert counts(org, batch_id) == {"sent": 10, "ready": 20}
    assert batch_of(org, batch_id).state == "failed"
    with scope.tenant(org.id), reading():
        assert Operation.objects.get(id=operation_id).error == "no_longer_in"
    # Somebody else sends the rest.
    send(org, batch_id)
    assert counts(org, batch_id) == {"sent": 30}
    assert once_each(org, emails)


def test_the_sender_may_less_meanwhile(org):
    """Judged again by what they hold then: nothing comes in by a right that is gone."""
    admin = org.person("administrator")
    team = org.perform(create_team, name="Hunters")
    batch_id = upload(org, file_of((address(), "", "member", "Hunters"), (address(), "", "member")), by=admin)
    org.perform(bulk.send_batch, by=admin, batch_id=batch_id)
    change("UPDATE people_team SET sort_name = 'others', name = 'Others' WHERE id = %s", team.id)
    run_sending(org, batch_id)
    assert [(row.state, codes(row)) for row in staged(org, batch_id)] == [("refused", ["team_unknown"]), ("sent", [])]


def test_addresses_that_came_in_meanwhile_are_refused(org):
    emails = people(3)
    batch_id = uploaded(org, emails)
    org.invite(email=emails[1])
    send(org, batch_id)
    assert [codes(row) for row in staged(org, batch_id)] == [[], ["already_invited"], []]
    assert once_each(org, emails)


def test_two_batches_with_the_same_people_at_once(org):
    emails = people(60)
    first, second = uploaded(org, emails), uploaded(org, emails)
    for batch_id in (first, second):
        org.perform(bulk.send_batch, batch_id=batch_id)
    failures(together(lambda: run_sending(org, first), lambda: run_sending(org, second)))
    assert once_each(org, emails)
    assert mails(org) == 60
    total = [counts(org, batch_id).get("sent", 0) for batch_id in (first, second)]
    assert sum(total) == 60


def test_canceled_on_the_way_and_sent_later(org, monkeypatch):
    emails = people(30)
    batch_id = uploaded(org, emails)
    monkeypatch.setattr(sending, "BATCH", 10)
    org.perform(bulk.send_batch, batch_id=batch_id)
    with scope.tenant(org.id):
        operations.perform(sending.send_rows, actor=org.owner.actor, operation_id=batch_of(org, batch_id).operation_id)
    org.perform(bulk.cancel_batch, batch_id=batch_id)
    run_sending(org, batch_id)
    assert counts(org, batch_id) == {"sent": 10, "ready": 20}
    assert batch_of(org, batch_id).state == "canceled"
    with pytest.raises(BatchNotReady):
        org.perform(bulk.delete_batch, batch_id=batch_id)
    send(org, batch_id)
    assert counts(org, batch_id) == {"sent": 30}
    assert once_each(org, emails)


def test_canceling_the_operation_itself_stops_the_batch(org):
    batch_id = uploaded(org, people(3))
    org.perform(bulk.send_batch, batch_id=batch_id)
    org.perform(cancel_operation, operation_id=batch_of(org, batch_id).operation_id)
    assert batch_of(org, batch_id).state == "canceled"


def test_canceled_and_deleted_before_it_was_sent(org):
    batch_id = uploaded(org, people(3))
    org.perform(bulk.cancel_batch, batch_id=batch_id)
    assert (batch_of(org, batch_id).state, batch_of(org, batch_id).content) == ("canceled", None)
    with pytest.raises(BatchNotReady):
        org.perform(bulk.send_batch, batch_id=batch_id)
    org.perform(bulk.delete_batch, batch_id=batch_id)
    assert staged(org, batch_id) == []


def test_nothing_to_send_and_nothing_to_send_again(org):
    batch_id = upload(org, file_of(("nonsense",)))
    with pytest.raises(NothingToSend):
        org.perform(bulk.send_batch, batch_id=batch_id)
    good = uploaded(org, people(2))
    with pytest.raises(BatchNotReady):
        org.perform(bulk.resend_failed, batch_id=good)
    send(org, good)
    with pytest.raises(NothingFailed):
        org.perform(bulk.resend_failed, batch_id=good)


def test_mails_that_did_not_arrive_are_sent_again_with_a_new_link(org):
    emails = people(5)
    batch_id = uploaded(org, emails)
    send(org, batch_id)
    change(
        "UPDATE core_maildelivery SET state = 'refused' WHERE organization_id = %s AND recipient = ANY(%s)",
        org.id,
        emails[:2],
    )
    org.perform(bulk.resend_failed, batch_id=batch_id)
    run_sending(org, batch_id)
    assert mails(org) == 7
    assert once_each(org, emails)
    ended = ask(
        """SELECT count(*) FROM people_invitationlink l JOIN core_maildelivery d ON d.subject_id = l.id
           WHERE l.organization_id = %s AND l.ended_at IS NOT NULL AND d.recipient = ANY(%s)""",
        org.id,
        emails[:2],
    )
    assert ended == [(2,)]
    assert batch_of(org, batch_id).state == "sent"


def test_whoever_sends_again_reaches_whom_they_may_act_on(org):
    """Somebody else's batch may hold people above one's hand: their invitation is not renewed by it."""
    helper = org.person("people_administrator")
    above, below = people(2)
    batch_id = upload(org, file_of((above, "", "Administrator"), (below, "", "Member")))
    send(org, batch_id)
    lost = "UPDATE core_maildelivery SET state = 'refused' WHERE organization_id = %s AND recipient = ANY(%s)"
    change(lost, org.id, [above, below])
    org.perform(bulk.resend_failed, by=helper, batch_id=batch_id)
    run_sending(org, batch_id)
    sent = "SELECT count(*) FROM core_maildelivery WHERE organization_id = %s AND recipient = %s"
    assert [ask(sent, org.id, email) for email in (above, below)] == [[(1,)], [(2,)]]
    with scope.tenant(org.id), reading():
        assert bulk.progress_of(batch_of(org, batch_id))[:2] == (2, 2)
    # Whoever may gets the other one a new link.
    org.perform(bulk.resend_failed, batch_id=batch_id)
    run_sending(org, batch_id)
    assert ask(sent, org.id, above) == [(2,)]
    assert once_each(org, [below])


def test_who_needs_no_seat_is_mailed_again_without_one(org):
    change(
        """INSERT INTO organizations_policyvalue (organization_id, id, code, value, version)
           VALUES (%s, gen_random_uuid(), 'seats.free_roles', '["member"]', 1)
           ON CONFLICT (organization_id, code) DO UPDATE SET value = EXCLUDED.value""",
        org.id,
    )
    [email] = people(1)
    batch_id = upload(org, file_of((email, "", "Member")))
    send(org, batch_id)
    lost = "UPDATE core_maildelivery SET state = 'refused' WHERE organization_id = %s AND recipient = %s"
    change(lost, org.id, email)
    change("UPDATE people_invitation SET expires_at = now() - interval '1 hour' WHERE organization_id = %s", org.id)
    change(
        """UPDATE people_membership SET invited_until = now() - interval '1 hour'
           WHERE organization_id = %s AND status = 'invited'""",
        org.id,
    )
    org.limit_seats(1)
    org.perform(bulk.resend_failed, batch_id=batch_id)
    run_sending(org, batch_id)
    sent = "SELECT count(*) FROM core_maildelivery WHERE organization_id = %s AND recipient = %s"
    assert ask(sent, org.id, email) == [(2,)]


def test_the_most_keyholders_hold_for_files_too(org):
    maximum = 3
    change(
        """INSERT INTO organizations_policyvalue (organization_id, id, code, value, version)
           VALUES (%s, gen_random_uuid(), 'keyholders.maximum', %s, 1)
           ON CONFLICT (organization_id, code) DO UPDATE SET value = EXCLUDED.value""",
        org.id,
        str(maximum),
    )
    batch_id = upload(org, file_of(*((email, "", "Owner") for email in people(4))))
    send(org, batch_id)
    assert [codes(row)[-1] for row in staged(org, batch_id)] == [
        "gives_everything",
        "gives_everything",
        "too_many_keyholders",
        "too_many_keyholders",
    ]
