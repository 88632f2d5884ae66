"""From a WGS84 truth through the wire's JSON and the whole core to a published track: every kind of measurement, against PROJ.

The truth and what sensors measure of it are reckoned earth-centred (`simulators.earth`), in which nothing is the tracker's.
"""

import json
import math

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sensors
from fusion.config import Accuracy, Config, CoverageTable, Sensor, Site
from fusion.messages import LIGHT, SECOND, RawMessage, Rejected, Tick, TracksMessage, utc
from fusion.pipeline import Pipeline
from fusion.topics import TopicTree
from fusion.zones.permits import Register
from fusion.zones.zones import ZoneSet
from simulators.earth import Place, wgs84_from_ecef

START = 1_785_000_000 * SECOND
GROUND, UNDULATION = 33.0, 44.6
SECONDS = 8
ACCURACY = Accuracy(
    range_m=2.0,
    azimuth_deg=0.05,
    elevation_deg=0.05,
    radial_speed_mps=0.3,
    horizontal_m=2.0,
    vertical_m=2.0,
    velocity_mps=0.3,
    tdoa_s=5e-9,
)
SITES = {"auto": (48.8582, 2.2945), "EPSG:2154": (43.30, 5.37), "EPSG:32631": (48.39, -0.49)}
"""The middle of Paris, and two places where grid north is degrees off true north."""
ABOVE = {"hae": 0.0, "amsl": UNDULATION, "agl": GROUND + UNDULATION, "takeoff": GROUND + UNDULATION, "pressure": UNDULATION}
PLACES = ((-900.0, 700.0, 90.0), (1100.0, 500.0, 110.0), (800.0, -900.0, 70.0), (-1000.0, -800.0, 140.0))
"""Four sensors, m east and north of the middle, and above the ellipsoid."""


def offset(middle: Place, east: float, north: float, height: float) -> Place:
    """Give a place that far from the middle, with this ellipsoid height."""
    point = middle.origin + np.array([east, north, 0.0]) @ middle._turn
    latitude, longitude, _ = wgs84_from_ecef(point)
    return Place(float(latitude), float(longitude), height)


def azimuth(e):
    return math.degrees(math.atan2(e[0], e[1]))


def polar(place, others, point, velocity, own):
    e = place.enu(point)
    r = float(np.linalg.norm(e))
    return {"range_m": r, "azimuth_deg": azimuth(e), "elevation_deg": math.degrees(math.asin(e[2] / r)),
            "radial_speed_mps": float(e @ place.turned(velocity)) / r}  # fmt: skip


def bearing(place, others, point, velocity, own):
    return {"azimuth_deg": azimuth(place.enu(point))}


def pointing(place, others, point, velocity, own):
    e = place.enu(point)
    return {"azimuth_deg": azimuth(e), "elevation_deg": math.degrees(math.asin(e[2] / float(np.linalg.norm(e))))}


def told(datum):
    def position(place, others, point, velocity, own):
        latitude, longitude, height = wgs84_from_ecef(point)
        here = Place(float(latitude), float(longitude), float(height))
        return {"latitude_deg": math.degrees(here.latitude), "longitude_deg": math.degrees(here.longitude),
                "altitude_m": here.height - ABOVE[datum], "altitude_datum": datum,
                "velocity_mps": here.turned(velocity).tolist()}  # fmt: skip

    return position


def tdoa(place, others, point, velocity, own):
    reference = (own + 1) % len(others)
    away = np.linalg.norm(place.enu(point)) - np.linalg.norm(others[reference].enu(point))
    return {"tdoa_s": float(away) / LIGHT, "reference": f"s{reference}"}


KINDS = {
    "polar": ("radar", 1, polar),
    "azimuth only": ("rf", 3, bearing),
    "azimuth and elevation": ("camera", 2, pointing),
    "tdoa": ("tdoa", 4, tdoa),
    **{datum: ("remote_id", 1, told(datum)) for datum in ABOVE},
}

truths = st.tuples(
    st.floats(-700, 700), st.floats(-700, 700), st.floats(100, 220), st.floats(-15, 15), st.floats(-15, 15), st.floats(-1, 1)
)  # fmt: skip


