"""Friends: claimed until measured, friendly in their hours and volumes alone, and an alert where their claim is false."""

import json
import math

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusion.config_rules import Rules
from fusion.errors import ConfigError
from fusion.messages import SECOND, Identity
from fusion.zones.permits import parse_register
from fusion.zones.rules import assess
from fusion.zones.zones import ZoneSet
from tests.zones.zone_scenes import FRAME, NOW, circle, table

ENTRY = f"""
[[permit]]
icao24 = "39ac45"
registration = "F-ZBPG"
friendly = true
issued_by = "the SAMU"
valid_until = 2026-07-14T06:00:00Z

[[permit.volumes]]
volume.outline_circle = {{ center = {{ lat = {math.degrees(FRAME.latitude)}, lng = {math.degrees(FRAME.longitude)} }}, radius = {{ value = 400, units = "M" }} }}
volume.altitude_lower = {{ value = {FRAME.ground + 20}, reference = "W84", units = "M" }}
volume.altitude_upper = {{ value = {FRAME.ground + 120}, reference = "W84", units = "M" }}
time_start = {{ value = 2026-07-14T03:00:00Z, format = "RFC3339" }}
time_end = {{ value = 2026-07-14T05:00:00Z, format = "RFC3339" }}
"""
REGISTER = parse_register(ENTRY, "register.toml", FRAME)
SAMU = Identity(icao24="39AC45", registration="f-zbpg")
CITY = circle("CITY", 2000.0)


def judge(*, place=(0, 0, 60), identity=SAMU, strength="corroborated", time=NOW, zones=(CITY,)):
    found = assess(
        table({"place": place, "identity": identity, "strength": strength, "sigma": 0.1}, time=time),
        ZoneSet.of(zones, FRAME), REGISTER, time, Rules(),
    )  # fmt: skip
    standing = found.standings["T0"]
    return (
        standing.verdict,
        [why.sentence() for why in standing.reasons],
        sorted(finding.rule for finding in found.findings if finding.holds),
    )


def test_a_friend_in_its_volume_and_hours_is_friendly_and_raises_nothing():
    verdict, why, rules = judge()
    assert (verdict, rules) == ("friendly", [])
    assert why[0] == "39AC45 is friendly by word of the SAMU"


def test_until_a_sensor_agrees_the_reasons_say_that_it_is_a_claim():
    verdict, why, _ = judge(strength="claimed")
    assert (verdict, why[1]) == ("friendly", "no sensor has confirmed that claim")


@pytest.mark.parametrize(
    ("place", "friendly"),
    [((390, 0, 60), True), ((410, 0, 60), False), ((0, -390, 60), True), ((0, -410, 60), False), ((0, 0, 115), True), ((0, 0, 125), False), ((0, 0, 15), False)],
)  # fmt: skip
def test_outside_of_its_volume_it_is_a_stranger_with_a_reason(place, friendly):
    verdict, why, rules = judge(place=place)
    assert (verdict == "friendly") is friendly
    if not friendly:
        assert verdict == "unauthorised"
        assert "outside of where its permit lets it fly" in why[0]
        assert "intrusion" in rules


@pytest.mark.parametrize(("hours", "friendly"), [(0.0, True), (1.4, True), (1.5, False), (2.5, False), (-0.56, False)])
def test_outside_of_its_volumes_hours_it_is_a_stranger(hours, friendly):
    """The scene is at 03:33:20; the volume is open from 03:00 to 05:00, the entry ends at 06:00."""
    verdict, why, _ = judge(time=NOW + round(hours * 3600) * SECOND)
    assert (verdict == "friendly") is friendly, why


def test_a_claim_to_be_a_friend_that_is_measured_to_be_false_is_an_alert_of_its_own():
    verdict, why, rules = judge(strength="contradicted", zones=())
    assert (verdict, rules) == ("unauthorised", ["contradicted_claim"])
    assert why[0] == "claims to be 39AC45, but measurements contradict it"


