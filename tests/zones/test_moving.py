"""Zones that go with something: where they are, how they grow, and what is told of them."""

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from fusion.config_rules import Rules
from fusion.errors import ConfigError, DecodeError
from fusion.frame import SiteFrame
from fusion.messages import SECOND, Identity
from fusion.zones.ed318 import parse_zones
from fusion.zones.ed318_written import geometry_of
from fusion.zones.following import Following
from fusion.zones.moving import Anchor, Fix, Moving, pose, standing
from fusion.zones.outline import TOLERANCE
from fusion.zones.permits import Register
from fusion.zones.placing import placed, volumes_at
from fusion.zones.rules import assess
from fusion.zones.zones import ZoneSet
from tests.zones.zone_scenes import FRAME, NOW, circle, place, polygon, table

GEOD = Geod(ellps="WGS84")
BOAT = Identity(serial="BOAT-1")
SQUARE = [(-100, -50), (100, -50), (100, 50), (-100, 50)]


def going(course=None, height=None, anchor=None, origin=(0, 0), speed=10.0, fresh=10.0, stale=60.0):
    return Moving(
        anchor=anchor or Anchor(serial="boat-1"),
        origin=place(*origin),
        height=height,
        course=course,
        speed=speed,
        fresh=round(fresh * SECOND),
        stale=round(stale * SECOND),
    )


def boat(east=0.0, north=0.0, velocity=(0, 0, 0), **more):
    return {"track": "BOAT", "place": (east, north, 0), "velocity": velocity, "identity": BOAT} | more


def follower():
    return Following(FRAME, "paris", every_hz=1.0, horizon_s=60.0)


def grid(east, north):
    return FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, 0.0)[:2] + [east, north]


def laid(zone, fix, after_s=0.0):
    return placed(zone, zone.moving, fix, NOW + round(after_s * SECOND), FRAME)[0]


def contains(zones, *points):
    (zone,) = zones.near
    return zone.contains(np.array([grid(*point) for point in points])).tolist()


def test_a_circle_goes_with_its_track():
    zones, following = ZoneSet.of([circle("FLO-1", 100.0, moving=going())], FRAME), follower()
    assert contains(following.place(zones, table(boat(0, 0))), (99, 0), (400, 0)) == [True, False]
    assert contains(following.place(zones, table(boat(400, 0), time=NOW + 45 * SECOND)), (99, 0), (499, 0), (501, 0)) == [
        False,
        True,
        False,
    ]


FRAMES = [SiteFrame.at(48.8582, 2.2945, crs, 33.0, 44.6) for crs in ("auto", "EPSG:2154", "EPSG:32631")]


@given(
    st.sampled_from(FRAMES), *[st.floats(-9000, 9000)] * 2, st.floats(0, 2 * math.pi), st.floats(-300, 300), st.floats(0.1, 20)
)
@settings(max_examples=150, deadline=None)
def test_every_corner_keeps_its_geodesic_distance_and_its_azimuth_but_for_the_turn(frame, east, north, course, off, size):
    zone = polygon("FLO-1", size * np.array(SQUARE), moving=going(course=0.3, origin=(off, 20)))
    fix, origin = Fix(time=NOW, place=place(east, north), course=course), zone.moving.origin
    told = volumes_at(zone, zone.moving, pose(zone.moving, fix, NOW))[0].outline.rings[0]
    drawn = placed(zone, zone.moving, fix, NOW, frame)[0].prisms.edges[:, :2]
    for corner, there in zip(zone.volumes[0].outline.rings[0], told, strict=True):
        azimuth, _, length = GEOD.inv(origin[1], origin[0], corner[1], corner[0], radians=True)
        lon, lat, _ = GEOD.fwd(fix.place[1], fix.place[0], azimuth + course - 0.3, length, radians=True)
        assert GEOD.inv(lon, lat, there[1], there[0], radians=True)[2] < 1e-6
        assert np.hypot(*(drawn - frame.grid_from_wgs84(lat, lon, 0.0)[:2]).T).min() < TOLERANCE


def test_it_turns_with_the_course_of_its_anchor():
    zones = ZoneSet.of([polygon("FLO-1", SQUARE, moving=going(course=math.pi / 2))], FRAME)  # drawn for a boat that goes east
    north = follower().place(zones, table(boat(0, 0, (0, 5, 0))))
    assert contains(north, (0, 90), (90, 0)) == [True, False]
    assert contains(follower().place(zones, table(boat(0, 0, (0.1, 0.4, 0)))), (0, 90), (90, 0)) == [
        False,
        True,
    ]  # drifts: no course


