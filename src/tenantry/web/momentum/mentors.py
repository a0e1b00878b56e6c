"""Who has a mentor, set beside the person; and choosing the mentor, of any number."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from tenantry.access.permissions import ASSIGN
from tenantry.acting.actions import perform
from tenantry.core import clock
from tenantry.core.actor import Actor
from tenantry.core.errors import NotFound, Refusal
from tenantry.core.transactions import reading
from tenantry.crm.actions.mentors import set_mentor
from tenantry.crm.mentoring import is_mentor_called, mentor_called, mentor_seen, mentors_offered, refuse_no_mentee
from tenantry.people.selectors import get_member
from tenantry.web.momentum.deal_forms import MentorForm
from tenantry.web.picking import FIELD, Picker, is_searching, said_of
from tenantry.web.refusals import status_of
from tenantry.web.requests import MemberRequest
from tenantry.web.screens import go, page, screen
from tenantry.web.toasts import toast

MENTOR = "mentor"


@dataclass(frozen=True, slots=True, kw_only=True)
class MentorPicker(Picker):
    """Of those who may have mentees. The mentor as it is may stay, whatever became of them."""

    mentee_id: UUID
    # The name of the present mentor, where they can't answer any more.
    unable: str = ""

    @property
    def url(self) -> str:
        return f"{reverse('mentor_choices', args=[self.mentee_id])}?field={self.name}"

    @property
    def none(self) -> str:
        return _("None: nobody’s word is needed")

    @property
    def nothing(self) -> str:
        return _("Nobody in sight who may have mentees is called so.")

    def is_chosen_by_name(self, actor: Actor) -> bool:
        return self.chosen is not None and is_mentor_called(self.chosen, self.typed)

    def named(self, actor: Actor) -> UUID | None:
        return mentor_called(actor, self.mentee_id, self.typed, clock.now())


def mentor_picker(actor: Actor, mentee_id: UUID, said: QueryDict | None, name: str = MENTOR) -> MentorPicker:
    present = mentor_seen(mentee_id)
    typed, chosen = said_of(name, present.id if present else None, said)
    found = mentors_offered(actor, mentee_id, typed, chosen, clock.now(), present=present)
    there = chosen in dict(found.rows)
    return MentorPicker(
        name=name,
        mentee_id=mentee_id,
        typed=typed,
        chosen=chosen if there else None,
        unknown=chosen is not None and not there,
        choices=found.rows,
        more=found.more,
        unable=present.name if present is not None and found.unable else "",
    )


@screen(ASSIGN, methods=("GET", "POST"))
def person_mentor(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    sent = request.POST if request.method == "POST" else None
    with reading():
        member = get_member(request.actor, membership_id)
        refuse_no_mentee(request.actor, member)
        picker = mentor_picker(request.actor, membership_id, sent)
    form = MentorForm(None if is_searching(sent) else sent, actor=request.actor, picker=picker)
    nobody = not picker.choices and not picker.typed
    context = {"form": form, "member": member, "nobody": nobody, "unable": picker.unable}
    if not form.is_bound or not form.is_valid():
        return page(request, "people/mentor.html", context, status=422 if form.is_bound else 200)
    try:
        perform(set_mentor, actor=request.actor, membership_id=membership_id, mentor_id=form.cleaned_data[MENTOR])
    except Refusal as refused:
        if refused.kind in ("missing", "forbidden"):
            raise
        form.refuse(refused)
        return page(request, "people/mentor.html", context, status=status_of(refused))
    toast(request, _("The mentor was changed."))
    return go(request, reverse("person_detail", args=[membership_id]))


@screen(ASSIGN)
def mentor_choices(request: MemberRequest, membership_id: UUID) -> HttpResponse:
    """What is offered for what is typed: `?field=` of the form."""
    field = request.GET.get("field", MENTOR)
    if not FIELD.fullmatch(field):
        raise NotFound
    refuse_no_mentee(request.actor, get_member(request.actor, membership_id))
    picker = mentor_picker(request.actor, membership_id, request.GET, field)
    return page(request, "components/picked.html", {"picker": picker})
