"""The audit's words for deals, the stages they move through, and mentors."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

AREAS: Mapping[str, Any] = {"deals": gettext_lazy("Deals")}
TITLES: Mapping[str, Any] = {
    "deals.moved": gettext_lazy("Deal moved"),
    "deals.won": gettext_lazy("Deal won"),
    "deals.lost": gettext_lazy("Deal lost"),
    "deals.reopened": gettext_lazy("Deal reopened"),
    "deals.members_added": gettext_lazy("Added to a deal"),
    "deals.member_removed": gettext_lazy("Taken out of a deal"),
    "deals.commission_split": gettext_lazy("Commission split"),
    "deals.approval_asked": gettext_lazy("Mentor asked about a deal"),
    "deals.approval_withdrawn": gettext_lazy("Question to a mentor taken back"),
    "deals.approved": gettext_lazy("Deal approved by the mentor"),
    "deals.declined": gettext_lazy("Deal not approved by the mentor"),
    "people.mentor_set": gettext_lazy("Mentor set"),
    "people.mentor_ended": gettext_lazy("Mentor taken away"),
    "structure.stage_created": gettext_lazy("Stage added"),
    "structure.stage_edited": gettext_lazy("Stage edited"),
    "structure.stages_ordered": gettext_lazy("Stages put in order"),
    "structure.stage_deleted": gettext_lazy("Stage deleted"),
    "structure.workflow_duplicated": gettext_lazy("Workflow duplicated"),
}
PLACES = ("name", "before", "after", "stage", "reason", "workflow", "to", "of")


def _told(text: Any) -> Callable[[Any], str]:
    def tell(facts: Any) -> str:
        places = {"who": facts.who, "several": facts.several, "target": facts.target}
        return str(text) % {**places, **{name: facts.get(name) for name in PLACES}}

    return tell


def _lost(facts: Any) -> str:
    if facts.get("reason"):
        return _told(gettext_lazy("%(who)s lost the deal “%(name)s”: %(reason)s"))(facts)
    return _told(gettext_lazy("%(who)s lost the deal “%(name)s”."))(facts)


def _stage_deleted(facts: Any) -> str:
    count = int(facts.values.get("deals") or 0)
    if not count:
        return _("%(who)s deleted the stage “%(name)s”.") % {"who": facts.who, "name": facts.get("name")}
    words = ngettext(
        "%(who)s deleted the stage “%(name)s”; its %(count)s deal went to “%(to)s”.",
        "%(who)s deleted the stage “%(name)s”; its %(count)s deals went to “%(to)s”.",
        count,
    )
    return words % {"who": facts.who, "name": facts.get("name"), "count": count, "to": facts.get("to")}


SENTENCES: Mapping[str, Callable[[Any], str]] = {
    "deals.moved": _told(gettext_lazy("%(who)s moved the deal “%(name)s” from “%(before)s” to “%(after)s”.")),
    "deals.won": _told(gettext_lazy("%(who)s won the deal “%(name)s”.")),
    "deals.lost": _lost,
    "deals.reopened": _told(gettext_lazy("%(who)s reopened the deal “%(name)s”.")),
    "deals.members_added": _told(gettext_lazy("%(who)s added %(several)s to the deal “%(name)s”.")),
    "deals.member_removed": _told(gettext_lazy("%(who)s took %(several)s out of the deal “%(name)s”.")),
    "deals.commission_split": _told(gettext_lazy("%(who)s split the commission of the deal “%(name)s” anew.")),
    "deals.approval_asked": _told(
        gettext_lazy("%(who)s asked %(several)s to approve the deal “%(name)s” for “%(stage)s”.")
    ),
    "deals.approval_withdrawn": _told(
        gettext_lazy("%(who)s took back the question to %(several)s about the deal “%(name)s”.")
    ),
    "deals.approved": _told(gettext_lazy("%(who)s approved the deal “%(name)s”; it went to “%(after)s”.")),
    "deals.declined": _told(gettext_lazy("%(who)s did not approve the deal “%(name)s” for “%(stage)s”.")),
    "people.mentor_set": _told(gettext_lazy("%(who)s made %(several)s the mentor of %(target)s.")),
    "people.mentor_ended": _told(gettext_lazy("%(who)s took the mentor %(several)s away from %(target)s.")),
    "structure.stage_created": _told(gettext_lazy("%(who)s added the stage “%(name)s” to “%(workflow)s”.")),
    "structure.stage_edited": _told(gettext_lazy("%(who)s edited the stage “%(name)s” of “%(workflow)s”.")),
    "structure.stages_ordered": _told(gettext_lazy("%(who)s put the stages of “%(name)s” in order: %(after)s.")),
    "structure.stage_deleted": _stage_deleted,
    "structure.workflow_duplicated": _told(gettext_lazy("%(who)s duplicated the workflow “%(of)s” as “%(name)s”.")),
}
