"""The Scan contract: what is taken, what is refused and why."""

import json
import math
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

import sensors
from fusion.config import Accuracy, BiasSigma, Sensor
from fusion.errors import ConfigError, DecodeError
from fusion.frame import SiteFrame
from fusion.messages import LIGHT, Bearing, Polar, Position, RawMessage, Tdoa, nanoseconds, utc
from sensors.scan import to_wire

FRAME = SiteFrame.at(48.8582, 2.2945, "auto", 33.0, 44.6)
ACCURACY = Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.7, radial_speed_mps=1.0, horizontal_m=10.0, vertical_m=15.0)
TIME = "2026-07-26T17:30:00.250Z"


def station(kind: str, accuracy: Accuracy = ACCURACY) -> sensors.Station:
    return sensors.Station(Sensor(id="s", kind=kind, accuracy=accuracy), FRAME)


def decode(detections, kind="radar", accuracy=ACCURACY, **fields):
    payload = {"time": TIME, "sequence": 1, "detections": detections} | fields
    payload = {key: value for key, value in payload.items() if value is not ...}
    message = RawMessage(topic="t", payload=json.dumps(payload).encode(), received=7)
    return sensors.BUILT_IN[kind].decode(station(kind, accuracy), message, False)


def reason(detections, kind="radar", accuracy=ACCURACY, **fields) -> str:
    with pytest.raises(DecodeError) as refused:
        decode(detections, kind, accuracy, **fields)
    return str(refused.value)


def test_a_radar_plot_becomes_si_and_radians():
    plot = {
        "offset_s": -0.031,
        "range_m": 1523.4,
        "azimuth_deg": 211.7,
        "elevation_deg": 4.2,
        "radial_speed_mps": -8.1,
        "id": "t-91",
    }
    scan = decode([plot | {"sigma": {"range_m": 3.0}, "class": {"multirotor": 0.8, "bird": 0.2}, "snr_db": 14}])
    found = scan.detections[0]
    assert isinstance(found, Polar)
    assert found.azimuth == pytest.approx(math.radians(211.7))
    assert (found.range, found.range_rate, found.sigma_range) == (1523.4, -8.1, 3.0)
    assert found.sigma_azimuth == pytest.approx(math.radians(0.5))
    assert found.time == scan.time - 31_000_000
    assert (scan.sensor, scan.received, found.id, found.classes) == ("s", 7, "t-91", {"multirotor": 0.8, "bird": 0.2})


RX_1 = Sensor(
    id="rx-1", kind="tdoa", latitude_deg=48.870, longitude_deg=2.280, altitude_hae_m=105.0, accuracy=Accuracy(tdoa_s=3e-8)
)
RX_2 = Sensor(id="rx-2", kind="tdoa", latitude_deg=48.869, longitude_deg=2.313, altitude_hae_m=140.0)
NET = sensors.Station(RX_1, FRAME, {"rx-1": RX_1, "rx-2": RX_2})


def heard(net=NET, **detection):
    payload = json.dumps({"time": TIME, "sequence": 1, "detections": [detection]}).encode()
    return sensors.BUILT_IN["tdoa"].decode(net, RawMessage(topic="t", payload=payload, received=7), False)


def test_a_time_difference_is_read_and_written_to_the_picosecond():
    scan = heard(tdoa_s=-1.2345679e-6, reference="rx-2", emitter="OcuSync", offset_s=0.1)
    (found,) = scan.detections
    assert isinstance(found, Tdoa)
    assert (found.tdoa, found.reference, found.sigma_tdoa, found.emitter) == (-1.2345679e-6, "rx-2", 3e-8, "OcuSync")
    again = sensors.BUILT_IN["tdoa"].encode(NET, scan)
    assert sensors.BUILT_IN["tdoa"].decode(NET, RawMessage(topic="t", payload=again, received=7), False) == scan
    assert heard(tdoa_s=0.0, reference="rx-2", sigma={"tdoa_s": 1e-7}).detections[0].sigma_tdoa == 1e-7


@pytest.mark.parametrize(
    ("detection", "says"),
    [
        ({"tdoa_s": 1e-6}, "detections[0]: tdoa_s and reference belong together"),
        ({"reference": "rx-2"}, "tdoa_s and reference belong together"),
        ({"tdoa_s": 1e-6, "reference": "rx-9"}, "reference: 'rx-9' is not a sensor of this site"),
        ({"tdoa_s": 1e-6, "reference": "rx-1"}, "reference: 'rx-1' is the sensor itself"),
        ({"tdoa_s": 1e-6, "reference": "rx-2", "azimuth_deg": 3.0}, "a time difference and another kind at once"),
        ({"tdoa_s": 2e-3, "reference": "rx-2"}, "tdoa_s"),
        ({"tdoa_s": 1e-6, "reference": "rx-2", "sigma": {"tdoa_s": 0.0}}, "tdoa_s"),
        ({"tdoa_s": 1e-6, "azimuth_deg": 3.0}, "belong together"),
    ],
)
def test_a_time_difference_that_cannot_be_used_is_refused_with_its_field(detection, says):
    with pytest.raises(DecodeError) as refused:
        heard(**detection)
    assert says in str(refused.value)


