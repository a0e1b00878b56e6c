"""The audit's words for tasks that get done; making, editing and putting away read the same for every record."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

TITLES: Mapping[str, Any] = {
    "records.task_done": _("Task done"),
    "records.task_reopened": _("Task opened again"),
}
SENTENCES: Mapping[str, Any] = {
    "records.task_done": _("%(who)s did the task “%(name)s”."),
    "records.task_reopened": _("%(who)s opened the task “%(name)s” again."),
}
