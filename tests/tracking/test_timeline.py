"""Scans that come late or in any order inside the window make the same tracks, to the last bit."""

import msgspec
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import SECOND
from fusion.tracking.timeline import Timeline, TimelineState
from fusion.tracking.tracker import Tracker
from tests.scene import CONFIG, FRAME, scans, targets

encode = msgspec.msgpack.Encoder().encode
SCANS = scans(np.random.default_rng(3), targets(np.random.default_rng(3), 6), 12.0)


def timeline(window: float = 3.0) -> Timeline:
    return Timeline(Tracker(CONFIG, FRAME), window)


def final(line: Timeline) -> bytes:
    """Everything that the tracker knows, as bytes."""
    line.advance()
    from fusion.tracking.state import write

    return encode(write(line.tracker.snapshot()))


def run(arrivals, pause=3) -> bytes:
    line = timeline()
    for i, scan in enumerate(arrivals):
        line.insert(scan)
        if i % pause == 0:
            line.advance()
    return final(line)


IN_ORDER = run(SCANS)


def test_the_scene_is_worth_it():
    line = timeline()
    for scan in SCANS:
        line.insert(scan)
    line.advance()
    assert line.tracker.store.confirmed.sum() >= 5


@given(st.lists(st.floats(0.0, 2.9), min_size=len(SCANS), max_size=len(SCANS)), st.integers(1, 7))
@settings(max_examples=15, deadline=None)
def test_any_delay_inside_the_window_changes_nothing(delays, pause):
    arrivals = [scan for _, scan in sorted(zip(delays, SCANS, strict=True), key=lambda pair: pair[1].time + pair[0] * SECOND)]
    assert run(arrivals, pause) == IN_ORDER


@given(st.permutations(range(8)), st.integers(1, 4))
@settings(max_examples=15, deadline=None)
def test_arrival_order_within_the_lag_changes_nothing(order, pause):
    middle = len(SCANS) // 2
    arrivals = SCANS[:middle] + [SCANS[middle + i] for i in order] + SCANS[middle + 8 :]
    assert run(arrivals, pause) == IN_ORDER


@given(st.lists(st.integers(0, len(SCANS) - 1), max_size=20), st.integers(1, 7))
@settings(max_examples=10, deadline=None)
def test_a_scan_that_comes_twice_counts_once(repeats, pause):
    line = timeline()
    answers = []
    for i, scan in enumerate(SCANS):
        answers.append(line.insert(scan))
        if i in repeats:
            again = line.insert(scan)
            assert again == "duplicate"
        if i % pause == 0:
            line.advance()
    assert set(answers) == {"taken"}
    assert final(line) == IN_ORDER


def test_what_is_older_than_the_window_is_late_and_changes_nothing():
    line = timeline(window=1.0)
    for scan in SCANS[:40]:
        line.insert(scan)
    before = final(line)
    old = msgspec.structs.replace(SCANS[0], time=SCANS[39].time - 2 * SECOND, sequence=999)
    assert line.insert(old) == "late"
    assert final(line) == before


@given(st.integers(0, len(SCANS)), st.integers(1, 9))
@settings(max_examples=15, deadline=None)
def test_a_snapshot_anywhere_goes_on_as_if_nothing_had_happened(cut, pause):
    line = timeline()
    for i, scan in enumerate(SCANS[:cut]):
        line.insert(scan)
        if i % pause == 0:
            line.advance()
    written = encode(line.snapshot())
    line = timeline()
    line.restore(msgspec.msgpack.decode(written, type=TimelineState))
    for scan in SCANS[cut:]:
        line.insert(scan)
    assert final(line) == IN_ORDER


def test_the_window_forgets_what_no_late_scan_can_reach():
    line = timeline(window=1.0)
    for scan in SCANS:
        line.insert(scan)
        line.advance()
    assert line.scans[0].time >= SCANS[-1].time - 2 * SECOND
