"""Remote ID: what is read of the air, what is refused, and that what a drone says of itself stays a claim."""

from __future__ import annotations

import ctypes
import math
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uas_standards.ansi_cta_2063_a import SerialNumber
from uas_standards.en4709_02 import OperatorRegistrationNumber

import sensors
from fusion.config import Accuracy, Config, Sensor, Site
from fusion.errors import ConfigError, DecodeError
from fusion.messages import SECOND, Identity, Pilot, Position, RawMessage, Rejected, Scan, Tick
from fusion.pipeline import Pipeline
from fusion.zones.permits import Register
from fusion.zones.zones import ZoneSet
from sensors.odid import ble, french, hearing, messages, numbers, wifi
from sensors.odid.messages import BasicId, Location, OperatorId
from tests.adapters import corpus
from tests.adapters.corpus import ADDRESS, ALL, OPERATOR, PILOT, PLACE, SERIAL, SIGNALEMENT
from tests.adapters.stations import FRAME, NOW, Ear

CORPUS = corpus.read("odid")


def said(format_: str, *payloads: bytes, received: int = NOW, **more):
    ear = Ear(format_, **more)
    return [ear.hear(payload, received) for payload in payloads]


def test_the_corpus_is_what_the_encoders_write():
    assert (corpus.DATA / "odid" / "payloads.txt").read_text(encoding="ascii") == corpus.lines("odid")


@pytest.mark.parametrize("name", CORPUS)
def test_every_payload_of_the_corpus_reads_back_to_the_bit(name):
    format_, payload = CORPUS[name]
    if format_ == "odid" and not name.startswith(("pack", "service")):
        (message,) = messages.decode(payload)
        assert messages.encode(message) == payload
    elif name.startswith("pack"):
        assert messages.encode_pack(messages.decode(payload), payload[0] & 0xF) == payload
    elif name.startswith("bluetooth"):
        address, told = ble.decode(payload)
        content = messages.encode(told[0]) if len(told) == 1 else messages.encode_pack(told)
        assert ble.encode(address, content, payload[13] if len(told) == 1 else payload[15]) == payload
    said(format_, payload)


class Bits(ctypes.LittleEndianStructure):
    """The location message as the standard's table has it: an independent reading of the same bytes."""

    _pack_ = 1
    _fields_ = (
        *[(name, ctypes.c_uint8, 4) for name in ("version", "type")],
        *[
            (name, ctypes.c_uint8, bits)
            for name, bits in (("coarse", 1), ("west", 1), ("ground", 1), ("reserved", 1), ("status", 4))
        ],
        ("direction", ctypes.c_uint8),
        ("speed", ctypes.c_uint8),
        ("climb", ctypes.c_int8),
        ("latitude", ctypes.c_int32),
        ("longitude", ctypes.c_int32),
        ("pressure", ctypes.c_uint16),
        ("geodetic", ctypes.c_uint16),
        ("height", ctypes.c_uint16),
        *[(name, ctypes.c_uint8, 4) for name in ("horizontal", "vertical", "speed_class", "pressure_class")],
        ("tenths", ctypes.c_uint16),
        *[(name, ctypes.c_uint8, 4) for name in ("tenths_class", "reserved_2")],
        ("reserved_3", ctypes.c_uint8),
    )


