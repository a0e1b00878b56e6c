"""The policy catalogue: every named rule with its type, default and who may change it (blueprints.md, Policies)."""

from collections.abc import Mapping

from tenantry.organizations.policies import house, people
from tenantry.organizations.policies.catalogue import GROUPS, Policy

__all__ = ["CATALOGUE", "GROUPS", "POLICIES", "Policy"]

# In the order of the groups: what lists show.
POLICIES: tuple[Policy, ...] = tuple(
    policy for group in GROUPS for policy in (*people.POLICIES, *house.POLICIES) if policy.group == group
)
CATALOGUE: Mapping[str, Policy] = {policy.code: policy for policy in POLICIES}
