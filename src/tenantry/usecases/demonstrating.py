"""A demonstration organization with its people and its past, written by sets so that 200 people take seconds."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from tenantry.access.models import Assignment, Role
from tenantry.access.steps import create_profiles, create_roles
from tenantry.acting.actions import Outcome, action
from tenantry.audit.chain import Act, Entry, append_all
from tenantry.billing.demonstrating import Bought, demonstrate_subscription
from tenantry.billing.selectors import subscription
from tenantry.core.actor import Actor
from tenantry.core.tenancy import scope
from tenantry.notifications.models import Notification
from tenantry.organizations.models import CompanyProfile, Contact, Organization
from tenantry.organizations.selectors import policy
from tenantry.organizations.steps import create_organization
from tenantry.people.models import Invitation, Membership, Team, TeamMember, User
from tenantry.people.seats import COUNTED
from tenantry.security.errors import SignInRefused
from tenantry.security.models import SessionEntry
from tenantry.usecases.demonstrating_seats import date_seat_lines, in_use_of
from tenantry.usecases.founding import Founding, create_first_workflow

Status = Membership.Status


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody of the cast. `role`: a role's key; `team`: a team's name or ""; `status`: as lists show it.

    Times are in order where they are set.
    """

    given_name: str
    family_name: str
    email: str
    role: str
    status: str
    invited_at: datetime
    team: str = ""
    is_lead: bool = False
    joined_at: datetime | None = None
    ended_at: datetime | None = None
    last_sign_in_at: datetime | None = None
    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class DemoOrganization:
    """What is to be there. The first of `people` founded it; `teams` maps names to descriptions."""

    name: str
    slug: str
    domain: str
    time_zone: str
    currency: str
    founded_at: datetime
    seats: int
    people: tuple[DemoPerson, ...]
    teams: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Demonstrated:
    """Membership and user by address; the first workflow."""

    organization_id: UUID
    workflow_id: UUID
    members: dict[str, UUID]
    users: dict[str, UUID]


@action(open_to="only somebody with the machine's command line reaches it")
def load_demonstration(
    *, actor: Actor, now: datetime, founding: Founding, demo: DemoOrganization, password_hash: str
) -> Outcome[Demonstrated]:
    """Writes the organization of the open scope, its people and teams, and the audit of how they came to be there.

    Runs as crossing `demo`, armed with the new organization's id.
    """
    if actor.kind != "system":
        raise SignInRefused
    organization_id = scope.organization_id()
    bought = _found(organization_id, founding, demo, now)
    roles = create_roles(founding.roles)
    create_profiles(founding.profiles)
    users, members = _people(demo, password_hash)
    _assign(demo, members, roles)
    flow = create_first_workflow(founding.workflow, members[demo.people[0].email].id, demo.founded_at)
    teams = _teams(demo, members)
    _sessions(demo, members, now)
    _invitations(demo, members)
    held = subscription()
    assert held is not None
    date_seat_lines(demo, members, bought, held.period_start)
    billed = _money_moments(demo, bought, held.id)
    _record(demo, members, roles, teams, organization_id, billed)
    return Outcome(
        Demonstrated(
            organization_id,
            flow.id,
            {e: m.id for e, m in members.items()},
            {e: u.id for e, u in users.items()},
        ),
        None,
    )


def _found(organization_id: UUID, founding: Founding, demo: DemoOrganization, now: datetime) -> list[Bought]:
    create_organization(
        organization_id=organization_id,
        name=demo.name,
        slug=demo.slug,
        blueprint=founding.blueprint,
        policies=founding.policies,
        entitlements=founding.entitlements,
        labels=founding.labels,
        time_zone=demo.time_zone,
        now=demo.founded_at,
    )
    steps = dict.fromkeys(("company", "people", "plan"), "done")
    Organization.objects.update(currency=demo.currency, setup=steps, setup_finished_at=demo.founded_at)
    CompanyProfile.objects.update(
        legal_name=f"{demo.name} AS",
        registered_address="Brygga 14\n3190 Horten\nNorway",
        mailing_address="Postboks 220\n3191 Horten\nNorway",
        tax_id="NO 998 112 345 MVA",
        website=f"https://{demo.domain}",
        colour="#0b5c6b",
    )
    # Something is sold to them in any installation, so that seats, meters and limits can be seen at work.
    in_use = in_use_of(demo, policy(COUNTED))
    bought = demonstrate_subscription(founding.blueprint, demo.seats, demo.founded_at, now, in_use)
    Contact.objects.bulk_create(
        Contact(kind=kind, name=name, email=f"{kind}@{demo.domain}", phone=phone)
        for kind, name, phone in (
            ("billing", "Accounts payable", "+47 33 00 41 10"),
            ("technical", "IT desk", "+47 33 00 41 20"),
            ("legal", "Ingrid Solheim", "+47 33 00 41 30"),
        )
    )
    return bought


