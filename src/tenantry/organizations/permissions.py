from django.utils.translation import gettext_lazy as _

from tenantry.core.permissions import Permission, declare

VIEW = "organization.view"
EDIT = "organization.edit"
POLICIES_VIEW = "policies.view"
POLICIES_EDIT = "policies.edit"
DELETE = "organization.delete"
BILLING_VIEW = "billing.view"
BILLING_DETAILS = "billing.edit_details"
BILLING_CHANGE = "billing.change_plan"
BILLING_CANCEL = "billing.cancel"
SEATS_VIEW = "seats.view"

declare(
    [
        Permission(
            VIEW, _("See organization information"), _("see company profile and contacts"), "organization", reads=True
        ),
        Permission(EDIT, _("Edit organization information"), _("change company profile and contacts"), "organization"),
        Permission(POLICIES_VIEW, _("See policies"), _("see the organization's policies"), "organization", reads=True),
        Permission(POLICIES_EDIT, _("Edit policies"), _("change the organization's policies"), "organization"),
        Permission(DELETE, _("Delete the organization"), _("ask for the organization to be deleted"), "organization"),
        Permission(
            BILLING_VIEW, _("See billing"), _("see plan, usage and invoices"), "billing", reads=True, when_frozen=True
        ),
        Permission(
            BILLING_DETAILS,
            _("Edit billing information"),
            _("change name, address and tax number for invoices"),
            "billing",
            when_frozen=True,
        ),
        Permission(
            BILLING_CHANGE, _("Change plan"), _("change plan, seats and payment method"), "billing", when_frozen=True
        ),
        Permission(
            BILLING_CANCEL, _("Cancel the subscription"), _("end the subscription"), "billing", when_frozen=True
        ),
        Permission(SEATS_VIEW, _("See the seat meter"), _("see how many seats are in use"), "billing", reads=True),
    ]
)
