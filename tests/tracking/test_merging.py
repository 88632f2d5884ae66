"""Two tracks of one target become one; two targets that a look sees apart stay two."""

import math

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from fusion.config import Config
from fusion.messages import SECOND, Polar, Scan
from fusion.tracking.merging import absorb
from fusion.tracking.state import TrackerRecord, read, write
from fusion.tracking.tracker import Tracker
from tests.scene import FRAME, HORIZONS, RADAR, SITE, START

QUIET = replace(RADAR, false_alarms_per_scan=0.05, detection_probability=0.9)
CONFIG = Config(site=SITE, sensor=(QUIET,))
CENTRE = FRAME.grid_from_wgs84(math.radians(48.8582), math.radians(2.2945), 180.0)
VELOCITY = np.array([6.0, -3.0, 0.0])


def look(rng, second: float, places, pd=0.9) -> Scan:
    """One scan of targets that fly side by side."""
    time = START + round(second * SECOND)
    plots = []
    for place in places:
        if rng.random() < pd:
            e = HORIZONS["radar-1"].enu_from_grid(CENTRE + place + VELOCITY * second)
            az, el = math.atan2(e[0], e[1]), math.atan2(e[2], math.hypot(e[0], e[1]))
            a = [
                float(np.linalg.norm(e)) + rng.normal(0, 5),
                az + math.radians(rng.normal(0, 0.5)),
                el + math.radians(rng.normal(0, 0.7)),
            ]
            plots.append(
                Polar(time=time, range=a[0], azimuth=a[1] % math.tau, elevation=a[2],
                      sigma_range=5.0, sigma_azimuth=math.radians(0.5), sigma_elevation=math.radians(0.7))
            )  # fmt: skip
    return Scan(sensor="radar-1", time=time, received=time, sequence=round(second * 10), boot="b", detections=tuple(plots))


def doubled(rng, seconds: int) -> Tracker:
    """A tracker with two confirmed tracks of one target."""
    tracker = Tracker(CONFIG, FRAME)
    for second in range(seconds):
        tracker.step(look(rng, second, [np.zeros(3)]))
    twin = tracker.store.copy()
    twin.keep(twin.confirmed)
    assert len(twin) == 1
    twin.x[:, :, :2] += 4.0
    twin.birth_index += 77
    tracker.store.append(twin)
    return tracker


@pytest.mark.parametrize("seed", range(5))
def test_two_tracks_of_one_target_become_the_older_one(seed):
    rng = np.random.default_rng(seed)
    tracker = doubled(rng, 8)
    (older, _) = tracker.identify(np.flatnonzero(tracker.store.confirmed))
    for second in range(8, 24):
        tracker.step(look(rng, second, [np.zeros(3)]))
    table = tracker.table(tracker.time)
    assert table.tracks == (older,)
    assert table.existence[0] <= 1.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("spacing", [15.0, 25.0])
def test_two_targets_in_close_formation_stay_two(seed, spacing):
    rng = np.random.default_rng(seed)
    tracker, counts = Tracker(CONFIG, FRAME), []
    for second in range(60):
        tracker.step(look(rng, second, [np.zeros(3), np.array([0.0, spacing, 0.0])]))
        counts.append(int(tracker.store.confirmed.sum()))
    assert np.mean(np.array(counts[15:]) == 2) > 0.97


def test_two_that_name_different_identities_are_never_one():
    rng = np.random.default_rng(1)
    tracker = doubled(rng, 8)
    tracker.store.name[np.flatnonzero(tracker.store.confirmed)] = [7, 8]
    tracker.store.x[:, :] = tracker.store.x[0]
    for _ in range(3):
        tracker.merging.searched = 0
        tracker.merging.merge(tracker.store, tracker.time)
    assert tracker.store.confirmed.sum() == 2


def test_two_that_name_the_same_identity_are_one_as_soon_as_they_agree():
    tracker = doubled(np.random.default_rng(1), 8)
    tracker.store.name[np.flatnonzero(tracker.store.confirmed)] = 7
    tracker.merging.searched = 0
    tracker.merging.merge(tracker.store, tracker.time)
    assert tracker.store.confirmed.sum() == 1


def test_a_merger_matches_the_moments_of_both():
    tracker = doubled(np.random.default_rng(2), 8)
    a, b = np.flatnonzero(tracker.store.confirmed).tolist()
    store = tracker.store
    state, covariance = store.combined()
    r = store.r[[a, b]]
    weight = r / np.sqrt([np.linalg.det(covariance[row]) for row in (a, b)])
    weight /= weight.sum()
    mean = weight @ state[[a, b]]
    apart = state[[a, b]] - mean
    spread = sum(w * (covariance[row] + np.outer(d, d)) for w, row, d in zip(weight, (a, b), apart, strict=True))
    absorb(store, a, b)
    after, P = store.combined()
    np.testing.assert_allclose(after[a], mean, rtol=1e-9)
    np.testing.assert_allclose(P[a], spread, rtol=1e-6, atol=1e-6)
    assert store.r[a] == pytest.approx(1.0 - (1.0 - r[0]) * (1.0 - r[1]))


def test_what_is_known_of_neighbours_is_part_of_a_snapshot():
    rng = np.random.default_rng(3)
    tracker = doubled(rng, 8)
    tracker.step(look(rng, 8, [np.zeros(3)]))
    tracker.step(look(rng, 9, [np.zeros(3)]))
    assert tracker.merging.pairs
    written = msgspec.msgpack.encode(write(tracker.snapshot()))
    other = Tracker(CONFIG, FRAME)
    other.restore(read(msgspec.msgpack.decode(written, type=TrackerRecord)))
    for second in range(10, 20):
        scan = look(rng, second, [np.zeros(3)])
        tracker.step(scan)
        other.step(scan)
    assert msgspec.msgpack.encode(write(other.snapshot())) == msgspec.msgpack.encode(write(tracker.snapshot()))
    assert tracker.store.confirmed.sum() == 1
