"""Tenantry: organizations, people and access for business software."""

__version__ = "0.1.0"
