"""Whatever somebody was ever called here, no column of any table says any more once they are erased; every table is
looked through, so that a new one is covered by itself."""

from datetime import timedelta
from uuid import UUID

from api.callers import by_key
from factories.organizations import PASSWORD, Person, unique
from factories.records import make_each, make_record
from support.batches import make_batch
from support.catalogue import rows
from support.many import run
from support.mentors import Brokerage
from support.structure import set_policy
from support.visitors import link_in, mail_to, signed_in
from tenantry.access.actions.giving import give_role
from tenantry.access.mails import OFFER_MAIL
from tenantry.acting.actions import perform
from tenantry.audit.chain import verify
from tenantry.core import clock, crypto, jobs
from tenantry.core.actor import Actor
from tenantry.core.ids import NIL
from tenantry.core.mail.queue import PURPOSE
from tenantry.core.mail.sending import send
from tenantry.core.models import MailDelivery
from tenantry.core.tenancy import scope
from tenantry.core.transactions import reading
from tenantry.people.address_changes import LINK_MAIL
from tenantry.people.models import InvitationBatch
from tenantry.usecases import changing_address as changing
from tenantry.usecases.bulk_changing.changing import change_people
from tenantry.usecases.bulk_inviting.sending import send_batch
from tenantry.usecases.erasing import erase_person
from tenantry.usecases.handing_over import Spread, reassign_records
from tenantry.usecases.joining import edit_invited, resend_invitation, revoke_invitation
from tenantry.usecases.offboarding import reactivate_member
from tenantry.usecases.person import change_own_profile, edit_person
from tenantry.usecases.planning import schedule_leaving
from tenantry.usecases.saving_views import save_view
from tenantry.usecases.signing_in import request_password_reset, send_password_reset
from tenantry.usecases.tasks import erase_account
from tenantry.usecases.transferring import accept_ownership, transfer_ownership
from tenantry.usecases.workflows import add_to_workflow

# Given names, family names, local parts and numbers that stand for one person, one after the other.
CALLED = ("zquilla", "zgrizelda", "zvenceslava", "zdorothea", "zfeather", "zhollow", "zmarrow", "4711990", "4722881")
# Colleagues wrote it with their own hands: it is theirs to change.
TYPED = "Told me that Zvenceslava Zmarrow is on leave."


def address(stem: str) -> str:
    return f"{unique(stem)}@example.test"


