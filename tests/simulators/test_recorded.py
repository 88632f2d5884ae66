"""Recorded flights drive actors: through every row, smoothly, and wrong rows are named."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pyproj
import pytest

from fusion.errors import ConfigError
from simulators.earth import wgs84_from_ecef
from simulators.targets import targets
from tests.simulators.scenes import RADAR

TIMES = [0.0, 1.0, 2.5, 4.0, 9.0, 10.0]
GEOD = pyproj.Geod(ellps="WGS84")
START = datetime(2025, 5, 1, 10, tzinfo=UTC)
CSV = "time_s,latitude_deg,longitude_deg,altitude_hae_m\n"


def places():
    """Give a flight to the north-east, 12 m/s, that climbs from 120 m above the ellipsoid: (time, latitude, longitude, height)."""
    found = []
    for time in TIMES:
        longitude, latitude, _ = GEOD.fwd(2.2945, 48.8582, 45.0, 12.0 * time)
        found.append((time, latitude, longitude, 120.0 + 2.0 * time))
    return found


def as_csv():
    return CSV + "".join(f"{t + 7e8},{lat:.9f},{lon:.9f},{h}\n" for t, lat, lon, h in places())


def as_gpx():
    points = "".join(
        f'<trkpt lat="{lat:.9f}" lon="{lon:.9f}"><ele>{h - 44.6}</ele><time>{(START + timedelta(seconds=t)).isoformat()}</time></trkpt>'
        for t, lat, lon, h in places()
    )
    return f'<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><trkseg>{points}</trkseg></trk></gpx>'


def as_rows():
    rows = [
        {"now": 1.7e9 + t + age, "seen_pos": age, "hex": "39ac45", "lat": lat, "lon": lon, "alt_geom": h / 0.3048}
        for t, lat, lon, h in places()
        for age in (0.1, 0.4)  # each position is repeated
    ]
    return "\n".join(json.dumps(row) for row in rows)


def as_states():
    head = "time,icao24,lat,lon,velocity,heading,vertrate,callsign,onground,baroaltitude,geoaltitude,lastposupdate\n"
    rows = ["1,39ac45,,,,,,,,,,\n", "2,39ac45,48.8,2.2,12.0,45.0,2.0,AFR12,False,80.0,NULL,1.9\n"]
    rows += [
        f"{1.7e9 + t + age},39ac45,{lat:.9f},{lon:.9f},12.0,45.0,2.0,AFR12,False,{h - 40.0},{h},{1.7e9 + t}\n"
        for t, lat, lon, h in places()
        for age in (0.1, 0.4)  # each position is repeated
    ]
    return head + "".join(rows)


@pytest.fixture
def flown(staged, tmp_path):
    def fly(name, text, more=""):
        (tmp_path / name).write_text(text, encoding="utf-8")
        actor = f'[[actor]]\nid = "it"\nkind = "multirotor"\ntake_off_s = 5\ntrajectory = "{name}"\n{more}\n'
        return targets(staged(RADAR, actor))

    return fly


@pytest.mark.parametrize(
    ("name", "text"), [("a.csv", as_csv()), ("a.gpx", as_gpx()), ("a.jsonl", as_rows()), ("b.csv", as_states())]
)
def test_it_is_at_every_row_at_its_time(flown, name, text):
    (target,) = flown(name, text)
    assert (target.trajectory.start, target.trajectory.end) == pytest.approx((5.0, 15.0))
    for time, *place in places():
        latitude, longitude, height = wgs84_from_ecef(target.trajectory.position(5.0 + time))
        _, _, away = GEOD.inv(np.degrees(longitude), np.degrees(latitude), place[1], place[0])
        assert away < 0.02
        assert height == pytest.approx(place[2], abs=0.02)


def test_its_velocity_is_continuous_and_stays_between_the_rows_own(flown):
    (target,) = flown("a.csv", as_csv())
    velocity = target.trajectory.velocity(np.arange(5.0, 15.0, 0.01))
    assert np.linalg.norm(np.diff(velocity, axis=0), axis=1).max() < 0.1
    assert np.linalg.norm(velocity, axis=1) == pytest.approx(np.hypot(12.0, 2.0), abs=0.2)


def test_it_does_not_swing_out_where_it_stops(flown):
    rows = [(0, 48.8582), (10, 48.8592), (20, 48.8592), (30, 48.8592), (40, 48.8602)]
    (target,) = flown("a.csv", CSV + "".join(f"{t},{lat},2.2945,120\n" for t, lat in rows))
    latitude, _, _ = wgs84_from_ecef(target.trajectory.position(np.arange(15.0, 35.0, 0.1)))
    assert np.degrees(latitude) == pytest.approx(48.8592, abs=2e-7)


def test_several_fly_beside_it(flown):
    first, *others = flown("a.csv", as_csv(), "count = 3\nspread_m = 20")
    assert len(others) == 2
    for other in others:
        assert 0.1 < np.linalg.norm(other.trajectory.position(10.0) - first.trajectory.position(10.0)) < 20.1


ROW = "0,48.8582,2.2945,120\n"


@pytest.mark.parametrize(
    ("name", "text", "explanation"),
    [
        ("a.csv", CSV + ROW + "1,north,2.2945,120\n", r"a\.csv, row 2: latitude_deg: 'north'; expected a number from -90 to 90"),
        ("a.csv", CSV + ROW + "1,98,2.2945,120\n", "row 2: latitude_deg: '98'"),
        ("a.csv", CSV + ROW + "1,48.8582,2.2945,nan\n", "row 2: altitude_hae_m: 'nan'"),
        ("a.csv", CSV + ROW + "1,48.8582\n", "row 2: longitude_deg: None"),
        ("a.csv", CSV + ROW + ROW, "row 2: time: is not after the row before"),
        ("a.csv", CSV + ROW + "1,48.9582,2.2945,120\n", "row 2: is 11119 m from the row before"),
        ("a.csv", CSV + ROW, "has 1 rows"),
        ("a.csv", "time_s,latitude_deg,longitude_deg,height\n", "one of height_agl_m, altitude_amsl_m, altitude_hae_m"),
        ("a.gpx", "<gpx>", "is not XML"),
        ("a.gpx", '<!DOCTYPE x [<!ENTITY a "b">]><gpx/>', "they are refused"),
        ("a.gpx", as_gpx().replace("+00:00", ""), "row 1: time: '2025-05-01T10:00:00'"),
        ("a.jsonl", as_rows().replace("alt_geom", "alt_baro"), "row 1: alt_geom: None"),
        ("a.jsonl", as_rows().replace("39ac45", "39ac46", 1), "row 2: hex: '39ac45' is another aircraft"),
        ("a.csv", as_states().replace("39ac45", "39ac46", 1), "row 2: icao24: '39ac45' is another aircraft than '39ac46'"),
        ("a.csv", as_states().replace("NULL", "high"), "row 2: geoaltitude: 'high'; expected a number"),
        ("a.jsonl", "[]", "row 1: is no JSON object"),
        ("a.kml", "", "ends in .csv, .gpx, .jsonl"),
    ],
)
def test_a_wrong_file_is_named_with_row_and_field(flown, name, text, explanation):
    with pytest.raises(ConfigError, match=explanation):
        flown(name, text)


def test_a_route_and_a_trajectory_are_not_both_told(flown):
    with pytest.raises(ConfigError, match="and not both"):
        flown("a.csv", as_csv(), "route = [{ latitude_deg = 48.8, longitude_deg = 2.2, height_agl_m = 50 }]")
