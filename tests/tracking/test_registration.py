"""Biases are found as a batch solution finds them, honestly, and the estimate is a value that survives anything."""

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fusion.config import BiasSigma, Config, Sensor
from fusion.messages import SECOND, Position, Scan
from fusion.tracking.measurements import measure
from fusion.tracking.models import direction, polar_slopes
from fusion.tracking.registration import CORRELATED, DRIFT, TRUST, Registration
from fusion.tracking.sensors import Bias, SensorModel
from fusion.tracking.state import write
from fusion.tracking.timeline import Timeline, TimelineState
from fusion.tracking.tracker import Tracker
from tests.benchmarks.bench_registration import BOTH, ONE, Case, polar, radar, run
from tests.scene import ADSB, FLAT, FRAME, HORIZONS, RADAR, SITE, START, scans, targets

AZIMUTH = BiasSigma(azimuth_deg=2.0)


def biased(sensor: Sensor, **sigma: float) -> Sensor:
    return replace(sensor, bias_sigma=BiasSigma(**sigma))


def follow(sensors, looks):
    """Let a tracker see looks (sensor, time s, detection)."""
    tracker = Tracker(Config(site=SITE, sensor=sensors), FRAME)
    for k, (name, at, detection) in enumerate(looks):
        time = START + round(at * SECOND)
        found = replace(detection, time=time)
        tracker.step(Scan(sensor=name, time=time, received=time, sequence=k, detections=(found,)))
    return tracker


def static(rng, horizons, place, biases, count):
    """Give looks of two radars in turn at one place, with white noise."""
    sigma = np.array([5.0, math.radians(0.5), math.radians(0.7)])
    for k in range(count):
        for name, phase in (("radar-1", 0.0), ("radar-2", 0.5)):
            h = direction(horizons[name], np.array([*place, 0.0, 0.0, 0.0]), np.zeros((6, 6))).h[:3]
            yield name, k + phase, polar(h + biases[name] + sigma * rng.standard_normal(3), 0)


def test_one_static_target_gives_no_more_than_the_batch_solution_and_nearly_that():
    """The batch solution knows that the target stands still; the filter lets it move, and began three looks later."""
    from tests.benchmarks.bench_registration import HORIZONS as PAIR

    rng = np.random.default_rng(5)
    sensors = (radar("radar-1", AZIMUTH), radar("radar-2", BiasSigma()))
    place = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground + 90.0)
    true = {"radar-1": np.array([0.0, math.radians(1.5), 0.0]), "radar-2": np.zeros(3)}
    looks = list(static(rng, PAIR, place, true, 30))
    state = follow(sensors, looks).registration.state
    normal, right = np.diag([0.0, 0.0, 0.0, math.radians(2.0) ** -2]), np.zeros(4)
    for name, _, z in looks:
        at = direction(PAIR[name], np.array([*place, 0.0, 0.0, 0.0]), np.zeros((6, 6)))
        H = np.hstack([at.H[:3, :3], [[0.0], [float(name == "radar-1")], [0.0]]])
        weight = np.diag([5.0**-2, math.radians(0.5) ** -2, math.radians(0.7) ** -2])
        normal += H.T @ weight @ H
        nu = np.array([z.range, z.azimuth, z.elevation]) - at.h[:3]
        right += H.T @ weight @ [nu[0], math.remainder(nu[1], math.tau), nu[2]]
    batch, covariance = np.linalg.solve(normal, right)[3], np.linalg.inv(normal)[3, 3]
    assert 1.0 <= state.B[0, 0] / covariance < 1.6
    assert abs(state.b[0] - batch) < 2.0 * math.sqrt(state.B[0, 0] - covariance) + 0.1 * math.sqrt(covariance)
    assert abs(state.b[0] - true["radar-1"][1]) < 3.0 * math.sqrt(state.B[0, 0])


def test_a_sensor_is_no_evidence_against_itself():
    """A target that one sensor alone sees, and another that never sees the same, leave the prior as it was."""
    from tests.benchmarks.bench_registration import HORIZONS as PAIR

    rng = np.random.default_rng(6)
    place = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground + 90.0)
    looks = [look for look in static(rng, PAIR, place, dict.fromkeys(PAIR, np.zeros(3)), 30) if look[0] == "radar-1"]
    state = follow((radar("radar-1", AZIMUTH), radar("radar-2", AZIMUTH)), looks).registration.state
    np.testing.assert_allclose(np.sqrt(np.diag(state.B)), math.radians(2.0), rtol=1e-3)


