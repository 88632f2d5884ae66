"""ED-318: what is read, and what is refused by feature, field, value and what was expected."""

import contextlib
import copy
import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.errors import ConfigError
from fusion.zones.ed318 import parse_zones
from fusion.zones.zones import CircleOutline, Limit, PolygonOutline, ZoneSet
from tests.zones.zone_scenes import FRAME

LAYER = {"upper": 150, "upperReference": "AGL", "lower": 0, "lowerReference": "AGL", "uom": "m"}
RING = [[2.0, 48.0], [2.1, 48.0], [2.1, 48.1], [2.0, 48.0]]
HOLE = [[2.05, 48.02], [2.06, 48.02], [2.06, 48.03], [2.05, 48.02]]


def feature(geometry=None, **properties):
    polygon = {"type": "Polygon", "coordinates": [RING], "layer": LAYER}
    fields = {"identifier": "LF-P23", "country": "FRA", "type": "PROHIBITED", "variant": "COMMON"} | properties
    return {"type": "Feature", "properties": fields, "geometry": geometry or polygon}


def collection(*features):
    return {"type": "FeatureCollection", "features": list(features)}


def read(tree):
    return parse_zones(msgspec.json.encode(tree), "paris.json")


def refusal(tree):
    with pytest.raises(ConfigError) as error:
        read(tree)
    return str(error.value)


def test_a_polygon_with_a_hole_is_read():
    (zone,) = read(collection(feature({"type": "Polygon", "coordinates": [RING, HOLE], "layer": LAYER})))
    (volume,) = zone.volumes
    expected = tuple(tuple((math.radians(lat), math.radians(lon)) for lon, lat in ring) for ring in (RING, HOLE))
    assert volume.outline == PolygonOutline(rings=expected)
    assert (zone.identifier, zone.country, zone.type) == ("LF-P23", "FRA", "PROHIBITED")
    assert (volume.lower, volume.upper) == (Limit(height=0, datum="agl"), Limit(height=150, datum="agl"))


def test_a_circle_is_a_point_with_an_extent():
    point = {"type": "Point", "coordinates": [2.2945, 48.8582], "layer": LAYER, "extent": {"subType": "Circle", "radius": 250}}
    (zone,) = read(feature(point))
    assert zone.volumes[0].outline == CircleOutline(latitude=math.radians(48.8582), longitude=math.radians(2.2945), radius=250)


def test_several_polygons_and_several_layers_become_as_many_volumes():
    many = {"type": "MultiPolygon", "coordinates": [[RING], [RING, HOLE]], "layer": LAYER}
    high = {"type": "Polygon", "coordinates": [RING], "layer": LAYER | {"lower": 150, "upper": 300}}
    (zone,) = read(feature({"type": "GeometryCollection", "geometries": [many, high]}))
    assert [volume.upper.height for volume in zone.volumes] == [150, 150, 300]
    assert [len(volume.outline.rings) for volume in zone.volumes] == [1, 2, 1]


def test_feet_become_metres_and_datums_ours():
    layer = {"upper": 6500, "upperReference": "AMSL", "lower": 100, "lowerReference": "WGS84", "uom": "ft"}
    (zone,) = read(feature({"type": "Polygon", "coordinates": [RING], "layer": layer}))
    assert zone.volumes[0].upper == Limit(height=pytest.approx(1981.2), datum="amsl")
    assert zone.volumes[0].lower == Limit(height=pytest.approx(30.48), datum="hae")


def test_a_height_that_is_left_out_is_no_limit():
    (zone,) = read(feature({"type": "Polygon", "coordinates": [RING], "layer": {"uom": "m"}}))
    assert (zone.volumes[0].lower, zone.volumes[0].upper) == (None, None)


@pytest.mark.parametrize(
    ("kind", "severity"),
    [
        ("PROHIBITED", "critical"),
        ("REQ_AUTHORIZATION", "warning"),
        ("CONDITIONAL", "advisory"),
        ("USPACE", "advisory"),
        ("NO_RESTRICTION", None),
    ],
)
def test_severity_comes_from_the_type_unless_the_file_says_it(kind, severity):
    assert read(feature(type=kind))[0].severity == severity
    own = read(feature(type=kind, extendedProperties={"vigie": {"severity": "warning", "kind": "core"}, "other": 1}))[0]
    assert (own.severity, own.kind) == ("warning", "core")


def test_names_are_kept_by_language():
    names = [{"text": "la Tour", "lang": "fr-FR"}, {"text": "the Tower", "lang": "en-GB"}, {"text": "again", "lang": "en-US"}]
    assert read(feature(name=names))[0].names == {"fr": "la Tour", "en": "the Tower"}


