"""DroneScout and DragonSync: what receivers of Remote ID publish, against a C struct of its own and Remote ID as it is on the air."""

from __future__ import annotations

import base64
import ctypes
import json
import lzma
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.config import Accuracy
from fusion.errors import DecodeError
from fusion.messages import SECOND, Identity, Pilot, Scan
from sensors import dronescout
from sensors.odid import messages
from tests.adapters import corpus
from tests.adapters.stations import NOW, Ear

ACCURACY = Accuracy(horizontal_m=8.0, vertical_m=12.0)
SERIAL = "1581F45T7229DMK001AB"


class BasicId(ctypes.Structure):
    """As a C compiler lays out ODID_BasicID_data."""

    _fields_ = (("kind", ctypes.c_uint), ("id_type", ctypes.c_uint), ("text", ctypes.c_char * 21))


class Location(ctypes.Structure):
    _fields_ = (
        ("status", ctypes.c_uint), *[(name, ctypes.c_float) for name in ("direction", "speed", "climb")],
        ("latitude", ctypes.c_double), ("longitude", ctypes.c_double), ("pressure", ctypes.c_float), ("geodetic", ctypes.c_float),
        ("reference", ctypes.c_uint), ("height", ctypes.c_float),
        *[(name, ctypes.c_uint) for name in ("horizontal", "vertical", "barometer", "of_speed", "of_time")], ("seconds", ctypes.c_float),
    )  # fmt: skip


class Page(ctypes.Structure):
    _fields_ = (
        ("page", ctypes.c_uint8), ("kind", ctypes.c_uint), ("last", ctypes.c_uint8), ("length", ctypes.c_uint8),
        ("time", ctypes.c_uint32), ("content", ctypes.c_uint8 * 24),
    )  # fmt: skip


class SelfId(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_uint), ("text", ctypes.c_char * 24))


class System(ctypes.Structure):
    _fields_ = (
        ("place", ctypes.c_uint), ("classification", ctypes.c_uint), ("latitude", ctypes.c_double), ("longitude", ctypes.c_double),
        ("count", ctypes.c_uint16), ("radius", ctypes.c_uint16), ("ceiling", ctypes.c_float), ("floor", ctypes.c_float),
        ("category", ctypes.c_uint), ("class_", ctypes.c_uint), ("altitude", ctypes.c_float), ("time", ctypes.c_uint32),
    )  # fmt: skip


class OperatorId(ctypes.Structure):
    _fields_ = (("kind", ctypes.c_uint), ("text", ctypes.c_char * 21))


class Uas(ctypes.Structure):
    """ODID_UAS_Data, whose gaps are the compiler's: an independent reading of the same bytes."""

    _fields_ = (
        ("basic_id", BasicId * 2), ("location", Location), ("pages", Page * 16), ("self_id", SelfId), ("system", System),
        ("operator_id", OperatorId), ("has_id", ctypes.c_uint8 * 2), ("has_location", ctypes.c_uint8), ("has_page", ctypes.c_uint8 * 16),
        ("has_self_id", ctypes.c_uint8), ("has_system", ctypes.c_uint8), ("has_operator", ctypes.c_uint8),
    )  # fmt: skip


def uas(**changed) -> bytes:
    """Give the struct of the drone that the corpus tells of."""
    told = Uas()
    told.basic_id[0] = BasicId(2, 1, SERIAL.encode())
    place = {
        "status": 2, "direction": 237, "speed": 12.25, "climb": -1.5, "latitude": 48.8582, "longitude": 2.2945, "pressure": 120.0,
        "geodetic": 165.5, "reference": 0, "height": 80.0, "horizontal": 10, "vertical": 4, "barometer": 0, "of_speed": 3, "of_time": 1,
        "seconds": 1800.0,
    }  # fmt: skip
    told.location = Location(**(place | changed))
    told.system = System(place=1, latitude=48.86, longitude=2.29, count=1)
    told.operator_id = OperatorId(0, b"FRA4k8m2x7q9w1e3")
    told.has_id[0] = told.has_location = told.has_system = told.has_operator = 1
    return bytes(told)


