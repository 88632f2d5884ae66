"""Sensors that move: their directions count from where they were, as surely as that is known; and late poses are no other."""

import math
from itertools import permutations

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

from fusion.config import Sensor
from fusion.frame import Horizon
from fusion.messages import SECOND, Position, Scan
from fusion.tracking.timeline import Timeline, TimelineState
from fusion.tracking.tracker import SURVIVAL
from tests.scene import FRAME, RADAR, START
from tests.tracking.moving_scene import (
    CENTRE,
    Wander,
    camera,
    circle,
    direction,
    look,
    plot,
    pose,
    straight,
    timeline,
)

EAST, WEST = camera("east"), camera("west")
STILL = straight((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
FROM_EAST, FROM_WEST = straight((300.0, 20.0, 60.0), (0.0, 15.0, 0.0)), straight((-250.0, 150.0, 40.0), (12.0, 0.0, 1.0))


def meet(origins, ways):
    """Where two lines pass each other: the middle of their common perpendicular, in closed form."""
    (p, q), (u, v) = origins, ways
    normal = np.cross(u, v)
    s, t, _ = np.linalg.solve(np.stack([u, -v, normal], axis=1), q - p)
    return (p + s * u + q + t * v) / 2


def ray(path, t, azimuth, elevation):
    """A direction as a line in the grid: a far point on it, by the horizon of where it was seen from."""
    level = math.cos(elevation)
    here = horizon(path, t)
    return 1000.0 * np.array(
        here.coefficients[:, 1:4].T @ [level * math.sin(azimuth), level * math.cos(azimuth), math.sin(elevation)]
    )


def horizon(path, t) -> Horizon:
    return FRAME.horizon(*(float(x) for x in FRAME.wgs84_from_grid(path(t))))


def told(line: Timeline):
    """All that is believed, to the last bit."""
    line.advance()
    table = line.tracker.table(line.newest)
    return table.tracks, table.status, table.state.tobytes(), table.covariance.tobytes(), table.existence.tobytes()


def test_two_bearings_from_drones_make_a_track_where_their_lines_meet():
    line, error = timeline(EAST, WEST), np.radians([[0.1, -0.15], [-0.2, 0.1]])
    t = 0.7  # between two poses of each
    for path, name in ((FROM_EAST, "east"), (FROM_WEST, "west")):
        for k in range(3):
            line.hear(name, pose(path, 0.5 * k))
    line.insert(look(EAST, FROM_EAST, STILL, t, 0, error[0]))
    line.insert(look(WEST, FROM_WEST, STILL, t, 0, error[1]))
    line.advance()
    store = line.tracker.store
    assert len(store) == 1
    seen = [np.array(direction(path, STILL, t)[:2]) + off for path, off in zip((FROM_EAST, FROM_WEST), error, strict=True)]
    ways = [ray(path, t, *angles) for path, angles in zip((FROM_EAST, FROM_WEST), seen, strict=True)]
    expected = meet((FROM_EAST(t), FROM_WEST(t)), ways)
    state, covariance = store.combined()
    assert np.linalg.norm(state[0, :3] - expected) < 0.3  # lines that miss each other are weighed by their angles, not halved
    assert np.linalg.norm(expected - CENTRE) > 0.5
    off = state[0, :3] - CENTRE
    assert off @ np.linalg.solve(covariance[0, :3, :3], off) < 16.3  # what one in a thousand of three-dimensional errors exceeds


def test_a_crossing_is_less_sure_where_the_platforms_places_are():
    sizes = []
    for sigma in (0.1, 8.0):
        line = timeline(EAST, WEST)
        for path, name in ((FROM_EAST, "east"), (FROM_WEST, "west")):
            line.hear(name, pose(path, 0.7, sigma_horizontal=sigma, sigma_vertical=sigma))
        line.insert(look(EAST, FROM_EAST, STILL, 0.7, 0))
        line.insert(look(WEST, FROM_WEST, STILL, 0.7, 0))
        line.advance()
        sizes.append(np.sqrt(np.diag(line.tracker.store.combined()[1][0])[:2]).max())
    assert sizes[0] < 2.0
    assert 5.0 < sizes[1] < 20.0


def story(seconds: float, seed: int, attitude=None, sensors=(RADAR, EAST)):
    """Poses and looks of a camera on a circle, and plots of a radar, of one target: (arrival, what)."""
    rng = np.random.default_rng(seed)
    path, target = circle(250.0, 12.0, 60.0), straight((-150.0, 50.0, 0.0), (7.0, -3.0, 0.5))
    turned = (lambda t: (0.3 * t, 0.1, -0.05)) if attitude else lambda t: None
    sure, times = {"sigma_heading": 1e-4, "sigma_tilt": 1e-4}, 0.25 * np.arange(round(seconds / 0.25))
    told = [(t, pose(path, t, attitude=turned(t), **sure)) for t in times.tolist()]
    for k in range(round(seconds / 0.2)):
        t = 0.25 * round((0.1 + 0.2 * k) / 0.25) if attitude else 0.1 + 0.2 * k
        error = np.radians(0.2) * rng.standard_normal(2)
        told.append((t, look(sensors[1], path, target, t, k, error, turned(t))))
    told += [(k + 0.4, plot(target, k + 0.4, k, rng)) for k in range(int(seconds))]
    return sorted(told, key=lambda one: one[0])


def feed(line: Timeline, told, beat=0.1):
    due = beat
    for at, one in told:
        while due < at:
            line.advance()
            due += beat
        if isinstance(one, Scan):
            line.insert(one)
        else:
            line.hear("east", one)
    return line


def test_in_whatever_order_poses_and_looks_come_within_the_window_the_tracks_are_the_same():
    events = story(8.0, 2)
    whole = told(feed(timeline(RADAR, EAST), events))
    assert len(whole[0]) == 1
    rng = np.random.default_rng(3)
    for _ in range(4):
        late = sorted(((at + rng.uniform(0.0, 2.5), one) for at, one in events), key=lambda one: one[0])
        assert told(feed(timeline(RADAR, EAST), late)) == whole
    poses = [(at + 2.0 * (not isinstance(one, Scan)), one) for at, one in events]  # each pose 2 s after its look
    assert told(feed(timeline(RADAR, EAST), sorted(poses, key=lambda one: one[0]))) == whole


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_four_poses_and_a_look_between_them_come_to_the_same(order):
    path = FROM_EAST
    poses = [pose(path, 0.3 * k, velocity=k % 2 == 0) for k in range(4)]
    seen = [look(EAST, path, STILL, 0.45, 0), look(WEST, FROM_WEST, STILL, 0.45, 0), look(EAST, path, STILL, 1.1, 1)]
    line = timeline(EAST, WEST)
    line.hear("west", pose(FROM_WEST, 0.45))
    for k, which in enumerate(order):
        line.hear("east", poses[which])
        for one in seen[k : k + 1]:
            line.insert(one)
        line.advance()
    plain = timeline(EAST, WEST)
    plain.hear("west", pose(FROM_WEST, 0.45))
    for one in poses:
        plain.hear("east", one)
    for one in seen:
        plain.insert(one)
    assert told(line) == told(plain)


def test_a_timeline_that_is_written_down_and_read_again_goes_on_alike():
    events = story(6.0, 4)
    half = len(events) // 2
    line = feed(timeline(RADAR, EAST), events[:half])
    state = msgspec.msgpack.decode(msgspec.msgpack.encode(line.snapshot()), type=TimelineState)
    other = timeline(RADAR, EAST)
    other.restore(state)
    assert told(feed(other, events[half:])) == told(feed(line, events[half:]))


def test_directions_against_nose_and_deck_are_those_against_north_turned():
    body = replace(EAST, platform=replace(EAST.platform, directions="body"))
    north = feed(timeline(RADAR, EAST), [(at, one) for at, one in straightened(story(8.0, 5, attitude=True))])
    aboard = feed(timeline(RADAR, body), story(8.0, 5, attitude=True))
    one, other = told(north), told(aboard)
    assert one[0] == other[0]
    np.testing.assert_allclose(np.frombuffer(one[2]), np.frombuffer(other[2]), atol=0.5)


def straightened(events):
    """The same looks against north and the horizontal, without noise's own turning."""
    rng = np.random.default_rng(5)
    path, target = circle(250.0, 12.0, 60.0), straight((-150.0, 50.0, 0.0), (7.0, -3.0, 0.5))
    errors = {k: np.radians(0.2) * rng.standard_normal(2) for k in range(40)}
    for at, one in events:
        if isinstance(one, Scan) and one.sensor == "east":
            yield at, look(EAST, path, target, (one.time - START) / SECOND, one.sequence, errors[one.sequence])
        else:
            yield at, one


def test_what_nobody_knows_whence_it_was_says_nothing_and_is_counted():
    line = timeline(RADAR, EAST)
    line.hear("east", pose(FROM_EAST, 0.0))
    rng = np.random.default_rng(6)
    for k in range(6):
        line.insert(plot(STILL, k + 0.5, k, rng))
    before = told(line)
    line.insert(look(EAST, FROM_EAST, STILL, 5.4, 0))
    assert told(line) == before
    assert line.tracker.moving.told(line.newest)["east"].refused == 1
    assert line.tracker.moving.told(line.newest)["east"].stale
    line.hear("east", pose(FROM_EAST, 5.3))  # it comes late, and the look counts after all
    after = told(line)
    assert after != before
    assert line.tracker.moving.told(line.newest)["east"].refused == 0
    assert not line.tracker.moving.told(line.newest)["east"].stale


def test_places_count_wherever_a_sensor_is():
    latitude, longitude, height = (float(x) for x in FRAME.wgs84_from_grid(CENTRE))
    line = timeline(EAST)
    for k in range(5):
        time = START + k * SECOND
        place = Position(
            time=time, latitude=latitude, longitude=longitude, altitude=height, sigma_horizontal=5.0, sigma_vertical=5.0
        )
        bearing = look(EAST, FROM_EAST, STILL, float(k), k).detections[0]
        line.insert(Scan(sensor="east", time=time, received=time, sequence=k, detections=(place, bearing)))
    line.advance()
    assert len(line.tracker.store) >= 1
    assert line.tracker.moving.stood["east"].lost == 5


def test_where_it_looks_goes_with_it():
    reach = replace(EAST.coverage, range_m=(20.0, 500.0))
    watching = replace(EAST, reports="scans", coverage=reach, kind="radar", accuracy=RADAR.accuracy)
    line = timeline(RADAR, watching)
    rng = np.random.default_rng(7)
    for k in range(6):
        line.insert(plot(STILL, float(k), k, rng))
    line.advance()
    far = straight((3000.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    nothing = Scan(sensor="east", time=START + round(5.1 * SECOND), received=0, sequence=0)
    line.hear("east", pose(far, 5.0))
    line.insert(nothing)
    line.advance()
    doubt = 1.0 - line.tracker.store.r[0]
    assert doubt == pytest.approx(0.1 / SURVIVAL, rel=0.01)  # who is far away may well see nothing: only time has passed
    line.hear("east", pose(FROM_EAST, 5.2))
    line.insert(replace(nothing, time=START + round(5.3 * SECOND), sequence=1))
    line.advance()
    assert 1.0 - line.tracker.store.r[0] > 5.0 * doubt  # 1/(1 − 0.9), were it sure to be in the coverage


def test_a_sensor_that_moves_and_says_nothing_changes_nothing_for_others():
    rng = np.random.default_rng(8)
    plots = [plot(STILL, float(k), k, rng) for k in range(8)]
    alone, beside = timeline(RADAR), timeline(RADAR, EAST)
    for one in plots:
        alone.insert(one)
        beside.insert(one)
    assert told(alone) == told(beside)


@pytest.mark.slow
@pytest.mark.parametrize("sensors", [(RADAR, EAST), (EAST, WEST)], ids=["beside a radar", "two cameras alone"])
def test_cameras_on_drones_are_as_right_as_their_covariances_say(sensors):
    """Satellite errors of 1.5 and 2.5 m that last 30 s, pictures' of 0.2° that last 2 s; poses 5 Hz, looks 5 Hz and 0.2 s late."""
    runs = [chase(seed, sensors) for seed in range(16)]
    squares = [np.mean([square for square, _ in run]) for run in runs]
    errors = [np.sqrt(np.mean([error**2 for _, error in run])) for run in runs]
    assert all(len(run) > 25 for run in runs)
    assert 0.6 < np.mean(squares) < 1.4  # a dimension; 1 is honest
    assert np.mean(errors) < 8.0


@pytest.mark.slow
def test_who_is_told_that_the_drones_places_are_exact_is_too_sure():
    runs = [chase(seed, (EAST, WEST), claimed=0.05) for seed in range(16)]
    assert np.mean([square for run in runs for square, _ in run]) > 2.0


def chase(seed: int, sensors: tuple[Sensor, ...], claimed: float | None = None) -> list[tuple[float, float]]:
    """Normalised squared error a dimension and the error in m of a drone's track, once a second from 10 s on."""
    rng = np.random.default_rng(seed)
    target = straight((*rng.uniform(-200, 200, 2), 0.0), (*rng.uniform(-8, 8, 2), 0.3))
    told, times = [], np.arange(0.0, 40.0, 0.2)
    for east, sensor in ((150.0, EAST), (-150.0, WEST)):
        if sensor not in sensors:
            continue
        path = circle(200.0, 12.0, 60.0, east=east, phase=rng.uniform(0.0, math.tau))
        places = Wander(np.array([1.5, 1.5, 2.5]), 30.0).run(times, rng)
        sure = {} if claimed is None else {"sigma_horizontal": claimed, "sigma_vertical": claimed}
        told += [(t + 0.05, pose(path, float(t), off, **sure), sensor.id) for t, off in zip(times, places, strict=True)]
        pictured = times[1:-5] + 0.07
        errors = Wander(np.radians([0.2, 0.2]), 2.0).run(pictured, rng)
        looks = enumerate(zip(pictured, errors, strict=True))
        told += [(t + 0.2, look(sensor, path, target, float(t), k, error), sensor.id) for k, (t, error) in looks]
    if RADAR in sensors:
        told += [(k + 0.6, plot(target, k + 0.5, k, rng), RADAR.id) for k in range(39)]
    line, found, due = timeline(*sensors), [], 1
    for at, one, name in sorted(told, key=lambda one: one[0]):
        while due < at:
            line.advance()
            table = line.tracker.table(line.newest)
            if due > 10 and len(table.state):
                off = table.state[:, :3] - target((line.newest - START) / SECOND)
                row = int(np.argmin((off**2).sum(axis=1)))
                square = off[row] @ np.linalg.solve(table.covariance[row, :3, :3], off[row]) / 3
                found.append((float(square), float(np.linalg.norm(off[row]))))
            due += 1
        if isinstance(one, Scan):
            line.insert(one)
        else:
            line.hear(name, one)
    return found
