from typing import Any

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

    @property
    def handover(self) -> str:
        """`hand`: no step of the order, the permission is there; empty where the act has no permission of its own."""
        return f"hand-{self.params['permission']}" if self.params.get("permission") else ""

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "handover": self.handover}


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


class MoveWidensReach(Refusal):
    """Whoever moves something never comes to reach more by it (product.md §3)."""

    code = "move_widens_reach"
    kind = "forbidden"
    sentence = _("By this move you would reach more than you do now. Somebody who reaches both places has to do it.")


class AlreadyInWorkspace(Refusal):
    code = "already_in_workspace"
    sentence = _("%(name)s is in the workspace “%(workspace)s” already.")


class TooManyWorkspaces(Refusal):
    """Policy `workspaces.assign_on_add_limit`."""

    code = "too_many_workspaces"
    kind = "invalid"
    sentence = _("At most %(limit)s workspaces at once. The others are assigned in the workspaces themselves.")


class NotYoursToGive(Refusal):
    """What is put into a role or profile is held by whoever puts it there (product.md §3)."""

    code = "not_yours_to_give"
    kind = "forbidden"
    sentence = _("You can't give what you do not hold yourself: %(what)s.")

    def __init__(self, *, permissions: list[str], roles: list[str], titles: list[str]) -> None:
        super().__init__(what=", ".join(titles), permissions=permissions, roles=roles)


class FromTheBlueprint(Refusal):
    """System roles and profiles are copied, never edited or deleted (product.md §4)."""

    code = "from_the_blueprint"
    sentence = _("“%(name)s” comes with the blueprint. It can't be changed or deleted, only copied.")


class RoleNameTaken(Refusal):
    """Names are unique by kind."""

    code = "role_name_taken"
    sentence = _("There is a role called “%(name)s” already.")


class ProfileNameTaken(Refusal):
    code = "profile_name_taken"
    sentence = _("There is a profile called “%(name)s” already.")


class SuccessorNeeded(Refusal):
    """A role that is in use is deleted only together with saying what takes its place."""

    code = "successor_needed"
    sentence = _("“%(name)s” is in use. Say what takes its place.")


class SameProfile(Refusal):
    code = "same_profile"
    sentence = _("%(name)s has this profile already.")


class SameRestrictions(Refusal):
    code = "same_restrictions"
    sentence = _("Nothing changes: these restrictions of %(name)s are set already.")


class RestrictionUnknown(Refusal):
    """No such restriction, or one that has no such value or does not exist inside of a workspace."""

    code = "restriction_unknown"
    kind = "invalid"
    sentence = _("There is no restriction “%(code)s” with this value here.")
