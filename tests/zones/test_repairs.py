"""Tolerant reading: what is surely meant is mended and told, and never into something weaker."""

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.errors import ConfigError
from fusion.zone_files import check
from fusion.zones.ed318 import parse_zones
from fusion.zones.repairs import mended
from tests.zones.test_ed269 import NEW, OLD

RING = [[2.0, 48.0], [2.1, 48.0], [2.1, 48.1], [2.0, 48.0]]
LAYER = {"uom": "m", "lower": 0, "lowerReference": "AGL", "upper": 120, "upperReference": "AMSL"}
GOOD = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"identifier": "FRA0001", "country": "FRA", "type": "REQ_AUTHORIZATION"},
            "geometry": {"type": "Polygon", "coordinates": [RING], "layer": LAYER},
        }
    ],
}


def changed(path, value, tree=GOOD):
    tree = copy.deepcopy(tree)
    *way, last = ("features", 0, *path)
    branch = tree
    for step in way:
        branch = branch[step]
    branch[last] = value
    return tree


def test_what_is_right_is_left_as_it_is():
    for tree in (GOOD, NEW):
        assert mended(tree, "f") == (tree["features"], [], [])
    assert parse_zones(mended(OLD, "old").collection, "f") == parse_zones(OLD, "old")
    assert mended(OLD, "old").repairs == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("properties", "type"), "req_authorisation"),
        (("properties", "country"), " fra "),
        (("properties", "identifier"), "FRA 0001-north"),
        (("properties", "variant"), "common"),
        (("geometry", "coordinates"), [RING[:-1]]),
        (("geometry", "coordinates"), [[[*corner, 0.0] for corner in RING]]),
        (("geometry", "layer"), LAYER | {"uom": "M"}),
        (("geometry", "layer"), LAYER | {"uom": "metres"}),
        (("geometry", "layer"), LAYER | {"upper": "120"}),
        (("geometry", "layer"), LAYER | {"lowerReference": "GND", "upperReference": "msl"}),
        (("properties", "limitedApplicability"), None),
        (("geometry", "layer"), LAYER | {"upperReference": "AGL", "lower": 120, "upper": 0}),
    ],
)
def test_what_is_surely_meant_is_mended_and_told(path, value):
    broken = changed(path, value)
    with pytest.raises(ConfigError):
        parse_zones(broken, "f")
    before = copy.deepcopy(broken)
    result = mended(broken, "f")
    assert broken == before
    (read,) = parse_zones(result.collection, "f")
    (meant,) = parse_zones(GOOD, "f")
    assert (read.type, read.country, read.volumes[0].outline) == (meant.type, meant.country, meant.volumes[0].outline)
    assert read.identifier == "FRA0001"
    assert len(result.repairs) >= 1
    assert all("features[0]" in repair.place and repair.why for repair in result.repairs)


@pytest.mark.parametrize(
    ("path", "value", "lower", "upper"),
    [
        (("geometry", "layer"), {k: v for k, v in LAYER.items() if k != "upperReference"}, 0.0, None),
        (("geometry", "layer"), {k: v for k, v in LAYER.items() if k != "uom"}, None, None),
        (("geometry", "layer"), LAYER | {"lowerReference": "STD"}, None, 120.0),
    ],
)
def test_a_limit_that_says_too_little_bounds_nothing(path, value, lower, upper):
    (read,) = parse_zones(mended(changed(path, value), "f").collection, "f")
    volume = read.volumes[0]
    assert [limit and limit.height for limit in (volume.lower, volume.upper)] == [lower, upper]


@pytest.mark.parametrize(
    ("hours", "spelt"),
    [
        ({"day": "mon", "startTime": "8:00Z", "endTime": "22:00+0200"}, ("08:00Z", "22:00+02:00")),
        ({"day": ["MON"], "startTime": "08:00:00.00z", "endTime": "22:00+02:00"}, ("08:00:00Z", "22:00+02:00")),
    ],
)
def test_hours_spelt_otherwise_are_read(hours, spelt):
    (feature,) = mended(changed(("properties", "limitedApplicability"), [{"schedule": [hours]}]), "f").features
    (period,) = feature["properties"]["limitedApplicability"]
    assert period["schedule"] == [{"day": ["MON"], "startTime": spelt[0], "endTime": spelt[1]}]


