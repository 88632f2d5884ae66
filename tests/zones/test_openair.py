"""OpenAir files, against geodesics, areas and what their records say."""

import itertools
import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely.geometry import Polygon

from fusion.errors import ConfigError
from fusion.frame import SiteFrame
from fusion.zone_files import check
from fusion.zones.ed318 import parse_zones
from fusion.zones.openair import is_openair, translated
from fusion.zones.openair_shapes import place_of
from fusion.zones.zones import CorridorOutline, GridZone

GEOD = Geod(ellps="WGS84")
MILE = 1852.0
FILE = """\
* what pilots have
AC P
AN LF-P 23 PARIS
AH 6500FT AMSL
AL SFC
DP 48:51:30 N 002:17:40 E
DP 48:53.000N 002:17:40 E
DP 48:53:00 N 002:22:40 E

AC D
AN CTR Agen
AH FL115
AL 1500ft AGL
V X=44:10:29 N 000:35:26 E
DB 44:13:48 N 000:45:33 E,44:02:56 N 000:39:07 E
DP 44:05:00 N 000:20:00 E
AC R
AN R 45 A
AL 500m AGL
AH UNL
V X=49:03:00 N 002:00:00 E
DC 2.5
AC W
AN wave
AL FL 95
AH FL 195
V W=2
DY 48:00:00 N 002:00:00 E
DY 48:30:00 N 002:00:00 E
"""


def features(text: str):
    return translated(text, "f").features


def test_an_openair_file_is_told_from_json():
    assert is_openair(FILE)
    assert not is_openair('{"type": "FeatureCollection", "features": []}')
    assert not is_openair("")


def test_every_airspace_becomes_a_zone_that_reads_strictly():
    text = json.dumps({"type": "FeatureCollection", "features": features(FILE)})
    zones = {zone.identifier: zone for zone in parse_zones(text, "f")}
    assert {name: zone.type for name, zone in zones.items()} == {
        "P23": "PROHIBITED",
        "CTRAgen": "REQ_AUTHORIZATION",
        "R45A": "REQ_AUTHORIZATION",
        "wave": "CONDITIONAL",
    }
    (volume,) = zones["P23"].volumes
    assert volume.lower is None
    assert volume.upper.height == pytest.approx(6500 * 0.3048)
    assert volume.upper.datum == "amsl"
    (volume,) = zones["R45A"].volumes
    assert (volume.lower.height, volume.lower.datum, volume.upper) == (pytest.approx(500.0, abs=1e-3), "agl", None)
    (volume,) = zones["wave"].volumes
    assert isinstance(volume.outline, CorridorOutline)
    assert volume.outline.reach == pytest.approx(MILE)


def test_a_flight_level_is_never_read_as_a_smaller_zone_than_any_weather_makes_it():
    (layer,) = [one["geometry"]["layer"] for one in features(FILE) if one["properties"]["identifier"] == "wave"]
    for pressure in (945.0, 1013.25, 1055.0):  # hPa at the sea; the standard atmosphere's barometric formula
        moved = 145366.45 * (1.0 - (pressure / 1013.25) ** 0.190284)  # ft that pressure 0 ft lies above the sea
        assert layer["lower"] <= 9500.0 - moved
        assert layer["upper"] >= 19500.0 - moved


@pytest.mark.parametrize(("direction", "turn"), [("+", 90.0), ("-", 270.0)])
def test_an_arc_keeps_its_radius_and_its_sense(direction, turn):
    text = f"AC R\nAN arc\nV X=48:00:00 N 002:00:00 E\nV D={direction}\nDP 48:00:00 N 002:00:00 E\nDA 5,0,90\n"
    (ring,) = features(text)[0]["geometry"]["coordinates"]
    radii = [GEOD.inv(2.0, 48.0, *place)[2] for place in ring[1:-1]]
    assert max(abs(radius - 5 * MILE) for radius in radii) < 0.01
    area = abs(GEOD.geometry_area_perimeter(Polygon(ring))[0])
    assert area == pytest.approx(math.pi * (5 * MILE) ** 2 * turn / 360.0, rel=2e-4)


