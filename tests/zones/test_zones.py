"""Zones in the grid: heights across data, sets that change, and containment against geodesic truth."""

import msgspec
import numpy as np
import pytest
from pyproj import Geod

from fusion.errors import ConfigError
from fusion.frame import SiteFrame
from fusion.messages import SECOND
from fusion.zones.schedule import Period
from fusion.zones.zones import CircleOutline, GridZone, Limit, PolygonOutline, Volume, Zone, ZoneSet
from tests.zones.zone_scenes import FRAME, NOW, agl, circle, place, polygon, zone

GEOD = Geod(ellps="WGS84")
SQUARE = [(-100, -100), (100, -100), (100, 100), (-100, 100)]


def limits(lower, upper, frame=FRAME):
    outline = CircleOutline(latitude=frame.latitude, longitude=frame.longitude, radius=100.0)
    laid = GridZone.of(zone("Z", outline, volumes=(Volume(outline=outline, lower=lower, upper=upper),)), frame)
    return laid.limits[0].tolist()


@pytest.mark.parametrize(
    ("lower", "upper", "expected"),
    [
        (Limit(height=50, datum="agl"), Limit(height=120, datum="agl"), [127.6, 197.6]),
        (Limit(height=50, datum="amsl"), Limit(height=120, datum="amsl"), [94.6, 164.6]),
        (Limit(height=100, datum="hae"), Limit(height=120, datum="hae"), [100, 120]),
        (Limit(height=50, datum="agl"), Limit(height=6500 * 0.3048, datum="amsl"), [127.6, 2025.8]),
        (None, None, [-np.inf, np.inf]),
    ],
)
def test_heights_of_every_datum_become_heights_above_the_ellipsoid(lower, upper, expected):
    """The ground lies 33 m above the sea, and the sea 44.6 m above the ellipsoid."""
    assert limits(lower, upper) == pytest.approx(expected)


@pytest.mark.parametrize(("height", "datum"), [(0, "agl"), (-20, "agl"), (33, "amsl"), (0, "amsl"), (77.6, "hae")])
def test_a_lower_limit_at_the_ground_or_under_it_bounds_nothing(height, datum):
    assert limits(Limit(height=height, datum=datum), agl(100.0))[0] == -np.inf


def test_limits_that_leave_nothing_between_them_are_refused_once_the_ground_is_known():
    with pytest.raises(ConfigError, match=r"zone Z: its lower limit .* 127\.6 m and 84\.6 m above the ellipsoid here"):
        limits(Limit(height=50, datum="agl"), Limit(height=40, datum="amsl"))


@pytest.mark.parametrize("crs", ["auto", "EPSG:2154", "EPSG:32631"])
def test_a_circle_contains_what_is_nearer_than_its_radius_along_the_ground(crs):
    frame = SiteFrame.at(48.8582, 2.2945, crs)
    outline = CircleOutline(latitude=frame.latitude, longitude=frame.longitude, radius=1250.0)
    laid = GridZone.of(zone("RING", outline), frame)
    rng = np.random.default_rng(1)
    away, azimuth = rng.uniform(1249, 1251, 400), rng.uniform(0, 360, 400)
    longitude, latitude, _ = GEOD.fwd(np.full(400, 2.2945), np.full(400, 48.8582), azimuth, away)
    points = frame.grid_from_wgs84(np.radians(latitude), np.radians(longitude), 0.0)[:, :2]
    sure = np.abs(away - 1250.0) > 0.1
    assert (laid.contains(points) == (away <= 1250.0))[sure].all()
    assert laid.distance(points) == pytest.approx(away - 1250.0, abs=0.1)


def test_a_zone_of_several_volumes_is_all_of_them():
    parts = [polygon("A", SQUARE), polygon("B", [(x + 300, y) for x, y in SQUARE], upper=50.0), circle("C", 50.0, 0, 400)]
    whole = msgspec.structs.replace(parts[0], volumes=tuple(part.volumes[0] for part in parts))
    laid = ZoneSet.of([whole], FRAME).near[0]
    middle = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, 0.0)[:2]
    points = middle + np.array([[0.0, 0.0], [150.0, 0.0], [300.0, 0.0], [0.0, 400.0], [0.0, 300.0]])
    assert laid.contains(points).tolist() == [True, False, True, True, False]
    assert laid.distance(points) == pytest.approx([-100, 50, -100, -50, 50], abs=0.01)
    assert laid.limits[:, 1].tolist() == pytest.approx([227.6, 127.6, 227.6])


def test_a_hole_is_outside():
    laid = ZoneSet.of([polygon("A", SQUARE, [(-20, -20), (20, -20), (20, 20), (-20, 20)])], FRAME).near[0]
    middle = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, 0.0)[:2]
    assert laid.distance(middle[None]) == pytest.approx([20.0], abs=0.01)


