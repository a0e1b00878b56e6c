"""How passwords are stored."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id with 19 MiB, two passes, one lane: the OWASP minimum.

    Django's own parameters (100 MiB, eight lanes) allow about four sign-ins a second on
    two cores and let a few parallel sign-ins take the memory of the machine.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1
