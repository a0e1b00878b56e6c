"""Strict reading of ``TENANTRY_*`` variables: a value that is not understood stops the start.

Every reader takes the name without the prefix. Secrets may also come from a file, named
by the same variable with ``_FILE`` appended; setting both is refused, because nobody
could say which of them is in force.
"""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from tenantry.cli.failures import Failure

PREFIX = "TENANTRY_"


class SettingError(Failure):
    """A variable is missing, malformed or contradicts another one; the text is for people."""

    code = 2


def text(name: str, default: str | None = None) -> str:
    """The value without surrounding blanks; an empty one counts as not set.

    :raises SettingError: not set and without a default.
    """
    value = os.environ.get(PREFIX + name, "").strip()
    if value:
        return value
    if default is None:
        raise SettingError(f"{PREFIX}{name} is not set.")
    return default


def flag(name: str, *, default: bool) -> bool:
    """``true`` or ``false``, in any case; nothing else.

    :raises SettingError: another value.
    """
    value = text(name, "true" if default else "false").lower()
    if value not in {"true", "false"}:
        raise SettingError(f"{PREFIX}{name} must be true or false, not {value!r}.")
    return value == "true"


def millionths(name: str, default: str, *, high: int) -> int:
    """A percentage with up to four digits behind the point, in millionths: 19 is 190000.

    :raises SettingError: not such a number, or above `high` percent.
    """
    value = text(name, default)
    whole, _dot, rest = value.partition(".")
    if not (value.isascii() and whole.isdigit() and (rest.isdigit() or not rest) and len(rest) <= 4):
        raise SettingError(f"{PREFIX}{name} must be a percentage such as 19 or 8.1, not {value!r}.")
    found = int(whole + rest.ljust(4, "0"))
    if found > high * 10_000:
        raise SettingError(f"{PREFIX}{name} must be at most {high}.")
    return found


def number(name: str, default: int, *, low: int, high: int) -> int:
    """A whole number from low to high, both included.

    :raises SettingError: not a number, or outside.
    """
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise SettingError(f"{PREFIX}{name} must be a whole number from {low} to {high}, not {value!r}.")
    return int(value)


def words(name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Values separated by commas."""
    return tuple(part.strip() for part in text(name, ",".join(default)).split(",") if part.strip())


def path(name: str, default: Path) -> Path:
    """An absolute path; a relative one starts at the current directory."""
    return Path(text(name, str(default))).expanduser().absolute()


def secret(name: str, default: str | None = None) -> str:
    """The value, or the content of the file named by ``<name>_FILE``.

    :raises SettingError: both are set, the file is unreadable or empty, or neither is set
        and there is no default.
    """
    file_name = text(name + "_FILE", "")
    if not file_name:
        return text(name, default)
    if text(name, ""):
        raise SettingError(f"Set {PREFIX}{name} or {PREFIX}{name}_FILE, not both.")
    try:
        value = Path(file_name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{PREFIX}{name}_FILE cannot be read: {error}.") from error
    if not value:
        raise SettingError(f"{PREFIX}{name}_FILE names an empty file.")
    return value


def generated_secret(file: Path) -> str:
    """A secret made once and kept in a file that only its owner may read (one machine).

    Two processes that start at once must end up with one secret: the file appears whole,
    by a hard link, and whoever comes second reads what the first one wrote.

    :raises SettingError: the file can be neither read nor made.
    """
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
            draft.touch(mode=0o600, exist_ok=False)
            draft.write_text(secrets.token_urlsafe(64) + "\n", encoding="ascii")
            with suppress(FileExistsError):
                os.link(draft, file)
            draft.unlink()
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingError(f"The secret key file {file} cannot be used: {error}.") from error


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed ``scheme://user:password@host:port/path?options`` setting.

    An address that holds a password never shows it in a representation or message.
    """

    scheme: str
    host: str
    port: int | None
    user: str
    password: str = field(repr=False)
    path: str
    options: dict[str, str]


def address(name: str, value: str, *, schemes: frozenset[str]) -> Address:
    """Parse an address; a ``host`` option overrides the host (PostgreSQL sockets).

    :raises SettingError: another scheme, no host, a bad port, a fragment. The value is
        not repeated in the message: it may hold a password.
    """
    parts = urlsplit(value)
    if parts.scheme not in schemes:
        raise SettingError(f"{PREFIX}{name} must start with {' or '.join(sorted(schemes))}://.")
    try:
        port = parts.port
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
    except ValueError as error:
        raise SettingError(f"{PREFIX}{name} is not a valid address.") from error
    host = options.pop("host", "") or unquote(parts.hostname or "")
    if not host or parts.fragment:
        raise SettingError(f"{PREFIX}{name} is not a valid address: it names no host.")
    return Address(
        scheme=parts.scheme,
        host=host,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        path=unquote(parts.path.lstrip("/")),
        options=options,
    )