@given(
    st.builds(
        Bits,
        version=st.just(2), type=st.just(1), coarse=st.integers(0, 1), west=st.integers(0, 1), ground=st.integers(0, 1), reserved=st.just(0),
        status=st.integers(0, 4), direction=st.integers(0, 179), speed=st.integers(0, 254), climb=st.integers(-124, 124),
        latitude=st.integers(1, 900_000_000), longitude=st.integers(-1_800_000_000, 1_800_000_000), pressure=st.integers(1, 65_535),
        geodetic=st.integers(1, 65_535), height=st.integers(1, 65_535), horizontal=st.integers(0, 12), vertical=st.integers(0, 6),
        speed_class=st.integers(0, 4), pressure_class=st.integers(0, 6), tenths=st.integers(0, 36_000), tenths_class=st.integers(0, 15),
    )
)  # fmt: skip
def test_a_location_says_what_the_standards_table_says(bits):
    (told,) = messages.decode(bytes(bits))
    assert told.direction_deg == bits.direction + 180 * bits.west
    assert told.speed_mps == (bits.speed * 0.75 + 63.75 if bits.coarse else bits.speed * 0.25)
    assert (told.climb_mps, told.latitude_e7, told.longitude_e7) == (bits.climb * 0.5, bits.latitude, bits.longitude)
    assert (told.pressure_altitude_m, told.geodetic_altitude_m, told.height_m) == tuple(
        code * 0.5 - 1000 for code in (bits.pressure, bits.geodetic, bits.height)
    )
    assert (told.horizontal_class, told.vertical_class, told.speed_class, told.pressure_class) == (
        bits.horizontal, bits.vertical, bits.speed_class, bits.pressure_class,
    )  # fmt: skip
    assert (told.status, told.height_above_ground, told.tenths, told.tenths_class) == (
        bits.status,
        bool(bits.ground),
        bits.tenths,
        bits.tenths_class,
    )
    if not bits.coarse or bits.speed:  # 63.75 m/s may be written either way
        assert messages.encode(told) == bytes(bits)


def test_unknown_is_absence_not_a_number():
    (told,) = messages.decode(CORPUS["location_unknown"][1])
    assert told == Location(status=0)
    assert said("odid", CORPUS["location_unknown"][1])[0].detections == ()


@pytest.mark.parametrize("format_", ["odid_ble", "odid_wifi"])
def test_a_pack_becomes_a_position_with_what_it_claims_of_its_accuracy(format_):
    name = {"odid_ble": "bluetooth_5", "odid_wifi": "beacon"}[format_]
    (scan,) = said(format_, CORPUS[name][1])
    (found,) = scan.detections
    assert isinstance(found, Position)
    assert (found.latitude, found.longitude) == (
        pytest.approx(math.radians(48.8582), abs=1e-12),
        pytest.approx(math.radians(2.2945), abs=1e-12),
    )
    assert found.altitude == 165.5
    east, north, up = found.velocity
    assert (math.hypot(east, north), math.degrees(math.atan2(east, north)) % 360, up) == (
        pytest.approx(12.25),
        pytest.approx(237.0),
        -1.5,
    )
    # 10 m hold 95 %: χ² of two degrees; and 0.1 s at 12.25 m/s
    assert found.sigma_horizontal == pytest.approx(math.hypot(10 / math.sqrt(-2 * math.log(0.05)), 1.225 / 1.96), rel=1e-3)
    assert found.sigma_vertical == pytest.approx(10 / 1.96)
    assert found.sigma_velocity == pytest.approx(1 / math.sqrt(-2 * math.log(0.05)), rel=1e-3)
    assert found.identity == Identity(serial="1581F45T7229DMK001AB", operator="FRA4k8m2x7q9w1e3")
    assert found.pilot == Pilot(latitude=math.radians(48.86), longitude=math.radians(2.29))
    assert (found.id, found.classes, found.time, scan.time) == (ADDRESS, {"multirotor": 1.0}, NOW, NOW)


def test_bluetooth_4_tells_a_drone_in_pieces_that_its_address_holds_together():
    ear, tenth = Ear("odid_ble"), SECOND // 10
    for i, message in enumerate([SERIAL, OPERATOR, PILOT]):
        assert ear.hear(ble.encode(ADDRESS, messages.encode(message)), NOW + i * tenth).detections == ()
    (found,) = ear.hear(ble.encode(ADDRESS, messages.encode(PLACE)), NOW + 3 * tenth).detections
    assert (found.identity.serial, found.identity.operator) == (SERIAL.uas_id, OPERATOR.operator_id)
    assert found.pilot is not None
    (other,) = ear.hear(ble.encode("02:56:00:00:00:02", messages.encode(PLACE)), NOW + 4 * tenth).detections
    assert (other.identity, other.pilot) == (None, None)
    later = msgspec.structs.replace(PLACE, tenths=PLACE.tenths + 700)
    (after,) = ear.hear(ble.encode(ADDRESS, messages.encode(later)), NOW + 70 * SECOND).detections
    assert after.identity is None, "an address that was silent for a minute may be another's"