def test_who_has_one_of_two_names_is_no_friend():
    assert judge(identity=Identity(icao24="39ac45"))[0] == "unauthorised"
    assert judge(identity=Identity(icao24="39ac45", registration="F-OTHER"))[0] == "unauthorised"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ('units = "FT"', "'FT' is refused"),
        ('reference = "AMSL"', "'AMSL' is refused"),
        ("value = -400", "-400 is refused"),
        ("lat = 148.0", "148.0 is refused"),
        ("radius_m = 4", "is not a key of this table"),
    ],
)
def test_a_volume_that_is_none_of_f3548s_is_refused_by_its_key(wrong, words):
    key = wrong.split(" = ")[0]
    text = ENTRY.replace("value = 400, units", "value = 400, radius_m = 4, units") if key == "radius_m" else ENTRY
    import re

    text = re.sub(rf"{key} = [^, }}]+", wrong, text, count=1)
    with pytest.raises(ConfigError) as error:
        parse_register(text, "register.toml", FRAME)
    assert words in str(error.value)
    assert "permit[0].volumes[0]" in str(error.value)


@pytest.mark.parametrize(
    ("volume", "words"),
    [
        ({}, "permit[0].volumes[0].volume: has not one outline"),
        ({"outline_circle": 1, "outline_polygon": [[0, 0], [0, 1], [1, 1]]}, "has not one outline"),
        ({"outline_polygon": [[0, 0], [1, 1], [0, 1], [1, 0]]}, "make edges that cross"),
        ({"outline_polygon": [[0, 0], [1, 1], [0, 0]]}, "name one corner twice"),
        ({"outline_polygon": [[0, 0], [1, 1], [2, 2]]}, "lie on one line"),
        ({"outline_polygon": [[0, 0], [0, 300], [300, 0]]}, "km apart"),
    ],
)
def test_an_outline_that_encloses_nothing_is_refused(volume, words):
    said = {}
    if "outline_circle" in volume:
        said["outline_circle"] = {"center": {"lat": 48.0, "lng": 2.0}, "radius": {"value": 5.0, "units": "M"}}
    if "outline_polygon" in volume:
        said["outline_polygon"] = {
            "vertices": [{"lat": 48.0 + a / 100, "lng": 2.0 + b / 100} for a, b in volume["outline_polygon"]]
        }
    with pytest.raises(ConfigError) as error:
        parse_register(
            f'[[permit]]\nserial = "A"\nissued_by = "x"\nvolumes = [{{ volume = {toml(said)} }}]\n', "register.toml", FRAME
        )
    assert words in str(error.value)


def toml(tree):
    """Write JSON as TOML's inline tables."""
    return json.dumps(tree).replace('": ', '" = ').replace("\n", " ")


def test_crossing_edges_are_found_as_shapely_finds_them():
    from shapely.geometry import LinearRing

    from fusion.zones.volumes import Volume4D, fault

    random, found = np.random.default_rng(5), []
    for _ in range(300):
        corners = random.uniform(0.0, 0.1, (random.integers(4, 8), 2))
        solid = {"outline_polygon": {"vertices": [{"lat": 48.0 + a, "lng": 2.0 + b} for a, b in corners.tolist()]}}
        volume = msgspec.convert({"volume": solid}, Volume4D)
        found.append(fault(volume) is None)
        assert found[-1] is bool(LinearRing(corners).is_simple)
    assert 60 < sum(found) < 240


LEAVES = st.integers(-400, 400) | st.floats(allow_nan=False) | st.text('AB "W84M', max_size=5) | st.booleans()
KEYS = ["serial", "issued_by", "volumes", "volume", "outline_circle", "outline_polygon", "center", "radius", "lat", "lng", "value", "units", "vertices", "altitude_lower", "reference", "friendly", "zones"]  # fmt: skip
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=5), max_leaves=25
)


@pytest.mark.deep
@given(st.dictionaries(st.sampled_from(KEYS), TREES, max_size=5))
@settings(max_examples=10_000, deadline=None, suppress_health_check=list(HealthCheck))
def test_of_ten_thousand_registers_each_is_read_or_refused_by_its_key(tree):
    text = f"permit = [{toml({'serial': 'A', 'issued_by': 'x'} | tree)}]"
    try:
        register = parse_register(text, "register.toml", FRAME)
    except ConfigError as error:
        assert "register.toml" in str(error)
    else:
        register.verdict(Identity(serial="A"), NOW, "CITY", "claimed", np.zeros(3))
