from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class SignInRefused(Refusal):
    """One answer for an unknown address, a wrong password and a wrong code."""

    code = "sign_in_refused"
    kind = "invalid"
    sentence = _("Address and password don't match.")


class SignInAgain(Refusal):
    """This browser's sign-in is not enough for that organization any more."""

    code = "sign_in_again"
    kind = "forbidden"
    sentence = _("Please sign in again to go there.")


class NoOrganization(Refusal):
    code = "no_organization"
    kind = "forbidden"
    sentence = _("You don't belong to an organization here at the moment.")


class PasswordDue(Refusal):
    """Policy `password.expiry_days`: until then this session is good for nothing else."""

    code = "password_due"
    kind = "forbidden"
    sentence = _("Your password has grown too old for this organization. Please choose a new one first.")


class PasswordGiven(Refusal):
    """An administrator chose it: until there is an own one this session is good for nothing else."""

    code = "password_given"
    kind = "forbidden"
    sentence = _("Somebody else chose your password. Please choose one that only you know first.")


class PasswordRefused(Refusal):
    code = "password_refused"
    kind = "invalid"
    sentence = _("Please choose another password.")

    def facts(self) -> dict[str, object]:
        return {"reasons": list(self.params.get("reasons", []))}

    def __str__(self) -> str:
        return " ".join(str(r) for r in self.params.get("reasons", [])) or str(self.sentence)
