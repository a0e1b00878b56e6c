"""Passwords in tests: the product's own algorithm with the least work. Each costs 0.1 ms instead of 30."""

from tenantry.config.hashers import Argon2


class Quick(Argon2):
    time_cost = 1
    memory_cost = 8
