"""A receiver of webhooks for tests: a real HTTP server on loopback that answers as it is told and keeps what it was sent."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from standardwebhooks import Webhook as Judge
from standardwebhooks import WebhookVerificationError

PATIENCE_S = 30.0

BORNE = timedelta(minutes=5)
"""Age of a message that a receiver bears, as Standard Webhooks has it."""

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - the specification's own example
OLDER = "whsec_" + "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX" + "GBkaGxwdHh8="


class Request(NamedTuple):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    came: datetime

    def verified(self, secret: str = SECRET) -> dict:
        """Give what it says, if its signature is what Standard Webhooks' own library makes, and was no older than that allows.

        Its `verify` asks the clock of now, and a storm of alerts lasts longer than the five minutes that it bears.
        """
        sent = datetime.fromtimestamp(int(self.headers["webhook-timestamp"]), UTC)
        assert abs(self.came - sent) <= BORNE, f"sent {sent}, came {self.came}"
        if Judge(secret).sign(self.id, sent, self.body.decode()) not in self.headers["webhook-signature"].split():
            raise WebhookVerificationError(f"not signed with {secret}")
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Answer(NamedTuple):
    """How a request is answered."""

    status: int = 204
    headers: Mapping[str, str] = MappingProxyType({})
    body: bytes = b""
    hold: threading.Event | None = None  # nothing is said before it is set


class Quiet(ThreadingHTTPServer):
    """A server that says nothing of clients that were killed."""

    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing."""


class HttpReceiver:
    """A server whose next answers may be told in advance; then it takes everything."""

    def __init__(self, tls: tuple[Path, Path] | None = None, port: int = 0) -> None:
        self.requests: list[Request] = []
        self.answers: deque[Answer] = deque()
        self.otherwise = Answer()
        self._came = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                body = self.rfile.read(length)
                if len(body) < length:  # whoever sent it was killed: that was no request
                    self.close_connection = True
                    return
                headers = {name.lower(): value for name, value in self.headers.items()}
                with receiver._came:
                    receiver.requests.append(Request(self.path, headers, body, datetime.now(UTC)))
                    answer = receiver.answers.popleft() if receiver.answers else receiver.otherwise
                    receiver._came.notify_all()
                if answer.hold is not None:
                    answer.hold.wait(PATIENCE_S)
                with contextlib.suppress(OSError):  # who asked may have hung up
                    self.send_response(answer.status)
                    for name, value in answer.headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(answer.body)))
                    self.end_headers()
                    self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = Quiet(("127.0.0.1", port), Handler)
        self.port = self._server.server_address[1]
        self._scheme = "http"
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
            self._scheme = "https"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}/alerts"

    def wait_for(self, count: int) -> list[Request]:
        """Wait until so many requests came."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.requests) >= count, PATIENCE_S), f"{len(self.requests)} of {count} came"
            return list(self.requests)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE_S)


@contextlib.contextmanager
def receiving(**how):
    """Run a receiver for as long as the context lasts."""
    receiver = HttpReceiver(**how)
    try:
        yield receiver
    finally:
        receiver.close()