def heard(content: bytes, address="02:56:00:00:00:01", at=NOW) -> bytes:
    told = {
        "sensor ID": "ds1",
        "RSSI": -60,
        "channel": 6,
        "timestamp": at // 1_000_000,
        "MAC address": address,
        "type": "BLE legacy",
    }
    return json.dumps({"protocol": 1.0, "data": told | {"UASdata": base64.b64encode(content).decode()}}).encode()


def test_a_c_struct_says_what_the_same_messages_say_on_the_air():
    assert ctypes.sizeof(Uas) == dronescout.SIZE
    (seen,) = Ear("dronescout").hear(heard(uas())).detections
    (expected,) = Ear("odid").hear(messages.encode_pack(corpus.ALL)).detections
    assert seen.pilot == Pilot(latitude=pytest.approx(math.radians(48.86)), longitude=pytest.approx(math.radians(2.29)))
    assert (seen.identity, seen.classes, seen.time, seen.altitude) == (
        expected.identity, expected.classes, expected.time, expected.altitude,
    )  # fmt: skip
    assert (seen.latitude, seen.longitude, seen.velocity) == (expected.latitude, expected.longitude, expected.velocity)
    assert (seen.sigma_horizontal, seen.sigma_vertical) == (expected.sigma_horizontal, expected.sigma_vertical)


def test_what_we_write_is_the_c_struct_too():
    told = Uas.from_buffer_copy(dronescout.struct_of(corpus.ALL[:2] + corpus.ALL[3:]))
    assert (told.basic_id[0].text.decode(), told.basic_id[0].kind, list(told.has_id)) == (SERIAL, 2, [1, 0])
    assert (told.location.latitude, told.location.seconds, told.location.geodetic) == (pytest.approx(48.8582), 1800.0, 165.5)
    assert (told.has_self_id, told.has_system, told.system.longitude) == (0, 1, pytest.approx(2.29))
    assert (told.has_operator, told.operator_id.text) == (1, b"FRA4k8m2x7q9w1e3")


