"""Identities, memberships, ways in, teams. One module a subject; everybody imports from here."""

from tenantry.people.models.counting import Headcount, SeatLine, Snapshot
from tenantry.people.models.identity import AddressUse, EmailChange, PasswordReset, SignUpRequest, User
from tenantry.people.models.joining import BatchRow, Invitation, InvitationBatch, InvitationLink, TemporaryPassword
from tenantry.people.models.members import Department, Membership, PlannedChange, SavedView
from tenantry.people.models.places import Team, TeamMember, WorkflowMember
from tenantry.people.models.searching import (
    SearchPair,
    SearchPerson,
    SearchPrefix,
    SearchState,
    SearchToken,
    SearchValue,
    SearchWaiting,
)

__all__ = [
    "AddressUse",
    "BatchRow",
    "Department",
    "EmailChange",
    "Headcount",
    "Invitation",
    "InvitationBatch",
    "InvitationLink",
    "Membership",
    "PasswordReset",
    "PlannedChange",
    "SavedView",
    "SearchPair",
    "SearchPerson",
    "SearchPrefix",
    "SearchState",
    "SearchToken",
    "SearchValue",
    "SearchWaiting",
    "SeatLine",
    "SignUpRequest",
    "Snapshot",
    "Team",
    "TeamMember",
    "TemporaryPassword",
    "User",
    "WorkflowMember",
]
