"""Every way in which the console says no: problem+json (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

from fusion.messages import Record


class Fault(Record, omit_defaults=False):
    """One field that is wrong."""

    field: str
    reason: str


class ProblemDetail(Record, omit_defaults=False):
    """What stands in the body of a refusal."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    errors: tuple[Fault, ...] = ()


class Problem(Exception):  # noqa: N818 - RFC 9457's word
    """A request that is refused, and why."""

    def __init__(
        self, status: int, detail: str, errors: tuple[Fault, ...] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.errors, self.headers = status, detail, errors, headers or {}

    def response(self) -> Response:
        """Give what is answered."""
        told = ProblemDetail(title=HTTPStatus(self.status).phrase, status=self.status, detail=self.detail, errors=self.errors)
        return Response(msgspec.json.encode(told), self.status, self.headers, media_type="application/problem+json")


def decoded(body: bytes, kind: Any) -> Any:
    """Read a request's body; refuse what is no JSON (400), and what is not what was expected (422), by field."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise unfitting(error, "the body") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem(400, f"the body is not JSON: {error}") from error


def unfitting(error: msgspec.ValidationError, what: str) -> Problem:
    """Say which field does not fit."""
    reason, _, path = str(error).partition(" - at `")
    fault = Fault(field=path.rstrip("`") or "$", reason=reason)
    return Problem(422, f"{what} is not as expected: {reason} at {fault.field}", (fault,))
