"""Commands: what is read, and what is refused with a reason."""

import json
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
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


TEXT = st.text(max_size=40) | st.sampled_from(["Ana", " ", "\u0000", "x" * 1001, "é\ud7ff", '"', "\\"])
GOOD = st.fixed_dictionaries(
    {"command": st.sampled_from(["acknowledge", "shelve", "reject", "annotate", "hostile", "not_hostile"]), "who": TEXT},
    optional={
        "why": TEXT | st.none(),
        "until": st.datetimes().map(lambda time: time.isoformat() + "Z") | TEXT,
        "rank": st.integers() | st.lists(TEXT, max_size=3),
    },
).map(lambda said: json.dumps(said, ensure_ascii=False).encode())


@st.composite
def spoiled(draw):
    """Draw a command with some bytes changed, lost, doubled, put in or cut off."""
    payload = bytearray(draw(GOOD))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(payload)))
        piece = draw(
            st.binary(max_size=3) | st.sampled_from([b'"', b"{", b",", b'"who": "Eve",', b"\\u0041", b"\xff", b"null", b"1e400"])
        )
        payload[at : at + draw(st.integers(0, 4))] = piece
    return bytes(payload)


@pytest.mark.deep
@given(spoiled())
@settings(max_examples=10_000, suppress_health_check=list(HealthCheck))
def test_ten_thousand_spoiled_commands_are_refused_or_say_what_another_reader_reads(payload):
    try:
        command = decode_command(payload)
    except DecodeError as error:
        assert str(error).startswith("alert command: ")
        return
    read = json.loads(payload.decode("utf-8", "replace"))
    told = {"command": msgspec.inspect.type_info(type(command)).tag, "who": command.who, "why": command.why}
    assert told == {"command": read["command"], "who": read["who"], "why": read.get("why")}
    assert command.who.strip()
    if isinstance(command, Shelve):
        assert command.until == datetime.fromisoformat(read["until"])
