"""What policies about people, seats and teams do to those who are here (registered with `organizations.policies`)."""

from collections.abc import Iterator

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.organizations.policies import CATALOGUE
from tenantry.organizations.policies.effects import Effect, Question, objects, register
from tenantry.organizations.selectors import policy
from tenantry.people.addresses import shared_elsewhere
from tenantry.people.errors import PeopleElsewhere
from tenantry.people.models import Membership
from tenantry.people.seats import seats

Status = Membership.Status


@register("seats.counted_statuses")
def foretell_counted(question: Question) -> Iterator[Effect]:
    """Seats in use before and after, out of the meter's own figures."""
    now = seats(question.now)
    before, after = now.held(question.before), now.held(question.after)
    yield Effect(_("seats in use before"), before)
    yield Effect(_("seats in use afterwards"), after, warning=after > before)
    if now.limit is not None and after > now.limit:
        text = _("seats more than the organization has: nobody is thrown out, only adding stops")
        yield Effect(text, after - now.limit, warning=True)


@register("seats.growth")
def foretell_growth(question: Question) -> Iterator[Effect]:
    now = seats(question.now)
    if question.after == "licensed":
        yield Effect(_("From now on adding stops where the licensed seats end."))
        if now.limit is not None and now.in_use > now.limit:
            text = _("seats more than the organization has: nobody is thrown out, only adding stops")
            yield Effect(text, now.in_use - now.limit, warning=True)
        return
    yield Effect(_("From now on adding never stops; every added person is charged."), warning=True)


@register("people.invitation_days")
def foretell_invitation_days(question: Question) -> Iterator[Effect]:
    days = CATALOGUE[question.code].in_words(question.after)
    yield Effect(_("An invitation sent from now on lives %(days)s.") % {"days": days})
    pending = seats(question.now).pending
    if pending:
        text = ngettext("open invitation keeps its end", "open invitations keep their end", pending)
        yield Effect(text, pending)


@register("people.exclusive_email")
def foretell_exclusive(question: Question) -> Iterator[Effect]:
    if question.after:
        people = _people_elsewhere()
        if people:
            text = ngettext(
                "person here is in another organization too: it can't be switched on before they are in one only",
                "people here are in another organization too: it can't be switched on before they are in one only",
                len(people),
            )
            yield Effect(text, len(people), people, warning=True)
            return
        yield Effect(_("Addresses of other organizations can't be added any more, nor those of here elsewhere."))
        return
    yield Effect(_("Addresses of other organizations can be added, unless those exclude it."))


@objects("people.exclusive_email")
def object_to_exclusive(question: Question) -> PeopleElsewhere | None:
    people = _people_elsewhere() if question.after else ()
    return PeopleElsewhere(count=len(people)) if people else None


def _people_elsewhere() -> tuple[str, ...]:
    """Who of here is in other organizations too. The policy is operators' alone: nobody else is told."""
    here = Membership.objects.filter(email__in=shared_elsewhere()).exclude(status=Status.REMOVED)
    return tuple(member.name for member in here.defer("picture").order_by("sort_name", "id"))


@register("people.entry_modes")
def foretell_entry_modes(question: Question) -> Iterator[Effect]:
    modes = CATALOGUE[question.code].in_words(question.after[:1])
    yield Effect(_("Offered first from now on: %(mode)s.") % {"mode": modes[:1].lower() + modes[1:]})
    pending = seats(question.now).pending
    if pending:
        yield Effect(ngettext("open invitation stays as it is", "open invitations stay as they are", pending), pending)


@register("people.add_fields")
def foretell_add_fields(question: Question) -> Iterator[Effect]:
    policy_of = CATALOGUE[question.code]
    added = [field for field in question.after if field not in question.before]
    gone = [field for field in question.before if field not in question.after]
    if added:
        yield Effect(_("Asked in addition: %(fields)s.") % {"fields": policy_of.in_words(added)})
    if gone:
        yield Effect(_("Not asked any more: %(fields)s.") % {"fields": policy_of.in_words(gone)})
    if not added and not gone:
        yield Effect(_("The same is asked, in another order."))
    yield Effect(_("People who are here keep what they have."))


@register("people.removal_records")
def foretell_removal_records(question: Question) -> Iterator[Effect]:
    text = {
        "successor_required": _("From now on nobody is removed without a successor."),
        "successor_optional": _("From now on a successor may be named when somebody is removed."),
        "unassign": _("From now on the records of a removed person become unassigned."),
    }
    yield Effect(text[question.after])
    yield Effect(_("Records of people removed before stay where they are."))


@register("people.email_change")
def foretell_email_change(question: Question) -> Iterator[Effect]:
    if question.after == "forbidden":
        yield Effect(_("Nobody's address can be changed any more; a person is added anew instead."), warning=True)
        return
    yield Effect(_("An address can be changed, after a mail to the new one."))


@register("teams.per_person")
def foretell_teams(question: Question) -> Iterator[Effect]:
    if question.after == "many":
        yield Effect(_("People may be in any number of teams."))
        return
    crowded = (
        Membership.objects.exclude(status=Status.REMOVED)
        .annotate(n=Count("teams", filter=Q(teams__team__isnull=False)))
        .filter(n__gt=1)
        .order_by("sort_name", "id")
    )
    names = tuple(member.name for member in crowded.defer("picture"))
    if names:
        text = ngettext(
            "person is in several teams: they stay, and come into no further one",
            "people are in several teams: they stay, and come into no further one",
            len(names),
        )
        yield Effect(text, len(names), names, warning=True)
        return
    yield Effect(_("Nobody is in several teams now."))


@register("workspaces.assign_on_add_limit")
def foretell_assign_on_add(question: Question) -> Iterator[Effect]:
    if question.after == 0:
        yield Effect(_("No workspace can be assigned while somebody is added."))
    else:
        most = CATALOGUE[question.code].in_words(question.after)
        yield Effect(_("Up to %(most)s can be assigned while somebody is added.") % {"most": most})
    if "workspaces" not in policy("organization.structure"):
        yield Effect(_("Workspaces are not used here at present."))
