"""What the scenarios of the library promise of their stories, judged by geodesics and straight lines."""

from datetime import timedelta

import numpy as np
import pyproj
import pytest

from fusion.assembly import read_register, read_zones
from simulators.earth import wgs84_from_ecef
from simulators.scenario_file import find, load
from simulators.targets import targets

GEOD = pyproj.Geod(ellps="WGS84")
STEP = 0.2


def told(name):
    stage = load(find(name))
    return stage, {target.id: target for target in targets(stage)}


def places(target, time):
    latitude, longitude, _ = wgs84_from_ecef(target.trajectory.position(time))
    return np.degrees(longitude), np.degrees(latitude)


def times(*several):
    """Give the times at which all of some targets fly."""
    begin, end = max(one.trajectory.start for one in several), min(one.trajectory.end for one in several)
    return np.arange(begin, end, STEP)


def apart(one, other):
    """Give when two targets are how far from each other, in a straight line."""
    time = times(one, other)
    return time, np.linalg.norm(one.trajectory.position(time) - other.trajectory.position(time), axis=-1)


def away(target, longitude, latitude):
    """Give how far a target is from a place along the ground, at each of its times."""
    time = times(target)
    here = places(target, time)
    return time, GEOD.inv(*here, np.full(len(time), longitude), np.full(len(time), latitude))[2]


def test_on_the_seine_the_diver_meets_the_circle_where_the_flagship_is_and_never_where_it_is_drawn():
    stage, flown = told("seine_ceremony")
    (circle,) = (one for one in read_zones(stage.site.zones.files, stage.site_path.parent) if one.identifier == "SE-BOAT")
    assert circle.moving is not None
    drawn = stage.scenario.actor[[one.id for one in stage.scenario.actor].index("flagship")].route[0]
    assert away(flown["diver"], drawn.longitude_deg, drawn.latitude_deg)[1].min() > 300.0 + 200.0
    time = times(flown["diver"], flown["flagship"])
    gap = GEOD.inv(*places(flown["diver"], time), *places(flown["flagship"], time))[2]
    (by,) = (one.by_s for one in stage.scenario.expect if one.zone == "SE-BOAT")
    assert 30.0 < time[gap < 300.0][0] < by - 5.0


def test_the_corridor_of_the_seine_is_six_kilometres_long_and_most_boats_stay_in_it():
    stage, flown = told("seine_ceremony")
    (corridor,) = (one for one in read_zones(stage.site.zones.files, stage.site_path.parent) if one.identifier == "SE-COR")
    line = np.degrees(corridor.volumes[0].outline.line)
    assert GEOD.line_length(line[:, 1], line[:, 0]) == pytest.approx(6000.0, rel=0.1)
    assert {flown[boat].kind for boat in ("flagship", "second")} == {"boat"}


def test_at_the_rally_the_permit_of_the_police_drone_ends_when_it_must_be_flagged_and_not_before():
    stage, flown = told("political_rally")
    permits = read_register(stage.site.zones.register, stage.site_path.parent).permits
    until = {permit.serial: permit.valid_until for permit in permits}
    (expected,) = (one for one in stage.scenario.expect if one.actor == "police")
    assert until[flown["police"].identity.serial] == stage.scenario.start + timedelta(seconds=expected.not_before_s)
    assert until[flown["relief"].identity.serial] > stage.scenario.start + timedelta(hours=1)


def test_at_the_nuclear_plant_the_main_radar_is_off_when_the_drone_enters_the_core():
    stage, flown = told("nuclear_plant")
    time, gap = away(flown["heavy"], 3.5178, 48.5153)
    ((begin, end),) = stage.behaviour("radar-1").outages
    (by,) = (one.by_s for one in stage.scenario.expect if one.zone == "NO-CORE")
    assert begin + 20.0 < time[gap < 450.0][0] < by < end


def test_the_helicopter_passes_above_the_drone_within_a_hundred_metres():
    _, flown = told("international_summit")
    time, gap = apart(flown["filmer"], flown["samu"])
    assert 50.0 < gap.min() < 100.0
    assert 20.0 < time[gap.argmin()] < 80.0


def test_the_drone_flies_through_the_starlings():
    _, flown = told("outdoor_concert")
    flock = [target for target in flown.values() if target.actor == "starlings"]
    assert len(flock) == 200
    assert min(apart(flown["laser"], bird)[1].min() for bird in flock) < 30.0


def test_the_swarm_is_of_twenty_that_nobody_knows():
    _, flown = told("swarm")
    swarm = [target for target in flown.values() if target.actor != "police"]
    assert len(swarm) == 20
    assert not any(target.broadcasts or target.authorised for target in swarm)


def test_at_the_border_there_is_nothing_but_direction_finders():
    stage, flown = told("land_border")
    assert {sensor.kind for sensor in stage.site.sensor} == {"rf"}
    assert not flown["smuggler"].broadcasts


def test_the_flood_is_of_fifty_and_there_are_five_hundred_in_the_dense_sky():
    stage, _ = told("remote_id_flood")
    assert stage.behaviour("remote-id-1").fakes.count == 50
    assert sum(one.count for one in load(find("dense_sky")).scenario.traffic) == 500


def test_sites_are_in_the_frames_that_they_say():
    frames = {
        name: load(find(name)).site.site.frame().crs for name in ("marseille_marina", "land_border", "international_summit")
    }
    assert frames == {"marseille_marina": "EPSG:32631", "land_border": "EPSG:32632", "international_summit": "EPSG:32630"}
