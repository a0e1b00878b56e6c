"""What policies about passwords and sessions do to those who are here (registered with `organizations.policies`)."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tenantry.organizations.policies import CATALOGUE
from tenantry.organizations.policies.effects import Effect, Question, register
from tenantry.organizations.selectors import policy_values
from tenantry.people.seats import seats
from tenantry.security.selectors import SESSION_RULES, all_open_sessions, old_passwords


@register("session.idle_hours", "session.absolute_days")
def foretell_sessions(question: Question) -> Iterator[Effect]:
    """Counted by the query that says which sessions are open."""
    rules = policy_values(*SESSION_RULES)
    before = all_open_sessions(question.now, {**rules, question.code: question.before}).count()
    after = all_open_sessions(question.now, {**rules, question.code: question.after}).count()
    ended = max(0, before - after)
    if ended:
        text = ngettext("open session ends at once", "open sessions end at once", ended)
        yield Effect(text, ended, warning=True, passing=True)
    else:
        yield Effect(_("No open session ends at once."), passing=True)
    words = CATALOGUE[question.code].in_words(question.after)
    if question.code == "session.idle_hours":
        yield Effect(_("Whoever does nothing for %(time)s signs in again.") % {"time": words})
    else:
        yield Effect(_("%(time)s after signing in everybody signs in again.") % {"time": words})


@register("session.sso_hours")
def foretell_sso(question: Question) -> Iterator[Effect]:
    yield Effect(
        _("It counts for sessions that begin with single sign-on. Sessions by password keep their own limits.")
    )


@register(
    "password.minimum_length",
    "password.required_classes",
    "password.breached",
    "password.similar",
    "password.history",
)
def foretell_passwords(question: Question) -> Iterator[Effect]:
    yield Effect(_("Asked from the next new password on."))
    people = seats(question.now).active
    if people:
        text = ngettext(
            "person keeps their password until they change it",
            "people keep their passwords until they change them",
            people,
        )
        yield Effect(text, people)


@register("password.expiry_days")
def foretell_expiry(question: Question) -> Iterator[Effect]:
    """Counted by the query that sign-in asks."""
    if question.after is None:
        yield Effect(_("Nobody has to change their password because of its age any more."))
        return
    old = old_passwords(question.after, question.now).order_by("sort_name", "id").defer("picture")
    names = tuple(member.name for member in old)
    if names:
        text = ngettext(
            "person chooses a new password at the next sign-in",
            "people choose a new password at the next sign-in",
            len(names),
        )
        yield Effect(text, len(names), names, warning=True)
    else:
        yield Effect(_("Nobody's password is older than that now."))
    yield Effect(_("Whoever is signed in now goes on until they sign in again."))


@register("password.locked")
def foretell_lock(question: Question) -> Iterator[Effect]:
    rules = [p.title_in_words for p in CATALOGUE.values() if p.group == "password" and not p.operator_only]
    if question.after:
        text = _("rules can be changed by the operator of this installation only")
        yield Effect(text, len(rules), tuple(rules), warning=True)
        return
    yield Effect(_("rules can be changed by the organization"), len(rules), tuple(rules))