def test_a_place_that_is_heard_again_is_no_new_one():
    ear = Ear("odid_wifi")
    told = [msgspec.structs.replace(PLACE, tenths=18_000 + i) for i in (0, 0, 1, 0, 2)]
    heard = [
        ear.hear(wifi.encode_beacon(ADDRESS, messages.encode_pack([SERIAL, one]), counter=i), NOW + i * 10**8)
        for i, one in enumerate(told)
    ]
    assert [len(scan.detections) for scan in heard] == [1, 0, 1, 0, 1]
    timeless = wifi.encode_beacon(ADDRESS, messages.encode_pack([SERIAL, msgspec.structs.replace(PLACE, tenths=None)]))
    assert [len(ear.hear(timeless, NOW + int(s * SECOND)).detections) for s in (2, 3, 5.1)] == [1, 0, 1]


def test_the_time_of_the_hour_is_the_one_nearest_to_its_arrival():
    hour = NOW // (3600 * SECOND) * 3600 * SECOND
    before, after = hour - SECOND // 2, hour + SECOND // 2
    assert hearing.of_the_hour(35_998, after) == hour - 2 * 10**8
    assert hearing.of_the_hour(2, before) == hour + 2 * 10**8
    (scan,) = said("odid_wifi", CORPUS["beacon"][1], received=NOW + 60 * SECOND)
    assert scan.detections == ()
    assert scan.left_out == ("location.time: 18000 tenths of the hour are 60.0 s before it was heard; expected −1 to 10 s",)


def test_a_height_over_something_else_is_as_sure_as_what_it_is_over():
    def found(**fields):
        pack = messages.encode_pack([SERIAL, msgspec.structs.replace(PLACE, geodetic_altitude_m=None, **fields)])
        return said("odid_wifi", wifi.encode_beacon(ADDRESS, pack))[0].detections[0]

    assert (found().altitude, found().sigma_vertical) == (pytest.approx(80 + 33 + 44.6), pytest.approx(math.hypot(10 / 1.96, 30)))
    ground = found(height_above_ground=True)
    assert (ground.altitude, ground.sigma_vertical) == (pytest.approx(80 + 33 + 44.6), pytest.approx(10 / 1.96))
    assert found(height_m=None).sigma_vertical > 100.0
    assert found(height_m=None, pressure_altitude_m=None).altitude is None


def test_a_direction_that_is_not_told_is_no_north():
    pack = messages.encode_pack([msgspec.structs.replace(PLACE, direction_deg=None)])
    assert said("odid_wifi", wifi.encode_beacon(ADDRESS, pack))[0].detections[0].velocity is None
    pack = messages.encode_pack([msgspec.structs.replace(PLACE, climb_mps=None)])
    (found,) = said("odid_wifi", wifi.encode_beacon(ADDRESS, pack))[0].detections
    assert found.velocity is not None
    assert found.sigma_velocity is None, "a climb that is not told must not be taken for a measured nought"


def test_an_accuracy_that_nobody_tells_is_asked_for_by_name():
    pack = messages.encode_pack([msgspec.structs.replace(PLACE, horizontal_class=0)])
    with pytest.raises(DecodeError, match="sigma.horizontal_m: is neither in the broadcast nor"):
        said("odid_wifi", wifi.encode_beacon(ADDRESS, pack), accuracy=Accuracy())


