"""A real SMTP server in a process of its own, which keeps what it takes in a Maildir."""

import email
import mailbox
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from support.processes import free_port, wait_for


@dataclass
class MailServer:
    """aiosmtpd, started and stopped by the test as the weather demands."""

    directory: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As the setting wants it."""
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it takes connections."""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-W", "ignore", "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{self.port}"),
                *("-c", "support.mail_moods.Moody", str(self.directory / "mails")),
            ],
            env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self.directory / "smtp.log").open("ab"),
        )
        wait_for(self._listens, seconds=15, what="the SMTP server listens")

    def stop(self) -> None:
        """As a server that goes down."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(15)
            self.process = None

    def messages(self) -> list[EmailMessage]:
        """What has arrived, oldest first."""
        box = mailbox.Maildir(self.directory / "mails", create=True)
        raw = [(box.get_message(key).get_date(), box.get_bytes(key)) for key in box.iterkeys()]
        return [email.message_from_bytes(content, policy=default) for _date, content in sorted(raw, key=lambda r: r[0])]

    def wait_for_message(self, recipient: str, *, seconds: float = 40) -> EmailMessage:
        """The newest message to this address."""
        wait_for(lambda: self._to(recipient), seconds=seconds, what=f"a mail to {recipient}")
        return self._to(recipient)[-1]

    def _to(self, recipient: str) -> list[EmailMessage]:
        return [message for message in self.messages() if recipient in str(message["To"])]

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