def test_two_sensors_learn_their_difference_and_know_that_it_is_one():
    """Without anyone unbiased both angles stay unsure where a static target cannot tell them from its place."""
    from tests.benchmarks.bench_registration import HORIZONS as PAIR

    rng = np.random.default_rng(7)
    place = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground + 90.0)
    sigma = BiasSigma(range_m=50.0, azimuth_deg=2.0, elevation_deg=2.0)
    looks = static(rng, PAIR, place, dict.fromkeys(PAIR, np.zeros(3)), 30)
    state = follow((radar("radar-1", sigma), radar("radar-2", sigma)), looks).registration.state
    prior = np.diag([50.0, math.radians(2.0), math.radians(2.0)] * 2) ** 2
    shares = np.linalg.eigvalsh(np.linalg.solve(np.sqrt(prior), np.linalg.solve(np.sqrt(prior), state.B).T))
    assert (shares < 0.1).sum() == 3  # six biases, one place of three: what three numbers of two sensors differ by
    assert (shares > 0.9).sum() == 3


def test_biases_are_found_and_their_sigmas_are_honest():
    case = Case({}, BOTH, targets=3, cooperative=1, seconds=20.0)
    runs = [run(case, 500 + seed) for seed in range(6)]
    nees = np.mean([one.residual @ np.linalg.solve(one.covariance, one.residual) for one in runs])
    assert 2.5 < nees < 11.0  # six biases: 36 degrees of freedom
    prior = np.tile([5.0, math.radians(2.0), math.radians(0.5)], 2)
    assert all((np.sqrt(np.diag(one.covariance)) < 0.5 * prior).all() for one in runs)


def test_a_clock_that_is_ahead_is_found():
    case = Case(
        {"radar-1": (0, 0, 0, 0.5), "radar-2": (0, 0, 0, 0)},
        {"radar-1": BiasSigma(time_s=0.5), "radar-2": BiasSigma()},
        targets=5,
    )
    one = run(case, 3)
    assert math.sqrt(one.covariance[0, 0]) < 0.2
    assert abs(one.residual[0]) < 3.0 * math.sqrt(one.covariance[0, 0])


def test_a_sensor_without_bias_sigma_has_nothing_estimated():
    of = Registration({one.id: SensorModel.of(one, FRAME) for one in (RADAR, ADSB)})
    assert len(of.state.b) == 0
    assert of.biases() == {}
    assert not of.bias("radar-1").variance.any()


