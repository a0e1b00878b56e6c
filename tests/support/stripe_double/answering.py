"""The way of a request: who asks, what the document says, the key, the operation; and what is recorded of it."""

import json
import re
import threading
from dataclasses import dataclass, field
from typing import Any

from support.stripe_double.document import asked
from support.stripe_double.forms import tree_of
from support.stripe_double.hooks import Hooks
from support.stripe_double.refusals import Refused, unheeded
from support.stripe_double.routes import OPERATIONS, Call, shown
from support.stripe_double.world import API_VERSION, Object, World

# Where nobody names one, the SDK sends sixteen random bytes so.
KEY_BY_SDK = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
API_KEY = "sk_test_double"
# How long the answer to a key is kept: Stripe says a day at least.
KEPT = 86_400


@dataclass
class Answer:
    status: int
    body: Object
    headers: dict[str, str] = field(default_factory=dict)
    # The work was done and nobody is told.
    lost: bool = False


@dataclass
class Kept:
    """What was answered under a key, to what, and when."""

    question: str
    answer: Answer
    at: int


class Double:
    """All that one process keeps. Requests come one after the other."""

    def __init__(self, base: str, secret: str) -> None:
        self.world = World(base)
        self.hooks = Hooks(secret)
        self.lock = threading.RLock()
        self.forget()

    def forget(self) -> None:
        self.world = World(self.world.base)
        self.requests: list[dict[str, Any]] = []
        self.keys: dict[str, Kept] = {}
        self.failing: list[int] = []
        # The first so many POSTs are spared, the next so many fail.
        self.sparing = self.breaking = 0
        self.losing = 0

    def answer(self, method: str, path: str, form: str, headers: dict[str, str]) -> Answer:
        with self.lock:
            record = {"number": len(self.requests) + 1, "method": method, "path": path, "params": {}}
            record |= {"key": headers.get("idempotency-key"), "status": 0, "replayed": False, "fault": None}
            self.requests.append(record)
            answer = self._answer(record, form, headers)
            record["status"] = answer.status
            answer.headers |= {"Request-Id": f"req_{record['number']}", "Stripe-Version": API_VERSION}
            answer.headers |= {"Idempotency-Key": record["key"]} if record["key"] else {}
            self.tell()
            if self.losing and method != "GET":
                self.losing -= 1
                answer.lost = True
            return answer

    def tell(self) -> None:
        """Hands what has happened over to be sent."""
        events, self.world.unsent = self.world.unsent, []
        self.hooks.take(events)

    def _answer(self, record: dict[str, Any], form: str, headers: dict[str, str]) -> Answer:
        if self.failing:
            status = self.failing.pop(0)
            kind = "rate_limit_error" if status == 429 else "api_error"
            return Answer(status, {"error": {"type": kind, "message": "Said by the test."}})
        try:
            _known(headers)
            return self._kept_or_done(record, form)
        except Refused as refused:
            if refused.fault and not (refused.fault == "missing" and record["method"] == "GET"):
                record["fault"] = {"kind": refused.fault, "message": refused.message, "param": refused.param}
            return Answer(refused.status, refused.body())

    def _kept_or_done(self, record: dict[str, Any], form: str) -> Answer:
        method, key = record["method"], record["key"]
        record["params"] = tree_of(form)
        judged = asked(method, record["path"])
        if method == "POST" and not key:
            raise Refused("A POST without an Idempotency-Key.", fault="key")
        question = json.dumps([method, record["path"], record["params"]], sort_keys=True)
        now = self.world.now()
        if key and method == "POST" and (kept := self.keys.get(key)) and kept.at > now - KEPT:
            if kept.question != question:
                raise _other_question(key)
            record["replayed"] = True
            return Answer(kept.answer.status, kept.answer.body, {"Idempotent-Replayed": "true"})
        record["params"] = judged.read(record["params"])
        if method == "POST" and KEY_BY_SDK.fullmatch(key):
            record["fault"] = {"kind": "key", "message": "The key is a random one of the SDK's own.", "param": ""}
        try:
            answer = self._broken() if method == "POST" and self._breaks() else Answer(200, self._done(record))
        except Refused as refused:
            if refused.status != 402:
                raise
            answer = Answer(402, refused.body())
        if key and method == "POST":
            self.keys[key] = Kept(question, answer, now)
        return answer

    def _breaks(self) -> bool:
        if self.breaking and self.sparing:
            self.sparing -= 1
            return False
        self.breaking -= (breaks := self.breaking > 0)
        return breaks

    def _broken(self) -> Answer:
        return Answer(500, {"error": {"type": "api_error", "message": "Said by the test, and kept under the key."}})

    def _done(self, record: dict[str, Any]) -> Object:
        operation, ids = OPERATIONS.find(record["method"], record["path"])
        params = dict(record["params"])
        if name := operation.unheeded(params):
            raise unheeded(f"the parameter {name} of {record['method']} {record['path']}", name)
        self.world.request = {"id": f"req_{record['number']}", "key": record["key"]}
        expand = params.pop("expand", None) or []
        kept = self.world.kept() if record["method"] != "GET" else b""
        try:
            row = operation.handler(Call(self.world, params, ids, record["path"]))
            return shown(self.world, row, expand)
        except Refused as refused:
            if kept and refused.undo:
                self.world.restore(kept)
            raise


def _known(headers: dict[str, str]) -> None:
    if headers.get("authorization") != f"Bearer {API_KEY}":
        raise Refused("Invalid API Key provided.", fault="key", status=401)


def _other_question(key: str) -> Refused:
    return Refused(
        "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a "
        f"key other than '{key}' if you meant to execute a different request.",
        fault="idempotency",
        kind="idempotency_error",
    )