def test_an_arc_between_places_begins_and_ends_there():
    ring = features(FILE)[1]["geometry"]["coordinates"][0]
    assert ring[0] == pytest.approx([0 + 45 / 60 + 33 / 3600, 44 + 13 / 60 + 48 / 3600])
    assert ring[-3] == pytest.approx([39 / 60 + 7 / 3600, 44 + 2 / 60 + 56 / 3600])
    radii = [GEOD.inv(35 / 60 + 26 / 3600, 44 + 10 / 60 + 29 / 3600, *place)[2] for place in ring[:-2]]
    assert max(abs(first - second) for first, second in itertools.pairwise(radii)) < 0.01 * radii[0]


def test_a_circle_is_one_of_the_service_and_contains_what_is_nearer():
    zone = parse_zones(json.dumps({"type": "FeatureCollection", "features": [features(FILE)[2]]}), "f")[0]
    frame = SiteFrame.at(49.0, 2.0, "auto", 33.0, 44.6)
    for bearing in range(0, 360, 30):
        for distance, inside in ((2.49 * MILE, True), (2.51 * MILE, False)):
            longitude, latitude, _ = GEOD.fwd(2.0, 49.05, bearing, distance)
            point = frame.grid_from_wgs84(math.radians(latitude), math.radians(longitude), 0.0)[None, :2]
            assert GridZone.of(zone, frame).contains(point)[0] == inside


@pytest.mark.parametrize(
    ("text", "degrees"),
    [
        ("48:51:30 N 002:17:40 E", (48.858333, 2.294444)),
        ("48:51.500N 002:17.667E", (48.858333, 2.29445)),
        ("33:51:30.5 S 151:12:40 W", (-33.858472, -151.211111)),
    ],
)
def test_places_are_read_as_they_are_written(text, degrees):
    assert place_of(text, "f") == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("DP 48:71:30 N 002:17:40 E", "line 2: '48:71:30 N 002:17:40 E' is no place"),
        ("DC 2.5", "line 2: has no middle; expected V X= before it"),
        ("V X=48:00:00 N 002:00:00 E\nDC many", "line 3: 'many' is not a radius in nautical miles; expected 0 to 5000"),
        ("V X=48:00:00 N 002:00:00 E\nDA 5,0", "line 3: DA '5,0' cannot be read; expected radius, bearing, bearing"),
        ("V Q=1", "line 2: V 'Q=1' cannot be read"),
        ("QQ 1", "line 2: 'QQ' is no command of OpenAir that is known here"),
        ("DP 48:00:00 N 002:00:00 E", "its outline has 1 corners; expected three or more"),
    ],
)
def test_what_cannot_be_read_is_left_out_by_line_and_value(lines, said):
    result = translated(f"AC P\n{lines}\n", "f")
    assert result.features == []
    assert said in result.left_out[0]


def test_two_airspaces_of_one_name_have_two_identifiers():
    shape = "V X=48:00:00 N 002:00:00 E\nDC 1\n"
    names = [one["properties"]["identifier"] for one in features(f"AC D\nAN Ploermel\n{shape}" * 12)]
    assert len(set(names)) == 12
    assert all(len(name) <= 7 for name in names)


def test_the_command_writes_zones_that_it_then_calls_good(tmp_path):
    source, out = tmp_path / "france.txt", tmp_path / "zones.json"
    source.write_text(FILE, encoding="utf-8")
    said, good = check([source], out)
    assert good
    assert any("class P is read as PROHIBITED" in line for line in said)
    assert check([out])[1]
    assert not check([source])[1]


records = st.sampled_from(["AC", "AN", "AL", "AH", "DP", "DA", "DB", "DC", "DY", "V", "V X=48:00:00 N 002:00:00 E", "AY"])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(records, st.text(alphabet="0123456789:.,NESWFL +-=XDamtf", max_size=30)), max_size=12))
def test_nonsense_is_left_out_or_makes_zones_that_read_strictly(lines):
    result = translated("AC P\n" + "\n".join(f"{command} {value}" for command, value in lines), "f")
    for feature in result.features:
        try:
            parse_zones(json.dumps({"type": "FeatureCollection", "features": [feature]}), "f")
        except ConfigError as error:
            assert "lower" in str(error) or "coordinates" in str(error)