class World:
    """A brokerage in which one person was invited twice, called differently each time, and did what leaves traces."""

    def __init__(self) -> None:
        self.brokers = Brokerage()
        self.org = self.brokers.org
        set_policy(self.org, "ownership.transfer", "recipient_confirms")
        set_policy(self.org, "people.deactivation_by", "permission")
        self.emails: list[str] = []
        self.person = self._come()
        self._be_renamed()
        self._act()
        self._mentor()
        self._be_acted_on()

    def _come(self) -> Person:
        """Invited, revoked, invited by a file, put right, under another address; then they come."""
        org = self.org
        first = address("zquilla")
        lost = org.invite("broker", email=first, given_name="Zquilla", family_name="Zfeather")
        org.perform(revoke_invitation, membership_id=lost.membership_id)
        lines = ("email,name,role", f"{first},Zgrizelda Zfeather,Broker", f"{address('ok')},Ada Stone,Broker")
        batch = make_batch(org, *lines)
        # Another file is never sent: its upload is kept.
        make_batch(org, *lines, f"{first},Zquilla Zfeather,Nonesuch")
        org.perform(send_batch, batch_id=batch)
        with scope.tenant(org.id), reading():
            operation = InvitationBatch.objects.get(id=batch).operation_id
        run(org, operation)
        [(member_id,)] = rows("SELECT id FROM people_membership WHERE email = %s AND status = 'invited'", first)
        # A file that names them once they are here: the line says who that is.
        make_batch(org, "email,name,role", f"{first},Zquilla Zhollow,Broker")
        name = {"given_name": "Zgrizelda", "family_name": "Zhollow"}
        org.perform(edit_invited, membership_id=member_id, role_id=org.role("broker"), team_ids=(), **name)
        second = address("zgrizelda")
        org.perform(changing.change_invited_address, membership_id=member_id, email=second)
        org.perform(resend_invitation, membership_id=member_id)
        made = org.accept(org.token_for(member_id), **name)
        self.emails += [first, second]
        return Person(org.id, member_id, made.user_id, second)

    def _be_renamed(self) -> None:
        org, person = self.org, self.person
        self._manage()
        org.perform(change_own_profile, by=person, given_name="Zvenceslava", phone="+47 4711990")
        org.perform(edit_person, membership_id=person.membership_id, family_name="Zmarrow", phone="+47 4722881")
        third = address("zvenceslava")
        org.perform(changing.ask_own_address, by=person, email=third, password=PASSWORD)
        token = link_in(mail_to(third, LINK_MAIL)).rpartition("/")[2]
        with scope.installation("change_address"):
            perform(changing.confirm_address, actor=Actor.guest(), token=token, signed_in_user_id=person.user_id)
        [(change_id,)] = rows("SELECT id FROM people_emailchange WHERE new_email = %s", third)
        with scope.tenant(org.id):
            jobs.DECLARED[changing.TELL](organization_id=org.id, change_id=str(change_id))
        self.emails.append(third)
        self.person = Person(org.id, person.membership_id, person.user_id, third)
        # Asked for and never confirmed.
        org.perform(changing.ask_own_address, by=self.person, email=address("zdorothea"), password=PASSWORD)
        self._manage()

    def _manage(self) -> None:
        """A colleague gets them as manager and loses them again."""
        who = {"membership_id": self.brokers.colleague.membership_id}
        self.org.perform(edit_person, **who, manager_id=self.person.membership_id, phone="+47 1")
        self.org.perform(edit_person, **who, manager_id=None, phone="+47 2")

    def _act(self) -> None:
        org, person = self.org, self.person
        signed_in(person).get("/me/profile")
        org.perform(save_view, by=person, name="Zmarrow’s own", query="q=zvenceslava", place="deal")
        # The first one never had an account: what anybody asks of such an address is nobody's and says nothing of them.
        for email in self.emails[1:-1]:
            with scope.installation("sign_in"):
                perform(request_password_reset, actor=Actor.guest(), email=email)
        org.perform(give_role, membership_id=person.membership_id, role_id=org.role("mentor"))
        make_each(org, person)

    def _mentor(self) -> None:
        """Asked for their word under one name; it goes on to somebody, back under the next name, and on again."""
        org, brokers, person = self.org, self.brokers, self.person
        who = {"membership_id": person.membership_id}
        org.perform(edit_person, **who, family_name="Zhollow")
        org.perform(add_to_workflow, workflow_id=brokers.flow, membership_ids=(person.membership_id,))
        brokers.bind(person)
        self.deal = brokers.deal()
        brokers.move(self.deal, 2)
        brokers.bind(brokers.mentor)
        org.perform(edit_person, **who, family_name="Zmarrow")
        brokers.bind(person)
        brokers.bind(brokers.mentor)
        self.typed = make_record(org, "note", brokers.colleague, body=TYPED)

    def _be_acted_on(self) -> None:
        org, person = self.org, self.person
        who = {"membership_id": person.membership_id}
        self._hand_over(org.owner, person)
        # The mail to the other names them.
        self._hand_over(person, org.owner)
        org.perform(send_password_reset, **who)
        org.perform(schedule_leaving, **who, last_day=clock.now().date() + timedelta(days=9))
        key = by_key(org)
        ids = {"person_ids": [str(person.membership_id)]}
        done = key.post("/people/deactivations", ids, Idempotency_Key=unique("key"))
        assert done.status in (200, 201), done.raw
        org.perform(reactivate_member, **who)
        org.perform(change_people, do="role", value_id=org.role("processor"), membership_ids=(person.membership_id,))
        org.perform(
            reassign_records, from_ids=(person.membership_id,), spread=Spread("one", (org.owner.membership_id,))
        )
        done = key.post("/people/removals", ids, Idempotency_Key=unique("key"))
        assert done.status in (200, 201), done.raw
        for one in (org.owner, self.brokers.colleague, self.brokers.mentor, self.brokers.mentee):
            self.brokers.told(one)
        with scope.platform("mail"), reading():
            waiting = list(MailDelivery.objects.filter(organization_id=org.id).values_list("id", flat=True))
        for one in waiting:
            send(one)

    def _hand_over(self, giver: Person, heir: Person) -> None:
        """Offered by mail and accepted."""
        then = self.org.role("broker")
        self.org.perform(
            transfer_ownership, by=giver, recipient_id=heir.membership_id, then_role_id=then, password=PASSWORD
        )
        mail_to(heir.email, OFFER_MAIL)
        query = "SELECT id FROM access_ownershiptransfer WHERE organization_id = %s AND accepted_at IS NULL"
        [(offer,)] = rows(query, self.org.id)
        self.org.perform(accept_ownership, by=heir, transfer_id=offer, giver_id=giver.membership_id, password=PASSWORD)