def test_a_bias_is_taken_off_once_it_is_trusted_and_counts_as_noise_before():
    of = Registration({"radar-1": SensorModel.of(biased(RADAR, range_m=5.0, azimuth_deg=2.0), FRAME)})
    trusted = (0.9 * TRUST * 5.0) ** 2
    of.state = of.state._replace(b=np.array([3.0, 0.02]), B=np.diag([trusted, 0.5 * of.prior[1, 1]]))
    found = of.correction("radar-1")
    np.testing.assert_array_equal(found.value, [3.0, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(found.variance, [trusted, of.prior[1, 1], 0.0, 0.0])


def test_biases_wander_back_to_the_prior_and_no_further():
    of = Registration({"radar-1": SensorModel.of(biased(RADAR, azimuth_deg=2.0), FRAME)})
    prior = of.prior[0, 0]
    of.state = of.state._replace(b=np.array([0.01]), B=np.array([[1e-8]]), time=START)
    of.predict(START + 3600 * SECOND)
    assert of.state.B[0, 0] == pytest.approx(prior * 2 * 3600 / DRIFT, rel=0.02)
    of.predict(START + 100 * round(DRIFT) * SECOND)
    assert of.state.B[0, 0] == pytest.approx(prior)
    assert abs(of.state.b[0]) < 1e-12


@given(st.floats(-20, 20), st.floats(-0.05, 0.05), st.floats(-0.02, 0.02), st.integers(0, 100))
@settings(max_examples=20, deadline=None)
def test_correcting_takes_off_what_the_bias_put_on(range_m, azimuth, elevation, seed):
    rng = np.random.default_rng(seed)
    bias = np.array([range_m, azimuth, elevation, 0.2])
    true = np.array([rng.uniform(100, 5000), rng.uniform(0, math.tau), rng.uniform(0, 1)])
    said = replace(polar(true + bias[:3], START), time=START)
    scan = Scan(sensor="radar-1", time=START, received=START, sequence=0, detections=(said,))
    model = SensorModel.of(biased(RADAR, range_m=9.0), FRAME)
    seen = measure(scan, model, FRAME, Bias(bias, np.array([4.0, 1e-6, 1e-6, 0.0])))
    assert seen.z[0, [0, 2]] == pytest.approx(true[[0, 2]])
    assert abs(math.remainder(seen.z[0, 1] - true[1], math.tau)) < 1e-9
    assert seen.offset[0] == -0.2
    np.testing.assert_allclose(seen.variance[0, :3] - seen.noise[0, :3], [4.0, 1e-6, 1e-6], rtol=1e-6)


def test_a_radar_that_reports_places_is_turned_about_itself():
    """A position of a sensor with an azimuth bias moves on a circle around it."""
    model = SensorModel.of(biased(replace(ADSB, latitude_deg=48.86, longitude_deg=2.29), azimuth_deg=2.0), FRAME)
    place = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, 180.0) + [600.0, 300.0, 0.0]
    lat, lon, height = FRAME.wgs84_from_grid(place)
    said = Position(
        time=START, latitude=float(lat), longitude=float(lon), altitude=float(height), sigma_horizontal=8.0, sigma_vertical=8.0
    )
    scan = Scan(sensor="adsb", time=START, received=START, sequence=0, detections=(said,))
    seen = measure(scan, model, FRAME, Bias(np.array([0.0, 1e-3, 0.0, 0.0]), np.array([0.0, 1e-4, 0.0, 0.0])))
    e, before = model.horizon.enu_from_grid(seen.z[0, :3]), model.horizon.enu_from_grid(place)
    assert math.atan2(e[0], e[1]) - math.atan2(before[0], before[1]) == pytest.approx(-1e-3, rel=1e-3)
    assert np.linalg.norm(e) == pytest.approx(np.linalg.norm(before), abs=0.01)
    assert (seen.variance[0, :2] > seen.noise[0, :2]).all()


def test_polar_slopes_are_the_derivative():
    horizon, grid = HORIZONS["radar-1"], HORIZONS["radar-1"].origin + [700.0, -900.0, 150.0]
    state = np.array([*grid, 0.0, 0.0, 0.0])
    H = direction(horizon, state, np.zeros((6, 6))).H[:3, :3]
    np.testing.assert_allclose(H @ polar_slopes(horizon, grid), np.eye(3), atol=1e-9)


# --- The state is a value ----------------------------------------------------------------------------------------

SENSORS = (biased(RADAR, azimuth_deg=2.0, range_m=5.0, time_s=0.1), biased(FLAT, azimuth_deg=1.0), ADSB)
CONFIG = Config(site=SITE, sensor=SENSORS)
SCANS = scans(np.random.default_rng(8), targets(np.random.default_rng(8), 4), 10.0, SENSORS)
encode = msgspec.msgpack.Encoder().encode


def final(line: Timeline) -> bytes:
    line.advance()
    return encode(write(line.tracker.snapshot()))


def in_order(arrivals, pause=3) -> Timeline:
    line = Timeline(Tracker(CONFIG, FRAME), 3.0)
    for i, scan in enumerate(arrivals):
        line.insert(scan)
        if i % pause == 0:
            line.advance()
    line.advance()
    return line


IN_ORDER = final(in_order(SCANS))


def test_the_scene_teaches_something():
    state = in_order(SCANS).tracker.registration.state
    assert len(state.followed) >= 3
    assert math.sqrt(state.B[1, 1]) < math.radians(1.0)


@given(st.lists(st.floats(0.0, 2.9), min_size=len(SCANS), max_size=len(SCANS)), st.integers(1, 7))
@settings(max_examples=8, deadline=None)
def test_any_delay_inside_the_window_changes_no_bias(delays, pause):
    arrivals = [scan for _, scan in sorted(zip(delays, SCANS, strict=True), key=lambda pair: pair[1].time + pair[0] * SECOND)]
    assert final(in_order(arrivals, pause)) == IN_ORDER


@given(st.integers(0, len(SCANS)), st.integers(1, 9))
@settings(max_examples=8, deadline=None)
def test_a_snapshot_anywhere_keeps_the_biases(cut, pause):
    written = encode(in_order(SCANS[:cut], pause).snapshot())
    line = Timeline(Tracker(CONFIG, FRAME), 3.0)
    line.restore(msgspec.msgpack.decode(written, type=TimelineState))
    for scan in SCANS[cut:]:
        line.insert(scan)
    assert final(line) == IN_ORDER


def test_a_sensor_that_sends_its_own_tracks_teaches_slower():
    case = Case({}, ONE, targets=2, seconds=15.0)
    plots = run(case, 9)
    import tests.benchmarks.bench_registration as bench

    before = bench.radar
    bench.radar = lambda name, sigma: replace(before(name, sigma), output="tracks")
    try:
        tracks = run(case, 9)
    finally:
        bench.radar = before
    assert 2.0 < tracks.covariance[0, 0] / plots.covariance[0, 0] <= 1.3 * CORRELATED