def test_applicability_is_read_with_its_hours():
    period = {
        "startDateTime": "2024-07-26T18:30:00+02:00",
        "endDateTime": "2024-07-27T00:00:00+02:00",
        "schedule": [{"day": ["FRI", "SAT"], "startTime": "18:30+02:00", "endTime": "00:00+02:00"}],
    }
    (zone,) = read(
        feature(limitedApplicability=[period, {"schedule": [{"day": ["ANY"], "startTime": "08:00Z", "endTime": "09:00:00Z"}]}])
    )
    first, second = zone.periods
    assert first.start == 1_722_011_400 * 10**9
    assert first.end == 1_722_031_200 * 10**9
    assert [hours.start for hours in first.hours] == [(24 * day + 16) * 3600 + 1800 for day in (4, 5)]
    assert [hours.length for hours in second.hours] == [3600] * 7


def test_what_vigie_has_no_use_for_is_passed_over():
    read(feature(reason=["SENSITIVE"], zoneAuthority=[{"purpose": "AUTHORIZATION"}], message=[{"text": "no"}], region=1))


PLACE = "paris.json: features[0] (LF-P23): "


def changed(path, value):
    """Give a collection in which one field is another, or is gone for None."""
    tree = collection(copy.deepcopy(feature()))
    *way, last = path
    holder = tree["features"][0]
    for step in way:
        holder = holder[step]
    if value is None:
        holder.pop(last, None) if isinstance(holder, dict) else holder.pop(last)
    else:
        holder[last] = value
    return tree


def faults(path, value):
    text = refusal(changed(path, value))
    assert text.startswith(PLACE)
    assert "\n" not in text
    return text.removeprefix(PLACE)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("uom", "km", "uom: 'km' is refused (Invalid enum value 'km'); expected \"m\" or \"ft\""),
        ("uom", None, 'uom: is missing; expected "m" or "ft"'),
        ("upperReference", "FL", "upperReference: 'FL' is refused (Invalid enum value 'FL'); expected \"AGL\" or"),
        ("upperReference", None, "upperReference: is missing beside its height; expected AGL or AMSL or WGS84"),
        ("lower", 200, "lower: 200.0 is not below upper (150)"),
        ("upper", "unl", "upper: 'unl' is refused (Expected `float | null`, got `str`); expected number from -10000 to"),
    ],
)
def test_a_fault_in_a_layer_is_named(key, value, words):
    assert faults(("geometry", "layer", key), value).startswith(f"geometry: layer.{words}")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (["layer"], None, "layer: is missing; expected table"),
        (["type"], "MultiLineString", "type: 'MultiLineString' is not supported; expected Polygon, MultiPolygon,"),
        (["coordinates", 0, 1, 1], 91, "coordinates[0][1][1]: 91 is refused (Expected `float` <= 90.0); expected list of list"),
        (["coordinates", 0, 3], [2.0, 48.5], "coordinates[0]: [(2.0, 48.0), (2.0, 48.5)] are its ends; expected a ring that"),
        (["coordinates", 0], RING[:3], "coordinates[0]: [[2.0, 48.0], [2.1, 48.0], [2.1, 48.1]] is refused (Expected `array`"),
        (["coordinates", 0], [RING[0]] * 4, "coordinates[0]: ((2.0, 48.0), (2.0, 48.0), (2.0, 48.0), (2.0, 48.0)) has no"),
    ],
)
def test_a_fault_in_a_polygon_is_named(path, value, words):
    assert faults(("geometry", *path), value).startswith(f"geometry: {words}")


POINT = {"type": "Point", "coordinates": [2, 48], "layer": LAYER}


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (POINT, "geometry: extent: is missing; expected table"),
        (
            POINT | {"extent": {"subType": "Circle", "radius": 0}},
            "geometry: extent.radius: 0 is refused (Expected `float` > 0.0)",
        ),
        (POINT | {"extent": {"subType": "Ellipse", "radius": 9}}, "geometry: extent.subType: 'Ellipse' is refused"),
        (
            {"type": "GeometryCollection", "geometries": [{"type": "GeometryCollection", "geometries": [POINT]}]},
            "geometry: geometries[0].type: 'GeometryCollection' is a collection in a collection",
        ),
        ({"type": "GeometryCollection", "geometries": [POINT]}, "geometry.geometries[0]: extent: is missing"),
    ],
)
def test_a_fault_in_another_geometry_is_named(geometry, words):
    assert faults(("geometry",), geometry).startswith(words)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("type", "FORBIDDEN", "type: 'FORBIDDEN' is refused"),
        ("country", "France", "country: 'France' is refused"),
        ("variant", "CUSTOMIZED", "variant: 'CUSTOMIZED' is refused"),
        (
            "extendedProperties",
            {"vigie": {"severty": "warning"}},
            "extendedProperties.vigie.severty: is not a key of this table; did you mean 'severity'?",
        ),
        ("extendedProperties", {"vigie": {"severity": "red"}}, "extendedProperties.vigie.severity: 'red' is refused"),
    ],
)
def test_a_fault_in_the_properties_is_named(key, value, words):
    assert faults(("properties", key), value).startswith(f"properties.{words}")


