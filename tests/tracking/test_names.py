"""No two things that are shown carry one id: tracks with a place and bearings, in order and late."""

import numpy as np
import pytest

from fusion.messages import SECOND
from fusion.tracking.births import births_of
from fusion.tracking.timeline import Timeline
from tests.tracking.hearing_scene import RADAR, camera, drones, finder, scans, tracker

SENSORS = (finder(1), finder(2), camera(2), camera(3), RADAR)
LATENCY = {"rf-1": 1.2, "rf-2": 0.9, "camera-2": 0.1, "camera-3": 0.6, "radar": 0.4}


@pytest.mark.parametrize("late", [0, 1])
@pytest.mark.parametrize("seed", [0, 1, 2, 8])
def test_an_id_is_shown_once(seed, late):
    rng = np.random.default_rng(seed)
    line = Timeline(tracker(*SENSORS), 3.0)
    truth = drones(rng, 4)
    looks = scans(rng, SENSORS, truth, 20.0, quiet={"radar": 12.0})
    for scan in sorted(looks, key=lambda scan: scan.time + round(late * LATENCY[scan.sensor] * SECOND)):
        line.insert(scan)
        line.advance()
        core = line.tracker
        table = core.table(max(line.newest, core.time))
        assert len(table.tracks) == len(table.existence)
        ids = [*table.tracks, *(bearing.track for bearing in table.bearings)]
        assert len(set(ids)) == len(ids)
        births = [*births_of(core.store), *births_of(core.hearing.tracks)]
        assert len(set(births)) == len(births)
