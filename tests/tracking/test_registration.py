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
from fusion.tracking import kernels
from fusion.tracking.following import FOLLOWED, Bank
from fusion.tracking.measurements import measure
from fusion.tracking.models import direction, polar_slopes
from fusion.tracking.registration import DRIFT, TEMPO, TRUST, Learnt, Registration
from fusion.tracking.sensors import PARTS, Bias, SensorModel
from fusion.tracking.state import write
from fusion.tracking.store import GATES
from fusion.tracking.timeline import Timeline, TimelineState
from fusion.tracking.tracker import Tracker
from tests.benchmarks.bench_registration import BOTH, ONE, Case, polar, radar, run
from tests.scene import ADSB, FLAT, FRAME, HORIZONS, RADAR, SITE, START, scans, targets
from tests.tracking import separate_bias

AZIMUTH = BiasSigma(azimuth_deg=2.0)
AZIMUTH_OFF = np.eye(len(PARTS))[1]


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
    sigma = BiasSigma(range_m=50.0, azimuth_deg=2.0, elevation_deg=2.0, place_m=0.0)
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
    assert not of.bias("radar-1").covariance.any()


def test_a_bias_is_taken_off_once_it_is_trusted_and_counts_as_noise_before():
    of = Registration({"radar-1": SensorModel.of(biased(RADAR, range_m=5.0, azimuth_deg=2.0, place_m=0.0), FRAME)})
    trusted = (0.9 * TRUST * 5.0) ** 2
    of.state = of.state._replace(b=np.array([3.0, 0.02]), B=np.diag([trusted, 0.5 * of.prior[1, 1]]))
    found = of.correction("radar-1")
    np.testing.assert_allclose(found.value, [3.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    np.testing.assert_allclose(found.covariance, np.diag([trusted, of.prior[1, 1], 0.0, 0.0, 0.0, 0.0]))


def test_parts_that_cannot_be_told_apart_are_taken_off_together_where_that_is_sure():
    """A target in the north at 500 m: azimuth and east are known only by what they do to it together."""
    of = Registration({"radar-1": SensorModel.of(biased(RADAR, azimuth_deg=2.0, place_m=17.0), FRAME)})
    J = np.array([[1.0, 1.0 / 500.0, 0.0]])  # rad, of azimuth, east and north
    gain = of.prior @ J.T / (J @ of.prior @ J.T + 1e-4**2)
    of.state = of.state._replace(b=gain[:, 0] * 0.03, B=of.prior - gain @ J @ of.prior)
    found = of.correction("radar-1")
    shown = np.array([found.value[1], found.value[4], found.value[5]])
    assert (np.diag(of.state.B)[:2] > (TRUST**2) * np.diag(of.prior)[:2]).all()
    assert J @ shown == pytest.approx(0.03, rel=1e-3)
    assert math.sqrt((J @ found.covariance[np.ix_([1, 4, 5], [1, 4, 5])] @ J.T).item()) < 2e-4
    assert found.covariance[5, 5] == pytest.approx(289.0)


def test_the_kernel_does_as_the_page_says():
    """Directions, positions of a radar, and cooperative reports, of white and of lasting errors, in filters of any state."""
    rng = np.random.default_rng(2)
    horizon, place = HORIZONS["radar-1"], HORIZONS["radar-1"].origin + [700.0, -900.0, 150.0]
    taught = 0
    for trial in range(60):
        n, size = 4, 7
        kind = np.array([trial % 2, trial % 2])
        parts = np.zeros(0, np.int64) if trial % 4 == 3 else np.array([0, 1, 2, 3, 4, 5])[: 2 + trial % 5]
        places = 1 + np.arange(len(parts))
        spread = np.array([_covariance(rng, 6) for _ in range(2)]) * 25.0
        x = np.zeros((n, 9))
        x[:, :6] = [*place, 5.0, -3.0, 0.5] + rng.normal(0, 1, (n, 6)) * [30, 30, 10, 4, 4, 1]
        h = direction(horizon, x[0, :6], spread[0]).h
        z = np.zeros((2, 6))
        z[:] = x[0, :6] if kind[0] else [*h[:3], 0.0, 0.0, 0.0]
        noise = np.full((2, 6), np.inf)
        noise[:, :3] = 20.0**2 if kind[0] else [10.0**2, 0.02**2, 0.03**2]
        noise[trial % 2, 2] = np.inf
        heard = START - rng.integers(0, 4 * SECOND, (n, 3))
        given = (
            *(
                np.array([2, 0]),
                np.array([1, 0]),
                x[[2, 0], :6] + 1.0,
                spread,
                rng.uniform(0.1, 20, (2, 2)),
                START,
                kind,
                z,
                noise,
                np.array([0.1, -0.3]),
            ),
            *(
                horizon.origin,
                horizon.coefficients,
                parts,
                places,
                rng.normal(0, 1e-3, len(parts)),
                1,
                (trial % 3) * 1.5,
                TEMPO,
                GATES,
            ),
        )
        P = np.array([_covariance(rng, 9) for _ in range(n)]) * 2500.0
        state = (
            *(START - rng.integers(0, SECOND, n), x, P, rng.normal(0, 1, (n, 9, size)), rng.normal(0, 1e-3, (n, size))),
            *(
                np.where(rng.random((n, 1)) < 0.5, 0.0, 4.0) * np.ones((n, 3)),
                heard,
                rng.normal(0, 1e-3, size),
                _covariance(rng, size) * 1e-3,
            ),
            np.array([1.0, 1.5, 2.0]),
        )
        ours, theirs = [array.copy() for array in state], [array.copy() for array in state]
        kernels.register(*given, *ours)
        separate_bias.register(*given, *theirs)
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-8, atol=1e-9 * max(np.abs(other).max(), 1.0))
        taught += not np.array_equal(ours[7], state[7])
    assert taught > 30


def _covariance(rng, size):
    root = rng.normal(0, 1, (size, size))
    return root @ root.T / size + 0.1 * np.eye(size)


def test_there_is_room_for_so_many_targets_and_who_says_where_it_is_goes_before_who_does_not():
    def begun(count, first):
        birth = np.column_stack([np.arange(first, first + count)] * 4)
        return Bank.begin(birth, START, np.zeros((count, 6)), np.ones(count, bool), np.zeros(2), 3)

    bank = Bank.empty(2, 3).admit(begun(FOLLOWED + 5, 0), np.zeros(FOLLOWED + 5, bool))
    assert len(bank.time) == FOLLOWED
    same = bank.admit(begun(3, 100), np.zeros(3, bool))
    assert (same.find(np.array([[100] * 4])) < 0).all()
    told = bank.admit(begun(3, 100), np.array([False, True, False]))
    assert len(told.time) == FOLLOWED
    assert told.find(np.array([[101] * 4, [100] * 4, [0] * 4])).tolist() == [FOLLOWED - 1, -1, -1]


def test_what_was_learnt_is_adopted_by_name():
    """Another order of sensors, a part more and a part less: what has the same name is the same, the rest its prior."""
    old = Registration({"radar-1": SensorModel.of(biased(RADAR, range_m=5.0, azimuth_deg=2.0, place_m=0.0), FRAME)})
    new = biased(RADAR, azimuth_deg=2.0, time_s=0.3), replace(biased(FLAT, azimuth_deg=1.0), id="flat")
    of = Registration({one.id: SensorModel.of(one, FRAME) for one in reversed(new)})
    assert old.names == (("radar-1", "range_m"), ("radar-1", "azimuth_rad"))
    of.adopt(Learnt(START, old.names, np.array([3.0, 0.01]), np.array([[1.0, 1e-4], [1e-4, 1e-6]])))
    places = dict(zip(of.names, of.state.b, strict=True))
    assert places == {("flat", "azimuth_rad"): 0.0, ("radar-1", "azimuth_rad"): 0.01, ("radar-1", "time_s"): 0.0}
    np.testing.assert_allclose(np.diag(of.state.B), [math.radians(1.0) ** 2, 1e-6, 0.09])
    of.predict(START - 10 * SECOND)
    assert of.state.B[1, 1] == pytest.approx(1e-6 + 2 * 10 / DRIFT * of.prior[1, 1], rel=1e-3)


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
    bias = np.array([range_m, azimuth, elevation, 0.2, 0.0, 0.0])
    true = np.array([rng.uniform(100, 5000), rng.uniform(0, math.tau), rng.uniform(0, 1)])
    said = replace(polar(true + bias[:3], START), time=START)
    scan = Scan(sensor="radar-1", time=START, received=START, sequence=0, detections=(said,))
    model = SensorModel.of(biased(RADAR, range_m=9.0), FRAME)
    seen = measure(scan, model, FRAME, Bias(bias, np.diag([4.0, 1e-6, 1e-6, 0.0, 0.0, 0.0])))
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
    seen = measure(scan, model, FRAME, Bias(1e-3 * AZIMUTH_OFF, 1e-4 * np.diag(AZIMUTH_OFF)))
    e, before = model.horizon.enu_from_grid(seen.z[0, :3]), model.horizon.enu_from_grid(place)
    assert math.atan2(e[0], e[1]) - math.atan2(before[0], before[1]) == pytest.approx(-1e-3, rel=1e-3)
    assert np.linalg.norm(e) == pytest.approx(np.linalg.norm(before), abs=0.01)
    assert (seen.variance[0, :2] > seen.noise[0, :2]).all()


def test_a_sensor_that_stands_elsewhere_is_set_right():
    """What it sees from where it stands in truth is what was expected, for a direction and for a place."""
    rng = np.random.default_rng(4)
    bias = Bias(np.array([0.0, 0.0, 0.0, 0.0, 12.0, -5.0]), np.diag([0.0, 0.0, 0.0, 0.0, 1.0, 4.0]))
    model = SensorModel.of(biased(RADAR, place_m=10.0), FRAME)
    for _ in range(20):
        true = model.horizon.origin + [*rng.uniform(400, 900, 2) * rng.choice([-1, 1], 2), 80.0]
        shifted = np.array([*(true + [12.0, -5.0, 0.0]), 0.0, 0.0, 0.0])
        said = replace(polar(direction(model.horizon, shifted, np.zeros((6, 6))).h[:3], START), time=START)
        scan = Scan(sensor="radar-1", time=START, received=START, sequence=0, detections=(said,))
        moved = model.moved(bias)
        seen = measure(scan, moved, FRAME, bias)
        at = direction(moved.horizon, np.array([*true, 0.0, 0.0, 0.0]), np.zeros((6, 6)))
        assert abs(seen.z[0, 0] - at.h[0]) < 0.01
        assert abs(math.remainder(seen.z[0, 1] - at.h[1], math.tau)) < 1e-5
        spread = np.diag(at.H[:2, :2] @ np.diag([1.0, 4.0]) @ at.H[:2, :2].T)
        np.testing.assert_allclose(seen.variance[0, :2] - seen.noise[0, :2], spread, rtol=0.15)


def test_a_place_left_out_is_as_sure_as_the_range():
    def prior(**sigma):
        return np.sqrt(np.diag(SensorModel.of(biased(RADAR, **sigma), FRAME).prior.covariance))[4:].tolist()

    assert (prior(range_m=8.0), prior(range_m=8.0, place_m=1.0), prior(azimuth_deg=2.0)) == ([8.0, 8.0], [1.0, 1.0], [0.0, 0.0])


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
    assert len(state.bank.time) >= 3
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
    rho = math.exp(-1.0 / 3.0)  # a look each second, three periods
    assert 2.0 < tracks.covariance[0, 0] / plots.covariance[0, 0] <= 1.3 * (1.0 + rho) / (1.0 - rho)