def test_the_french_element_says_where_and_who_without_time_or_accuracy():
    (scan,) = said("odid_wifi", CORPUS["beacon_french"][1])
    (found,) = scan.detections
    assert found.identity == Identity(serial="1581F45T7229DMK001AB", registration="VGITST0000000000000000000000A1")
    assert (math.degrees(found.latitude), math.degrees(found.longitude)) == (pytest.approx(48.8582), pytest.approx(2.2945))
    assert (found.altitude, found.sigma_horizontal, found.sigma_vertical) == (pytest.approx(121 + 44.6), 8.0, 12.0)
    assert found.velocity == (
        pytest.approx(12 * math.sin(math.radians(237))),
        pytest.approx(12 * math.cos(math.radians(237))),
        0.0,
    )
    assert found.sigma_velocity is None
    assert math.degrees(found.pilot.latitude) == pytest.approx(48.86)
    written = CORPUS["beacon_french"][1]
    assert french.encode(french.decode(written[written.index(wifi.FRENCH) + 4 :])) == french.encode(SIGNALEMENT)


@given(st.text("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", min_size=0, max_size=21), st.integers(0, 2**31))
def test_serials_are_those_of_another_library(letters, seed):
    made = str(SerialNumber.generate_valid(random.Random(seed)))
    for serial in (letters, made, made[:-1], "1581" + letters):
        assert (numbers.serial_fault(serial) is None) == SerialNumber(serial).valid


@given(st.integers(0, 2**31))
def test_operators_numbers_are_those_of_another_library(seed):
    chance = random.Random(seed)
    right = OperatorRegistrationNumber.generate_valid("FRA", chance)
    assert numbers.operator_fault(str(right)) is None
    assert numbers.operator_fault(str(right).replace("-", "")) is None
    assert numbers.public(str(right)) == str(right)[:16]
    wrong = right.make_invalid_by_changing_final_control_string(chance)
    assert "check digit" in numbers.operator_fault(str(wrong))


@pytest.mark.parametrize(
    ("serial", "why"),
    [
        ("1581", "has 4 characters"),
        ("1581F45T7229DMK001A", "says that 15 characters follow its fifth, and 14 do"),
        ("1581F45T7229DMK001Ab", "has b;"),
        ("158IF45T7229DMK001AB", "has I;"),
        ("1581G45T7229DMK001AB", "length code G"),
    ],
)
def test_an_impossible_serial_is_told_and_left_out_and_the_place_stays(serial, why):
    pack = messages.encode_pack([BasicId(id_type=1, ua_type=2, uas_id=serial), PLACE, OPERATOR])
    (scan,) = said("odid_wifi", wifi.encode_beacon(ADDRESS, pack))
    assert scan.detections[0].identity == Identity(operator=OPERATOR.operator_id)
    assert len(scan.left_out) == 1
    assert why in scan.left_out[0]


def test_an_impossible_operator_is_told_and_left_out():
    for operator, why in [("FRA123", "has 6 characters"), ("FRA4k8m2x7q9w1e!", "has other characters")]:
        pack = messages.encode_pack([SERIAL, PLACE, OperatorId(id_type=0, operator_id=operator)])
        (scan,) = said("odid_wifi", wifi.encode_beacon(ADDRESS, pack))
        assert (scan.detections[0].identity.operator, why in scan.left_out[0]) == (None, True)
    pack = messages.encode_pack([SERIAL, PLACE, OperatorId(id_type=0, operator_id="GBR-OP-123ABCD")])
    assert said("odid_wifi", wifi.encode_beacon(ADDRESS, pack))[0].detections[0].identity.operator == "GBR-OP-123ABCD"


WHOLE = messages.encode_pack(ALL)
BEACON, NAN = wifi.encode_beacon(ADDRESS, WHOLE), wifi.encode_nan(ADDRESS, WHOLE)
LONG = ble.encode(ADDRESS, WHOLE)


