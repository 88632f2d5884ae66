"""Time differences of arrival: places from closed forms, accuracy against the bound, and what begins nothing."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fusion.messages import LIGHT, SECOND, Bearing, Scan, Tdoa
from fusion.tracking import state
from fusion.tracking.measurements import measure
from fusion.tracking.models import MODES, difference, matrices
from fusion.tracking.multilateration import Clue, solve
from fusion.tracking.sensors import SensorModel
from fusion.tracking.timeline import Timeline
from fusion.tracking.tracker import Tracker
from tests.tracking.nets import (  # fmt: skip
    FRAME,
    PAIRS,
    SIGMA,
    START,
    bound,
    config,
    difference_of,
    ear,
    earth_centred,
    fly,
    follow,
    horizon,
    looked,
    receiver,
    somewhere,
)

RING = (("rx-1", "rx-2"), ("rx-2", "rx-3"), ("rx-3", "rx-4"), ("rx-4", "rx-1"))
HEIGHT = (FRAME.ground + 80.0, 60.0)
MODELS = {name: SensorModel.of(receiver(name), FRAME) for name in ("rx-1", "rx-2", "rx-3", "rx-4", "rx-5")}


def spherical_intersection(differences: np.ndarray) -> list[np.ndarray]:
    """Give the places of three differences against rx-1, earth-centred (Schau & Robinson 1987): the roots of a quadratic.

    With S the other receivers from the reference, d their differences and r the distance from the reference:
    2 S p = |S|² − d² − 2 r d, so p = a + r b, and |p|² = r².
    """
    S = np.array([ear(sensor) - ear("rx-1") for sensor, _ in PAIRS[:3]])
    a = np.linalg.solve(2 * S, (S**2).sum(axis=1) - differences**2)
    b = np.linalg.solve(2 * S, -2 * differences)
    roots = np.roots([b @ b - 1, 2 * a @ b, a @ a])
    return [ear("rx-1") + a + r.real * b for r in roots if abs(r.imag) < 1e-6 and r.real > 0]


def clue(sensor: str, reference: str, z: float, sigma: float, row: int = 0) -> Clue:
    return Clue(START, sensor, reference, z, sigma**2, 0, row)


places = st.tuples(st.floats(-2500, 2500), st.floats(-2500, 2500), st.floats(20, 200)).map(
    lambda offset: FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground) + np.array(offset)
)


@given(places)
@settings(max_examples=150, deadline=None)
def test_three_differences_meet_where_the_closed_form_says(place):
    differences = np.array([difference_of(place, *pair) for pair in PAIRS[:3]])
    found = solve([tuple(clue(*pair, z, 0.03) for pair, z in zip(PAIRS[:3], differences, strict=True))], MODELS, HEIGHT)
    roots = spherical_intersection(differences)
    assert min(np.linalg.norm(root - earth_centred(place)) for root in roots) < 0.5  # the judge itself
    for crossing in found.values():
        # 2 cm of the horizons' quadratics, times what bad geometry makes of them
        slack = 0.1 + 5.0 * math.sqrt(np.trace(crossing.covariance))
        assert min(np.linalg.norm(root - earth_centred(crossing.place)) for root in roots) < slack


def test_a_drone_in_a_net_is_nearly_always_placed_by_three_differences():
    rng, right = np.random.default_rng(5), 0
    for _ in range(100):
        place = somewhere(rng)[:3]
        three = tuple(
            clue(*pair, difference_of(place, *pair) + rng.normal(0, 3.0), 3.0) for pair in (PAIRS[0], PAIRS[1], PAIRS[3])
        )
        for crossing in solve([three], MODELS, HEIGHT).values():
            error = crossing.place - place
            right += bool(error @ np.linalg.solve(crossing.covariance, error) < 16.3)  # χ²₃ at 0.999
    assert right >= 90


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param(PAIRS[:2], id="two differences"),
        pytest.param(
            (("rx-1", "rx-2"), ("rx-2", "rx-3"), ("rx-3", "rx-1")), id="three of three receivers: one is the others' sum"
        ),
    ],
)
def test_what_does_not_bind_a_place_begins_no_track(pairs):
    rng = np.random.default_rng(3)
    flight, _ = fly(rng, somewhere(rng), 15)
    tables = follow(rng, [flight], config(pairs, false=1e-6), pairs)
    assert not any(table.tracks for table in tables)


def test_two_differences_and_a_bearing_begin_a_track():
    rng = np.random.default_rng(4)
    place = somewhere(rng)[:3]
    setup = config(PAIRS[:2], false=1e-3)
    finder = receiver("rx-4", false=1e-3)
    setup = msgspec.structs.replace(setup, sensor=(*setup.sensor, msgspec.structs.replace(finder, kind="rf")))
    tracker = Tracker(setup, FRAME)
    e = horizon("rx-4").enu_from_grid(place)
    for k in range(4):
        time = START + k * SECOND
        for name, reference in PAIRS[:2]:
            z = (difference_of(place, name, reference) + rng.normal(0, 3.0)) / LIGHT
            told = Tdoa(time=time, tdoa=z, reference=reference, sigma_tdoa=1e-8)
            tracker.step(Scan(sensor=name, time=time, received=time, sequence=k, detections=(told,)))
        bearing = Bearing(time=time, azimuth=math.atan2(e[0], e[1]) % math.tau, sigma_azimuth=math.radians(1.0))
        tracker.step(Scan(sensor="rx-4", time=time, received=time, sequence=k, detections=(bearing,)))
    table = tracker.table(time)
    assert len(table.tracks) == 1
    assert np.hypot(*(table.state[0, :2] - place[:2])) < 30.0


def errors(runs: int, pairs, *, pd: float, false: float, seconds: int = 30):
    """Give squared errors in plan and their bound (m²), NEES of six, and false tracks: after ten seconds, over runs."""
    square, least, nees, false_tracks, prior = [], [], [], 0, np.diag([3000.0, 3000.0, 60.0, 12.0, 12.0, 2.0]) ** 2
    for run in range(runs):
        rng = np.random.default_rng([20261125, run])
        flight, modes = fly(rng, somewhere(rng), seconds)
        attainable = bound(flight, modes, prior, pd, pairs)
        for k, table in enumerate(follow(rng, [flight], config(pairs, pd=pd, false=false), pairs)):
            if k < 10:
                continue
            away = np.linalg.norm(table.state[:, :2] - flight[k, :2], axis=1)
            assert len(away), f"run {run}: no track after {k} s"
            row = int(away.argmin())
            error = table.state[row] - flight[k]
            false_tracks += int((away > 200.0).sum())
            square.append(error[:2] @ error[:2])
            least.append(attainable[k][0, 0] + attainable[k][1, 1])
            nees.append(error @ np.linalg.solve(table.covariance[row], error) / 6.0)
    return np.mean(square), np.mean(least), np.mean(nees), false_tracks


def test_a_filter_that_knows_the_modes_reaches_the_cramer_rao_bound_and_is_honest():
    """The measurement's own worth: one extended Kalman filter with `models.difference`, nothing unknown but the state."""
    square, least, nees = [], [], []
    prior = np.diag([40.0, 40.0, 40.0, 8.0, 8.0, 2.0]) ** 2
    horizons = {name: horizon(name) for name in MODELS}
    for run in range(60):
        rng = np.random.default_rng([20261125, 7, run])
        flight, modes = fly(rng, somewhere(rng), 30)
        attainable = bound(flight, modes, prior, 1.0)
        x, P = flight[0] + np.sqrt(np.diag(prior)) * rng.standard_normal(6), prior
        for k, truth in enumerate(flight):
            if k:
                F, Q = matrices(MODES[modes[k - 1]], 1.0)
                x, P = F @ x, F @ P @ F.T + Q
            for name, reference in PAIRS:
                z = difference_of(truth[:3], name, reference) + LIGHT * SIGMA * rng.standard_normal()
                seen = difference(horizons[name], horizons[reference], x, P)
                S = seen.H @ P @ seen.H.T + (LIGHT * SIGMA) ** 2 + seen.curvature_variance
                K = P @ seen.H.T / S
                x, P = x + K @ (z - seen.h - seen.curvature_mean), P - K @ S @ K.T
            if k >= 10:
                error = x - truth
                square.append(error[:3] @ error[:3])
                least.append(np.trace(attainable[k][:3, :3]))
                nees.append(error @ np.linalg.solve(P, error) / 6.0)
    assert math.sqrt(np.mean(square) / np.mean(least)) < 1.1
    assert 0.9 < np.mean(nees) < 1.1


