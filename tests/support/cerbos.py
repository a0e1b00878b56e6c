"""Cerbos, an access engine by others: a real server on the loopback address, asked by HTTP."""

import http.client
import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.processes import answers, free_port, wait_for
from tenantry.cli.children import Child

ROOT = Path(__file__).resolve().parent.parent.parent
POLICIES = Path(__file__).resolve().parent / "cerbos_policies"
# What one request may hold at most; above Cerbos' own default of 50, so that thousands of questions are few requests.
RESOURCES = 500
NOT_HERE = 3
ALLOWED = "EFFECT_ALLOW"


class NotHere(Exception):
    """Cerbos can't be had on this machine; the text says why."""


def program() -> Path:
    """:raises NotHere: no registry has it, or another kind of machine."""
    fetched = subprocess.run([ROOT / "scripts" / "fetch-cerbos"], capture_output=True, text=True, check=False)
    if fetched.returncode == NOT_HERE:
        raise NotHere(fetched.stderr.strip().splitlines()[-1])
    assert fetched.returncode == 0, fetched.stderr
    return Path(fetched.stdout.strip())


@dataclass
class Server:
    """A started server and one connection to it."""

    policies: Path
    directory: Path
    port: int = field(default_factory=free_port)
    connection: http.client.HTTPConnection = field(init=False)
    child: Child = field(init=False)

    def start(self) -> None:
        """Start it and wait until it has read its policies and answers."""
        log = self.directory / "cerbos.log"
        # Without the switch it would report to its makers.
        settings = {
            "server.httpListenAddr": f"127.0.0.1:{self.port}",
            "server.grpcListenAddr": f"unix:{self.directory / 'grpc'}",
            "server.requestLimits.maxResourcesPerRequest": RESOURCES,
            "telemetry.disabled": True,
            "storage.driver": "disk",
            "storage.disk.directory": self.policies,
            "storage.disk.watchForChanges": False,
        }
        configured = [
            f"--set={name}={str(value).lower() if value is True else value}" for name, value in settings.items()
        ]
        self.child = Child("cerbos", [str(program()), "server", "--log-level=warn", *configured], output=log.open("ab"))
        self.child.start()
        url = f"http://127.0.0.1:{self.port}/_cerbos/health"
        wait_for(lambda: answers(url) or not self.child.alive, seconds=60, what="Cerbos answers")
        assert self.child.alive, log.read_text(encoding="utf-8")
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def stop(self) -> None:
        self.connection.close()
        self.child.stop()

    def ask(self, path: str, body: Mapping[str, Any]) -> Any:
        """One call of its API."""
        self.connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status == 200, content
        return json.loads(content)

    def check(self, principal: Mapping[str, Any], resources: Sequence[Mapping[str, Any]]) -> list[dict[str, bool]]:
        """CheckResources, in as many requests as it takes. For each resource, in their order: action -> allowed."""
        found: list[dict[str, bool]] = []
        for first in range(0, len(resources), RESOURCES):
            batch = list(resources[first : first + RESOURCES])
            answer = self.ask("/api/check/resources", {"principal": principal, "resources": batch})
            found += [
                {action: effect == ALLOWED for action, effect in result["actions"].items()}
                for result in answer["results"]
            ]
        return found


@contextmanager
def running(policies: Path, directory: Path) -> Iterator[Server]:
    """A server over this directory of policies; its socket and log lie in `directory`."""
    server = Server(policies, directory)
    server.start()
    try:
        yield server
    finally:
        server.stop()
