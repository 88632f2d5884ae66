"""A drone that flies over a sensor, or stands above it, stays one track."""

import math

import numpy as np
import pytest

from fusion.config import Accuracy, Config, CoverageTable
from fusion.messages import SECOND, Polar, Scan
from fusion.tracking.tracker import Tracker
from tests.scene import FRAME, SITE, START, sensor

DOME = sensor(
    "dome", "radar", 48.8611, 2.2890, 110.0, period_s=1.0, false_alarms_per_scan=0.1, accuracy=Accuracy(range_m=5.0, azimuth_deg=0.5),
    coverage=CoverageTable(elevation_deg=(-90.0, 90.0), range_m=(0.0, 5000.0)),
)  # fmt: skip
DOME_HORIZON = Tracker(Config(site=SITE, sensor=(DOME,)), FRAME).sensors["dome"].horizon


@pytest.mark.parametrize(("speed", "height"), [(10.0, 60.0), (0.0, 60.0), (10.0, 1.0), (0.0, 1.0), (0.0, 0.0)])
def test_a_drone_above_the_sensor_stays_one_track(speed, height):
    rng = np.random.default_rng(1)
    tracker = Tracker(Config(site=SITE, sensor=(DOME,)), FRAME)
    for look in range(40):
        time = START + look * SECOND
        e = np.array([speed * (look - 20), 0.0, height])
        plot = Polar(
            time=time, range=max(float(np.linalg.norm(e)) + rng.normal(0, 5), 0.1), sigma_range=5.0,
            azimuth=(math.atan2(e[0], e[1]) + rng.normal(0, 0.0087)) % math.tau, sigma_azimuth=0.0087,
            elevation=math.atan2(e[2], abs(e[0])) + rng.normal(0, 0.012), sigma_elevation=0.012,
        )  # fmt: skip
        tracker.step(Scan(sensor="dome", time=time, received=time, sequence=look, detections=(plot,)))
    table = tracker.table(tracker.time)
    assert len(table.tracks) == 1
    assert np.linalg.norm(DOME_HORIZON.enu_from_grid(table.state[0, :3]) - [19 * speed, 0.0, height]) < 15.0
