"""A recording plays from anywhere as if it had been played from its beginning."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import recording, recording_index
from fusion.errors import RecordingError
from fusion.messages import SECOND, RawMessage
from fusion.playback import Playback, moment, when
from tests.properties.streams import CONFIG, SCANS, arrivals, feed, pipeline, said, with_beat

WITHOUT = arrivals(SCANS, np.random.default_rng(2).uniform(0.0, 2.5, len(SCANS)))
WITH = with_beat(WITHOUT)
NAMES = ("r.jsonl", "r.jsonl.gz", "r.mcap")


class Indexed(NamedTuple):
    """A recording, its index, and what a whole run says."""

    path: Path
    index: recording_index.Index
    whole: list

    def __repr__(self) -> str:
        return self.path.name


@pytest.fixture(scope="module", params=[(name, ticked) for name in NAMES for ticked in (False, True)], ids=str)
def indexed(request, tmp_path_factory):
    """Write a recording, with beats of its own or without, and make its index; give also what a whole run says."""
    name, ticked = request.param
    path = tmp_path_factory.mktemp("played") / name
    with contextlib.closing(recording.write_to(path)) as writer:
        for item in WITH if ticked else WITHOUT:
            writer.append(item)
    playback = Playback(path, pipeline)
    index = playback.make_index(recording_index.digest_of(path), b"site")
    inputs = list(recording.with_ticks(recording.read(path)))
    return Indexed(path, index, list(zip(inputs, feed(pipeline(), inputs), strict=True)))


def bytes_of(steps):
    return [(item, [said(output) for output in outputs]) for item, outputs in steps]


@settings(max_examples=12)
@given(cuts=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=3), length=st.floats(0.0, 4.0))
def test_any_part_says_what_it_says_in_a_whole_run(indexed, cuts, length):
    path, index, whole = indexed
    playback = Playback(path, pipeline, index)
    for cut in cuts:  # forwards and back again
        begin = index.first + round(cut * (index.last - index.first))
        end = begin + round(length * SECOND)
        playback.seek(begin)
        behind = [step for step in whole if when(step[0]) >= begin]
        expected = [step for step in behind if when(step[0]) < end]
        assert expected == behind[: len(expected)]
        assert bytes_of(playback.play(end)) == expected


def test_an_index_knows_the_span_the_inputs_and_the_alerts(indexed):
    path, index, whole = indexed
    alerts = {
        output.split(b'"alert":"')[1][:26].decode() for _, outputs in whole for output in outputs if output.startswith(b"Alert")
    }
    assert {one.alert for one in index.alerts} == alerts
    assert index.count == sum(1 for _ in recording.read(path))
    assert (index.first, index.last) == (when(whole[0][0]), when(whole[-1][0]))
    assert len(index.marks) >= 3


def test_without_an_index_a_part_is_the_same(indexed):
    path, index, whole = indexed
    playback = Playback(path, pipeline)
    for begin in (index.last - 2 * SECOND, index.first + 3 * SECOND):
        playback.seek(begin)
        assert bytes_of(playback.play(begin + SECOND)) == [step for step in whole if begin <= when(step[0]) < begin + SECOND]


def test_an_index_of_something_else_is_none(tmp_path):
    path = tmp_path / "r.jsonl"
    path.write_bytes(b"".join(recording.line_of(item) for item in WITHOUT[:20]))
    index = Playback(path, pipeline).make_index(recording_index.digest_of(path), recording_index.digest_of_site(CONFIG, tmp_path))
    where = recording_index.write(index, path)
    assert recording_index.find(path, CONFIG, tmp_path) == index
    path.write_bytes(b"".join(recording.line_of(item) for item in WITHOUT[:21]))
    assert recording_index.find(path, CONFIG, tmp_path) is None
    where.write_bytes(where.read_bytes()[:100])
    assert recording_index.find(path, CONFIG, tmp_path) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0.0), ("12.5", 12.5), ("17:31:05", 65.0), ("17:30:00", 0.0), ("2026-07-26T17:30:09Z", 9.0), ("2026-07-26 17:30:09.5", 9.5),
        ("2026-07-26T19:30:09+02:00", 9.0), ("00:00:00", 6.5 * 3600),
    ],
)  # fmt: skip
def test_a_moment_is_read_as_people_write_it(text, expected):
    first = 1_785_087_000 * SECOND  # 2026-07-26 17:30:00 UTC
    assert (moment(text, first) - first) / SECOND == expected


@pytest.mark.parametrize("text", ["", "soon", "25:00:00", "-5", "1e999999", "2026-13-01T00:00:00Z"])
def test_no_moment_is_refused_in_words(text):
    with pytest.raises(RecordingError, match="is no moment; expected seconds"):
        moment(text, 0)


def test_beats_that_are_added_in_the_middle_are_those_of_a_whole_run():
    whole = list(recording.with_ticks(WITHOUT))
    for cut in range(3, len(WITHOUT), 17):
        place = whole.index(WITHOUT[cut])
        beats = [item.time for item in whole[:place] if not isinstance(item, RawMessage)]
        if beats:
            assert list(recording.with_ticks(WITHOUT[cut:], beats[-1])) == whole[place:]
