"""What a first detection is worth does not depend on targets that the look is not about."""

import math

import numpy as np
import pytest

from fusion.config import Accuracy, Config, CoverageTable, Sensor
from fusion.messages import SECOND, Identity, Polar, Position, Scan
from fusion.tracking.tracker import Tracker
from tests.scene import FRAME, SITE, START, sensor

FAR = CoverageTable(range_m=(0.0, 50_000.0))
BROADCAST = Sensor(id="remote-id", kind="remote_id", reports="detections-only", false_alarms_per_scan=0.01, coverage=FAR,
                   accuracy=Accuracy(horizontal_m=5.0, vertical_m=5.0))  # fmt: skip
RADAR = sensor("radar", "radar", 48.8582, 2.2945, 85.0, false_alarms_per_scan=2.0, coverage=CoverageTable(range_m=(50.0, 2000.0)))


def hear(tracker: Tracker, look: int, place: np.ndarray, name: int) -> None:
    time = START + look * SECOND + name * SECOND // 100
    latitude, longitude, height = (float(value) for value in FRAME.wgs84_from_grid(place))
    report = Position(time=time, latitude=latitude, longitude=longitude, altitude=height, sigma_horizontal=5.0, sigma_vertical=5.0,
                      identity=Identity(serial=f"drone-{name}"))  # fmt: skip
    tracker.step(Scan(sensor="remote-id", time=time, received=time, sequence=100 * look + name, detections=(report,)))


def circle(count: int, radius: float) -> np.ndarray:
    centre = FRAME.grid_from_wgs84(math.radians(48.8582), math.radians(2.2945), 200.0)
    turn = np.arange(count) * math.tau / max(count, 1)
    return centre + radius * np.column_stack([np.sin(turn), np.cos(turn), np.zeros(count)])


@pytest.mark.parametrize("known", [0, 5, 50])
def test_a_message_about_one_drone_is_no_silence_about_the_others(known):
    tracker = Tracker(Config(site=SITE, sensor=(BROADCAST,)), FRAME)
    for look in range(20):
        for name, place in enumerate(circle(known, 4000.0)):
            hear(tracker, look, place, name)
    assert tracker.store.confirmed.sum() == known
    hear(tracker, 20, circle(1, 0.0)[0], 60)
    assert tracker.store.r[-1] > 0.9


def test_targets_outside_a_radars_coverage_explain_none_of_its_plots():
    worth = []
    for known in (0, 50):
        tracker = Tracker(Config(site=SITE, sensor=(BROADCAST, RADAR)), FRAME)
        for look in range(10):
            for name, place in enumerate(circle(known, 8000.0)):
                hear(tracker, look, place, name)
            time = START + (look + 1) * SECOND - 1
            plots = [
                Polar(time=time, range=500.0, azimuth=turn, sigma_range=5.0, sigma_azimuth=0.01)
                for turn in ([] if look < 9 else [0.5, 2.0, 3.5, 5.0])
            ]
            tracker.step(Scan(sensor="radar", time=time, received=time, sequence=look, detections=tuple(plots)))
        worth.append(float(tracker.store.r[-1]))
    assert worth[1] == pytest.approx(worth[0], rel=0.02)