def patched(content: bytes, at: int, value: int) -> bytes:
    return content[:at] + bytes([value]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("format_", "payload", "why"),
    [
        ("odid", b"", "message: is empty"),
        ("odid", messages.encode(PLACE)[:-1], "message: has 24 bytes; expected 25"),
        ("odid", patched(messages.encode(PLACE), 0, 0x62), "message: is of type 0x6"),
        ("odid", patched(messages.encode(PLACE), 0, 0x17), "protocol version 7; expected 0, 1, 2"),
        ("odid", patched(messages.encode(PLACE), 2, 200), "location.direction: 380° is none"),
        ("odid", patched(messages.encode(PLACE), 4, 125), "location.climb: 62.5 m/s is none"),
        ("odid", patched(messages.encode(PLACE), 22, 0x9F), "tenths of a second are more than an hour"),
        ("odid", patched(messages.encode(PLACE), 8, 0x7F), "location.latitude: is beyond ±90°"),
        ("odid", patched(messages.encode(PILOT), 9, 0x7F), "system.longitude: is beyond ±180°"),
        ("odid", patched(messages.encode(SERIAL), 5, 0xC3), "basic_id.uas_id: has bytes that are not printable ASCII"),
        ("odid", WHOLE[:-1], "pack: has 124 bytes of messages; expected 5 of 25"),
        ("odid", patched(WHOLE, 2, 10), "pack: has 10 messages; expected 1 to 9"),
        ("odid", patched(WHOLE, 1, 24), "pack: its messages are of 24 bytes"),
        ("odid_ble", b"\x42", "pdu: has 1 bytes"),
        ("odid_ble", LONG[:-1], "as many as its second byte says"),
        ("odid_ble", patched(LONG, 0, 0x45), "pdu: is of type 5"),
        ("odid_ble", patched(LONG, 10, 0xFF), "a structure of 255 bytes runs past the end"),
        ("odid_ble", patched(LONG, 3, 0x7F), "the fields of its extended header do not fit into 7 bytes"),
        ("odid_wifi", BEACON[:20], "frame: has 20 bytes"),
        ("odid_wifi", BEACON[:-1], "element 221 runs past the end"),
        ("odid_wifi", patched(BEACON, 0, 0x40), "frame: is of type 0x40"),
        ("odid_wifi", NAN[:-1], "NAN attribute 3 runs past the end"),
        ("odid_wifi", patched(NAN, 42, 0xFF), "service information runs past the end"),
        ("odid_wifi", bytes.fromhex("000009000200000050") + BEACON, "its receiver found the check sequence wrong"),
        ("odid_wifi", bytes.fromhex("000009000200000010") + BEACON + bytes(4), "its check sequence is wrong"),
        ("odid_wifi", bytes.fromhex("0000ff000200000010") + BEACON[:40], "radiotap: its length is 255"),
        ("odid_wifi", bytes.fromhex("000008000000008000") + BEACON, "radiotap: says that more follows"),
        ("odid_wifi", wifi._head(0x80, ADDRESS) + bytes(12) + b"\xdd\x07" + wifi.FRENCH + b"\x01\x01\x02", "signalement.version: is 2"),
        ("odid_wifi", wifi._head(0x80, ADDRESS) + bytes(12) + b"\xdd\x07" + wifi.FRENCH + b"\x04\x02\x02", "signalement: type 4 runs past"),
    ],
)  # fmt: skip
def test_what_is_broken_is_refused_with_its_field(format_, payload, why):
    with pytest.raises(DecodeError, match=why):
        said(format_, payload)


def test_a_drone_that_rounds_its_course_up_to_360_flies_north():
    (location,) = messages.decode(patched(patched(messages.encode(PLACE), 1, 0x22), 2, 180))  # 180° and the flag of the west
    assert location.direction_deg == 0