def _status(person: DemoPerson) -> str:
    return Status.INVITED if person.status in ("pending", "expired") else person.status


def _people(demo: DemoOrganization, password_hash: str) -> tuple[dict[str, User], dict[str, Membership]]:
    users: dict[str, User] = {}
    members: dict[str, Membership] = {}
    for person in demo.people:
        if person.joined_at:
            users[person.email] = User(
                email=person.email,
                password=password_hash,
                created_at=person.joined_at,
                email_proven_at=person.joined_at,
            )
        member = Membership(
            user=users.get(person.email),
            email=person.email,
            given_name=person.given_name,
            family_name=person.family_name,
            status=_status(person),
            created_at=person.invited_at,
            joined_at=person.joined_at,
            invited_until=person.invited_at + timedelta(days=7) if _status(person) == Status.INVITED else None,
            deactivated_at=person.ended_at if person.status == Status.DEACTIVATED else None,
            removed_at=person.ended_at if person.status == Status.REMOVED else None,
            last_sign_in_at=person.last_sign_in_at,
            session_epoch=1 if person.ended_at else 0,
        )
        member.refresh_search()
        members[person.email] = member
    User.objects.bulk_create(users.values())
    Membership.objects.bulk_create(members.values())
    return users, members


def _assign(demo: DemoOrganization, members: dict[str, Membership], roles: dict[str, Role]) -> None:
    founder = members[demo.people[0].email]
    Assignment.objects.bulk_create(
        Assignment(
            role=roles[person.role],
            membership=members[person.email],
            given_by=None if person is demo.people[0] else founder,
            given_at=person.invited_at,
        )
        for person in demo.people
        if person.status != Status.REMOVED
    )


def _teams(demo: DemoOrganization, members: dict[str, Membership]) -> dict[str, Team]:
    teams = {
        name: Team(name=name, sort_name=name.lower(), description=text, created_at=demo.founded_at + timedelta(days=1))
        for name, text in demo.teams.items()
    }
    Team.objects.bulk_create(teams.values())
    TeamMember.objects.bulk_create(
        TeamMember(
            team=teams[p.team], membership=members[p.email], is_lead=p.is_lead, added_at=p.joined_at or p.invited_at
        )
        for p in demo.people
        if p.team and p.status != Status.REMOVED
    )
    return teams


def _sessions(demo: DemoOrganization, members: dict[str, Membership], now: datetime) -> None:
    """Whoever signed in today is still there."""
    SessionEntry.objects.bulk_create(
        SessionEntry(
            membership=members[p.email],
            epoch=0,
            entered_at=p.last_sign_in_at,
            seen_at=min(now, p.last_sign_in_at + timedelta(minutes=35)),
            address=p.address,
            agent=p.agent,
        )
        for p in demo.people
        if p.status == Status.ACTIVE and p.last_sign_in_at and now - p.last_sign_in_at < timedelta(hours=11)
    )


def _invitations(demo: DemoOrganization, members: dict[str, Membership]) -> None:
    founder = members[demo.people[0].email]
    Invitation.objects.bulk_create(
        Invitation(
            membership=members[p.email],
            invited_by=founder,
            created_at=p.invited_at,
            sent_at=p.invited_at,
            expires_at=p.invited_at + timedelta(days=7),
            accepted_at=p.joined_at,
        )
        for p in demo.people[1:]
    )


@dataclass(frozen=True, slots=True)
class _Moment:
    at: datetime
    by: str
    entry: Entry


def _record(
    demo: DemoOrganization,
    members: dict[str, Membership],
    roles: dict[str, Role],
    teams: dict[str, Team],
    organization_id: UUID,
    billed: Iterable[_Moment],
) -> None:
    """The chain of how it all came about, in the order of time, and the founder's notices."""
    cast = {p.email: p for p in demo.people}
    moments = [*_founding_moments(demo, members, organization_id), *_team_moments(demo, members, teams), *billed]
    for person in demo.people[1:]:
        moments += _moments_of(person, members[person.email], roles[person.role], demo)
    moments.sort(key=lambda m: m.at)
    first = append_all([_act(moment, cast[moment.by], members[moment.by]) for moment in moments]) - len(moments) + 1
    told = [
        Notification(
            membership=members[demo.people[0].email],
            kind="member_joined",
            about_id=moment.entry.target_id,
            values={"role": ""},
            number=number,
            created_at=moment.at,
            read_at=moment.at + timedelta(hours=3),
        )
        for number, moment in enumerate(moments, first)
        if moment.entry.action == "people.joined"
    ]
    for row in told[-3:]:
        row.read_at = None
    Notification.objects.bulk_create(told[-40:])


