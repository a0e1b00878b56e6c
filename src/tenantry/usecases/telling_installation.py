"""The audit's words for what happens in no organization: operators, sign-ups, the installation itself."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

TITLES: Mapping[str, Any] = {
    "installation.sign_up_requested": gettext_lazy("Sign-up asked for"),
    "installation.reset_requested": gettext_lazy("Password reset asked for"),
    "installation.password_reset": gettext_lazy("Password reset"),
    "installation.operator_created": gettext_lazy("Operator created"),
    "installation.operator_signed_in": gettext_lazy("Operator signed in"),
    "installation.operator_signed_out": gettext_lazy("Operator signed out"),
    "installation.mail_read": gettext_lazy("Mail read"),
    "installation.job_retried": gettext_lazy("Job retried"),
    "installation.chain_verified": gettext_lazy("Chain verified"),
}
SENTENCES: Mapping[str, Any] = {
    "installation.sign_up_requested": gettext_lazy("%(email)s asked to sign up the organization “%(slug)s”."),
    "installation.reset_requested": gettext_lazy("A password reset was asked for %(email)s."),
    "installation.password_reset": gettext_lazy("Somebody chose a new password by a mailed link."),
    "installation.operator_created": gettext_lazy("%(who)s created the operator %(email)s."),
    "installation.operator_signed_in": gettext_lazy("The operator %(target)s signed in."),
    "installation.operator_signed_out": gettext_lazy("The operator %(target)s signed out."),
    "installation.mail_read": gettext_lazy("%(who)s read a mail to %(email)s."),
    "installation.job_retried": gettext_lazy("%(who)s let the job %(job)s (%(name)s) run again."),
    "installation.chain_verified": gettext_lazy("%(who)s verified the chain, %(checked)s entries."),
}
