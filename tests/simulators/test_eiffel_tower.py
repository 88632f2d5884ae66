"""The scenario at the Eiffel Tower tells the story that it is meant to, judged by geodesics."""

import math
import re

import numpy as np
import pyproj
import pytest

from simulators.earth import wgs84_from_ecef
from simulators.scenario_file import find, load
from simulators.sensing import detections, view
from simulators.targets import targets

GEOD = pyproj.Geod(ellps="WGS84")
TOWER = (48 + 51 / 60 + 29.6 / 3600, 2 + 17 / 60 + 40.2 / 3600)
RING, CORE = 1250.0, 250.0
SERIAL = r"[0-9A-HJ-NP-Z]{4}([1-9A-F])([0-9A-HJ-NP-Z]+)"
"""ANSI/CTA-2063-A: four characters of the maker, the length of the rest, and the rest, without O and I."""


@pytest.fixture(scope="module")
def stage():
    return load(find("eiffel_tower"))


@pytest.fixture(scope="module")
def flown(stage):
    return {target.id: target for target in targets(stage)}


def entry(target, radius):
    """Give when a target first is within a radius of the Tower, on the ellipsoid; None if it never is."""
    time = np.arange(target.trajectory.start, target.trajectory.end, 0.1)
    latitude, longitude, _ = wgs84_from_ecef(target.trajectory.position(time))
    count = len(time)
    way = GEOD.inv(np.degrees(longitude), np.degrees(latitude), np.full(count, TOWER[1]), np.full(count, TOWER[0]))[2]
    return float(time[way < radius][0]) if (way < radius).any() else None


def test_the_intruder_enters_the_ring_and_then_the_core_before_it_must_be_flagged_there(stage, flown):
    by = {one.zone: one.by_s for one in stage.scenario.expect if one.actor == "intruder"}
    ring, core = entry(flown["intruder"], RING), entry(flown["intruder"], CORE)
    assert 5.0 < ring < by["TE-RING"] - 5.0
    assert ring + 30.0 < core < by["TE-CORE"] - 5.0
    assert flown["intruder"].trajectory.end == pytest.approx(170.0)


def test_the_tourist_flies_in_the_ring_and_never_in_the_core(flown):
    assert entry(flown["tourist"], RING) == flown["tourist"].trajectory.start == 45.0
    assert entry(flown["tourist"], CORE) is None


def test_the_police_drone_and_the_helicopter_come_as_near_as_the_intruder(flown):
    assert entry(flown["police"], CORE) is not None
    assert entry(flown["samu"], CORE) is not None


def test_the_intruder_says_nothing_of_itself_and_the_others_do(flown):
    assert (flown["intruder"].broadcasts, flown["intruder"].identity) == ((), None)
    assert flown["intruder"].links
    assert (flown["police"].broadcasts, flown["tourist"].broadcasts, flown["samu"].broadcasts) == (
        ("remote_id",),
        ("remote_id",),
        ("adsb",),
    )


@pytest.mark.parametrize("name", ["police", "tourist"])
def test_serials_are_of_the_standards_shape(flown, name):
    shape = re.fullmatch(SERIAL, flown[name].identity.serial)
    assert shape is not None
    assert int(shape[1], 16) == len(shape[2])


def test_every_expectation_is_true_of_the_authorisations(stage, flown):
    for expectation in stage.scenario.expect:
        assert flown[expectation.actor].authorised is not expectation.flagged


def test_every_sensor_sees_what_the_story_needs_of_it(stage, flown):
    everyone = tuple(flown.values())
    seen = {}
    for sensor in stage.site.sensor:
        hits = detections(view(stage, sensor, everyone))
        seen[sensor.id] = {everyone[i].actor for i in hits.source.tolist() if i >= 0}
    assert seen["radar-1"] == {"intruder", "police", "samu", "tourist", "pigeons"} == seen["radar-2"]
    for finder in ("rf-1", "rf-2", "rf-3"):
        assert seen[finder] == {"intruder", "police", "tourist"}
    assert {"intruder", "pigeons"} <= seen["camera-1"]
    assert {"intruder", "police", "tourist", "pigeons"} <= seen["camera-2"]
    assert (seen["adsb-1"], seen["remote-id-1"]) == ({"samu"}, {"police", "tourist"})


def test_the_site_is_the_tower_and_names_its_zones_and_register(stage):
    assert (stage.site.site.latitude_deg, stage.site.site.longitude_deg) == pytest.approx(TOWER, abs=1e-6)
    assert stage.site.zones.files == ("zones_eiffel_tower.json",)
    assert stage.site.zones.register == "register_eiffel_tower.toml"
    assert all(math.isfinite(sensor.altitude_hae_m) for sensor in stage.site.sensor)
