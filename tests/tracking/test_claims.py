"""What claims are worth: sensors that measure agree, or see nothing; and what cannot be true is contradicted."""

import math

import numpy as np
import pytest

from fusion.config import Accuracy, Config, CoverageTable, Sensor
from fusion.messages import CLASSES, SECOND, Identity, Polar, Position, Scan
from fusion.tracking import claims
from fusion.tracking.claims import Report
from fusion.tracking.tracker import Tracker
from tests.scene import FRAME, SITE, START, sensor

RADAR = sensor(
    "radar", "radar", 48.8582, 2.2945, 110.0, period_s=1.0, false_alarms_per_scan=2.0,
    accuracy=Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.7),
    coverage=CoverageTable(elevation_deg=(-10.0, 70.0), range_m=(50.0, 3000.0)),
)  # fmt: skip
RF = sensor("rf", "rf", 48.8660, 2.2990, 120.0, accuracy=Accuracy(azimuth_deg=2.0), reports="detections-only")
REMOTE = Sensor(
    id="remote", kind="remote_id", reports="detections-only", false_alarms_per_scan=0.01,
    accuracy=Accuracy(horizontal_m=4.0, vertical_m=6.0, velocity_mps=0.5), coverage=CoverageTable(range_m=(0.0, 20_000.0)),
)  # fmt: skip
CONFIG = Config(site=SITE, sensor=(RADAR, RF, REMOTE))
DRONE, HELICOPTER = Identity(serial="1581F45T7229DMK001AB"), Identity(icao24="39ac45")
MIDDLE = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground + 80.0)
HORIZON = FRAME.horizon(math.radians(RADAR.latitude_deg), math.radians(RADAR.longitude_deg), RADAR.altitude_hae_m)


class Sky:
    """A tracker, what it is told second by second, and the chance in it."""

    def __init__(self, seed=7):
        self.rng, self.tracker, self.time, self.sequence = np.random.default_rng(seed), Tracker(CONFIG, FRAME), START, 0

    def second(self, *, claimed=(), real=(), identity=DRONE, looks=True):
        """Let drones at some states be heard, and others be seen; states (6) are of this second."""
        self.scan("remote", 0.1, [self.told(state, identity) for state in claimed])
        if looks:
            self.scan("radar", 0.5, [self.seen(state) for state in real if self.rng.random() < 0.9])
        self.time += SECOND

    def scan(self, name, after, detections):
        time = self.time + round(after * SECOND)
        self.sequence += 1
        made = tuple(detection(time) for detection in detections)
        if made or name == "radar":
            self.tracker.step(Scan(sensor=name, time=time, received=time, sequence=self.sequence, detections=made))

    def told(self, state, identity):
        lat, lon, height = FRAME.wgs84_from_grid(state[:3] + self.rng.normal(0, [4, 4, 6]))
        velocity = tuple(state[3:].tolist())
        return lambda time: Position(
            time=time, latitude=float(lat), longitude=float(lon), altitude=float(height), velocity=velocity,
            sigma_horizontal=4.0, sigma_vertical=6.0, sigma_velocity=0.5, identity=identity,
        )  # fmt: skip

    def seen(self, state):
        e = HORIZON.enu_from_grid(state[:3])
        sigma = np.array([5.0, math.radians(0.5), math.radians(0.7)])
        z = np.array([np.linalg.norm(e), math.atan2(e[0], e[1]), math.atan2(e[2], math.hypot(e[0], e[1]))])
        r, azimuth, elevation = (z + sigma * self.rng.standard_normal(3)).tolist()
        return lambda time: Polar(
            time=time, range=r, azimuth=azimuth % math.tau, elevation=elevation, sigma_range=5.0,
            sigma_azimuth=sigma[1], sigma_elevation=sigma[2],
        )  # fmt: skip

    def strengths(self, identity=DRONE):
        table = self.tracker.table(self.time)
        return [word for word, name in zip(table.strength, table.identity, strict=True) if name == identity]


def drone(second, east=600.0, speed=8.0):
    return np.array([*(MIDDLE + [east, -300.0 + speed * second, 0.0]), 0.0, speed, 0.0])


def test_a_real_drone_that_a_radar_sees_is_corroborated_within_five_looks():
    sky = Sky()
    for second in range(30):
        sky.second(claimed=[drone(second)], real=[drone(second)])
        assert "contradicted" not in sky.strengths()
        if second >= 5:
            assert sky.strengths() == ["corroborated"]


@pytest.mark.parametrize("seed", range(5))
def test_a_spoofed_drone_inside_the_coverage_is_contradicted_within_five_looks_and_not_at_once(seed):
    sky = Sky(seed)
    for second in range(20):
        sky.second(claimed=[drone(second)])
        if second <= 2:
            assert "contradicted" not in sky.strengths()
        if second >= 5:
            assert sky.strengths() == ["contradicted"]


