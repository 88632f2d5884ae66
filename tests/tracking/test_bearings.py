"""What is heard by one sensor alone is followed by its direction; when others hear it too it gets a place, and keeps its id."""

import math

import numpy as np
import pytest

from fusion.messages import SECOND, Identity
from fusion.tracking.state import read, write
from tests.tracking.hearing_scene import (
    MIDDLE,
    RADAR,
    START,
    camera,
    direction_of,
    drones,
    finder,
    horizon,
    scans,
    tables,
    tracker,
)

ONE = np.array([[*(MIDDLE + [300.0, -200.0, 80.0]), 4.0, 3.0, 0.0]])


def off(azimuth: float, true: float) -> float:
    return abs(math.remainder(azimuth - true, math.tau))


@pytest.mark.parametrize("seed", range(5))
def test_what_one_direction_finder_hears_is_a_bearing_within_some_looks_and_stays_one(seed):
    rf = finder(1)
    told = tables(tracker(rf), scans(np.random.default_rng(seed), [rf], ONE, 60.0))
    assert all(not table.tracks for table in told)
    first = next(second for second, table in enumerate(told, 1) if table.bearings)
    assert first <= 12  # seven in ten looks hear it, and three must agree
    ids = {table.bearings[0].track for table in told[first:]}
    assert len(ids) == 1
    last = told[-1].bearings[0]
    true, _, _ = direction_of(rf, horizon(rf), ONE[0, :3] + 59.0 * ONE[0, 3:])
    assert off(last.azimuth, true) < 4 * last.sigma_azimuth < math.radians(20)
    assert (last.status, last.sensor) == ("confirmed", "rf-1")


def test_a_bearing_becomes_a_place_of_the_same_id_once_two_more_hear_it():
    finders = [finder(1), finder(2), finder(3)]
    looks = scans(np.random.default_rng(3), finders, ONE, 60.0)
    late = [scan for scan in looks if scan.sensor == "rf-1" or scan.time > START + 15 * SECOND]
    told = tables(tracker(*finders), late)
    (heard,) = {one.track for table in told[8:14] for one in table.bearings}
    placed = next(second for second, table in enumerate(told, 1) if table.tracks)
    assert placed <= 15 + 15
    assert told[-1].tracks == (heard,)
    assert not told[-1].bearings
    error = told[-1].state[0, :2] - (ONE[0, :2] + 59.0 * ONE[0, 3:5])
    assert error @ np.linalg.solve(told[-1].covariance[0, :2, :2], error) < 13.8  # χ²₂ at 0.999
    assert np.linalg.norm(error) < 150.0


def test_bearings_that_often_point_the_other_way_are_of_one_track_that_points_the_right_way():
    right = count = 0
    for seed in range(6):
        rf = finder(1, fold_probability=0.3)
        told = tables(tracker(rf), scans(np.random.default_rng(seed), [rf], ONE, 40.0, folds=0.3))
        true, _, _ = direction_of(rf, horizon(rf), ONE[0, :3] + 39.0 * ONE[0, 3:])
        count += len(told[-1].bearings)
        right += sum(off(one.azimuth, true) < math.radians(15) for one in told[-1].bearings)
    assert right == count == 6


def test_false_bearings_alone_raise_hardly_any_track():
    rf = finder(1)
    shown = {
        one.track for table in tables(tracker(rf), scans(np.random.default_rng(8), [rf], [], 600.0)) for one in table.bearings
    }
    assert len(shown) <= 3  # in ten minutes with a false bearing each five seconds


def test_two_cameras_place_a_drone_at_once():
    cameras, first = [camera(1), camera(2)], []
    for seed in range(9):
        told = tables(tracker(*cameras), scans(np.random.default_rng(seed), cameras, ONE, 2.0), every=0.1)
        first.append(next(n for n, table in enumerate(told, 1) if table.tracks) / 10.0)
    assert np.median(first) <= 0.6


