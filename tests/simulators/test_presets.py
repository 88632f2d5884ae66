"""A preset's figures hold, and a scenario overrides single ones."""

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from scipy import stats

from fusion.errors import ConfigError
from simulators.behaviour import Behaviour
from simulators.earth import wgs84_from_ecef
from simulators.presets import PRESETS
from simulators.sensing import detections, view
from simulators.targets import targets
from tests.simulators.scenes import CAMERA, DRONE, FINDER, RADAR

SURE = 1e-3
"""A seed is fixed: a right model fails for one seed in a thousand."""

PAGE = (Path(__file__).parents[2] / "docs" / "simulators.md").read_text(encoding="utf-8")


def told(preset: str, sensor: str, more: str = "") -> str:
    return f'[[sensor]]\nid = "{sensor}"\npreset = "{preset}"\n{more}\n'


def near(stage, metres: float = 300.0):
    """Put the sensor a few hundred metres south of where the drone flies."""
    flown = targets(stage)
    sensor = view(stage, stage.site.sensor[0], flown)
    latitude, longitude, height = wgs84_from_ecef(flown[0].trajectory.position(np.array([60.0])))
    place = type(sensor.place)(float(latitude[0]) - metres / 6.37e6, float(longitude[0]), float(height[0]) - 40.0)
    return type(sensor)(sensor.chance, sensor.sensor, sensor.behaviour, place, flown, sensor.looks)


def test_every_preset_is_on_the_page_and_may_be_named():
    named = msgspec.json.schema(Behaviour)["$defs"]["Behaviour"]["properties"]["preset"]["anyOf"][0]["enum"]
    assert sorted(named) == sorted(PRESETS)
    for name in PRESETS:
        assert f"| `{name}` |" in PAGE


@pytest.mark.parametrize(
    ("preset", "sensor", "text"),
    [
        ("drone-radar-2d", "radar", RADAR),
        ("aesa-radar", "radar", RADAR),
        ("rf-finder", "finder", FINDER),
        ("consumer-camera", "camera", CAMERA),
    ],
)
def test_a_preset_is_read_and_sets_what_it_says(staged, preset, sensor, text):
    stage = staged(text, DRONE, behaviour=told(preset, sensor))
    behaviour = stage.behaviour(sensor)
    for key, value in PRESETS[preset].behaviour["accuracy"].items():
        assert getattr(behaviour.accuracy, key) == value
        assert getattr(view(stage, stage.site.sensor[0], ()).accuracy, key) == value


def test_single_keys_override_a_preset(staged):
    more = "accuracy = { azimuth_deg = 2.0 }\nbias_sigma = { azimuth_deg = 0.0 }"
    behaviour = staged(RADAR, DRONE, behaviour=told("drone-radar-2d", "radar", more)).behaviour("radar")
    assert (behaviour.accuracy.range_m, behaviour.accuracy.azimuth_deg) == (9.0, 2.0)
    assert behaviour.bias_sigma.azimuth_deg == 0.0
    assert behaviour.rotating


def test_a_preset_of_another_kind_is_refused(staged):
    with pytest.raises(ConfigError, match="'rf-finder' is a rf, and 'radar' of kind 'radar'"):
        staged(RADAR, DRONE, behaviour=told("rf-finder", "radar"))


def test_a_days_bias_is_drawn_once_a_seed_with_its_spread(staged):
    stage = staged(RADAR, DRONE, behaviour=told("drone-radar-2d", "radar"))
    drawn = [view(stage.seeded(seed), stage.site.sensor[0], ()).behaviour.bias.azimuth_deg for seed in range(400)]
    assert stats.kstest(np.array(drawn) / 2.5, "norm").pvalue > SURE
    assert view(stage, stage.site.sensor[0], ()).behaviour.bias.range_m == 8.0


def test_the_drone_radar_reports_in_the_measured_shares_of_scans_with_the_measured_noise(staged):
    still = DRONE.replace("2.2845", "2.2945").replace("2.3045", "2.2950").replace("48.8682", "48.8585")
    more = "bias_sigma = { azimuth_deg = 0.0 }\nbias = { range_m = 0.0 }\nrotating = false"
    stage = staged(
        RADAR.replace("[50, 6000]", "[0, 6000]").replace("-5, 40", "-90, 90"),
        still,
        duration=1500.0,
        behaviour=told("drone-radar-2d", "radar", more),
    )
    judged = set()
    for metres in (250.0, 400.0, 550.0, 700.0):
        radar = near(stage, metres)
        hits = detections(radar)
        looks = radar.looks.time
        seen = radar.directions(radar.targets[0].trajectory.position(looks), np.zeros((len(looks), 3)))
        plots = hits.look[hits.source == 0]
        for end, share in PRESETS["drone-radar-2d"].behaviour["detection_by_range"]:
            bin_ = np.flatnonzero((seen.range > end - 150.0) & (seen.range <= end))
            if len(bin_) > 100:
                judged.add(end)
                assert stats.binomtest(int(np.isin(plots, bin_).sum()), len(bin_), share).pvalue > SURE
        values = hits.values[hits.source == 0]
        assert stats.kstest((values[:, 0] - seen.range[plots]) / 9.0, "norm").pvalue > SURE
        aside = np.degrees((values[:, 1] - seen.azimuth[plots] + math.pi) % math.tau - math.pi)
        assert stats.kstest(aside / 1.4, "norm").pvalue > SURE
    assert judged >= {300, 450, 600, 750}
