"""Sensors that actors carry: judged by PROJ's horizons at the truth, by statistics of what they say of themselves, and by the core."""

import math

import numpy as np
import pyproj
import pytest
from msgspec.structs import replace

import sensors
from fusion.errors import ConfigError
from fusion.messages import SECOND, RawMessage
from sensors import Station
from sensors.pose import decode_pose
from simulators import scenario_file
from simulators.publish import messages
from simulators.scenario_file import find, load
from simulators.sensing import detections, scans, view
from simulators.targets import targets


@pytest.fixture(scope="module")
def stage():
    return load(find("chambord"))


@pytest.fixture(scope="module")
def flown(stage):
    return targets(stage)


def sensor(stage, name):
    return next(one for one in stage.site.sensor if one.id == name)


def topocentric(origin, points):
    """East, north, up of earth-centred points at an earth-centred place, by PROJ."""
    to_wgs84 = pyproj.Transformer.from_pipeline("+proj=cart +ellps=WGS84 +inv")
    longitude, latitude, height = to_wgs84.transform(*origin)
    there = pyproj.Transformer.from_pipeline(
        f"+proj=topocentric +ellps=WGS84 +lat_0={latitude!r} +lon_0={longitude!r} +h_0={height!r}"
    )
    return np.array(there.transform(*points))


def test_each_look_is_from_where_the_actor_is_at_that_moment(stage, flown):
    quiet = replace(stage.scenario.sensor[0], carried=replace(stage.scenario.sensor[0].carried), correlation_s=0.0)
    at_work = view(
        stage._replace(scenario=replace(stage.scenario, sensor=(quiet, stage.scenario.sensor[1]))),
        sensor(stage, "eye-north"),
        flown,
    )
    dark, carrier = (next(one for one in flown if one.id == name) for name in ("dark", "police-north"))
    seen = at_work.directions(*dark.trajectory.motion(at_work.looks.time))
    for k in (0, 17, 101, 333):
        t = at_work.looks.time[k]
        e = topocentric(carrier.trajectory.position(t), dark.trajectory.position(t))
        assert seen.range[k] == pytest.approx(np.linalg.norm(e), abs=1e-4)
        assert seen.azimuth[k] == pytest.approx(math.atan2(e[0], e[1]) % math.tau, abs=1e-7)
        assert seen.elevation[k] == pytest.approx(math.asin(e[2] / np.linalg.norm(e)), abs=1e-7)
        step = 1e-3
        later = np.linalg.norm(dark.trajectory.position(t + step) - carrier.trajectory.position(t + step))
        before = np.linalg.norm(dark.trajectory.position(t - step) - carrier.trajectory.position(t - step))
        assert seen.range_rate[k] == pytest.approx((later - before) / (2 * step), abs=1e-3)


def test_it_does_not_see_what_carries_it(stage, flown):
    at_work = view(stage, sensor(stage, "eye-north"), flown)
    own = [one.id for one in flown].index("police-north")
    assert not (detections(at_work).source == own).any()


def test_what_it_says_of_its_place_errs_as_the_site_was_told(stage, flown):
    """Errors last 30 s: sixty seeds, each worth one error."""
    north = next(one for one in flown if one.id == "police-north")
    platform, station = sensor(stage, "eye-north").platform, Station(sensor(stage, "eye-north"), stage.site.site.frame())
    off = []
    for seed in range(60):
        other = stage._replace(scenario=replace(stage.scenario, seed=seed))
        told = next(
            one
            for one in messages(other, flown)
            if one.topic.endswith("sensor/eye-north/pose") and one.received > stage.start + 40 * SECOND
        )
        pose = decode_pose(station, told)
        t = (pose.time - stage.start) / SECOND
        there = pyproj.Transformer.from_pipeline("+proj=cart +ellps=WGS84").transform(
            pose.longitude, pose.latitude, pose.altitude, radians=True
        )
        off.append(topocentric(north.trajectory.position(t), np.array(there)))
        assert told.received - pose.time == 50_000_000
    spread = np.array(off).std(axis=0)
    assert spread[:2] == pytest.approx([platform.horizontal_m] * 2, rel=0.35)
    assert spread[2] == pytest.approx(platform.vertical_m, rel=0.35)


def test_directions_against_the_body_turn_with_the_heading(stage, flown):
    (north,) = (one for one in flown if one.id == "dark")
    at_work = view(stage, sensor(stage, "eye-south"), flown)
    told = list(scans(at_work, detections(at_work), stage.start))
    carrier = next(one for one in flown if one.id == "police-south")
    checked = 0
    for scan in told:
        t = (scan.time - stage.start) / SECOND
        east, ahead, _ = topocentric(
            carrier.trajectory.position(t), carrier.trajectory.position(t) + carrier.trajectory.velocity(t)
        )
        if math.hypot(east, ahead) < 1.0:
            continue
        e = topocentric(carrier.trajectory.position(t), north.trajectory.position(t))
        expected = math.atan2(e[0], e[1]) - math.atan2(east, ahead)
        checked += any(abs(math.remainder(one.azimuth - expected, math.tau)) < math.radians(1.5) for one in scan.detections)
    assert checked > 100


def test_poses_stop_in_an_outage_and_while_it_is_not_in_the_air(stage, flown):
    told = stage.scenario.sensor[0]
    silent = replace(told, carried=replace(told.carried, outages=((10.0, 20.0),), every_s=0.5, delay_s=0.0))
    stream = messages(stage._replace(scenario=replace(stage.scenario, sensor=(silent, stage.scenario.sensor[1]))), flown)
    times = [(one.received - stage.start) / SECOND for one in stream if one.topic.endswith("sensor/eye-north/pose")]
    assert not [t for t in times if 10.0 <= t < 20.0]
    assert 150 <= len(times) <= 160


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"carried": {"actor": "nobody"}}, "is no actor of this scenario"),
        ({"carried": {"actor": "dark"}, "rotating": True}, "is not simulated of a sensor that is carried"),
        ({"carried": {"actor": "dark", "outages": [[5, 5]]}}, "is empty"),
        ({"carried": None}, "moves on its [sensor.platform] and with its `carried`"),
    ],
)
def test_what_cannot_be_carried_is_refused(tmp_path, change, said):
    path = find("chambord")
    lines = path.read_text(encoding="utf-8").replace("chambord_site", str(path.parent / "chambord_site"))
    first = 'carried = { actor = "police-north" }\n'
    carried = change.pop("carried")
    written = "" if carried is None else f'carried = {{ actor = "{carried["actor"]}", outages = {carried.get("outages", [])} }}\n'
    written += "".join(f"{key} = {str(value).lower()}\n" for key, value in change.items())
    (tmp_path / "one.toml").write_text(lines.replace(first, written), encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        scenario_file.load(tmp_path / "one.toml")
    assert said in str(refused.value)


def test_the_stream_is_read_by_the_adapters_that_it_is_for(stage, flown):
    frame = stage.site.site.frame()
    kinds = set()
    for one in messages(stage, flown):
        kind = one.topic.rsplit("/", 1)[1]
        name = one.topic.split("/")[-2]
        station = Station(sensor(stage, name), frame)
        kinds.add((name, kind))
        if kind == "pose":
            decode_pose(station, one)
        elif kind == "scan":
            sensors.BUILT_IN[station.sensor.kind].decode(
                station, RawMessage(topic=one.topic, payload=one.payload, received=one.received), False
            )
    assert {("eye-north", "pose"), ("eye-south", "pose"), ("eye-north", "scan")} <= kinds
