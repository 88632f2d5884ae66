"""Recordings: every input comes back as it was, from every format, whole or cut short."""

import gzip
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.errors import RecordingError
from fusion.messages import SECOND, RawMessage, Tick
from fusion.recording import BEAT, input_of, line_of, read, with_ticks, write_to

times = st.integers(0, 4_000_000_000 * SECOND)
payloads = st.one_of(
    st.binary(max_size=40),
    st.sampled_from([b"", b"{}", b'{"a": 1}', b"[1,\n2]", b" 1", b'"\xff"', b"null", b"NaN", b"1e999", b'{"a":"\\u0000"}']),
)
messages = st.builds(RawMessage, topic=st.text(max_size=20), payload=payloads, received=times)
items = st.lists(st.one_of(messages, st.builds(Tick, time=times)), max_size=8)


@given(items)
def test_a_line_is_read_as_the_input_that_it_was(inputs):
    assert [input_of(line_of(item)) for item in inputs] == inputs
    assert all(line_of(item).count(b"\n") == 1 for item in inputs)


SOME = [
    RawMessage(
        topic="vigie/v1/paris/sensor/radar-1/scan",
        payload=b'{"time": "2026-07-26T17:30:00Z"}',
        received=1_785_000_000_123_456_789,
    ),
    Tick(time=1_785_000_000_200_000_001),
    RawMessage(topic="vigie/v1/paris/sensor/radar-1/scan/msgpack", payload=b"\x81\xa1", received=1_785_000_000_300_000_000),
    RawMessage(topic="vigie/v1/paris/zone/A", payload=b"", received=1_785_000_000_400_000_000),
]


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz", "r.mcap"])
def test_every_format_gives_back_what_was_recorded(tmp_path, name):
    writer = write_to(tmp_path / name)
    for item in SOME:
        writer.append(item)
    writer.close()
    assert list(read(tmp_path / name)) == SOME


def test_a_line_that_was_cut_short_was_never_fed(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"".join(line_of(item) for item in SOME)[:-5])
    assert list(read(path)) == SOME[:-1]


@pytest.mark.parametrize("rest", [b"", b'{"tick": "2026', b"x" * 200_000])
def test_recording_goes_on_where_a_power_cut_ended_it(tmp_path, rest):
    path = tmp_path / "r.jsonl"
    path.write_bytes(line_of(SOME[0]) + rest)
    writer = write_to(path)
    writer.append(SOME[1])
    writer.close()
    assert list(read(path)) == SOME[:2]


def test_a_full_disk_is_said_to_be_full():
    writer = write_to(Path("/dev/full"))
    with pytest.raises(RecordingError, match="/dev/full: cannot be written: No space left"):
        writer.append(SOME[0])
    writer.close()


def test_a_bad_line_is_named(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_bytes(line_of(SOME[0]) + b'{"received": "yesterday"}\n' + line_of(SOME[1]))
    with pytest.raises(RecordingError, match=r"r\.jsonl, line 2: .*received"):
        list(read(path))


@pytest.mark.parametrize("name", ["none.jsonl", "none.jsonl.gz", "none.mcap"])
def test_what_is_not_there_cannot_be_read(tmp_path, name):
    with pytest.raises(RecordingError, match="cannot be read"):
        list(read(tmp_path / name))


def test_a_damaged_archive_cannot_be_read(tmp_path):
    path = tmp_path / "r.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(line_of(item) for item in SOME))[:-20])
    with pytest.raises(RecordingError, match="cannot be read"):
        list(read(path))


def test_a_recording_without_ticks_gets_its_beat_from_what_was_received():
    stream = [RawMessage(topic="t", payload=b"", received=SECOND + i * SECOND // 4) for i in range(5)]
    beaten = list(with_ticks(stream))
    assert [item for item in beaten if isinstance(item, RawMessage)] == stream
    ticks = [item.time for item in beaten if isinstance(item, Tick)]
    assert ticks[0] - SECOND == BEAT
    assert {b - a for a, b in pairwise(ticks)} == {BEAT}
    assert ticks[-1] >= stream[-1].received
    order = [item.time if isinstance(item, Tick) else item.received for item in beaten]
    assert order == sorted(order)


def test_a_recording_with_ticks_keeps_them():
    assert list(with_ticks(SOME)) == SOME[:2] + SOME[2:]
