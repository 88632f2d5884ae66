"""What a first detection is worth does not depend on targets that the look is not about."""

import math

import numpy as np
import pytest

from fusion.config import Accuracy, Config, CoverageTable, Sensor
from fusion.messages import SECOND, Identity, Polar, Position, Scan
from fusion.tracking.tracker import Tracker
from fusion.tracking.undetected import Undetected, look
from tests.scene import FRAME, SITE, START, sensor

FAR = CoverageTable(range_m=(0.0, 50_000.0))
BROADCAST = Sensor(id="remote-id", kind="remote_id", reports="detections-only", false_alarms_per_scan=0.01, coverage=FAR,
                   accuracy=Accuracy(horizontal_m=5.0, vertical_m=5.0))  # fmt: skip
RADAR = sensor("radar", "radar", 48.8582, 2.2945, 85.0, false_alarms_per_scan=2.0, coverage=CoverageTable(range_m=(50.0, 2000.0)))


def hear(tracker: Tracker, number: int, place: np.ndarray, name: int) -> None:
    time = START + number * SECOND + name * SECOND // 100
    latitude, longitude, height = (float(value) for value in FRAME.wgs84_from_grid(place))
    report = Position(time=time, latitude=latitude, longitude=longitude, altitude=height, sigma_horizontal=5.0, sigma_vertical=5.0,
                      identity=Identity(serial=f"drone-{name}"))  # fmt: skip
    tracker.step(Scan(sensor="remote-id", time=time, received=time, sequence=100 * number + name, detections=(report,)))


def circle(count: int, radius: float) -> np.ndarray:
    centre = FRAME.grid_from_wgs84(math.radians(48.8582), math.radians(2.2945), 200.0)
    turn = np.arange(count) * math.tau / max(count, 1)
    return centre + radius * np.column_stack([np.sin(turn), np.cos(turn), np.zeros(count)])


@pytest.mark.parametrize("known", [0, 5, 50])
def test_a_message_about_one_drone_is_no_silence_about_the_others(known):
    tracker = Tracker(Config(site=SITE, sensor=(BROADCAST,)), FRAME)
    for number in range(20):
        for name, place in enumerate(circle(known, 4000.0)):
            hear(tracker, number, place, name)
    assert tracker.store.confirmed.sum() == known
    hear(tracker, 20, circle(1, 0.0)[0], 60)
    assert tracker.store.r[-1] > 0.9


def test_targets_outside_a_radars_coverage_explain_none_of_its_plots():
    worth = []
    for known in (0, 50):
        tracker = Tracker(Config(site=SITE, sensor=(BROADCAST, RADAR)), FRAME)
        for number in range(10):
            for name, place in enumerate(circle(known, 8000.0)):
                hear(tracker, number, place, name)
            time = START + (number + 1) * SECOND - 1
            plots = [
                Polar(time=time, range=500.0, azimuth=turn, sigma_range=5.0, sigma_azimuth=0.01)
                for turn in ([] if number < 9 else [0.5, 2.0, 3.5, 5.0])
            ]
            tracker.step(Scan(sensor="radar", time=time, received=time, sequence=number, detections=tuple(plots)))
        worth.append(float(tracker.store.r[-1]))
    assert worth[1] == pytest.approx(worth[0], rel=0.02)


@pytest.mark.parametrize("before", [Undetected(), Undetected(expected=0.01, looked=1), Undetected(expected=0.0, looked=1)])
@pytest.mark.parametrize("unexplained", [0.0, 1.0, 500.0, 4000.0, 100_000.0])
def test_a_look_at_more_than_was_ever_thought_of_is_still_a_look(before, unexplained):
    after, intensity = look(before, 2, unexplained, false=3.0, pd=1.0, births=0.0)
    assert math.isfinite(after.expected)
    assert intensity.flood == (unexplained > 2500.0 or (unexplained == 500.0 and before.looked > 0))
    if intensity.flood:
        assert (intensity.fresh, intensity.false) == (0.0, unexplained)
        return
    assert 0.0 < intensity.fresh < 1.0
    assert unexplained < 500.0 or 0.3 * unexplained < intensity.born < 3.0 * unexplained or intensity.born > 1000.0


def test_a_crowd_of_detections_in_one_look_does_not_lose_what_is_followed():
    tracker = Tracker(Config(site=SITE, sensor=(RADAR,)), FRAME)
    rng = np.random.default_rng(0)
    for number in range(20):
        time = START + number * SECOND
        crowd = 5000 if number == 12 else 0
        places = [(1000.0, 0.3), *zip(rng.uniform(60.0, 1900.0, crowd), rng.uniform(0.0, math.tau, crowd), strict=True)]
        plots = [Polar(time=time, range=r, azimuth=az, sigma_range=5.0, sigma_azimuth=0.01) for r, az in places]
        tracker.step(Scan(sensor="radar", time=time, received=time, sequence=number, detections=tuple(plots)))
        if number == 11:
            (name,) = tracker.table(tracker.time).tracks
    assert name in tracker.table(tracker.time).tracks