def test_a_drone_whose_clock_was_never_set_is_where_it_is_when_it_is_heard():
    unset = patched(patched(messages.encode(PLACE), 21, 0), 22, 0)
    assert NOW % (3600 * SECOND) == 1800 * SECOND  # half an hour from the hour that the nought would be
    ear, beacon = Ear("odid_wifi"), wifi.encode_beacon(ADDRESS, bytes([0xF2, 25, 1]) + unset)
    (one,) = ear.hear(beacon).detections
    assert one.time == NOW
    assert not ear.hear(beacon, NOW + SECOND // 5).detections  # the same broadcast, heard again
    hour = NOW + 1800 * SECOND
    (other,) = Ear("odid").hear(unset, hour + SECOND).detections
    assert other.time == hour  # there nought is a time


def test_what_stands_behind_the_end_of_a_text_or_a_pack_is_nothing():
    (name,) = messages.decode(patched(patched(messages.encode(SERIAL), 16, 0), 21, 0xC3))
    assert name.uas_id == SERIAL.uas_id[:14]
    assert messages.decode(messages.encode_pack([PLACE, PILOT]) + bytes(25)) == [PLACE, PILOT]


@pytest.mark.parametrize("count", range(1, messages.MOST + 1))
@pytest.mark.parametrize("version", messages.VERSIONS)
def test_packs_of_every_size_and_version_are_read(count, version):
    told = ([SERIAL, PLACE, PILOT, OPERATOR] * 3)[:count]
    assert messages.decode(messages.encode_pack(told, version)) == told


def test_what_a_person_typed_beyond_ascii_costs_no_place():
    typed = bytes([0x32, 0]) + "contrôle".encode().ljust(23, b"\0")
    told = messages.decode(bytes([0xF2, 25, 2]) + typed + messages.encode(PLACE))
    assert told == [messages.SelfId(text_type=0, text="contr??le"), PLACE]


def test_a_frame_with_one_bad_message_teaches_nothing():
    ear = Ear("odid_wifi")
    bad = messages.encode_pack([SERIAL]) + patched(messages.encode(PLACE), 2, 200)
    with pytest.raises(DecodeError):
        ear.hear(wifi.encode_beacon(ADDRESS, patched(bad, 2, 2)))
    assert ear.station.memory.transmitters == {}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(CORPUS)), st.integers(0, 300), st.integers(0, 255), st.integers(0, 300))
def test_no_broken_byte_does_worse_than_be_refused(name, at, value, cut):
    format_, payload = CORPUS[name]
    ear = Ear(format_)
    for broken in (
        patched(payload, at % len(payload), value),
        payload[: cut % len(payload)],
        payload + bytes([value]) * (cut % 40),
    ):
        try:
            ear.hear(broken)
        except DecodeError as error:
            assert str(error)


@pytest.mark.deep
@settings(max_examples=100_000, deadline=None)
@given(
    st.sampled_from(["odid", "odid_ble", "odid_wifi"]),
    st.binary(max_size=300),
    st.sampled_from([b"", *{p for _, p in CORPUS.values()}]),
    st.integers(0, 200),
)
def test_noise_is_refused_and_nothing_else_happens(format_, noise, head, cut):
    ear = Ear(format_)
    try:
        ear.hear(head[:cut] + noise)
    except DecodeError:
        assert ear.station.memory.transmitters == {}


def test_a_flood_of_made_up_drones_is_bounded_and_forgets_the_oldest():
    ear = Ear("odid_wifi")
    for i in range(hearing.MOST + 10):
        ear.hear(wifi.encode_beacon(f"02:00:00:00:{i >> 8:02x}:{i & 255:02x}", messages.encode_pack([SERIAL])), NOW + i)
    kept = ear.station.memory.transmitters
    assert len(kept) == hearing.MOST
    assert next(iter(kept)) == "02:00:00:00:00:0a"


# --- In the pipeline -------------------------------------------------------------------------------------------------