@pytest.mark.slow
def test_the_tracker_that_must_find_the_modes_comes_close_to_the_bound_and_is_honest():
    """The bound knows the modes; what not knowing them costs is the same 10 % as with radars (docs/performance.md)."""
    square, least, nees, _ = errors(40, PAIRS, pd=1.0 - 1e-9, false=1e-6)
    assert math.sqrt(square / least) < 1.15
    assert 0.75 < nees < 1.25


@pytest.mark.slow
def test_false_alarms_and_misses_cost_little():
    square, least, nees, false_tracks = errors(24, PAIRS, pd=0.9, false=0.5)
    assert math.sqrt(square / least) < 1.2
    assert 0.7 < nees < 1.25
    assert false_tracks <= 5


@pytest.mark.parametrize("pairs", [pytest.param(PAIRS, id="a star"), pytest.param(RING, id="a ring")])
def test_several_emitters_become_their_tracks_and_no_others(pairs):
    rng = np.random.default_rng(11)
    middle = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground + 80.0)
    flights = [np.tile([*(middle + [x, y, 0.0]), 0, 0, 0], (13, 1)) for x, y in ((-600, -300), (500, 400), (100, -700))]
    last = follow(rng, flights, config(pairs, false=0.2), pairs, tail=0.1)[-1]
    away = np.linalg.norm(last.state[:, None, :2] - np.array([flight[-1, :2] for flight in flights]), axis=2)
    assert (away.min(axis=0) < 60.0).all()
    assert len(last.tracks) == 3


