"""MAVLink: frames that pymavlink writes, read to the figure; what is broken, repeated or noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pymavlink.dialects.v10 import ardupilotmega as one
from pymavlink.dialects.v20 import ardupilotmega as two

import sensors
from fusion.config import Accuracy, Config, CoverageTable, Sensor
from fusion.errors import DecodeError
from fusion.messages import SECOND, Identity, Pilot, RawMessage, Scan, Tick
from fusion.pipeline import Pipeline
from fusion.topics import TopicTree
from fusion.transport.feeds.framing import cutter
from fusion.zones.permits import Register
from fusion.zones.zones import ZoneSet
from sensors import Station
from sensors.mavlink import frames
from sensors.odid import messages
from tests.adapters import corpus
from tests.adapters.stations import NOW, Ear
from tests.scene import CAMERA, FRAME, SITE, START
from tests.tracking.moving_scene import camera, look, straight

ACCURACY = Accuracy(horizontal_m=3.0, vertical_m=5.0, velocity_mps=0.5)
NOBODY, OTHER = [0] * 20, [0x02, 0x56, 1, 2, 3, 4] + [0] * 14
SERIAL = "1581F45T7229DMK001AB"
PLACE = (488_582_000, 22_945_000)


def written(message, system=7, dialect=two) -> bytes:
    """Give a frame as the reference implementation writes it."""
    return message.pack(dialect.MAVLink(None, srcSystem=system, srcComponent=1))


def place(boot_ms=5_000, dialect=two, system=7, latitude=PLACE[0], longitude=PLACE[1], altitude=121_500) -> bytes:
    told = dialect.MAVLink_global_position_int_message(boot_ms, latitude, longitude, altitude, 80_000, 300, -400, 50, 9_000)
    return written(told, system, dialect)


def serial(other=NOBODY, told=SERIAL) -> bytes:
    return written(two.MAVLink_open_drone_id_basic_id_message(0, 0, other, 1, 2, list(told.encode().ljust(20, b"\0"))))


def location(other=OTHER, **changed) -> bytes:
    fields = {
        "status": 2, "direction": 23_700, "speed_horizontal": 1_225, "speed_vertical": -150, "latitude": PLACE[0], "longitude": PLACE[1],
        "altitude_barometric": 120.0, "altitude_geodetic": 165.5, "height_reference": 0, "height": 80.0, "horizontal_accuracy": 10,
        "vertical_accuracy": 4, "barometer_accuracy": 0, "speed_accuracy": 3, "timestamp": 1_800.0, "timestamp_accuracy": 1,
    }  # fmt: skip
    return written(two.MAVLink_open_drone_id_location_message(0, 0, other, **(fields | changed)))


@pytest.mark.parametrize("dialect", [one, two])
def test_a_vehicle_s_navigation_arrives_in_our_units(dialect):
    (seen,) = Ear("mavlink", ACCURACY).hear(place(dialect=dialect)).detections
    assert (seen.latitude, seen.longitude) == pytest.approx((math.radians(48.8582), math.radians(2.2945)), abs=1e-12)
    assert seen.altitude == pytest.approx(121.5 + 44.6)  # above the sea, then the geoid
    assert seen.velocity == (-4.0, 3.0, -0.5)  # MAVLink tells north, east, down
    assert (seen.sigma_horizontal, seen.sigma_vertical, seen.sigma_velocity) == (3.0, 5.0, 0.5)
    assert (seen.id, seen.time, seen.identity) == ("7", NOW, Identity(callsign="s-7"))


def test_the_vehicle_s_clock_counts_once_it_has_told_the_time():
    ear = Ear("mavlink", ACCURACY)
    ear.hear(written(two.MAVLink_system_time_message((NOW - SECOND) // 1000, 10_000)))  # its clock began 11 s ago
    (seen,) = ear.hear(place(boot_ms=10_700)).detections
    assert seen.time == NOW - 300_000_000
    (unset,) = ear.hear(place(boot_ms=90_000)).detections
    assert unset.time == NOW  # 79 s ahead: the arrival counts


@pytest.mark.parametrize("said", [0, (NOW - 3600 * SECOND) // 1000])
def test_a_clock_that_is_not_set_gives_way_to_the_arrival(said):
    ear = Ear("mavlink", ACCURACY)
    (seen,) = ear.hear(written(two.MAVLink_system_time_message(said, 10_000)) + place(boot_ms=10_000)).detections
    assert seen.time == NOW


def test_a_place_that_a_router_tells_twice_or_late_is_taken_once_and_a_restart_begins_anew():
    ear = Ear("mavlink", ACCURACY)
    counts = [len(ear.hear(place(boot_ms=boot_ms)).detections) for boot_ms in (60_000, 60_000, 59_900, 60_100, 200)]
    assert counts == [1, 0, 0, 1, 1]


def test_of_what_comes_together_each_vehicle_has_its_newest_place():
    seen = Ear("mavlink", ACCURACY).hear(b"".join(place(t, system=s) for t in (100, 200) for s in (1, 2))).detections
    assert [one.id for one in seen] == ["1", "2"]


def test_a_vehicle_s_own_remote_id_names_it_and_does_not_count_as_a_second_sensor():
    ear = Ear("mavlink", ACCURACY)
    ear.hear(serial())
    (seen,) = ear.hear(place() + location(NOBODY)).detections
    assert (seen.identity, seen.id) == (Identity(serial=SERIAL, callsign="s-7"), "7")


def test_another_s_remote_id_is_read_like_a_broadcast_message_by_message_or_as_a_pack():
    ear, bare = Ear("mavlink"), Ear("odid")
    operator = two.MAVLink_open_drone_id_operator_id_message(0, 0, OTHER, 0, b"FRA4k8m2x7q9w1e3")
    pilot = two.MAVLink_open_drone_id_system_message(
        0, 0, OTHER, 1, 1, 488_600_000, 22_900_000, 1, 0, -1000, -1000, 1, 2, -1000, 0
    )
    ear.hear(b"".join((serial(OTHER), written(pilot), written(operator))))
    (seen,) = ear.hear(location()).detections
    (expected,) = bare.hear(messages.encode_pack(corpus.ALL)).detections
    assert seen.pilot == Pilot(latitude=math.radians(48.86), longitude=math.radians(2.29))
    assert (seen.identity, seen.pilot, seen.classes) == (expected.identity, expected.pilot, expected.classes)
    assert (seen.time, seen.latitude, seen.altitude, seen.velocity) == (
        expected.time, expected.latitude, expected.altitude, expected.velocity,
    )  # fmt: skip
    assert (seen.sigma_horizontal, seen.sigma_vertical, seen.id) == (
        expected.sigma_horizontal, expected.sigma_vertical, "02:56:01:02:03:04",
    )  # fmt: skip
    content = b"".join(messages.encode(message) for message in corpus.ALL)
    pack = two.MAVLink_open_drone_id_message_pack_message(0, 0, OTHER, 25, 5, list(content.ljust(225, b"\0")))
    (packed,) = Ear("mavlink").hear(written(pack)).detections
    assert (packed.identity, packed.time, packed.altitude) == (seen.identity, seen.time, seen.altitude)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "is empty"),
        (b"no frame at all", "are of no frame"),
        (place()[:-1], "ends in its middle"),
        (place()[:-1] + b"\x00", "checksum is wrong"),
        (place()[:2] + b"\x04" + place()[3:], "incompat_flags: 0x04"),
    ],
)
def test_what_is_no_frame_is_refused_with_its_reason(payload, why):
    with pytest.raises(DecodeError, match=why):
        Ear("mavlink", ACCURACY).hear(payload)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (place(latitude=900_000_001), "lat: 900000001"),
        (place(altitude=2_000_000_000), "alt: 2000000000"),
        (place(altitude=30_000_001), "alt: 30000001"),
        (location(direction=36_050 + 100), "direction"),
        (location(timestamp=math.nan), "timestamp"),
        (location(altitude_geodetic=math.inf), "geodetic altitude: inf"),
        (serial(OTHER, "1581F45T7229DMK0\x01"), "not printable"),
    ],
)
def test_a_message_that_cannot_be_is_left_out_and_the_others_stay(payload, why):
    scan = Ear("mavlink", ACCURACY).hear(payload + place(system=9))
    assert [one.id for one in scan.detections] == ["9"]
    assert why in scan.left_out[0]


def test_messages_of_other_kinds_are_passed_by():
    beat = written(two.MAVLink_heartbeat_message(2, 3, 0, 0, 4, 3))
    scan = Ear("mavlink", ACCURACY).hear(beat)
    assert (scan.detections, scan.left_out) == ((), ())
    assert len(Ear("mavlink", ACCURACY).hear(beat + place()).detections) == 1


@pytest.mark.parametrize("kind", frames.KINDS)
def test_a_message_is_laid_out_as_the_reference_implementation_has_it(kind):
    known, ours = two.mavlink_map[kind], frames.KINDS[kind]
    assert (ours.check, ours.layout.size) == (known.crc_extra, known.unpacker.size)


def test_a_signed_frame_is_read():
    link = two.MAVLink(None, srcSystem=7, srcComponent=1)
    link.signing.sign_outgoing, link.signing.secret_key, link.signing.timestamp = True, b"k" * 32, 1
    frame = two.MAVLink_global_position_int_message(5_000, *PLACE, 121_500, 80_000, 0, 0, 0, 0).pack(link)
    assert frame[2] == 1
    assert len(Ear("mavlink", ACCURACY).hear(frame + place(system=8)).detections) == 2


@given(content=st.binary(max_size=300))
def test_the_checksum_is_that_of_the_reference_implementation(content):
    assert frames.checksum(content) == two.x25crc(content).crc


def test_the_reference_implementation_reads_what_we_write():
    ear = Ear("mavlink")
    scan = Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=(corpus.AIRCRAFT,))
    payload = ear.adapter.encode(ear.station, scan)
    (read,) = two.MAVLink(None).parse_buffer(payload)
    assert read.get_type() == "OPEN_DRONE_ID_MESSAGE_PACK"
    assert len(messages.decode(bytes([0xF2, 25, read.msg_pack_size]) + bytes(read.messages)[: 25 * read.msg_pack_size])) == 2


@settings(deadline=None)
@given(sizes=st.lists(st.integers(0, 40), max_size=6), step=st.integers(1, 60))
def test_a_stream_is_cut_at_its_frames_and_nothing_is_lost(sizes, step):
    stream = b"".join(b"?" * (size if size > 20 else 0) + place(system=1 + i) for i, size in enumerate(sizes))
    way = cutter("mavlink")
    got = [chunk for at in range(0, len(stream), step) for chunk in way.cut(stream[at : at + step])]
    assert b"".join(got) == stream
    told = [frames.decode(chunk) for chunk in got]
    assert sum(len(found) for found, _ in told) == len(sizes)
    assert not any("middle" in fault or "checksum" in fault for _, faults in told for fault in faults)


def test_what_a_mavlink_stream_keeps_back_is_bounded():
    way = cutter("mavlink")
    for _ in range(100):
        way.cut(b"\xfd\xff\x01" * 50)
    assert len(way._rest) <= frames.LONGEST


GOOD = [place(), serial(), location(), place(dialect=one), serial(OTHER) + location()]


@pytest.mark.deep
@settings(max_examples=20_000, deadline=None)
@given(data=st.data())
def test_nonsense_is_refused_or_read_and_never_ends_the_service(data):
    ear = Ear("mavlink", ACCURACY)
    kind = data.draw(st.sampled_from(sorted(frames.KINDS)))
    body = data.draw(st.binary(max_size=255))
    head = bytes([len(body), 0, 0, 1, 7, 1]) + kind.to_bytes(3, "little")
    check = frames.checksum(head + body + bytes([frames.KINDS[kind].check])).to_bytes(2, "little")
    payload = bytearray(data.draw(st.sampled_from([b"\xfd" + head + body + check, *GOOD])) + data.draw(st.binary(max_size=30)))
    for _ in range(data.draw(st.integers(0, 3))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        scan = ear.hear(bytes(payload))
    except DecodeError:
        return
    for seen in scan.detections:
        assert math.isfinite(seen.latitude + seen.longitude + (seen.altitude or 0.0) + sum(seen.velocity or ()))
        assert abs(seen.latitude) <= math.pi / 2
    assert all(len(fault) < 300 for fault in scan.left_out)


def test_the_corpus_is_what_the_encoders_write_and_reads_back():
    assert (corpus.DATA / "mavlink" / "payloads.txt").read_text(encoding="ascii") == corpus.lines("mavlink")
    for format_, payload in corpus.read("mavlink").values():
        assert Ear(format_).hear(payload).detections


# --- Cameras aboard --------------------------------------------------------------------------------------------------


def attitude(boot_ms=4_900, roll=0.1, pitch=-0.2, yaw=2.5, rates=(0.01, -0.02, 0.5), system=7, dialect=two) -> bytes:
    return written(dialect.MAVLink_attitude_message(boot_ms, roll, pitch, yaw, *rates), system, dialect)


@pytest.mark.parametrize("dialect", [one, two])
def test_a_vehicle_s_navigation_is_the_pose_of_what_it_carries(dialect):
    ear = Ear("mavlink", ACCURACY)
    (pose,) = ear.hear(attitude(dialect=dialect) + place(dialect=dialect)).poses
    assert (pose.vehicle, pose.time, pose.velocity) == ("7", NOW, (-4.0, 3.0, -0.5))
    assert (pose.latitude, pose.longitude) == pytest.approx((math.radians(48.8582), math.radians(2.2945)), abs=1e-12)
    assert pose.altitude == pytest.approx(121.5 + 44.6)
    assert pose.attitude == pytest.approx((2.5 + 0.05, -0.2 - 0.002, 0.1 + 0.001), abs=1e-6)  # carried on for a tenth of a second
    assert (pose.sigma_horizontal, pose.sigma_vertical, pose.sigma_velocity) == (3.0, 5.0, 0.5)


def test_an_attitude_that_is_old_or_of_another_vehicle_is_not_this_one_s():
    ear = Ear("mavlink", ACCURACY)
    assert ear.hear(attitude(boot_ms=4_000) + attitude(system=8) + place()).poses[0].attitude is None
    assert ear.hear(attitude(boot_ms=5_400) + place(boot_ms=5_500)).poses[0].attitude is not None


def test_an_attitude_that_is_no_angle_is_left_out_and_told():
    scan = Ear("mavlink", ACCURACY).hear(attitude(yaw=math.nan) + place())
    assert "roll, pitch, yaw" in scan.left_out[0]
    assert scan.poses[0].attitude is None


def test_a_camera_that_the_vehicle_carries_looks_from_where_that_is():
    """A fleet's MAVLink says where vehicle 7 is; its camera and a fixed one see a drone: it is where both lines meet."""
    fleet = Sensor(
        id="fleet", kind="mavlink", accuracy=ACCURACY, reports="detections-only", coverage=CoverageTable(range_m=(0.0, 5000.0))
    )
    eye = replace(camera("eye", platform={"sensor": "fleet", "vehicle": "7"}), kind="camera")
    core = Pipeline(Config(site=SITE, sensor=(fleet, eye, CAMERA)), dict(sensors.BUILT_IN), ZoneSet.of((), FRAME), Register())
    tree, carried = TopicTree(SITE.name), straight((-60.0, 140.0, 0.0), (0.0, 0.0, 0.0))
    drone, fixed = (
        straight((100.0, 80.0, 20.0), (0.0, 0.0, 0.0)),
        FRAME.grid_from_wgs84(math.radians(CAMERA.latitude_deg), math.radians(CAMERA.longitude_deg), CAMERA.altitude_hae_m),
    )
    latitude, longitude, height = (float(x) for x in FRAME.wgs84_from_grid(carried(0.0)))
    for k in range(25):
        time = START + k * SECOND // 5
        told = two.MAVLink_global_position_int_message(
            5_000 + 200 * k,
            round(math.degrees(latitude) * 1e7),
            round(math.degrees(longitude) * 1e7),
            round((height - 44.6) * 1000),
            0,
            0,
            0,
            0,
            0,
        )
        core.feed(RawMessage(topic=tree.path("raw", sensor="fleet", format="mavlink"), payload=written(told), received=time))
        for sensor, path in ((eye, carried), (CAMERA, lambda t: fixed)):
            scan = look(sensor, path, drone, k / 5, k)
            core.feed(
                RawMessage(
                    topic=tree.path("scan", sensor=sensor.id),
                    payload=sensors.BUILT_IN["camera"].encode(Station(sensor, FRAME), scan),
                    received=time,
                )
            )
        core.feed(Tick(time=time + SECOND // 10))
    state, _ = core.timeline.tracker.store.combined()
    assert np.linalg.norm(state[:, :3] - drone(0.0), axis=1).min() < 3.0
    pose = core.status().sensors["eye"].pose
    assert (pose.stale, pose.refused) == (False, 0)
    assert pose.altitude_hae_m == pytest.approx(height, abs=0.01)