START = "2024-07-26T18:30:00Z"


def daily(**fields):
    return {"schedule": [{"day": ["MON"], "startTime": "08:00Z", "endTime": "22:00Z"} | fields]}


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ({"startDateTime": START[:-1]}, ".startDateTime: '2024-07-26T18:30:00' is refused"),
        ({"startDateTime": ""}, ".startDateTime: '' is refused"),
        ({"startDateTime": START, "endDateTime": START}, ": endDateTime: '2024-07-26 18:30:00+00:00' is not after startDateTime"),
        (daily(startEvent="SR"), ".schedule[0]: startEvent: 'SR' stands beside startTime ("),
        (daily(endEvent="EECT"), ".schedule[0]: endEvent: 'EECT' stands beside endTime ("),
        (daily(startEvent="DAWN"), ".schedule[0].startEvent: 'DAWN' is refused"),
        (daily(endTime=None), ".schedule[0]: endTime: is missing; expected a clock time such as 22:00+02:00"),
        (daily(startTime="08:00"), ".schedule[0].startTime: '08:00' is refused"),
        (daily(startTime="25:00Z"), ".schedule[0].startTime: '25:00Z' is refused"),
        (daily(day="MON"), ".schedule[0].day: 'MON' is refused"),
        (daily(day=["HOL"]), ".schedule[0].day[0]: 'HOL' is refused"),
    ],
)
def test_a_fault_in_the_applicability_is_named(period, words):
    assert faults(("properties", "limitedApplicability"), [period]).startswith(f"properties.limitedApplicability[0]{words}")


@pytest.mark.parametrize("identifier", ["", "LF-P23-PARIS", "LF/P23", "+"])
def test_an_identifier_that_cannot_stand_in_a_topic_is_refused(identifier):
    text = refusal(changed(("properties", "identifier"), identifier))
    assert f"properties.identifier: {identifier!r} is refused" in text


def test_the_second_of_one_identifier_is_refused():
    text = refusal(collection(feature(), feature()))
    assert text == "paris.json: features[1].properties.identifier: 'LF-P23' names features[0] already"


def test_a_long_value_is_quoted_shortly():
    assert len(refusal(changed(("geometry", "coordinates"), [[[2.0, 48.0]] * 5000 + [["x", 1]]]))) < 400


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (b"", "paris.json: is not JSON"),
        (b"\xff\xfe", "paris.json: is not JSON"),
        (b'"\xff"', "paris.json: is not JSON"),
        (b"[" * 100_000, "paris.json: is not a zone"),
        (b"[]", "paris.json: : [] is refused (Expected `object`, got `array`)"),
        (b'{"type": "Topology"}', "paris.json: type: 'Topology' is refused"),
        (b'{"type": "FeatureCollection"}', "paris.json: features: is missing"),
        (b'{"type": "FeatureCollection", "features": [1]}', "paris.json: features[0]: 1 is refused"),
        (b'{"type": "FeatureCollection", "features": [{}]}', "paris.json: features[0]: type: is missing"),
    ],
)
def test_what_is_no_collection_is_refused(source, words):
    with pytest.raises(ConfigError) as error:
        parse_zones(source, "paris.json")
    assert words in str(error.value)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["MON", "08:00Z", "AGL", "m", RING]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*LAYER, "type", "day", "vigie", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
paths = st.sampled_from(
    [
        ("geometry",),
        ("geometry", "type"),
        ("geometry", "coordinates"),
        ("geometry", "coordinates", 0),
        ("geometry", "coordinates", 0, 2),
        ("geometry", "layer"),
        *[("geometry", "layer", key) for key in LAYER],
        ("properties",),
        *[("properties", key) for key in ("identifier", "country", "type", "name", "limitedApplicability", "extendedProperties")],
    ]
)


@given(paths, json_values)
@settings(max_examples=400)
def test_anything_in_any_place_is_read_or_refused_with_words(path, value):
    tree = changed(path, value)
    with contextlib.suppress(ConfigError):
        (zone,) = parse_zones(tree, "x")
        assert len(ZoneSet.of([zone], FRAME).zones) == 1


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_bytes_are_read_or_refused_with_words(payload):
    with pytest.raises(ConfigError):
        parse_zones(payload, "x")