def test_receivers_clocks_count_as_noise_and_false_alarms_spread_over_the_baseline():
    clocks = msgspec.convert({"time_s": 4e-8}, type(receiver("rx-1").bias_sigma))
    models = {
        name: SensorModel.of(receiver(name, bias_sigma=clocks) if name != "rx-3" else receiver(name), FRAME) for name in MODELS
    }
    told = tuple(Tdoa(time=START, tdoa=1e-6, reference=one, sigma_tdoa=SIGMA) for one in ("rx-1", "rx-3"))
    scan = Scan(sensor="rx-2", time=START, received=START, sequence=0, detections=told)
    seen = measure(scan, models["rx-2"], FRAME, others=models)
    np.testing.assert_allclose(seen.variance[:, 0], LIGHT**2 * (SIGMA**2 + np.array([2, 1]) * 4e-8**2), rtol=1e-9)
    np.testing.assert_allclose(seen.noise[:, 0], LIGHT**2 * SIGMA**2)
    np.testing.assert_allclose(
        1.0 / seen.density, [2.0 * np.linalg.norm(ear("rx-2") - ear(one)) for one in ("rx-1", "rx-3")], rtol=1e-4
    )


@given(st.integers(0, 2**31))
@settings(max_examples=5, deadline=None)
def test_a_moment_s_clues_are_part_of_the_state(seed):
    """Written down and read back between the looks of one moment, the tracker goes on to the same tracks."""
    rng = np.random.default_rng(seed)
    flight, _ = fly(rng, somewhere(rng), 4)
    setup = config(PAIRS, sigma=3e-8, correlation_s=0.5)
    sensors = {one.id: one for one in setup.sensor}
    looks = []
    for k, s in enumerate(flight):
        for name, reference in PAIRS:
            time = START + k * SECOND
            told = (
                Tdoa(
                    time=time,
                    tdoa=(difference_of(s[:3], name, reference) + rng.normal(0, 9)) / LIGHT,
                    reference=reference,
                    sigma_tdoa=3e-8,
                ),
            )
            looks.append(Scan(sensor=sensors[name].id, time=time, received=time, sequence=k, detections=told))
    whole, cut = Tracker(setup, FRAME), Tracker(setup, FRAME)
    for n, look in enumerate(looks):
        whole.step(look)
        cut.step(look)
        if n == 1:
            assert cut.hyperbolas.clues
        written = msgspec.msgpack.encode(state.write(cut.snapshot()))
        cut = Tracker(setup, FRAME)
        cut.restore(state.read(msgspec.msgpack.decode(written, type=state.TrackerRecord)))
    assume(len(whole.store))
    for name, array in whole.store.arrays().items():
        np.testing.assert_array_equal(array, getattr(cut.store, name))


def test_late_differences_give_the_tracks_of_true_order():
    rng = np.random.default_rng(8)
    flight, _ = fly(rng, somewhere(rng), 8)
    setup = config(PAIRS)
    sensors = {one.id: one for one in setup.sensor}
    looks = [
        looked(rng, sensors[name], reference, [s[:3]], START + k * SECOND, k)
        for k, s in enumerate(flight)
        for name, reference in PAIRS
    ]
    late = sorted(range(len(looks)), key=lambda n: looks[n].time + (1.5 * SECOND if looks[n].sensor == "rx-3" else 0))
    tables = []
    for order in (range(len(looks)), late):
        timeline = Timeline(Tracker(setup, FRAME), setup.tracking.window_s)
        for n in order:
            timeline.insert(looks[n])
            timeline.advance()
        tables.append(timeline.tracker.table(START + 9 * SECOND, tentative=True))
    assert len(tables[0].tracks)
    assert tables[0].tracks == tables[1].tracks
    np.testing.assert_array_equal(tables[0].state, tables[1].state)