def pipeline(**more) -> Pipeline:
    site = Site(name="paris", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
    sensor = Sensor(
        id="rid", kind="remote_id", accuracy=Accuracy(horizontal_m=4.0, vertical_m=6.0), **({"reports": "detections-only"} | more)
    )
    config = Config(site=site, sensor=(sensor,))
    return Pipeline(config, sensors.load(list), ZoneSet.of([], config.site.frame()), Register())


def raw(payload: bytes, received: int = NOW) -> RawMessage:
    return RawMessage(topic="vigie/v1/paris/sensor/rid/raw/odid_ble", payload=payload, received=received)


def test_where_a_pilot_stands_is_never_quoted_by_a_refusal():
    core = pipeline()
    broken = ble.encode(ADDRESS, patched(messages.encode(PILOT), 9, 0x7F))
    (refusal,) = core.feed(raw(broken))
    assert isinstance(refusal, Rejected)
    assert (refusal.first_bytes, "4886" in refusal.reason, refusal.topic) == ("", False, raw(b"").topic)
    assert core.intake.records["rid"].rejected == 1


def test_what_is_left_out_is_counted_and_told():
    core = pipeline()
    pack = messages.encode_pack([BasicId(id_type=1, ua_type=2, uas_id="NONSENSE"), PLACE])
    (note,) = core.feed(raw(ble.encode(ADDRESS, pack)))
    assert "'NONSENSE' is no serial" in note.reason
    assert (core.intake.records["rid"].left_out, core.intake.records["rid"].scans) == (1, 1)


def test_what_was_heard_in_pieces_survives_a_restart():
    core = pipeline()
    for i, message in enumerate([SERIAL, PILOT]):
        core.feed(raw(ble.encode(ADDRESS, messages.encode(message)), NOW + i))
    other = pipeline()
    other.restore(core.snapshot())
    for one in (core, other):
        one.feed(raw(ble.encode(ADDRESS, messages.encode(PLACE)), NOW + SECOND // 2))
        one.feed(Tick(time=NOW + SECOND))
    assert core.snapshot() == other.snapshot()
    assert other.intake._memories["rid/odid_ble"].transmitters[ADDRESS].serial == SERIAL.uas_id


def test_a_receiver_cannot_claim_that_its_silence_says_something():
    site = Site(name="paris", latitude_deg=48.8582, longitude_deg=2.2945)
    config = Config(site=site, sensor=(Sensor(id="rid", kind="odid_wifi"),))
    with pytest.raises(ConfigError, match="sensor 'rid': reports \"scans\", but silence in format 'odid_wifi' says nothing"):
        Pipeline(config, sensors.load(list), ZoneSet.of([], config.site.frame()), Register())


@pytest.mark.parametrize("format_", ["odid", "odid_ble", "odid_wifi"])
def test_the_simulators_side_writes_what_the_adapter_reads(format_):
    flown = Position(
        time=NOW - 3 * 10**8, latitude=math.radians(48.85912345), longitude=math.radians(2.29412345), altitude=140.3, velocity=(7.1, -3.4, 1.1),
        sigma_horizontal=4.0, sigma_vertical=6.0, sigma_velocity=0.5, identity=Identity(serial=SERIAL.uas_id, operator=OPERATOR.operator_id),
        pilot=Pilot(latitude=math.radians(48.86), longitude=math.radians(2.29)), classes={"multirotor": 0.9, "bird": 0.1},
    )  # fmt: skip
    ear = Ear(format_)

    payload = ear.adapter.encode(ear.station, Scan(sensor="s", time=flown.time, received=NOW, sequence=1, detections=(flown,)))
    (found,) = ear.hear(payload).detections
    assert abs(found.latitude - flown.latitude) * 6.4e6 < 0.01
    assert abs(found.altitude - flown.altitude) <= 0.25
    assert math.dist(found.velocity, flown.velocity) < 0.4
    assert (found.time, found.identity, found.classes) == (flown.time, flown.identity, {"multirotor": 1.0})
    assert math.degrees(found.pilot.latitude) == pytest.approx(48.86, abs=1e-9)
    assert flown.sigma_horizontal <= found.sigma_horizontal * 1.01
    assert FRAME is ear.station.frame
