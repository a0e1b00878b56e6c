"""A process of our own that answers as an OpenAI-compatible endpoint does, in whatever mood a test wants."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.test import override_settings


@dataclass
class Model:
    """`mood`: fine, silent (says nothing in time), dripping, busy (429), broken (no JSON), empty, failing (500),
    uncounted (without `usage`). `asked`: what came in."""

    mood: str = "fine"
    text: str = "Call them on Monday."
    tokens: int = 321
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


def _handler(model: Model) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_args: Any) -> None:
            """Nothing on stderr."""

        def do_POST(self) -> None:
            model.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            model.keys.append(self.headers.get("Authorization", ""))
            if model.mood == "silent":
                time.sleep(2)
            status = {"busy": 429, "failing": 500}.get(model.mood, 200)
            answer: dict[str, Any] = {
                "choices": [{"message": {"role": "assistant", "content": model.text}}],
                "usage": {"total_tokens": model.tokens},
            }
            if model.mood == "uncounted":
                del answer["usage"]
            if model.mood == "empty":
                answer["choices"] = []
            body = b"{not json" if model.mood == "broken" else json.dumps(answer).encode()
            self._send(status, body)

        def _send(self, status: int, body: bytes) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for byte in body if model.mood == "dripping" else [body]:
                    self.wfile.write(byte if isinstance(byte, bytes) else bytes([byte]))
                    self.wfile.flush()
                    if model.mood == "dripping":
                        time.sleep(0.2)
            except OSError:
                self.close_connection = True

    return Handler


@contextmanager
def language_model(**settings: Any) -> Iterator[Model]:
    """The endpoint, and an installation that is set up for it."""
    model = Model()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(model))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    given = {
        "ASSISTANT_URL": f"http://127.0.0.1:{server.server_port}/v1",
        "ASSISTANT_KEY": "a key",
        "ASSISTANT_MODEL": "small",
        "ASSISTANT_SECONDS": 1,
        **settings,
    }
    try:
        with override_settings(**given):
            yield model
    finally:
        server.shutdown()
        server.server_close()