def test_its_heights_go_with_an_anchor_that_flies():
    zone = circle("FLO-1", 100.0, lower=50.0, upper=150.0, moving=going(height=FRAME.ground + 100.0))
    fix = Fix(time=NOW, place=place(0, 0), height=FRAME.ground + 330.0)
    assert laid(zone, fix).limits == pytest.approx(FRAME.ground + np.array([[280.0, 380.0]]))
    late = laid(zone, fix, 20)
    assert late.limits == pytest.approx(FRAME.ground + np.array([[80.0, 580.0]]))


def test_a_fresh_place_is_carried_on_and_an_old_one_stays_and_grows():
    moving, fix = going(speed=10.0, fresh=10.0, stale=60.0), Fix(time=NOW, place=place(0, 0), velocity=(6.0, 0.0))
    shapes = [pose(moving, fix, NOW + s * SECOND) for s in (0, 10, 11, 60, 90)]
    assert [round(shape.grown) for shape in shapes] == [0, 0, 110, 600, 600]
    assert [round(GEOD.inv(fix.place[1], fix.place[0], *shape.place[::-1], radians=True)[2]) for shape in shapes] == [
        0,
        60,
        0,
        0,
        0,
    ]
    assert [standing(moving, fix, NOW + s * SECOND) for s in (10, 11, 60, 61)] == ["following", "held", "held", "lost"]


