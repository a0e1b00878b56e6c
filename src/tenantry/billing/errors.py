"""What billing refuses, by name."""

from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal, Remedy

PLANS = Remedy(_("See the plans"), "billing_plans")
CARD = Remedy(_("Update the card"), "billing_payment_methods")


class NothingSold(Refusal):
    code = "nothing_sold"
    sentence = _("Nothing is sold on this installation: everything is granted already.")


class PlanUnknown(Refusal):
    code = "plan_unknown"
    kind = "invalid"
    sentence = _("There is no such plan.")


class ByAgreement(Refusal):
    code = "by_agreement"
    sentence = _("%(plan)s is sold by agreement. Please ask whoever runs this installation.")


class NoDemonstration(Refusal):
    code = "no_demonstration"
    sentence = _("Only the clock of a demonstration can be moved.")


class ClockGoesAhead(Refusal):
    code = "clock_goes_ahead"
    sentence = _("The clock stands later already, and it never goes back.")


class NothingChanges(Refusal):
    code = "nothing_changes"
    sentence = _("That is what you have already.")


class TooMuchInUse(Refusal):
    """`what`: titles of what has to be reduced first."""

    code = "too_much_in_use"
    sentence = _("Before this change, reduce first: %(what)s.")


class InTrial(Refusal):
    code = "in_trial"
    sentence = _("This is not possible during the trial. Choose a plan first.")
    remedies = (PLANS,)


class TrialOver(Refusal):
    code = "trial_over"
    sentence = _("The trial is over. Choose a plan first.")
    remedies = (PLANS,)


class PaymentPending(Refusal):
    code = "payment_pending"
    sentence = _("A payment is due. Nothing can be added until it has arrived.")
    remedies = (CARD,)


class NotWhileFrozen(Refusal):
    code = "subscription_frozen"
    sentence = _("The subscription is frozen until what is due is paid.")
    remedies = (CARD,)


class SubscriptionOver(Refusal):
    code = "subscription_over"
    sentence = _("The subscription has ended. Choose a plan to come back.")
    remedies = (PLANS,)


class NothingPlanned(Refusal):
    code = "nothing_planned"
    sentence = _("No change is planned.")


class NotCanceling(Refusal):
    code = "not_canceling"
    sentence = _("The subscription is not canceled.")


class AlreadyCanceling(Refusal):
    code = "already_canceling"
    sentence = _("The subscription is canceled and ends with the period. Resume it first.")
    remedies = (Remedy(_("See the subscription"), "billing_home"),)


class NothingToCancel(Refusal):
    code = "nothing_to_cancel"
    sentence = _("Nothing is charged, so there is nothing to cancel.")


class NotCounted(Refusal):
    """Seats that are not counted, or charged by the person, are not bought."""

    code = "seats_not_counted"
    sentence = _("Your plan has no licensed seats: nobody is turned away.")


class NoSeats(Refusal):
    code = "no_seats"
    kind = "invalid"
    sentence = _("Say how many: at least one seat.")


class SeatsInUse(Refusal):
    code = "seats_in_use"
    sentence = _("%(in_use)s seats are in use, so %(in_use)s is the least. Free some first.")


class FewestSeats(Refusal):
    code = "fewest_seats"
    sentence = _("%(plan)s is sold from %(minimum)s seats on.")


class MostSeats(Refusal):
    code = "most_seats"
    sentence = _("%(plan)s has %(maximum)s seats and no more can be added. Choose a larger plan.")
    remedies = (PLANS,)


class NoPaymentMethod(Refusal):
    code = "no_payment_method"
    sentence = _("There is no card to charge. Add one first.")
    remedies = (Remedy(_("Add a card"), "billing_payment_methods"),)


class CardDeclined(Refusal):
    code = "card_declined"
    sentence = _("The card %(brand)s %(last4)s was declined. Update it first.")
    remedies = (CARD,)


class InvoicePending(Refusal):
    code = "invoice_pending"
    sentence = _("The invoice %(number)s is being paid. Please try again when it is.")


class InvoicePaid(Refusal):
    code = "invoice_paid"
    sentence = _("The invoice %(number)s is paid already.")


class InvoiceVoid(Refusal):
    code = "invoice_void"
    sentence = _("The invoice %(number)s is void: nothing is asked for by it any more.")


class NotBegunThere(Refusal):
    code = "not_begun_there"
    sentence = _(
        "Stripe has not begun the period of the invoice %(number)s yet, and may still charge the card for it. Please"
        " try again in two hours."
    )


class OrderOver(Refusal):
    code = "order_over"
    sentence = _("This offer is over. Choose again to see the amounts of today.")
    remedies = (PLANS,)


class GatewayAway(Refusal):
    code = "gateway_away"
    kind = "unavailable"
    sentence = _("The payment service does not answer. Nothing was changed; please try again in a moment.")


class GatewayRefused(Refusal):
    code = "gateway_refused"
    kind = "unavailable"
    sentence = _("The payment service does not take this. Whoever runs this installation finds the reason in its log.")


class PageUnknown(GatewayRefused):
    """An origin that `TENANTRY_STRIPE_PAGES` does not hold."""

    code = "gateway_page_unknown"


class NoPacks(Refusal):
    code = "no_packs"
    sentence = _("Your plan has no packs.")


class PackUseless(Refusal):
    code = "pack_useless"
    sentence = _("%(what)s: there is no limit, so a pack would add nothing.")


class AddonUnknown(Refusal):
    code = "addon_unknown"
    kind = "invalid"
    sentence = _("Your plan has no such add-on.")