def test_a_claim_outside_every_coverage_stays_a_claim():
    sky = Sky()
    for second in range(30):
        sky.second(claimed=[drone(second, east=5000.0)])
    assert sky.strengths() == ["claimed"]


def test_a_claim_near_the_ground_is_not_contradicted_by_silence():
    sky = Sky()
    for second in range(20):
        low = drone(second)
        low[2] = FRAME.ground + 5.0
        sky.second(claimed=[low])
    assert sky.strengths() == ["claimed"]


def test_without_a_sensor_that_measures_a_claim_stays_a_claim():
    sky = Sky()
    for second in range(20):
        sky.second(claimed=[drone(second)], looks=False)
    assert sky.strengths() == ["claimed"]


def test_a_drone_that_a_radar_seldom_sees_is_not_contradicted():
    sky, contradicted = Sky(), 0
    for second in range(120):
        sky.second(claimed=[drone(second, speed=3.0)], real=[drone(second, speed=3.0)] if sky.rng.random() < 0.5 else [])
        contradicted += "contradicted" in sky.strengths()
    assert contradicted <= 6


def test_a_real_drone_that_claims_to_be_elsewhere_is_two_tracks_and_its_claim_contradicted():
    sky = Sky()
    for second in range(15):
        sky.second(claimed=[drone(second)], real=[drone(second, east=1000.0)])
    assert sky.strengths() == ["contradicted"]
    assert len(sky.tracker.table(sky.time).tracks) == 2


def test_corroboration_fades_when_nobody_measures_any_longer():
    sky = Sky()
    for second in range(20):
        sky.second(claimed=[drone(second, speed=1.0)], real=[drone(second, speed=1.0)])
    assert sky.strengths() == ["corroborated"]
    for second in range(20, 120):
        sky.second(claimed=[drone(second, speed=1.0)], looks=False)
    assert sky.strengths() == ["claimed"]


def test_a_jump_contradicts_and_is_forgotten_after_a_minute():
    sky = Sky()
    for second in range(10):
        sky.second(claimed=[drone(second, east=5000.0)])
    for second in range(10, 18):
        sky.second(claimed=[drone(second, east=6000.0)])
    assert set(sky.strengths()) == {"contradicted"}
    for second in range(18, 90):
        sky.second(claimed=[drone(second, east=6000.0)])
    assert sky.strengths() == ["claimed"]


@pytest.mark.parametrize("apart", [100.0, 800.0])
def test_one_identity_in_two_places_is_shown_twice_and_contradicted_twice(apart):
    sky = Sky()
    for second in range(20):
        sky.second(claimed=[drone(second), drone(second, east=600.0 + apart)], real=[drone(second)])
    assert sky.strengths() == ["contradicted", "contradicted"]


def test_a_helicopter_may_be_faster_than_a_drone():
    sky = Sky()
    for second in range(20):
        state = drone(second, east=5000.0, speed=75.0)
        sky.second(claimed=[state] if second % 4 == 0 else [], identity=HELICOPTER)
    assert set(sky.strengths(HELICOPTER)) <= {"claimed"}


def test_what_broadcasts_is_no_bird_however_it_flies():
    sky, angle = Sky(), 10.5 / 50.0
    for second in range(30):
        state = drone(0.0)
        state[:3] += 50.0 * np.array([math.cos(angle * second), math.sin(angle * second), 0.0])
        state[3:5] = 10.5 * np.array([-math.sin(angle * second), math.cos(angle * second)])
        sky.second(claimed=[state], real=[state])
    assert sky.tracker.table(sky.time).classes[0, CLASSES.index("bird")] < 0.1


def test_a_bearing_that_fits_agrees_and_one_that_does_not_does_not():
    report = Report(START, MIDDLE + [600.0, 0.0, 0.0], np.array([0.0, 8.0, 0.0]), np.array([16.0, 36.0]))
    e = HORIZON.enu_from_grid(report.place)
    z, variance = np.zeros(6), np.full(6, np.inf)
    z[1], variance[1] = math.atan2(e[0], e[1]), math.radians(1.0) ** 2
    assert claims.agrees(report, HORIZON, z, variance, START)
    z[1] += math.radians(6.0)
    assert not claims.agrees(report, HORIZON, z, variance, START)


def test_five_silent_looks_of_a_good_sensor_are_enough_and_four_are_not():
    one = claims.silence(np.array([0.9]), np.ones(1), 1.0)[0]
    assert 4 * one < claims.ABSENT <= 5 * one
    assert claims.silence(np.array([0.4]), np.ones(1), 1.0)[0] == 0.0
    assert claims.silence(np.array([0.9]), np.ones(1), 0.2)[0] == pytest.approx(one / 5)


def test_only_sensors_of_directions_speak_by_silence():
    models = Tracker(CONFIG, FRAME).sensors
    assert {name for name, model in models.items() if model.measures} == {"radar"}
