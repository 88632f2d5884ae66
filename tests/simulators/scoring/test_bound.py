"""The bound against filters whose steady state is known in closed form, and the sensors' geometry against differences."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from scipy.linalg import solve_discrete_are

from fusion.config import Accuracy, Config, CoverageTable, Sensor, Site
from simulators.behaviour import Echo
from simulators.scoring.bound import LEAST, Belief, bound, density
from simulators.scoring.eyes import Eye
from simulators.scoring.pairing import pairs_of
from simulators.scoring.reading import Reports, Truth
from simulators.scoring.scene import Scene
from simulators.true_sensors import TrueSensor, TrueSensors

SITE = Site(name="test", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
TIME = np.arange(0.0, 120.5, 0.5)
STRAIGHT = Truth(TIME, np.stack([10 * TIME - 600, 0 * TIME + 400, 0 * TIME + 80], axis=-1), np.tile([10.0, 0, 0], (len(TIME), 1)))


def radar(**more):
    plain = {"id": "radar", "kind": "radar", "period_s": 1.0, "detection_probability": 0.9}
    return Sensor(**plain | {"accuracy": Accuracy(horizontal_m=8.0, vertical_m=12.0)} | more)


def bounded(*sensors, truth=STRAIGHT, **told):
    tracks = {
        "t": Reports(
            truth.time.tolist(), truth.place + [3, 4, 0], truth.velocity, [False] * len(truth.time), [None] * len(truth.time)
        )
    }
    truths = {"a": truth}
    scene = Scene.of(tracks, truths)
    return bound(Config(site=SITE, sensor=sensors), truths, scene, pairs_of(scene), **told)


def steady(q, sigma, pd, dt=1.0):
    """Position variance after a look, of a Kalman filter at rest, nearly constant velocity, noise σ²/p_D."""
    F, H = np.array([[1, dt], [0, 1]]), np.array([[1.0, 0.0]])
    Q = q * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    R = np.array([[sigma**2 / pd]])
    P = solve_discrete_are(F.T, H.T, Q, R)
    return float((P - P @ H.T @ np.linalg.inv(H @ P @ H.T + R) @ H @ P)[0, 0])


def test_at_rest_it_is_the_riccati_equations_solution():
    found = bounded(radar()).root[-20:, 0]
    expected = 2 * steady(LEAST[0], 8.0, 0.9) + steady(LEAST[2], 12.0, 0.9)
    assert found == pytest.approx(np.full(20, math.sqrt(expected)), rel=1e-6)


def test_the_ratio_is_the_error_over_the_bound():
    found = bounded(radar())
    assert found.rmse == pytest.approx(5.0)
    assert found.ratio == pytest.approx(5.0 / found.rms)


def test_a_sensor_that_reports_at_will_counts_only_with_the_reports_that_it_made():
    at_will = radar(reports="detections-only")
    assert bounded(at_will).left_out == ("radar",)
    told = bounded(at_will, looks={"radar": np.arange(0.0, 120.0)}, reported={("radar", "a"): np.arange(0.0, 120.0)})
    assert told.left_out == ()
    expected = 2 * steady(LEAST[0], 8.0, 1.0) + steady(LEAST[2], 12.0, 1.0)
    assert told.root[-2, 0] == pytest.approx(math.sqrt(expected), rel=1e-6)


def test_a_sensor_that_it_cannot_count_is_named():
    net = radar(id="net", kind="tdoa", accuracy=Accuracy(tdoa_s=1e-7))
    found = bounded(radar(), net)
    assert (found.used, found.left_out) == (("radar",), ("net",))


def test_what_is_not_covered_tells_nothing_unless_it_was_reported():
    short = radar(coverage=CoverageTable(range_m=(0.0, 100.0)))
    looks = {"radar": np.arange(0.0, 120.0)}
    assert bounded(short).root[-1, 0] > 1000.0
    assert bounded(short, looks=looks, reported={("radar", "a"): np.arange(0.0, 120.0)}).root[-1, 0] < 20.0


def test_more_sensors_and_better_ones_lower_it():
    one = bounded(radar()).root[-1, 0]
    polar = radar(id="second", accuracy=Accuracy(range_m=5.0, azimuth_deg=1.0, elevation_deg=1.0))
    assert bounded(radar(), polar).root[-1, 0] < one
    assert bounded(radar(accuracy=Accuracy(horizontal_m=4.0, vertical_m=6.0))).root[-1, 0] < one


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_blocks_predict_and_learn_like_the_whole_matrix(seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(6, 6))
    P, dt, q = root @ root.T + np.eye(6), rng.uniform(0, 3), rng.uniform(0, 5, 3)
    learnt = rng.normal(size=(3, 2))
    learnt = learnt @ learnt.T
    belief = Belief(P[None, :3, :3], P[None, :3, 3:], P[None, 3:, 3:]).predicted(np.array([dt]), q[None]).informed(learnt[None])
    F = np.block([[np.eye(3), dt * np.eye(3)], [np.zeros((3, 3)), np.eye(3)]])
    Q = np.block([[np.diag(q * dt**3 / 3), np.diag(q * dt**2 / 2)], [np.diag(q * dt**2 / 2), np.diag(q * dt)]])
    J = np.linalg.inv(F @ P @ F.T + Q)
    J[:3, :3] += learnt
    expected = np.linalg.inv(J)
    assert belief.place[0] == pytest.approx(expected[:3, :3], rel=1e-6, abs=1e-8)
    assert belief.cross[0] == pytest.approx(expected[:3, 3:], rel=1e-6, abs=1e-8)
    assert belief.velocity[0] == pytest.approx(expected[3:, 3:], rel=1e-6, abs=1e-8)


def test_the_density_of_white_acceleration_is_found_again():
    rng, q = np.random.default_rng(0), 2.0
    time = np.arange(0.0, 4000.0, 0.1)
    velocity = np.cumsum(rng.normal(0, math.sqrt(q * 0.1), (len(time), 3)), axis=0)
    _, found = density(Truth(time, np.cumsum(velocity, axis=0) * 0.1, velocity))
    assert found[:, 0].mean() == pytest.approx(q, rel=0.05)
    assert found[:, 2].mean() == pytest.approx(q, rel=0.05)


places = st.tuples(st.floats(-2000, 2000), st.floats(-2000, 2000), st.floats(-50, 500)).filter(
    lambda p: math.hypot(p[0] - 300, p[1]) > 20
)


@settings(max_examples=80, deadline=None)
@given(places)
def test_slopes_are_differences_of_what_a_sensor_measures(place):
    eye = Eye.of(radar(latitude_deg=48.8582, longitude_deg=2.2986, altitude_hae_m=100.0), Config(site=SITE))
    at = np.array(place)
    step = 1e-3 * np.eye(3)
    differences = (eye.polar(at + step) - eye.polar(at - step)).T / 2e-3
    assert eye.slopes(at[None])[0] == pytest.approx(differences, rel=1e-4, abs=1e-7)


def test_a_sensor_sees_what_its_coverage_holds():
    coverage = CoverageTable(azimuth_deg=(350.0, 10.0), elevation_deg=(-5.0, 30.0), range_m=(50.0, 1000.0))
    eye = Eye.of(radar(altitude_hae_m=77.6, coverage=coverage), Config(site=SITE))
    at = np.array([[0, 500, 10], [60, 500, 10], [200, 500, 10], [0, 500, 400], [0, 30, 1], [0, 1500, 10], [0, -500, 10]], float)
    assert eye.sees(at).tolist() == [True, True, False, False, False, False, False]


def truly(**more):
    return TrueSensors(sensor=(TrueSensor(id="radar", **more),), rcs_dbsm={"a": -17.0})


def test_what_the_site_was_told_wrongly_does_not_count():
    wrong = radar(accuracy=Accuracy(horizontal_m=2.0, vertical_m=3.0))
    found = bounded(wrong, sensors=truly(accuracy=Accuracy(horizontal_m=8.0, vertical_m=12.0))).root[-20:, 0]
    expected = 2 * steady(LEAST[0], 8.0, 0.9) + steady(LEAST[2], 12.0, 0.9)
    assert found == pytest.approx(np.full(20, math.sqrt(expected)), rel=1e-6)


def test_a_detection_that_falls_with_range_is_as_it_is_at_the_range():
    found = bounded(radar(), sensors=truly(detection_by_range=((500.0, 0.6), (900.0, 0.25))))
    far = 2 * steady(LEAST[0], 8.0, 0.25) + steady(LEAST[2], 12.0, 0.25)
    assert found.root[-2, 0] == pytest.approx(math.sqrt(far), rel=0.02)  # it came from nearer some 40 s ago
    loud = Echo(range_m=700.0, snr_db=10.0, rcs_dbsm=-20.0, false_alarm=1e-6)
    one, other = (bounded(radar(), sensors=truly(echo=echo)).root[-1, 0] for echo in (loud, replace(loud, snr_db=4.0)))
    place = np.hypot(600.0, 400.0)
    pd = 1e-6 ** (1.0 / (1.0 + 10.0 ** (1.3) * (700.0 / np.hypot(place, 80.0)) ** 4))
    near = 2 * steady(LEAST[0], 8.0, pd) + steady(LEAST[2], 12.0, pd)
    assert one == pytest.approx(math.sqrt(near), rel=0.05)
    assert other > one


def test_an_accuracy_that_the_site_does_not_report_adds_nothing():
    assert bounded(radar(), sensors=truly(accuracy=Accuracy(range_m=0.1))).root == pytest.approx(
        bounded(radar()).root, nan_ok=True
    )