@given(st.floats(0, 60), st.floats(0, 2 * math.pi), st.floats(0, 1), st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_what_it_would_cover_wherever_its_anchor_went_is_covered(age, way, share, seed):
    zone = polygon("FLO-1", SQUARE, [(-60, -20), (60, -20), (60, 20), (-60, 20)], moving=going())
    fix = Fix(time=NOW, place=place(300, -200), velocity=(7.0, 3.0))
    gone = 10.0 * age * share
    there = laid(zone, Fix(time=NOW, place=place(300 + gone * math.sin(way), -200 + gone * math.cos(way))))
    points = np.random.default_rng(seed).uniform([-900, -900], [1300, 700], (200, 2)) + grid(0, 0)
    inside = there.contains(points)
    held = laid(zone, fix, age)
    if pose(zone.moving, fix, NOW + round(age * SECOND)).grown:
        assert (held.distance(points[inside]) <= 0.01).all()


def test_a_grown_polygon_is_what_shapely_makes_of_it():
    ring, hole = SQUARE, [(-60, -20), (60, -20), (60, 20), (-60, 20)]
    zone = polygon("FLO-1", ring, hole, moving=going(speed=2.0))
    held = laid(zone, Fix(time=NOW, place=zone.moving.origin), 15)  # 30 m: the hole closes
    judge = shapely.Polygon(ring, [hole]).buffer(30.0, quad_segs=256)
    points = np.random.default_rng(3).uniform(-160, 160, (4000, 2))
    edge = shapely.distance(judge.boundary, shapely.points(points))
    sure = points[edge > 0.05]
    expected = shapely.contains(judge, shapely.points(sure))
    assert (held.contains(sure + grid(0, 0)) == expected).all()
    assert (held.distance(points + grid(0, 0)) - shapely.distance(judge, shapely.points(points)) <= 0.05).all()


def test_an_anchor_that_falls_silent_is_told_as_lost_and_its_zone_stays():
    zones, following, rules = ZoneSet.of([circle("FLO-1", 100.0, moving=going())], FRAME), follower(), []
    states = []
    for second in range(90):
        tracks = [boat(2.0 * second, 0, (2, 0, 0))] if second < 20 else []
        seen = table(*tracks, time=NOW + second * SECOND)
        placed_ = following.place(zones, seen)
        states += [one.state for one in following.publish(zones, seen.time, seen.time)]
        rules.append([finding.rule for finding in following.lost(zones, seen.time, seen.time)])
        assert len(placed_.near) == 1
    assert [state.state for state in states][:: len(states) - 1] == ["following", "lost"]
    assert rules[79] == []
    assert rules[80] == ["lost_anchor"]
    assert states[-1].grown_m == 600.0
    assert sum(state.state == "lost" for state in states) == 1  # told once, it does not change any more
    assert [state.state for state in states if state.heard is None] == []


def test_an_anchor_that_is_heard_again_takes_its_zone_back():
    zones, following = ZoneSet.of([circle("FLO-1", 100.0, moving=going())], FRAME), follower()
    following.place(zones, table(boat()))
    following.place(zones, table(time=NOW + 90 * SECOND))
    back = following.place(zones, table(boat(3000, 0), time=NOW + 91 * SECOND))
    assert contains(back, (3000, 0), (0, 0)) == [True, False]


def test_an_anchor_that_was_never_heard_leaves_its_zone_where_it_was_drawn():
    zones, following = ZoneSet.of([circle("FLO-1", 100.0, moving=going())], FRAME), follower()
    assert contains(following.place(zones, table()), (99, 0), (101, 0)) == [True, False]
    (told,) = following.publish(zones, NOW, NOW)
    assert (told.state.state, told.state.heard) == ("held", None)
    later = table(time=NOW + 61 * SECOND)
    following.place(zones, later)
    assert [finding.rule for finding in following.lost(zones, later.time, later.time)] == ["lost_anchor"]


def test_nobody_leads_a_zone_away_by_the_name_of_its_anchor():
    zones, following = ZoneSet.of([circle("FLO-1", 100.0, moving=going())], FRAME), follower()
    following.place(zones, table(boat()))
    thief = boat(2000, 0, track="THIEF")
    for tracks in ([thief], [boat(5, 0), thief], [boat(5, 0), boat(50, 0, track="THIEF", strength="contradicted")]):
        assert contains(following.place(zones, table(*tracks, time=NOW + SECOND)), (0, 0), (2000, 0)) == [True, False]
    assert following.state.fixes["FLO-1"].track == "BOAT"
    known = table(boat(0, 0), boat(40, 0, track="SEEN", strength="corroborated"), time=NOW + 2 * SECOND)
    following.place(zones, known)
    assert following.state.fixes["FLO-1"].track == "SEEN"


def test_an_anchor_is_not_an_intruder_in_its_own_zone_but_others_are():
    zones, following = ZoneSet.of([circle("FLO-1", 100.0, moving=going())], FRAME), follower()
    seen = table(boat(500, 0), {"track": "DRONE", "place": (520, 0, 40)})
    found = assess(seen, following.place(zones, seen), Register(), NOW, Rules())
    assert [(finding.track, finding.rule) for finding in found.findings] == [("DRONE", "intrusion")]
    assert all("inside" not in reason.key for reason in found.standings["BOAT"].reasons)


@pytest.mark.parametrize(("speed", "expected"), [(20.0, ["predicted_entry"]), (0.0, [])])
def test_a_zone_that_comes_towards_a_drone_that_hovers_will_be_entered(speed, expected):
    zones, following = ZoneSet.of([circle("FLO-1", 100.0, moving=going(speed=25.0))], FRAME), follower()
    seen = table(boat(-700, 0, (speed, 0, 0)), {"track": "DRONE", "place": (0, 0, 40), "sigma_velocity": 0.3})
    found = assess(seen, following.place(zones, seen), Register(), NOW, Rules())
    assert [finding.rule for finding in found.findings] == expected
    for finding in found.findings:
        assert finding.time_to_entry_s == pytest.approx((700 - 100) / 20.0, abs=0.6)


def position(time, east, north, **more):
    latitude, longitude = np.degrees(place(east, north))
    clock = np.datetime64(time, "ns").astype("datetime64[us]")
    fields = {"time": f'"{clock}Z"', "latitude_deg": float(latitude), "longitude_deg": float(longitude)} | more
    return ("{" + ",".join(f'"{key}":{value}' for key, value in fields.items()) + "}").encode()


def test_a_position_topic_moves_a_zone_and_the_newer_of_topic_and_track_counts():
    zone = circle("FLO-1", 100.0, moving=going())
    zones, following = ZoneSet.of([zone], FRAME), follower()
    assert following.hear("FLO-1", zone, position(NOW - 2 * SECOND, 900, 0), NOW) is None
    assert contains(following.place(zones, table()), (900, 0)) == [True]
    assert contains(following.place(zones, table(boat(880, 0), time=NOW)), (979, 0), (981, 0)) == [True, False]


def test_late_repeated_and_impossible_positions_change_nothing():
    zone = circle("FLO-1", 100.0, moving=going(anchor=Anchor()))
    zones, following = ZoneSet.of([zone], FRAME), follower()
    following.hear("FLO-1", zone, position(NOW, 900, 0), NOW)
    assert following.hear("FLO-1", zone, position(NOW, 100, 0), NOW) is None
    for payload, why in [
        (position(NOW - SECOND, 0, 0), "1.0 s before the newest"),
        (position(NOW + 3 * SECOND, 0, 0), "3.0 s ahead"),
        (position(NOW + SECOND, 800_000, 0), "km from the site"),
        (position(NOW + SECOND, 0, 0, altitude_m=3), "altitude_datum"),
        (b"{", "zone position"),
        (b"[" * 5000, "zone position"),
        (b'{"time":"2026-07-14T00:00:00Z","latitude_deg":91,"longitude_deg":0}', "latitude_deg"),
    ]:
        with pytest.raises(DecodeError, match=why):
            following.hear("FLO-1", zone, payload, NOW)
    assert contains(following.place(zones, table()), (900, 0)) == [True]


def test_a_position_that_comes_before_its_zone_is_kept_and_told():
    following = follower()
    assert "not known yet" in following.hear("FLO-1", None, position(NOW, 900, 0), NOW)
    zones = ZoneSet.of([circle("FLO-1", 100.0, moving=going())], FRAME)
    assert contains(following.place(zones, table()), (900, 0)) == [True]


def test_a_position_of_a_zone_that_stays_is_refused():
    with pytest.raises(DecodeError, match="does not move"):
        follower().hear("HERE", circle("HERE"), position(NOW, 0, 0), NOW)


def test_a_zone_that_is_withdrawn_empties_its_topic():
    zones, following = ZoneSet.of([circle("FLO-1", 100.0, moving=going())], FRAME), follower()
    following.place(zones, table(boat()))
    following.publish(zones, NOW, NOW)
    (gone,) = following.publish(zones.without("FLO-1"), NOW, NOW)
    assert (gone.zone, gone.state) == ("FLO-1", None)
    assert following.publish(zones.without("FLO-1"), NOW, NOW) == []


def test_zones_that_stay_are_found_as_if_none_moved():
    rng = np.random.default_rng(5)
    still = [circle(f"S-{i}", float(rng.uniform(50, 300)), *rng.uniform(-3000, 3000, 2)) for i in range(60)]
    seen = table(boat(10_000, 0), *({"track": f"T{i}", "place": (*rng.uniform(-3000, 3000, 2), 50)} for i in range(80)))
    with_moving = ZoneSet.of([*still, circle("FLO-1", 100.0, moving=going())], FRAME)
    alone = assess(seen, ZoneSet.of(still, FRAME), Register(), NOW, Rules())
    beside = assess(seen, follower().place(with_moving, seen), Register(), NOW, Rules())
    assert beside == alone
    assert len(alone.findings) > 10


# --- As written ------------------------------------------------------------------------------------------------------


def feature(moving, geometry=None):
    layer = {"uom": "m", "lower": 0, "lowerReference": "AGL", "upper": 120, "upperReference": "AGL"}
    geometry = geometry or {"type": "Point", "coordinates": [2.3157, 48.8612], "extent": {"subType": "Circle", "radius": 150}}
    properties = {
        "identifier": "FLO-1",
        "country": "FRA",
        "type": "PROHIBITED",
        "extendedProperties": {"vigie": {"moving": moving}},
    }
    return {"type": "Feature", "properties": properties, "geometry": geometry | {"layer": layer}}


def test_a_moving_zone_is_read_from_its_extended_properties():
    (zone,) = parse_zones(feature({"anchor": {"icao24": "39ac45"}, "course_deg": 90, "speed_mps": 6, "stale_s": 30}), "f")
    assert zone.moving == Moving(
        anchor=Anchor(icao24="39ac45"),
        origin=(math.radians(48.8612), math.radians(2.3157)),
        course=math.pi / 2,
        speed=6.0,
        fresh=10 * SECOND,
        stale=30 * SECOND,
    )


SQUARE_THERE = {"type": "Polygon", "coordinates": [[[2.31, 48.86], [2.32, 48.86], [2.32, 48.87], [2.31, 48.86]]]}


@pytest.mark.parametrize(
    ("moving", "geometry", "why"),
    [
        ({}, None, "speed_mps"),
        ({"speed_mps": 0}, None, "speed_mps"),
        ({"speed_mps": 6, "follows": "boat"}, None, "follows"),
        ({"speed_mps": 6, "anchor": {"mmsi": 3}}, None, "mmsi"),
        ({"speed_mps": 6, "anchor": {"serial": " "}}, None, "serial"),
        ({"speed_mps": 6, "fresh_s": 20, "stale_s": 10}, None, "stale_s: 10"),
        ({"speed_mps": 6}, SQUARE_THERE, "origin: is missing"),
        ({"speed_mps": 6, "origin": [2.3, 50.0]}, SQUARE_THERE, "is 12. km from what is drawn"),
    ],
)
def test_a_moving_zone_that_makes_no_sense_is_refused_by_field(moving, geometry, why):
    with pytest.raises(ConfigError, match=why):
        parse_zones(feature(moving, geometry), "f")


def test_what_is_told_of_a_zone_reads_back_as_the_zone():
    zone = polygon("FLO-1", SQUARE, [(-60, -20), (60, -20), (60, 20)], lower=20.0)
    again = feature({"speed_mps": 6, "origin": [2.2945, 48.8582]}) | {"geometry": geometry_of(zone.volumes)}
    (read,) = parse_zones(again, "f")
    for ring, known in zip(read.volumes[0].outline.rings, zone.volumes[0].outline.rings, strict=True):
        assert np.allclose(ring, known, rtol=0, atol=2e-10)  # rad: 1 mm
    assert (read.volumes[0].lower, read.volumes[0].upper) == (zone.volumes[0].lower, zone.volumes[0].upper)
