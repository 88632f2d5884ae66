"""ED-269, against the ED-318 that a person would write for the same zone."""

import copy

import msgspec
import pytest

from fusion.errors import ConfigError
from fusion.zones.ed269 import clock
from fusion.zones.ed318 import parse_zones

RING = [[2.0, 48.0], [2.1, 48.0], [2.1, 48.1], [2.0, 48.0]]
OLD = {
    "title": "zones",
    "description": None,
    "features": [
        {
            "identifier": "FRA0001",
            "country": "FRA",
            "name": "Hôpital",
            "type": "COMMON",
            "restriction": "REQ_AUTHORISATION",
            "restrictionConditions": ["ask"],
            "region": 1,
            "reason": ["SENSITIVE"],
            "otherReasonInfo": "",
            "regulationExemption": "NO",
            "uSpaceClass": None,
            "message": None,
            "applicability": [
                {
                    "permanent": "NO",
                    "startDateTime": "2026-07-01T00:00:00.00Z",
                    "endDateTime": "2026-08-01T00:00:00Z",
                    "schedule": [{"day": ["SAT", "SUN"], "startTime": "08:00:00.00Z", "endTime": "22:00+0200"}],
                }
            ],
            "zoneAuthority": [{"name": "x", "purpose": "AUTHORIZATION"}],
            "geometry": [
                {
                    "uomDimensions": "FT",
                    "lowerLimit": 0,
                    "lowerVerticalReference": "AGL",
                    "upperLimit": 400,
                    "upperVerticalReference": "AMSL",
                    "horizontalProjection": {"type": "Circle", "center": [2.3, 48.9], "radius": 1500},
                },
                {
                    "uomDimensions": "M",
                    "lowerLimit": None,
                    "lowerVerticalReference": "AGL",
                    "upperLimit": 120,
                    "upperVerticalReference": "AGL",
                    "horizontalProjection": {"type": "Polygon", "coordinates": [RING]},
                },
            ],
        }
    ],
}
NEW = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {
                "identifier": "FRA0001",
                "country": "FRA",
                "name": [{"text": "Hôpital"}],
                "type": "REQ_AUTHORIZATION",
                "limitedApplicability": [
                    {
                        "startDateTime": "2026-07-01T00:00:00Z",
                        "endDateTime": "2026-08-01T00:00:00Z",
                        "schedule": [{"day": ["SAT", "SUN"], "startTime": "08:00:00Z", "endTime": "22:00+02:00"}],
                    }
                ],
            },
            "geometry": {
                "type": "GeometryCollection",
                "geometries": [
                    {
                        "type": "Point",
                        "coordinates": [2.3, 48.9],
                        "extent": {"subType": "Circle", "radius": 1500},
                        "layer": {"uom": "ft", "lower": 0, "lowerReference": "AGL", "upper": 400, "upperReference": "AMSL"},
                    },
                    {
                        "type": "Polygon",
                        "coordinates": [RING],
                        "layer": {"uom": "m", "upper": 120, "upperReference": "AGL"},
                    },
                ],
            },
        }
    ],
}


def changed(path, value):
    tree = copy.deepcopy(OLD)
    *way, last = ("features", 0, *path)
    branch = tree
    for step in way:
        branch = branch[step]
    branch[last] = value
    return tree


def test_an_old_file_says_what_the_new_one_says():
    assert parse_zones(msgspec.json.encode(OLD), "old") == parse_zones(NEW, "new")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("00:00:00.00Z", "00:00:00Z"),
        ("07:30Z", "07:30Z"),
        ("07:30+0100", "07:30+01:00"),
        ("07:30:15.5-03:30", "07:30:15-03:30"),
    ],
)
def test_clock_times_are_spelt_anew(old, new):
    assert clock(old) == new


def test_what_is_permanent_applies_always_whatever_else_is_listed():
    tree = changed(("applicability",), [{"permanent": "YES"}, {"permanent": "NO", "startDateTime": "2026-07-01T00:00:00Z"}])
    assert parse_zones(tree, "old")[0].periods == ()


PLACE = "old: features[0] (FRA"
PROJECTION = ("geometry", 0, "horizontalProjection")


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("identifier",), "FRA-00012", "identifier: 'FRA-00012' is refused"),
        (("restriction",), "REQ_AUTHORIZATION", "restriction: 'REQ_AUTHORIZATION' is refused"),
        (("type",), "CUSTOMIZED", "type: 'CUSTOMIZED' is refused"),
        (("geometry",), [], "geometry: [] is refused"),
        (("geometry", 0, "uomDimensions"), "KM", "geometry[0].uomDimensions: 'KM' is refused"),
        (("geometry", 0, "lowerVerticalReference"), "STD", "geometry[0].lowerVerticalReference: 'STD' is refused"),
        (("geometry", 0, "lowerVerticalReference"), None, "lowerReference: is missing beside its height"),
        ((*PROJECTION, "type"), "Ellipse", "geometry[0].horizontalProjection: type: 'Ellipse' is not supported"),
        ((*PROJECTION, "type"), [], "geometry[0].horizontalProjection: type: [] is not supported"),
        ((*PROJECTION, "radius"), -1, "geometry[0].horizontalProjection: radius: -1 is refused"),
        ((*PROJECTION, "center"), [2.3], "geometry[0].horizontalProjection: center: [2.3] is refused"),
        (("applicability", 0, "permanent"), "YES", "applicability[0]: permanent: 'YES' stands beside startDateTime"),
        (("applicability", 0), {"permanent": "NO"}, "applicability[0]: permanent: 'NO' stands alone"),
        (("applicability", 0, "schedule", 0, "startTime"), "8h", "applicability[0].schedule[0].startTime: '8h' is refused"),
    ],
)
def test_a_fault_is_named(path, value, words):
    with pytest.raises(ConfigError) as refusal:
        parse_zones(changed(path, value), "old")
    assert str(refusal.value).startswith(PLACE)
    assert words in str(refusal.value)


def test_two_zones_of_one_identifier_are_refused():
    tree = OLD | {"features": OLD["features"] * 2}
    with pytest.raises(ConfigError, match="names features\\[0\\] already"):
        parse_zones(tree, "old")