@pytest.mark.parametrize(
    "when", [[{"startDateTime": "2026-07-01T00:00:00"}], [{"schedule": [{"day": ["MON"], "startTime": "8h"}]}], "x"]
)
def test_hours_that_cannot_be_read_apply_always(when):
    result = mended(changed(("properties", "limitedApplicability"), when), "f")
    assert parse_zones(result.collection, "f")[0].periods == ()
    assert result.repairs[-1].now == "always"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("properties", "type"), "FORBIDDEN"),
        (("properties", "variant"), "CUSTOMIZED"),
        (("geometry", "coordinates"), [[[2.0, 148.0], [2.1, 48.0], [2.1, 48.1]]]),
        (("geometry",), None),
        (("properties",), 7),
        (("properties", "extendedProperties"), {"vigie": {"moving": {}}}),
    ],
)
def test_what_would_need_a_guess_is_left_out_and_told(path, value):
    tree = changed(path, value)
    tree["features"].append(changed(("properties", "identifier"), "OTHER")["features"][0])
    result = mended(tree, "f")
    assert [feature["properties"]["identifier"] for feature in result.features] == ["OTHER"]
    assert len(result.left_out) == 1
    assert "features[0]" in result.left_out[0]


def test_an_old_file_is_mended_too():
    broken = changed(("restriction",), "Req_Authorization", changed(("geometry", 0, "uomDimensions"), "ft", OLD))
    result = mended(broken, "old")
    assert parse_zones(result.collection, "f") == parse_zones(OLD, "old")
    assert {"'REQ_AUTHORISATION'", "'FT'"} <= {repair.now for repair in result.repairs}


def test_the_command_writes_what_it_could_read(tmp_path):
    file, out = tmp_path / "zones.json", tmp_path / "out.json"
    file.write_text(json.dumps(GOOD), encoding="utf-8")
    assert check([file]) == ([f"{file}: good. 1 zones: FRA0001"], True)
    file.write_text(json.dumps(changed(("geometry", "coordinates"), [RING[:-1]])), encoding="utf-8")
    said, good = check([file])
    assert not good
    assert "coordinates[0]" in said[0]
    assert said[1].startswith("repaired: ")
    said, good = check([file], out)
    assert good
    assert parse_zones(out.read_bytes(), "out") == parse_zones(GOOD, "f")
    with pytest.raises(ConfigError, match="takes one file"):
        check([file, file], out)


# --- Nonsense ---------------------------------------------------------------------------------------------------------

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-400, 400)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["Z", "m", "AGL"])
)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4), max_leaves=6
)


def paths(tree, way=()):
    yield way
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield from paths(value, (*way, key))


PLACES = {name: [way for way in paths(tree) if way] for name, tree in (("new", NEW), ("old", OLD), ("good", GOOD))}


@st.composite
def spoiled(draw):
    """Give a zone file with up to three of its values replaced, dropped or doubled."""
    name = draw(st.sampled_from(sorted(PLACES)))
    tree = copy.deepcopy({"new": NEW, "old": OLD, "good": GOOD}[name])
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from(PLACES[name]))
        branch = tree
        try:
            for step in way:
                branch = branch[step]
            match draw(st.sampled_from(["replace", "drop", "double"])):
                case "replace":
                    branch[last] = draw(TREES)
                case "drop":
                    del branch[last]
                case "double":
                    branch[last] = [branch[last], branch[last]]
        except (KeyError, IndexError, TypeError):
            continue
    return tree


def judge(tree):
    """Read a tree strictly and tolerantly: whatever comes, an error that names its place, or zones that can be laid."""
    try:
        strict = parse_zones(json.dumps(tree), "f")
    except ConfigError as error:
        strict = None
        assert str(error).startswith("f")
    try:
        result = mended(tree, "f")
    except ConfigError as error:
        assert str(error).startswith("f")
        assert strict is None
        return
    zones = parse_zones(result.collection, "f")
    if strict is not None:
        assert (zones, result.repairs, result.left_out) == (strict, [], [])


@given(spoiled())
@settings(max_examples=500, deadline=None)
def test_a_spoiled_file_gives_a_clear_error_or_a_right_zone(tree):
    judge(tree)


@pytest.mark.deep
@given(spoiled())
@settings(max_examples=10_000, deadline=None)
def test_ten_thousand_spoiled_files_give_a_clear_error_or_a_right_zone(tree):
    judge(tree)


@given(st.binary(max_size=60) | TREES.map(lambda tree: json.dumps(tree).encode()))
@settings(max_examples=300, deadline=None)
def test_whatever_bytes_come_are_refused_by_name(text):
    try:
        parse_zones(text, "f")
    except ConfigError as error:
        assert str(error).startswith("f")
