"""The environment is read strictly: what is not understood stops the start with one line."""

import re
from pathlib import Path

import pytest

from support.processes import environment, run
from tenantry.config import env

MALFORMED = {
    "PORT": "65536",
    "DEBUG": "yes",
    "BASE_URL": "https://example.com/path",
    "SMTP_URL": "http://mail.example.com",
    "DATABASE_URL": "postgresql:///name",
    "LOG_LEVEL": "LOUD",
    "ROLE_PREFIX": "with-dash",
    "SECRET_KEY": "short",
    "STRIPE_SECRET_KEY": "sk_test_without_its_webhook_secret",
}


@pytest.mark.parametrize(("name", "value"), MALFORMED.items())
def test_setting_malformed(name: str, value: str, tmp_path: Path) -> None:
    done = run("check", env=environment(HOME=tmp_path, SECRET_KEY="k" * 40) | {f"TENANTRY_{name}": value})
    assert done.returncode == 2
    assert done.stderr.startswith(f"tenantry: TENANTRY_{name}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("value", ["0", "65536", "80a", "8 000", "-1", "٨٠", "1e3", "+1"])
def test_number_malformed(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_SOME", value)
    with pytest.raises(env.SettingError, match="TENANTRY_SOME must be a whole number from 1 to 65535"):
        env.number("SOME", 1, low=1, high=65535)


@pytest.mark.parametrize("value", ["mysql://a/b", "postgresql://", "postgresql://h:99999/n", "postgresql://h/n#x", "h"])
def test_address_malformed(value: str) -> None:
    with pytest.raises(env.SettingError, match="TENANTRY_SOME"):
        env.address("SOME", value, schemes=frozenset({"postgresql"}))


def test_secret_key_kept_between_starts(tmp_path: Path) -> None:
    first = env.generated_secret(tmp_path / "home" / "secret-key")
    assert env.generated_secret(tmp_path / "home" / "secret-key") == first
    assert len(first) >= 64
    assert (tmp_path / "home" / "secret-key").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["secret-key"]


def test_secret_from_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    monkeypatch.setenv("TENANTRY_SOME", "")
    monkeypatch.setenv("TENANTRY_SOME_FILE", str(file))
    assert env.secret("SOME") == "from a file"


def test_secret_given_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TENANTRY_SOME", "a")
    monkeypatch.setenv("TENANTRY_SOME_FILE", str(tmp_path / "b"))
    with pytest.raises(env.SettingError, match="not both"):
        env.secret("SOME")


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe"])
def test_secret_file_unusable(content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("TENANTRY_SOME_FILE", str(file))
    with pytest.raises(env.SettingError, match="TENANTRY_SOME_FILE"):
        env.secret("SOME")


def test_address_keeps_password_out_of_sight() -> None:
    parsed = env.address("X", "postgresql://me:p%40ss@db.example:5433/name?sslmode=require", schemes={"postgresql"})
    assert (parsed.user, parsed.password, parsed.port, parsed.path) == ("me", "p@ss", 5433, "name")
    assert parsed.options == {"sslmode": "require"}
    assert "p@ss" not in repr(parsed)


def test_message_keeps_password_out_of_sight(tmp_path: Path) -> None:
    done = run("check", env=environment(HOME=tmp_path, DATABASE_URL="mysql://me:hunter2@host/name"))
    assert done.returncode == 2
    assert "hunter2" not in done.stderr


def test_own_database_needs_the_key(tmp_path: Path) -> None:
    done = run("check", env=environment(HOME=tmp_path, DATABASE_URL="postgresql://h/name"))
    assert done.returncode == 2
    assert "TENANTRY_SECRET_KEY must be set" in done.stderr


def test_every_setting_is_documented() -> None:
    root = Path(__file__).resolve().parents[2]
    page = (root / "docs" / "operate" / "settings.md").read_text()
    read = {
        match
        for file in (root / "src" / "tenantry").rglob("*.py")
        for match in re.findall(
            r'env\.(?:text|flag|number|millionths|words|path|secret)\(\s*"([A-Z_]+)"', file.read_text()
        )
    }
    told = {name.removeprefix("TENANTRY_") for name in re.findall(r"`(TENANTRY_[A-Z_]+)`", page)}
    assert len(read) > 15
    assert read - told == set()
    assert told - read == {"DATABASE_ADMIN_URL", "SECRET_KEY_FILE", "ASSISTANT_KEY_FILE"}
