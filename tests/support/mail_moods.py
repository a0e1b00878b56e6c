"""What the SMTP server of the tests takes: everything, but for addresses and subjects that ask for an answer."""

from pathlib import Path
from typing import Any

from aiosmtpd.handlers import Mailbox


class Moody(Mailbox):
    """`refused@…` is unknown for good; `busy@…` is put off while a file `busy` lies there; `poison` is not taken."""

    def __init__(self, directory: str) -> None:
        super().__init__(directory)
        self.busy = Path(directory).with_name("busy")

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.startswith("refused"):
            return "550 5.1.1 No such person here"
        if address.startswith("busy") and self.busy.exists():
            return "451 4.3.0 Try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if b"poison" in envelope.content:
            return "554 5.7.1 Not taken"
        return await super().handle_DATA(server, session, envelope)