def test_no_place_is_further_from_one_receiver_than_the_baseline():
    """2423.6 m between the two, by PROJ; c in air, 6 sigmas of 9 m."""
    apart = Geod(ellps="WGS84").inv(2.280, 48.870, 2.313, 48.869)[2]
    baseline = math.hypot(apart * (1 + 122.5 / 6.37e6), 35.0)
    longest = (baseline + 6 * 3e-8 * LIGHT) / LIGHT
    heard(tdoa_s=longest - 1e-9, reference="rx-2")
    with pytest.raises(DecodeError, match=r"tdoa_s: .* is \d+ m of light, more than the 24\d\d m between 'rx-1' and 'rx-2'"):
        heard(tdoa_s=-longest - 1e-9, reference="rx-2")
    clocks = msgspec.structs.replace(RX_2, bias_sigma=BiasSigma(time_s=4e-8))
    heard(NET._replace(others={"rx-2": clocks}), tdoa_s=longest + 1e-8, reference="rx-2")


def test_a_bearing_and_a_position_are_told_by_their_fields():
    assert isinstance(decode([{"azimuth_deg": -10.0}], "rf").detections[0], Bearing)
    place = {
        "latitude_deg": 48.8583,
        "longitude_deg": 2.2944,
        "altitude_m": 120.4,
        "altitude_datum": "amsl",
        "velocity_mps": [3, -1, 0.2],
    }
    found = decode([place | {"identity": {"icao24": "39ac45", "callsign": "SAMU31"}}], "adsb").detections[0]
    assert isinstance(found, Position)
    assert found.altitude == pytest.approx(165.0)
    assert found.identity.key == "icao24:39AC45"
    assert found.sigma_velocity is None


def test_an_empty_scan_is_information():
    assert decode([]).detections == ()


def test_zero_zero_is_left_out_and_said_so():
    scan = decode([{"latitude_deg": 0.0, "longitude_deg": 0.0}, {"latitude_deg": 48.8, "longitude_deg": 2.3}], "remote_id")
    assert len(scan.detections) == 1
    assert scan.left_out == ("detections[0]: latitude 0, longitude 0 means unknown, not a place",)


def test_a_pressure_height_is_not_trusted_like_a_measured_one():
    place = {"latitude_deg": 48.8, "longitude_deg": 2.3, "altitude_m": 120.0}
    assert decode([place | {"altitude_datum": "hae"}], "adsb").detections[0].sigma_vertical == 15.0
    assert decode([place | {"altitude_datum": "pressure"}], "adsb").detections[0].sigma_vertical > 100.0


@pytest.mark.parametrize(
    ("detections", "fields", "says"),
    [
        ([], {"time": ...}, "missing required field `time`"),
        ([], {"sequence": ...}, "missing required field `sequence`"),
        ([], {"time": "2026-07-26T17:30:00"}, "timezone"),
        ([], {"time": "yesterday"}, "RFC3339"),
        ([], {"sequence": -1}, "Expected `int` >= 0"),
        ([], {"sensor": "other"}, "sensor: the payload says 'other', its topic 's'"),
        ([], {"coverage": {"range_m": [500, 100]}}, "coverage.range_m: [500.0, 100.0] is empty"),
        ([{}], {}, "detections[0]: has neither azimuth_deg, nor latitude_deg and longitude_deg, nor tdoa_s and reference"),
        ([{"range_m": 100}], {}, "detections[0]: has neither azimuth_deg"),
        ([{"range_m": -1, "azimuth_deg": 0}], {}, "Expected `float` > 0.0 - at `$.detections[0].range_m`"),
        ([{"range_m": 1e9, "azimuth_deg": 0}], {}, "Expected `float` <= 1000000.0"),
        ([{"range_m": 10, "azimuth_deg": 361}], {}, "$.detections[0].azimuth_deg"),
        ([{"range_m": 10, "azimuth_deg": "north"}], {}, "Expected `float | null`, got `str` - at `$.detections[0].azimuth_deg`"),
        ([{"range_m": 10, "azimuth_deg": 1, "elevation_deg": 91}], {}, "$.detections[0].elevation_deg"),
        ([{"range_m": 10, "azimuth_deg": 1, "latitude_deg": 48, "longitude_deg": 2}], {}, "a position and a direction at once"),
        ([{"latitude_deg": 48}], {}, "belong together"),
        ([{"latitude_deg": 48, "longitude_deg": 2, "altitude_m": 3}], {}, "altitude_m and altitude_datum belong together"),
        ([{"latitude_deg": 48, "longitude_deg": 2, "altitude_m": 3, "altitude_datum": "moon"}], {}, "Invalid enum value 'moon'"),
        ([{"azimuth_deg": 1, "radial_speed_mps": 3}], {}, "radial_speed_mps goes with range_m"),
        ([{"azimuth_deg": 1}], {}, "detections[0]: is a bearing; a sensor of kind 'radar' reports polar or position"),
        ([{"range_m": 10, "azimuth_deg": 1, "sigma": {"range_m": 0}}], {}, "Expected `float` > 0.0"),
        ([{"range_m": 10, "azimuth_deg": 1, "class": {"bird": 1.5}}], {}, "Expected `float` <= 1.0"),
        ([{"latitude_deg": 48, "longitude_deg": 2, "identity": {"icao24": "xyz"}}], {}, "icao24"),
    ],
)
def test_what_is_wrong_is_refused_with_field_and_reason(detections, fields, says):
    assert says in reason(detections, **fields)