@pytest.mark.parametrize("packed", [False, True])
def test_objects_without_anything_between_them_are_each_read(packed):
    others = b'{"protocol": 1.0, "status": {"sensor ID": "ds1", "status": "normal"}}'
    payload = heard(uas(), "02:56:00:00:00:01") + others + heard(uas(seconds=1799.5), "02:56:00:00:00:02") + b"\n"
    seen = Ear("dronescout").hear(lzma.compress(payload) if packed else payload).detections
    assert [one.id for one in seen] == ["02:56:00:00:00:01", "02:56:00:00:00:02"]
    assert [NOW - one.time for one in seen] == [0, SECOND // 2]


def test_what_is_not_known_is_absence():
    content = uas(
        direction=361, speed=255, climb=63, pressure=-1000, geodetic=-1000, height=-1000, horizontal=0, vertical=0, seconds=65535
    )
    (seen,) = Ear("dronescout", ACCURACY).hear(heard(content, at=NOW - SECOND)).detections
    assert (seen.altitude, seen.velocity, seen.sigma_horizontal) == (None, None, 8.0)
    assert seen.time == NOW - SECOND  # when the receiver heard it
    assert Ear("dronescout", ACCURACY).hear(heard(uas(latitude=0, longitude=0))).detections == ()


def test_a_place_that_the_struct_still_holds_is_no_new_one():
    ear = Ear("dronescout")
    counts = [len(ear.hear(heard(uas(seconds=seconds), at=NOW)).detections) for seconds in (1799.0, 1799.0, 1799.9)]
    assert counts == [1, 0, 1]


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "has 0 objects"),
        (b"{", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b"\xff\xfe", "is no JSON"),
        (b"9" * 5000, "is no JSON"),
        (b"[]", "is a list; expected an object"),
        (b"{}" * 1001, "has 1001 objects"),
        (lzma.compress(heard(uas()))[:-30], "is no whole xz"),
        (b"\xfd7zXZ\x00" + b"?" * 50, "is no whole xz"),
        (lzma.compress(b" " * (1 << 21)), "unpacks to more than"),
        (heard(uas()[:-1]), "UASdata: has 919 bytes; expected 920"),
        (heard(uas()).replace(b"UASdata", b"uasdata"), "UASdata"),
        (heard(uas(latitude=math.nan)), "latitude, longitude: are beyond"),
        (heard(uas(direction=400)), "location.direction: 400"),
        (heard(uas(seconds=math.inf)), "location.timestamp: inf"),
        (heard(uas(climb=math.nan)), "location.climb: nan"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(payload, why):
    ear = Ear("dronescout", ACCURACY)
    with pytest.raises(DecodeError, match=why):
        ear.hear(payload)
    assert ear.station.memory.transmitters == {}


def test_one_bad_object_is_left_out_and_the_others_stay():
    scan = Ear("dronescout").hear(heard(uas(speed=math.nan), "02:56:00:00:00:02") + heard(uas()))
    assert len(scan.detections) == 1
    assert scan.left_out[0].startswith("object 1: location.speed")


KIT = {
    "id": f"drone-{SERIAL}", "id_type": "Serial Number (ANSI/CTA-2063-A)", "mac": "02:56:00:00:00:01", "caa_id": "", "track_type": "drone",
    "lat": 48.8582, "lon": 2.2945, "alt": 165.5, "height": 80.0, "speed": 12.25, "vspeed": -1.5, "direction": 237, "ua_type": 2,
    "horizontal_accuracy": "<10 m", "vertical_accuracy": "<10m", "operator_id": "FRA4k8m2x7q9w1e3", "pilot_lat": 48.86, "pilot_lon": 2.29,
    "home_lat": 48.85, "home_lon": 2.28, "observed_at": NOW / SECOND - 0.5, "rssi": -61, "freq": None, "rid_make": None,
}  # fmt: skip


def kit(**changed) -> bytes:
    return json.dumps(KIT | changed).encode()


def test_a_kit_s_state_says_what_the_same_messages_say_on_the_air():
    (seen,) = Ear("dragonsync", ACCURACY).hear(kit()).detections
    (expected,) = Ear("odid").hear(messages.encode_pack(corpus.ALL)).detections
    assert seen.pilot == Pilot(latitude=pytest.approx(math.radians(48.86)), longitude=pytest.approx(math.radians(2.29)))
    assert (seen.identity, seen.classes, seen.altitude, seen.velocity) == (
        expected.identity, expected.classes, expected.altitude, expected.velocity,
    )  # fmt: skip
    assert seen.time == NOW - SECOND // 2
    own, moved = 10.0 / 2.4477, 12.25 / 1.96  # 95 % within 10 m; up to a second old
    assert seen.sigma_horizontal == pytest.approx(math.hypot(own, moved), rel=1e-3)
    assert seen.sigma_vertical == pytest.approx(10.0 / 1.96, rel=1e-3)


def test_a_kit_says_0_for_what_it_does_not_know():
    told = kit(
        speed=0.0,
        vspeed=0.0,
        alt=0,
        height="",
        direction=None,
        pilot_lat=0,
        pilot_lon=0,
        home_lat=None,
        home_lon=None,
        ua_type="",
    )
    (seen,) = Ear("dragonsync", ACCURACY).hear(told).detections
    assert (seen.velocity, seen.altitude, seen.pilot, seen.classes) == (None, None, None, None)
    assert Ear("dragonsync", ACCURACY).hear(kit(lat=0, lon=0)).detections == ()


def test_a_state_that_is_published_again_for_its_pilot_is_no_new_place():
    ear = Ear("dragonsync", ACCURACY)
    counts = [len(ear.hear(told).detections) for told in (kit(), kit(pilot_lat=48.861), kit(home_lat=48.851), kit(lat=48.8583))]
    assert counts == [1, 0, 0, 1]


def test_a_kit_s_drone_without_a_serial_goes_by_its_registration_or_nothing():
    (one,) = (
        Ear("dragonsync", ACCURACY).hear(kit(id_type="CAA Assigned Registration ID", id="F-ABCD", operator_id=None)).detections
    )
    assert one.identity == Identity(registration="F-ABCD")
    (two,) = Ear("dragonsync", ACCURACY).hear(kit(id_type="", id="drone-02:56", operator_id="")).detections
    assert two.identity is None


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "truncated"),
        (b"[]", "Expected `object`"),
        (kit(id=""), r"\$.id"),
        (kit(lat="north"), r"\$.lat"),
        (kit(lat=91), "latitude, longitude: are beyond"),
        (kit(speed=-3), "location.speed: -3"),
        (kit(id="drone-" + "é" * 10), "no ASCII"),
        (kit(observed_at=-1), r"\$.observed_at"),
    ],
)
def test_a_kit_s_state_that_cannot_be_is_refused_with_its_field(payload, why):
    ear = Ear("dragonsync", ACCURACY)
    with pytest.raises(DecodeError, match=why):
        ear.hear(payload)
    assert ear.station.memory.transmitters == {}