def published(crs, kind, truth):
    """Let the core hear SECONDS of a flight, one noiseless detection a look; give the true place and velocity, and the last tracks."""
    word, count, say = KINDS[kind]
    latitude, longitude = SITES[crs]
    middle = Place(math.radians(latitude), math.radians(longitude), 0.0)
    places = [offset(middle, *where) for where in PLACES[:count]]
    site = Site(
        name="t", latitude_deg=latitude, longitude_deg=longitude, crs=crs, ground_amsl_m=GROUND, geoid_undulation_m=UNDULATION
    )
    found = tuple(
        Sensor(id=f"s{i}", kind=word, latitude_deg=math.degrees(one.latitude), longitude_deg=math.degrees(one.longitude),
               altitude_hae_m=one.height, period_s=1.0, accuracy=ACCURACY, false_alarms_per_scan=1e-3,
               coverage=CoverageTable(elevation_deg=(-90.0, 90.0), range_m=(1.0, 20_000.0)))
        for i, one in enumerate(places)
    )  # fmt: skip
    core = Pipeline(Config(site=site, sensor=found), sensors.BUILT_IN, ZoneSet.of([], site.frame()), Register())
    east, north, height, *velocity = truth
    start = offset(middle, east, north, height)
    moving = np.array(velocity) @ start._turn
    tracks = {}
    for k in range(SECONDS):
        time, point = START + k * SECOND, start.origin + k * moving
        for i, place in enumerate(places):
            payload = {"time": utc(time).isoformat(), "sequence": k, "detections": [say(place, places, point, moving, i)]}
            raw = RawMessage(
                topic=TopicTree("t").path("scan", sensor=f"s{i}"), payload=json.dumps(payload).encode(), received=time + 1
            )
            said = core.feed(raw)
            assert not any(isinstance(one, Rejected) for one in said), said
        for output in core.feed(Tick(time=time + 2)):
            if isinstance(output, TracksMessage):
                tracks = {one.track: one for one in output.tracks if one.status == "confirmed"}
    latitude, longitude, height = wgs84_from_ecef(point)
    return Place(float(latitude), float(longitude), float(height)), moving, list(tracks.values())


@pytest.mark.parametrize("kind", KINDS)
@given(st.sampled_from(sorted(SITES)), truths)
@settings(max_examples=8, deadline=None)
def test_a_track_is_where_and_as_fast_as_the_truth(kind, crs, truth):
    here, moving, tracks = published(crs, kind, truth)
    velocity = here.turned(moving)
    assert len(tracks) == 1
    (track,) = tracks
    place = track.position
    level = here.enu(Place(math.radians(place.latitude_deg), math.radians(place.longitude_deg), here.height).origin)
    # What a kind does not tell well is not asked, but four figures of its sigma are: a bearing without elevation tells no height,
    # and a pressure altitude is good to 100 m, so that what is known of all drones' heights (50 ± 40 m) weighs more.
    sigma = math.sqrt(max(track.covariance.position_m2[0][0], track.covariance.position_m2[1][1]))
    assert math.hypot(level[0], level[1]) < (8.0 if kind == "azimuth only" else 3.0)
    assert sigma < 20.0
    off = place.altitude_hae_m - here.height
    tall = math.sqrt(track.covariance.position_m2[2][2])
    assert abs(off) < (4.0 * tall if kind in {"azimuth only", "tdoa", "pressure"} else 3.0)
    assert abs(place.altitude_amsl_m - (place.altitude_hae_m - UNDULATION)) < 2e-3
    assert abs(place.height_agl_m - (place.altitude_hae_m - UNDULATION - GROUND)) < 2e-3
    wrong = np.array([track.velocity.east_mps, track.velocity.north_mps]) - velocity[:2]
    assert np.hypot(*wrong) < (3.0 if kind == "azimuth only" else 1.0)
    if kind in {"hae", "amsl", "agl"}:
        assert tall < 3.0
        assert abs(track.velocity.up_mps - velocity[2]) < 0.3


@pytest.mark.parametrize(("datum", "least"), [("takeoff", 8.0), ("pressure", 25.0)])
def test_a_height_above_an_unknown_datum_is_never_sure(datum, least):
    """Eight reports share the datum's error; white as R takes it, 30 m are √8 less in the end, and not 2 m."""
    _, _, (track,) = published("auto", datum, (300.0, 200.0, 150.0, 5.0, 3.0, 0.0))
    assert math.sqrt(track.covariance.position_m2[2][2]) > least


def test_what_took_off_from_a_roof_is_still_one_track_with_what_a_radar_sees():
    """A height above take-off, told by a drone from a roof 25 m up: 25 m too low as the site's ground has it, within its sigma."""
    station = sensors.Station(
        Sensor(id="s", kind="remote_id", accuracy=ACCURACY),
        Site(name="t", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=GROUND, geoid_undulation_m=UNDULATION).frame(),
    )
    plot = {"latitude_deg": 48.86, "longitude_deg": 2.29, "altitude_m": 50.0, "altitude_datum": "takeoff"}
    raw = msgspec.json.encode({"time": "2026-07-26T17:30:00Z", "sequence": 1, "detections": [plot]})
    (found,) = sensors.BUILT_IN["remote_id"].decode(station, RawMessage(topic="t", payload=raw, received=1), False).detections
    assert found.altitude == pytest.approx(50.0 + GROUND + UNDULATION)
    assert found.sigma_vertical == pytest.approx(math.hypot(2.0, 30.0))