def test_an_accuracy_that_nobody_gave_is_asked_for_by_name():
    assert "sigma.range_m: is neither in the detection nor in the sensor's configured accuracy" in reason(
        [{"range_m": 10, "azimuth_deg": 1}], accuracy=Accuracy(azimuth_deg=1.0)
    )


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"time": NaN}', b"[" * 5000, b'{"time": 1e999}'])
def test_what_is_not_a_scan_at_all_is_refused(text):
    with pytest.raises(DecodeError):
        sensors.BUILT_IN["radar"].decode(station("radar"), RawMessage(topic="t", payload=text, received=1), False)


def test_messagepack_says_the_same_and_its_nan_is_refused():
    tree = {"time": TIME, "sequence": 1, "detections": [{"range_m": 100.0, "azimuth_deg": 10.0}]}
    read = sensors.BUILT_IN["radar"].decode
    packed = read(station("radar"), RawMessage(topic="t", payload=msgspec.msgpack.encode(tree), received=7), True)
    assert packed == decode(tree["detections"])
    for name, value in [("range_m", math.nan), ("azimuth_deg", math.nan), ("azimuth_deg", math.inf), ("snr_db", math.nan)]:
        bad = tree | {"detections": [tree["detections"][0] | {name: value}]}
        with pytest.raises(DecodeError, match=name):
            read(station("radar"), RawMessage(topic="t", payload=msgspec.msgpack.encode(bad), received=7), True)


@given(st.binary(max_size=200), st.booleans(), st.sampled_from(sorted(sensors.BUILT_IN)))
@settings(max_examples=300)
def test_no_payload_does_anything_but_decode_or_be_refused(payload, msgpack, kind):
    try:
        sensors.BUILT_IN[kind].decode(station(kind), RawMessage(topic="t", payload=payload, received=1), msgpack)
    except DecodeError as refused:
        assert str(refused)


angles = st.floats(0, 359.99)
plots = st.fixed_dictionaries(
    {"range_m": st.floats(1, 1e4), "azimuth_deg": angles},
    optional={
        "elevation_deg": st.floats(-90, 90),
        "radial_speed_mps": st.floats(-80, 80),
        "offset_s": st.floats(-2, 2),
        "id": st.text(max_size=8),
    },
)
places = st.fixed_dictionaries({"latitude_deg": st.floats(40, 50), "longitude_deg": st.floats(-5, 8)})


@given(st.lists(plots | places, max_size=5))
def test_what_is_written_reads_back_the_same(detections):
    scan = decode(detections)
    encoded = sensors.BUILT_IN["radar"].encode(station("radar"), scan)
    again = sensors.BUILT_IN["radar"].decode(station("radar"), RawMessage(topic="t", payload=encoded, received=7), False)
    assert again.order == scan.order
    for ours, theirs in zip(again.detections, scan.detections, strict=True):
        for name in ours.__struct_fields__:
            a, b = getattr(ours, name), getattr(theirs, name)
            if isinstance(a, float):
                assert np.isclose(a, b, rtol=1e-6, atol=1.1e-3) or name == "azimuth"
            elif name != "time":
                assert a == b
    assert len(to_wire(scan).detections) == len(detections)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_times_are_exact_to_the_microsecond(time):
    assert utc(nanoseconds(time)) == time


class Entry:
    """An entry point that gives what the test wants."""

    def __init__(self, name, found):
        self.name, self.value, self.found = name, "some.module:ADAPTER", found

    def load(self):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


def test_a_plug_in_joins_the_built_in_adapters():
    mine = sensors.BUILT_IN["rf"]
    assert sensors.load(lambda: [Entry("sonar", mine)])["sonar"] is mine


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (Entry("sonar", ImportError("no module")), "does not load: no module"),
        (Entry("sonar", "text"), "is not a sensors.Adapter but str"),
        (Entry("radar", sensors.BUILT_IN["rf"]), "takes a name that is in use already"),
    ],
)
def test_a_plug_in_that_cannot_work_stops_the_start(entry, says):
    with pytest.raises(ConfigError, match="sensor plug-in") as refused:
        sensors.load(lambda: [entry])
    assert says in str(refused.value)
