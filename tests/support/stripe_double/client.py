"""The double as a test holds it."""

import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from support.processes import answers, free_port, wait_for

TESTS = Path(__file__).resolve().parent.parent.parent
DAY = 86400
Post = Callable[[bytes, str], object]


@dataclass
class StripeDouble:
    """What each call does: README.md beside this file."""

    directory: Path
    port: int = field(default_factory=free_port)
    webhook_secret: str = field(default_factory=lambda: f"whsec_{secrets.token_hex(16)}")
    api_key: str = "sk_test_double"
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.directory / "stripe_double.log"

    def start(self) -> Self:
        """Returns when it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "support.stripe_double", str(self.port), self.webhook_secret],
                env=os.environ | {"PYTHONPATH": str(TESTS)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        wait_for(self._answers, seconds=60, what="the double answers")
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()
        return answers(self.url)

    def stop(self) -> None:
        """As a server that goes down; what it kept is gone."""
        if self.process is not None:
            self.go_on()
            self.process.terminate()
            self.process.wait(15)
            self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def pause(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def control(self, path: str, **body: Any) -> Any:
        """:raises AssertionError: it could not be done; says why"""
        data = json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_double/{path}", data=data, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode()
        raise AssertionError(f"{path} {body}: {said}")

    def reset(self) -> None:
        self.control("reset")

    # Webhooks.

    def webhooks(self, mode: str | None = None, *, to: str | None = None, only: Sequence[str] | None = None) -> None:
        self.control("webhooks", mode=mode, to=to, only=only)

    def deliver(
        self, *, times: int = 1, newest_first: bool = False, only: Sequence[str] = (), to: Post | None = None
    ) -> list[str]:
        wish = {"times": times, "newest_first": newest_first, "only": list(only)}
        if to is None:
            kinds: list[str] = self.control("deliver", **wish)
            return kinds
        taken = self.control("take", **wish)
        for one in taken:
            to(base64.b64decode(one["body"]), one["signature"])
        return [one["type"] for one in taken]

    def signed(self, event: dict[str, Any] | str, *, at: int | None = None) -> tuple[bytes, str]:
        """Body and header of one event, or of its id."""
        one = self.control("signed", event=event, at=at)
        return base64.b64decode(one["body"]), one["signature"]

    def settle(self) -> None:
        self.control("settle")

    def pending(self) -> list[dict[str, Any]]:
        kept: list[dict[str, Any]] = self.control("pending")
        return kept

    def deliveries(self) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = self.control("deliveries")
        return sent

    # Cards and pages.

    def decline_next(self, reason: str = "generic_decline", *, times: int = 1) -> None:
        self.control("next", outcome=reason, times=times)

    def ask_next(self, *, times: int = 1) -> None:
        self.control("next", outcome="asks", times=times)

    def fail_next(self, status: int = 500, *, times: int = 1) -> None:
        self.control("next", status=status, times=times)

    def break_next(self, *, times: int = 1, after: int = 0) -> None:
        self.control("next", broken=True, times=times, after=after)

    def lose_next(self, *, times: int = 1) -> None:
        self.control("next", lost=True, times=times)

    def calm(self) -> None:
        self.control("calm")

    def checkout(self, session_id: str, do: str = "pay", *, card: str = "") -> str:
        return self._press("checkout", session_id, do, card)

    def portal(self, session_id: str, do: str, *, card: str = "") -> str:
        return self._press("portal", session_id, do, card)

    def invoice_page(self, invoice_id: str, do: str = "pay", *, card: str = "") -> str:
        return self._press("invoice", invoice_id, do, card)

    def _press(self, page: str, key: str, do: str, card: str) -> str:
        address: str = self.control("press", page=page, id=key, do=do, card=card)["to"]
        return address

    # Time.

    def now(self) -> datetime:
        return self._clock()

    def freeze(self, at: datetime | None = None) -> datetime:
        return self._clock(freeze=int(at.timestamp()) if at else 0)

    def advance(self, *, seconds: int = 0, days: int = 0, to: datetime | None = None) -> datetime:
        return self._clock(seconds=seconds + days * DAY, to=int(to.timestamp()) if to else None)

    def _clock(self, **wish: Any) -> datetime:
        return datetime.fromtimestamp(self.control("clock", **wish), UTC)

    def retries(self, *, days: Sequence[int]) -> None:
        self.control("retries", days=list(days))

    # What it saw and keeps.

    def requests(self) -> list[dict[str, Any]]:
        seen: list[dict[str, Any]] = self.control("requests")
        return seen

    def faults(self) -> list[dict[str, Any]]:
        """The requests that should not have been made."""
        return [one for one in self.requests() if one["fault"]]

    def objects(self, kind: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.control("objects", kind=kind)
        return rows
