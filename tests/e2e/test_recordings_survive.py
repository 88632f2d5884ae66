"""A recording of a service that was killed and started again: whole, in order, with nothing twice."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion import recording
from fusion.messages import RawMessage, Tick

ITEMS = [
    item
    for i in range(50)
    for item in (
        Tick(time=i * 10**8),
        RawMessage(topic="a/b", payload=b'{"n": %d}' % i * (1 + 9000 * (i == 49)), received=i * 10**8),
    )
]


def write(path, items, opened=recording.go_on_in):
    with contextlib.closing(opened(path)) as writer:
        for item in items:
            writer.append(item)


@pytest.mark.parametrize("cut", [1, 2, 10, 200, 70_000])
def test_a_line_that_was_cut_short_is_taken_away_and_the_recording_goes_on(tmp_path, cut):
    path = tmp_path / "r.jsonl"
    write(path, ITEMS)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    kept = whole[:-cut].count(b"\n")
    write(path, ITEMS[kept:])
    assert path.read_bytes() == whole
    assert list(recording.read(path)) == ITEMS


@pytest.mark.parametrize("missing", [0, 1])
def test_what_the_core_was_fed_last_is_in_the_recording_once(tmp_path, missing):
    """The service died between writing an input into its state and into its recording, or just after both."""
    path = tmp_path / "r.jsonl"
    write(path, ITEMS[: len(ITEMS) - missing])
    with contextlib.closing(recording.LinesWriter(path)) as writer:
        writer.catch_up(ITEMS[-1])
    assert list(recording.read(path)) == ITEMS


@pytest.mark.parametrize("ending", ["jsonl.gz", "mcap"])
def test_a_format_that_cannot_be_continued_gets_another_file_and_loses_none(tmp_path, ending):
    for part in (ITEMS[:40], ITEMS[40:70], ITEMS[70:]):
        write(tmp_path / f"r.{ending}", part)
    parts = [tmp_path / name for name in (f"r.{ending}", f"r-2.{ending}", f"r-3.{ending}")]
    assert sorted(tmp_path.iterdir()) == sorted(parts)
    assert [item for part in parts for item in recording.read(part)] == ITEMS


@given(st.binary(max_size=60) | st.text(max_size=20).map(lambda text: b'{"a": "%b"}' % text.encode("utf-8", "surrogatepass")))
def test_any_payload_at_all_can_be_written_down_and_read_back(payload):
    message = RawMessage(topic="vigie/v1/paris/zone/Z", payload=payload, received=1_785_000_000_123_456_789)
    assert recording.input_of(recording.line_of(message)) == message


@pytest.mark.parametrize("payload", [b'"\xff"', b'{"a\xff": 1}', b'["\xed\xa0\x80"]', b"{}\n{}", b" {}", b"\xef\xbb\xbf{}"])
def test_a_payload_that_is_not_utf_8_or_not_one_line_is_written_down_as_it_is(payload):
    message = RawMessage(topic="vigie/v1/paris/zone/Z", payload=payload, received=1)
    assert recording.input_of(recording.line_of(message)) == message
