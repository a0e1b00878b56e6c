"""Usage is read with `billing.view`, which says what plan and usage are."""

from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import Permission, declare

REPORT = "usage.report"

declare([Permission(REPORT, _("Report usage"), _("report usage of meters and reserve room for it"), "billing")])
