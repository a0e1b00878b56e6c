from django.utils.translation import gettext_lazy as _

from tenantry.core.errors import Refusal


class LastKeyholder(Refusal):
    """There is always an active member whose role has all permissions (product.md §3)."""

    code = "last_keyholder"
    sentence = _("%(name)s is the only active %(role)s. Give somebody else that role first.")


class TooManyKeyholders(Refusal):
    """Policy `keyholders.maximum`."""

    code = "too_many_keyholders"
    sentence = _("This organization allows %(maximum)s people with all permissions.")


class RoleNotAssignable(Refusal):
    """A role is given and taken only by somebody whose own role lists it."""

    code = "role_not_assignable"
    kind = "forbidden"
    sentence = _("Your role may not give or take the role “%(role)s”.")


class MemberOutOfHand(Refusal):
    """Acts on a person reach only people whose role one may assign."""

    code = "member_out_of_hand"
    kind = "forbidden"
    sentence = _("Your role may not act on %(name)s, who is %(role)s.")


class SameRole(Refusal):
    code = "same_role"
    sentence = _("%(name)s has this role already.")


class RoleHeldAlready(Refusal):
    """An addition, or a role at a unit, is held once."""

    code = "role_held_already"
    sentence = _("%(name)s holds “%(role)s” there already.")


class NotBeside(Refusal):
    """An addition, or a role at a unit, names the base roles beside which it may be held."""

    code = "role_not_beside"
    sentence = _("“%(role)s” can't be held beside “%(base)s”.")


class NoBaseRole(Refusal):
    """Somebody without a base role is given that one first."""

    code = "no_base_role"
    sentence = _("%(name)s has no role yet. Give them one first.")


class BaseRoleStays(Refusal):
    """Everybody has one base role: it is changed, not taken."""

    code = "base_role_stays"
    sentence = _("Everybody has one role. Choose another one instead of taking it away.")


class EndPassed(Refusal):
    code = "end_passed"
    kind = "invalid"
    sentence = _("The end has to lie ahead.")


class FollowerNeeded(Refusal):
    """A base role with an end says what follows, which has none and is not the keyholder's."""

    code = "follower_needed"
    kind = "invalid"
    sentence = _("Choose another role that follows then; it can't be one with all permissions.")


class SameEnd(Refusal):
    code = "same_end"
    sentence = _("It ends then already.")