def said_of(org: UUID) -> dict[str, list[str]]:
    """Table -> its rows that say one of `CALLED`: of every table with an organization only this one's and the house's
    own. Mails are unsealed."""
    found: dict[str, list[str]] = {}
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in rows(
        "SELECT table_name, column_name, data_type FROM information_schema.columns"
        " JOIN pg_tables ON tablename = table_name AND schemaname = table_schema WHERE table_schema = 'public'"
    ):
        columns.setdefault(table, []).append((column, kind))
    for table, of_it in columns.items():
        text = (f"encode({name}, 'escape')" if kind == "bytea" else f'"{name}"::text' for name, kind in of_it)
        query = f'SELECT {", ".join(text)} FROM "{table}"'
        if ("organization_id", "uuid") in of_it:
            query += f" WHERE organization_id IN ('{org}', '{NIL}') OR organization_id IS NULL"
        for row in rows(query):
            _note(found, table, " ".join(one for one in row if one))
    query = "SELECT sealed_body FROM core_maildelivery WHERE sealed_body IS NOT NULL AND organization_id = %s"
    for (sealed,) in rows(query, org):
        _note(found, "sealed mails", crypto.unseal(sealed, PURPOSE).decode())
    return found


def _note(found: dict[str, list[str]], table: str, line: str) -> None:
    if any(word in line.lower() for word in CALLED):
        found.setdefault(table, []).append(line)


def test_no_table_says_what_they_were_called():
    world = World()
    org, person = world.org, world.person
    before = said_of(org.id)
    # Not looked through in vain: all of these said it.
    assert set(before) >= {
        "acting_idempotencyrecord",
        "audit_personalvalue",
        "core_maildelivery",
        "crm_note",
        "people_batchrow",
        "people_emailchange",
        "people_invitationbatch",
        "people_membership",
        "people_passwordreset",
        "people_user",
        "sealed mails",
    }, {table: len(lines) for table, lines in before.items()}
    org.perform(erase_person, membership_id=person.membership_id)
    erase_account(user_id=person.user_id)
    left = said_of(org.id)
    kept = [line for line in left.pop("crm_note", []) if TYPED in line]
    assert len(kept) == 1
    assert not left, "\n".join(f"{table}: {line[:900]}" for table, lines in left.items() for line in lines)
    with scope.tenant(org.id), reading():
        assert verify().sound
    notes = world.brokers.notes(world.deal)
    assert sum("Erased" in one for one in notes) == 2, notes