def test_a_drone_that_one_camera_saw_first_keeps_its_id_when_another_sees_it():
    cameras = [camera(1), camera(2)]
    looks = scans(np.random.default_rng(7), cameras, ONE, 10.0)
    told = tables(tracker(*cameras), [s for s in looks if s.sensor == "camera-1" or s.time > START + 5 * SECOND])
    (before,) = {one.track for table in told[2:5] for one in table.bearings}
    assert all(before in table.tracks and not table.bearings for table in told[6:])
    assert told[-1].tracks == (before,)


def test_ghosts_of_two_emitters_get_no_place():
    """Four places where rays of two direction finders cross, two of them nobody's: what is placed is nearly always somebody's."""
    ghosts = placed = 0
    for seed in range(6):
        rng, finders = np.random.default_rng(40 + seed), [finder(1), finder(2)]
        truth = drones(rng, 2)
        for second, table in enumerate(tables(tracker(*finders), scans(rng, finders, truth, 40.0)), 1):
            for state, covariance in zip(table.state, table.covariance, strict=True):
                away = np.linalg.norm(truth[:, :2] + second * truth[:, 3:5] - state[:2], axis=1).min()
                placed += 1
                ghosts += away > max(150.0, 3.5 * math.sqrt(np.trace(covariance[:2, :2]) / 2.0))
    assert placed > 40
    assert ghosts / placed < 0.1


def test_a_track_that_bearings_alone_no_longer_hold_is_a_bearing_again_of_the_same_id():
    sensors = [RADAR, finder(1, false_alarms_per_scan=0.01)]
    told = tables(tracker(*sensors), scans(np.random.default_rng(1), sensors, ONE, 200.0, quiet={"radar": 10.0}))
    spread = [float(np.sqrt(np.linalg.eigvalsh(table.covariance[0, :2, :2])[-1])) for table in told if table.tracks]
    track = told[8].tracks[0]
    assert max(spread) < 500.0
    assert track in {one.track for one in told[-1].bearings}
    assert track not in told[-1].tracks


def test_a_bearing_ends_when_a_radar_gives_the_drone_a_place():
    for seed in range(4):
        sensors = [RADAR, finder(1)]
        looks = scans(np.random.default_rng(seed), sensors, ONE, 40.0)
        told = tables(tracker(*sensors), [s for s in looks if s.sensor == "rf-1" or s.time > START + 15 * SECOND])
        assert len(told[13].bearings) == len(told[-1].tracks) == 1
        assert not told[-1].bearings


def test_the_state_goes_on_from_what_was_written_down():
    finders = [finder(1), finder(2), finder(3)]
    looks = scans(np.random.default_rng(5), finders, drones(np.random.default_rng(5), 2), 20.0)
    half = len(looks) // 2
    one, other = tracker(*finders), tracker(*finders)
    for scan in looks[:half]:
        one.step(scan)
    assert len(one.hearing.tracks)
    other.restore(read(write(one.snapshot())))
    for core in (one, other):
        for scan in looks[half:]:
            core.step(scan)
    for name, column in one.hearing.tracks.arrays().items():
        np.testing.assert_array_equal(column, other.hearing.tracks.arrays()[name], name)
    np.testing.assert_array_equal(one.store.x, other.store.x)
    assert one.table(one.time).tracks == other.table(one.time).tracks


def test_an_identity_that_comes_with_a_bearing_is_told():
    rf = finder(1, false_alarms_per_scan=0.001)
    looks = scans(np.random.default_rng(2), [rf], ONE, 20.0)
    named = Identity(serial="1581F45T7229DMK001AB")
    core = tracker(rf)
    for scan in looks:
        detections = tuple(type(one)(**{f: getattr(one, f) for f in one.__struct_fields__} | {"identity": named}) for one in scan.detections)  # fmt: skip
        core.step(type(scan)(**{f: getattr(scan, f) for f in scan.__struct_fields__} | {"detections": detections}))
    assert [one.identity for one in core.table(core.time).bearings] == [named]
