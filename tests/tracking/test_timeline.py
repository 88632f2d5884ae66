"""Scans that come late or in any order inside the window make the same tracks, to the last bit."""

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import SECOND
from fusion.tracking.timeline import Timeline, TimelineState
from fusion.tracking.tracker import Tracker
from tests.scene import CONFIG, FRAME, START, scans, targets

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


def test_at_the_edge_of_the_window_a_scan_that_comes_twice_counts_once():
    line = timeline(window=1.0)
    looks = [msgspec.structs.replace(SCANS[0], sensor=name, time=START + i * SECOND // 2, sequence=i, detections=())
             for i in range(9) for name in ("radar-1", "radar-2")]  # fmt: skip
    for scan in looks:
        line.insert(scan)
        line.advance()
    edge = [scan for scan in looks if scan.time == line.newest - line.window]
    assert [line.insert(scan) for scan in edge] == ["duplicate", "duplicate"]


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


LATENCY = {"radar-1": 0.3, "radar-2": 1.5, "rf-1": 2.0, "camera-1": 0.5, "adsb": 0.3}


def watched(seed: int, cut: int | None = None, *, late: bool = True) -> list[tuple[dict[int, str], tuple[str, ...]]]:
    """The id of each target's nearest track, and all ids shown, after each arrival; with a restart at one."""
    truth = targets(np.random.default_rng(seed), 6)
    found = scans(np.random.default_rng(seed), truth, 8.0)
    arrivals = sorted(found, key=lambda scan: (scan.time + round(LATENCY[scan.sensor] * SECOND) * late, scan.sensor))
    line, told = timeline(), []
    for i, scan in enumerate(arrivals):
        line.insert(scan)
        if i == cut:
            state, line = line.snapshot(), timeline()
            line.restore(msgspec.msgpack.decode(encode(state), type=TimelineState))
        line.advance()
        table = line.tracker.table(line.newest)
        told.append((_nearest(table, truth), table.tracks))
    return told


def _nearest(table, truth) -> dict[int, str]:
    there = truth[:, :3] + truth[:, 3:] * (table.time - START) / SECOND
    apart = np.linalg.norm(there[:, None] - table.state[None, :, :3], axis=2)
    return {i: table.tracks[int(apart[i].argmin())] for i in range(len(truth)) if len(table.tracks) and apart[i].min() < 60.0}


def ids_of_targets(told) -> list[set[str]]:
    return [{nearest[i] for nearest, _ in told if i in nearest} for i in range(6)]


@pytest.mark.parametrize("seed", range(6))
def test_a_track_that_was_shown_keeps_its_id_when_a_late_look_lets_it_begin_elsewhere(seed):
    told = watched(seed)
    assert all(len(set(ids)) == len(ids) for _, ids in told)
    assert [len(ids) for ids in ids_of_targets(told)] == [1] * 6


def test_a_rerun_does_begin_tracks_elsewhere():
    """Else the test above would prove nothing: in order, the same looks make other ids."""
    assert any(ids_of_targets(watched(seed)) != ids_of_targets(watched(seed, late=False)) for seed in range(6))


@pytest.mark.parametrize("cut", [3, 8, 11, 14, 17, 30])
def test_a_restart_in_the_middle_of_a_rerun_shows_the_same_ids(cut):
    assert watched(0, cut) == watched(0)
