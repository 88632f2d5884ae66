"""Commands: what is read, and what is refused with a reason."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.errors import DecodeError
from fusion.zones.commands import Acknowledge, Annotate, Reject, Shelve, decode_command


@pytest.mark.parametrize(
    ("payload", "command"),
    [
        (b'{"command": "acknowledge", "who": "Ana"}', Acknowledge(who="Ana")),
        (b'{"command": "acknowledge", "who": "Ana", "why": "seen", "console": 2}', Acknowledge(who="Ana", why="seen")),
        (
            b'{"command": "shelve", "who": "Ana", "why": "filming", "until": "2026-07-26T20:00:00+02:00"}',
            Shelve(who="Ana", why="filming", until=datetime(2026, 7, 26, 18, tzinfo=UTC)),
        ),
        (b'{"command": "reject", "who": "Ana", "why": "a kite"}', Reject(who="Ana", why="a kite")),
        (b'{"command": "annotate", "who": "Ana", "why": "patrol sent"}', Annotate(who="Ana", why="patrol sent")),
    ],
)
def test_a_command_says_what_who_and_why(payload, command):
    assert decode_command(payload) == command


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (b"", "truncated"),
        (b"\xff", "malformed"),
        (b'{"command": "acknowledge", "who": "\xff"}', "utf-8"),
        (b'{"command": "acknowledge", "who": "Ana", "x": ' + b"[" * 100_000, "nested deeper"),
        (b"[]", "Expected `object`"),
        (b"{}", "missing required field `command`"),
        (b'{"command": "fire", "who": "Ana"}', "Invalid value 'fire'"),
        (b'{"command": "acknowledge"}', "missing required field `who`"),
        (b'{"command": "acknowledge", "who": "  "}', "$.who"),
        (b'{"command": "reject", "who": "Ana"}', "missing required field `why`"),
        (b'{"command": "reject", "who": "Ana", "why": ""}', "$.why"),
        (b'{"command": "shelve", "who": "Ana", "why": "x"}', "missing required field `until`"),
        (b'{"command": "shelve", "who": "Ana", "why": "x", "until": "2026-07-26T20:00:00"}', "$.until"),
        (b'{"command": "annotate", "who": "Ana", "why": "' + b"x" * 1001 + b'"}', "$.why"),
    ],
)
def test_a_bad_command_is_refused_with_the_reason(payload, words):
    with pytest.raises(DecodeError, match="alert command: ") as error:
        decode_command(payload)
    assert words in str(error.value)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=500)
def test_garbage_is_refused(payload):
    with pytest.raises(DecodeError):
        decode_command(payload)
