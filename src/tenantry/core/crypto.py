"""Sealing, MACs and one-time tokens. Every key is derived from the installation's secret for one purpose (RFC 5869)."""

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unsealable(ValueError):
    """The bytes were sealed with another secret, or changed."""


@lru_cache(maxsize=32)
def _key(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=b"tenantry", info=purpose.encode()).derive(secret.encode())


def key_for(purpose: str) -> bytes:
    return _key(settings.SECRET_KEY, purpose)


def seal(plain: bytes, purpose: str) -> bytes:
    return Fernet(base64.urlsafe_b64encode(key_for(purpose))).encrypt(plain)


def unseal(sealed: bytes, purpose: str) -> bytes:
    """:raises Unsealable: see there."""
    try:
        return Fernet(base64.urlsafe_b64encode(key_for(purpose))).decrypt(bytes(sealed))
    except InvalidToken as error:
        raise Unsealable from error


def mac(purpose: str, message: bytes) -> bytes:
    return hmac.digest(key_for(purpose), message, "sha256")


def mac_matches(purpose: str, message: bytes, given: bytes) -> bool:
    return hmac.compare_digest(mac(purpose, message), bytes(given))


def new_token() -> str:
    """256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a token: SHA-256, enough for a random 256-bit secret."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def new_code() -> str:
    """Six digits, for typing; always with a small number of tries."""
    return f"{secrets.randbelow(1_000_000):06d}"


# Without what is mistaken for something else: 0 and o, 1, i and l.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def new_password() -> str:
    """For reading off a mail: four groups of four, 79 random bits."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))