@pytest.mark.parametrize("format_", ["dronescout", "dragonsync"])
def test_what_the_simulator_writes_reads_back(format_):
    ear = Ear(format_, ACCURACY)
    payload = ear.adapter.encode(ear.station, Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=(corpus.DRONE,)))
    (seen,) = ear.hear(payload).detections
    assert (seen.identity, seen.classes) == (corpus.DRONE.identity, corpus.DRONE.classes)
    assert (seen.latitude, seen.longitude) == pytest.approx(
        (corpus.DRONE.latitude, corpus.DRONE.longitude), abs=math.radians(1e-7)
    )
    assert seen.altitude == pytest.approx(corpus.DRONE.altitude, abs=0.01)
    assert seen.velocity == pytest.approx(corpus.DRONE.velocity, abs=0.5)
    assert abs(seen.time - corpus.DRONE.time) <= SECOND // 10


@pytest.mark.deep
@settings(max_examples=10_000, deadline=None)
@pytest.mark.parametrize("format_", ["dronescout", "dragonsync"])
@given(data=st.data())
def test_nonsense_is_refused_or_read_and_never_ends_the_service(format_, data):
    ear = Ear(format_, ACCURACY)
    content = bytearray(uas())
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    value = st.one_of(st.none(), st.floats(), st.integers(), st.text(max_size=30), st.booleans())
    good = (
        heard(bytes(content)) if format_ == "dronescout" else kit(**{data.draw(st.sampled_from(sorted(KIT))): data.draw(value)})
    )
    payload = bytearray(data.draw(st.sampled_from([good, good, lzma.compress(heard(uas()))])))
    for _ in range(data.draw(st.integers(0, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        scan = ear.hear(bytes(payload))
    except DecodeError:
        assert ear.station.memory.transmitters == {} or format_ == "dronescout"
        return
    for seen in scan.detections:
        assert math.isfinite(seen.latitude + seen.longitude + (seen.altitude or 0.0) + sum(seen.velocity or ()))


@pytest.mark.parametrize("kind", ["receivers"])
def test_the_corpus_is_what_the_encoders_write_and_reads_back(kind):
    assert (corpus.DATA / kind / "payloads.txt").read_text(encoding="ascii") == corpus.lines(kind)
    for format_, payload in corpus.read(kind).values():
        assert Ear(format_, ACCURACY).hear(payload).detections
