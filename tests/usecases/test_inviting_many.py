from factories.organizations import make_organization
from tenantry.usecases.inviting_many import InviteRow, invite_members


def test_many():
    org = make_organization(seats=3)
    r = org.role("member")
    a = org.perform(
        invite_members,
        rows=(
            InviteRow("a@x.test", r),
            InviteRow("a@x.test", r),
            InviteRow("b@x.test", r),
            InviteRow("c@x.test", r),
            InviteRow(org.owner.email, r),
        ),
    )
    print(a)
    assert len(a.sent) == 2
    assert [x.code for x in a.refused] == ["listed_twice", "at_seat_limit", "already_member"]
