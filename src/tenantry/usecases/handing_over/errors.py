from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class NothingToHandOver(Refusal):
    """Nothing of what was asked for belongs to them."""

    code = "nothing_to_hand_over"
    sentence = _("There is nothing here to hand over.")


class NobodyReceives(Refusal):
    """Everybody who was to receive has left meanwhile."""

    code = "nobody_receives"
    sentence = _("Nobody who was to receive these records is active any more.")


class HandoverUnderWay(Refusal):
    """What is still going on is canceled or waited for before it is taken back."""

    code = "handover_under_way"
    sentence = _("This is still under way. Cancel it or wait until it has ended, then take it back.")
