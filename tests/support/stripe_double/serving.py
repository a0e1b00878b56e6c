"""HTTP: the API under /v1, the pages, and the door behind."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

# Their operations are known when they are imported.
from support.stripe_double import changes, events  # noqa: F401
from support.stripe_double.answering import Double
from support.stripe_double.controlling import wished
from support.stripe_double.pages import KINDS, act, html
from support.stripe_double.refusals import Refused

DOOR = "/_double/"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer goes out in one piece: its body would wait 40 ms for the other side to have heard of its head.
    wbufsize = -1
    disable_nagle_algorithm = True
    double: Double

    def log_message(self, *_args: Any) -> None:
        """Nothing on stderr."""

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        address = urlsplit(self.path)
        path = unquote(address.path)
        if path.startswith("/v1/"):
            self._api(method, path, "&".join(part for part in (address.query, body) if part))
        elif path.startswith(DOOR):
            self._door(path.removeprefix(DOOR), json.loads(body or "{}"))
        else:
            self._page(method, path, body)

    def _api(self, method: str, path: str, form: str) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.double.answer(method, path, form, headers)
        if answer.lost:
            self.close_connection = True
            return
        self._send(answer.status, json.dumps(answer.body).encode(), "application/json", answer.headers)

    def _door(self, name: str, wish: dict[str, Any]) -> None:
        try:
            status, said = 200, wished(self.double, name, wish)
        except Refused as refused:
            status, said = refused.status, refused.message
        except Exception as error:
            self._send(500, json.dumps(repr(error)).encode(), "application/json")
            raise
        self._send(status, json.dumps(said).encode(), "application/json")

    def _page(self, method: str, path: str, body: str) -> None:
        kind, _, key = path.strip("/").partition("/")
        said, address = "", ""
        try:
            if kind not in KINDS:
                raise Refused("Nothing is here.", status=404)
            with self.double.lock:
                if method == "POST":
                    form = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
                    address, said = act(self.double.world, kind, key, form["do"], form.get("card", ""))
                    self.double.tell()
                page = "" if address else html(self.double.world, kind, key, said)
        except Refused as refused:
            self._send(refused.status, refused.message.encode(), "text/plain; charset=utf-8")
            return
        if address:
            self._send(303, b"", "text/html; charset=utf-8", {"Location": address})
        else:
            self._send(200, page.encode(), "text/html; charset=utf-8")

    def _send(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def serve(port: int, secret: str) -> None:
    """Until it is stopped."""
    double = Double(f"http://127.0.0.1:{port}", secret)
    handler = type("Handler", (Handler,), {"double": double})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    server.serve_forever()