def _act(moment: _Moment, who: DemoPerson, member: Membership) -> Act:
    actor = Actor(
        kind="member",
        organization_id=member.organization_id,
        membership_id=member.id,
        label=member.name,
        address=who.address,
        agent=who.agent,
    )
    return Act(actor, moment.entry, moment.at)


def _founding_moments(
    demo: DemoOrganization, members: dict[str, Membership], organization_id: UUID
) -> Iterable[_Moment]:
    founder, at = demo.people[0], demo.founded_at
    values = {"name": demo.name, "slug": demo.slug}
    yield _Moment(
        at,
        founder.email,
        Entry("organization.founded", "member", members[founder.email].id, values, {"email": founder.email}),
    )
    changed = {"legal_name": ["", f"{demo.name} AS"], "currency": ["USD", demo.currency], "colour": ["", "#0b5c6b"]}
    profile = Entry("organization.profile_changed", "organization", organization_id, {"changed": changed})
    yield _Moment(at + timedelta(minutes=6), founder.email, profile)
    for minutes, step in ((7, "company"), (19, "people"), (21, "plan")):
        entry = Entry("organization.setup_step", "organization", organization_id, {"step": step, "state": "done"})
        yield _Moment(at + timedelta(minutes=minutes), founder.email, entry)


def _money_moments(demo: DemoOrganization, bought: Iterable[Bought], subscription_id: UUID) -> Iterable[_Moment]:
    """Seats that the founder bought on the way."""
    for one in bought:
        values = {
            "before": one.before,
            "after": one.before + one.count,
            "count": one.count,
            "due": one.amount,
            "currency": one.currency,
        }
        entry = Entry("billing.seats_bought", "subscription", subscription_id, values)
        yield _Moment(one.at, demo.people[0].email, entry)


def _team_moments(demo: DemoOrganization, members: dict[str, Membership], teams: dict[str, Team]) -> Iterable[_Moment]:
    founder = demo.people[0].email
    at = demo.founded_at + timedelta(days=1)
    for name, team in teams.items():
        at += timedelta(minutes=2)
        yield _Moment(at, founder, Entry("teams.created", "team", team.id, {"name": name}))
    placed = sorted((p for p in demo.people if p.team and p.joined_at), key=lambda p: (p.team, not p.is_lead, p.email))
    for (name, lead), group in groupby(placed, key=lambda p: (p.team, p.is_lead)):
        people = list(group)
        values: dict[str, Any] = {"name": name, "members": [str(members[p.email].id) for p in people], "is_lead": lead}
        when = max(p.joined_at or p.invited_at for p in people) + timedelta(hours=1)
        yield _Moment(when, founder, Entry("teams.members_added", "team", teams[name].id, values))


def _moments_of(person: DemoPerson, member: Membership, role: Role, demo: DemoOrganization) -> Iterable[_Moment]:
    inviter = demo.people[0].email
    who = {"email": person.email, "name": member.name}
    values = {
        "role": role.name,
        "teams": [person.team] if person.team else [],
        "expires_at": person.invited_at + timedelta(days=7),
    }
    yield _Moment(person.invited_at, inviter, Entry("people.invited", "member", member.id, values, who))
    if person.joined_at:
        joined = Entry(
            "people.joined", "member", member.id, {"link": "mailed", "proven": True}, {"email": person.email}
        )
        yield _Moment(person.joined_at, person.email, joined)
    if person.last_sign_in_at and person.last_sign_in_at != person.joined_at:
        yield _Moment(person.last_sign_in_at, person.email, Entry("people.signed_in", "member", member.id))
    if person.ended_at:
        left = {"sessions": 1, "invitations": 0, "seats_freed": 1}
        if person.status == Status.DEACTIVATED:
            yield _Moment(person.ended_at, inviter, Entry("people.deactivated", "member", member.id, left))
        else:
            gone = {**left, "teams": 1 if person.team else 0}
            yield _Moment(person.ended_at, inviter, Entry("people.removed", "member", member.id, gone))
