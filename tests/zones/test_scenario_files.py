"""The example venue: zones and register of the Eiffel Tower scenario, against public facts of the place."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from pyproj import Geod

from fusion.config_rules import Rules
from fusion.frame import SiteFrame
from fusion.messages import Identity
from fusion.zones.ed318 import parse_zones
from fusion.zones.permits import parse_register
from fusion.zones.rules import assess
from fusion.zones.zones import ZoneSet
from tests.zones.zone_scenes import NOW, table

SCENARIOS = Path(__file__).parents[2] / "simulators" / "scenarios"
FRAME = SiteFrame.at(48.8582, 2.2945, "auto", 33.0, 44.6)
TREE = json.loads((SCENARIOS / "zones_eiffel_tower.json").read_text(encoding="utf-8"))
ZONES = ZoneSet.of(parse_zones(TREE, "zones_eiffel_tower.json"), FRAME)
REGISTER = parse_register((SCENARIOS / "register_eiffel_tower.toml").read_text(encoding="utf-8"), "register")


def within(latitude_deg, longitude_deg):
    point = FRAME.grid_from_wgs84(np.radians(latitude_deg), np.radians(longitude_deg), 0.0)[None, :2]
    return [laid.zone.identifier for laid in ZONES.near if laid.contains(point)[0]]


@pytest.mark.parametrize(
    ("latitude", "longitude", "zones"),
    [
        (48.85822, 2.29450, ["LF-P23", "TE-CORE", "TE-RING"]),  # the Tower
        (48.8617, 2.2885, ["LF-P23", "TE-RING"]),  # Trocadéro
        (48.8545, 2.3003, ["LF-P23", "TE-RING"]),  # Champ-de-Mars
        (48.8530, 2.3499, ["LF-P23"]),  # Notre-Dame
        (48.9245, 2.3602, []),  # Stade de France
        (48.8049, 2.1204, []),  # Versailles
    ],
)
def test_well_known_places_are_in_the_zones_that_they_should_be_in(latitude, longitude, zones):
    assert within(latitude, longitude) == zones


def test_the_ring_around_paris_is_about_as_large_as_the_published_area():
    """84.44 km² published; ours follows the boulevard périphérique."""
    (feature,) = [feature for feature in TREE["features"] if feature["properties"]["identifier"] == "LF-P23"]
    longitude, latitude = zip(*feature["geometry"]["coordinates"][0], strict=True)
    area, _ = Geod(ellps="WGS84").polygon_area_perimeter(longitude, latitude)
    assert abs(area) / 1e6 == pytest.approx(84.44, rel=0.05)


def test_heights_are_those_of_the_doc():
    limits = {laid.zone.identifier: laid.limits[0] for laid in ZONES.near}
    assert limits["LF-P23"] == pytest.approx([-np.inf, 6500 * 0.3048 + 44.6])
    assert limits["TE-CORE"] == pytest.approx([-np.inf, 480 + 33 + 44.6])


def test_every_zone_says_that_it_is_not_for_navigation():
    for feature in TREE["features"]:
        assert all(message["text"].startswith("Not for navigation") for message in feature["properties"]["message"])


def test_severity_rises_towards_the_tower():
    assert [(laid.zone.identifier, laid.zone.kind, laid.zone.severity) for laid in ZONES.near] == [
        ("LF-P23", "airspace", "advisory"),
        ("TE-CORE", "core", "critical"),
        ("TE-RING", "ring", "warning"),
    ]


def test_the_stranger_is_flagged_and_the_police_drone_and_the_helicopter_are_not():
    tracks = [
        {"track": "stranger", "place": (-400, 400, 90), "velocity": (7, -7, 0)},
        {"track": "police", "place": (0, 300, 90), "identity": Identity(serial="1588EPN26PP75000017")},
        {"track": "helicopter", "place": (500, -500, 300), "velocity": (-30, 30, 0), "identity": Identity(icao24="39AC45")},
        {"track": "tourist", "place": (450, -500, 60), "identity": Identity(serial="1581F45T7229DMK001AB")},
        {"track": "inspector", "place": (0, 0, 60), "identity": Identity(serial="X1", operator="FRAVDP75abc12")},
    ]
    assessment = assess(table(*tracks), ZONES, REGISTER, NOW, Rules())
    assert [(f.track, f.zone, f.rule) for f in assessment.findings if f.holds] == [
        ("stranger", "LF-P23", "intrusion"),
        ("stranger", "TE-CORE", "predicted_entry"),
        ("stranger", "TE-RING", "intrusion"),
        ("tourist", "LF-P23", "intrusion"),
        ("tourist", "TE-RING", "intrusion"),
        ("inspector", "TE-CORE", "intrusion"),
    ]
    assert {track: standing.verdict for track, standing in assessment.standings.items()} == {
        "stranger": "unknown",
        "police": "authorised",
        "helicopter": "friendly",
        "tourist": "unauthorised",
        "inspector": "unauthorised",
    }


def test_serials_have_the_shape_of_ansi_cta_2063_a():
    """Four characters for the maker, one for the length, then as many; no letters O and I."""
    for permit in REGISTER.permits:
        if permit.serial is not None:
            assert re.fullmatch(r"[0-9A-HJ-NP-Z]{4}[1-9A-F][0-9A-HJ-NP-Z]{1,15}", permit.serial)
            assert len(permit.serial) == 5 + int(permit.serial[4], 16)