def test_zones_stand_in_the_order_of_their_identifiers_however_they_came():
    zones = [circle("B", east=500), circle("A"), circle("C", east=900)]
    for order in (zones, zones[::-1]):
        assert [laid.zone.identifier for laid in ZoneSet.of(order, FRAME).near] == ["A", "B", "C"]
    assert ZoneSet.of(zones, FRAME).zone_of.tolist() == [0, 1, 2]


def test_two_zones_of_one_identifier_are_refused():
    with pytest.raises(ConfigError, match="zone A: is given twice"):
        ZoneSet.of([circle("A"), circle("A", east=10)], FRAME)


def test_a_zone_can_be_added_replaced_and_withdrawn():
    zones = ZoneSet.of([circle("A"), circle("B", east=500)], FRAME)
    wider = circle("A", 400.0)
    assert zones.with_zone(wider).zones == (wider, circle("B", east=500))
    assert zones.with_zone(circle("C")).zones == (circle("A"), circle("B", east=500), circle("C"))
    assert zones.without("A").zones == (circle("B", east=500),)
    assert zones.without("X").zones == zones.zones
    assert zones.zones == (circle("A"), circle("B", east=500))


def test_zones_beyond_a_thousand_kilometres_are_kept_and_told_but_not_asked():
    reunion = zone("REU", CircleOutline(latitude=np.radians(-21.1), longitude=np.radians(55.5), radius=5000.0))
    zones = ZoneSet.of([circle("A"), reunion], FRAME)
    assert [laid.zone for laid in zones.far] == [reunion]
    assert [laid.zone.identifier for laid in zones.near] == ["A"]
    assert zones.zones == (circle("A"), reunion)
    assert zones.with_zone(circle("B")).zones == (circle("A"), circle("B"), reunion)


def test_a_country_around_the_site_is_near():
    france = ((42.5, -4.8), (42.5, 8.2), (51.0, 8.2), (51.0, -4.8), (42.5, -4.8))
    rings = (tuple((float(np.radians(lat)), float(np.radians(lon))) for lat, lon in france),)
    zones = ZoneSet.of([zone("FRANCE", PolygonOutline(rings=rings))], FRAME)
    assert len(zones.near) == 1
    assert zones.near[0].contains(FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, 0.0)[None, :2]).all()


def test_a_zone_that_cannot_be_drawn_whole_is_refused(monkeypatch):
    """No CRS near Paris loses points within a thousand kilometres, so one that does is made up here."""
    original = SiteFrame.grid_from_wgs84

    def torn(self, latitude, longitude, height):
        points = original(self, latitude, longitude, height)
        return np.where((np.asarray(longitude) > 0.05)[..., None], np.inf, points)

    monkeypatch.setattr(SiteFrame, "grid_from_wgs84", torn)
    wide = PolygonOutline(rings=(((0.85, 0.04), (0.85, 0.06), (0.86, 0.04), (0.85, 0.04)),))
    with pytest.raises(ConfigError, match="zone TORN: only a part of it can be drawn"):
        ZoneSet.of([zone("TORN", wide)], FRAME)
    beyond = PolygonOutline(rings=(((0.85, 0.06), (0.85, 0.07), (0.86, 0.06), (0.85, 0.06)),))
    assert len(ZoneSet.of([zone("GONE", beyond)], FRAME).far) == 1


def test_a_zone_applies_in_any_of_its_periods_and_always_without_one():
    periods = (Period(start=NOW, end=NOW + SECOND), Period(start=NOW + 5 * SECOND))
    limited = circle("A", periods=periods)
    assert [limited.applies(NOW + s * SECOND) for s in (-1, 0, 1, 5, 10**6)] == [False, True, False, True, True]
    assert circle("A").applies(0)
    zones = ZoneSet.of([limited, circle("B"), circle("C", severity=None)], FRAME)
    assert zones.applying(NOW - SECOND).tolist() == [False, True, False]


def test_a_zone_is_called_by_its_name_in_the_language_asked_for():
    named = circle("A", names={"fr": "la tour", "en": "the Tower"})
    assert [named.label(), named.label("fr"), named.label("de")] == ["the Tower", "la tour", "la tour"]
    assert circle("A").label() == "A"


def test_a_zone_goes_through_a_snapshot_unchanged():
    whole = polygon("A", SQUARE, [(-20, -20), (20, -20), (20, 20)], names={"en": "x"}, periods=(Period(start=NOW),))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(whole), type=Zone) == whole
    assert place(0, 0) == pytest.approx((FRAME.latitude, FRAME.longitude))


def test_a_set_without_zones_is_a_set():
    zones = ZoneSet.of([], FRAME)
    assert zones.zones == ()
    assert len(zones.prisms) == len(zones.zone_of) == len(zones.applying(NOW)) == 0
