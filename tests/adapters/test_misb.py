"""MISB ST 0601 against klvdata and the standard's own examples."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import klvdata
import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from klvdata.common import packet_checksum
from scipy.spatial.transform import Rotation

from fusion.config import Accuracy, Config, CoverageTable, Platform, Sensor
from fusion.errors import DecodeError
from fusion.messages import SECOND, Bearing, Identity, Polar, Position, RawMessage, Scan
from fusion.tracking.timeline import Timeline
from fusion.tracking.tracker import Tracker
from sensors import Station, misb
from tests.adapters import corpus
from tests.adapters.stations import NOW, Ear
from tests.scene import SITE

ACCURACY = Accuracy(horizontal_m=5.0, vertical_m=10.0, velocity_mps=1.0)
STEP = math.radians(180.0 / 2**32)

PUBLISHED = {13: "5595b66d", 14: "5b5360c4", 15: "c221", 4: "41462d313031"}
"""ST 0601's examples of a sensor's latitude 60.1768229669783°, longitude 128.426759042045°, height 14190.7195 m, and tail number AF-101."""


def packet(at=NOW, **told) -> bytes:
    """Give a packet with the standard's examples, put together without the adapter."""
    values = {2: (at // 1000).to_bytes(8, "big").hex()} | PUBLISHED | {int(tag[1:]): value for tag, value in told.items()}
    body = b"".join(bytes([tag, len(value) // 2]) + bytes.fromhex(value) for tag, value in values.items() if value is not None)
    content = misb.KEY + bytes([len(body) + 4]) + body + b"\x01\x02\0\0"
    return content[:-2] + packet_checksum(content)


def seen(*payloads: bytes) -> list[Position]:
    ear = Ear("misb", ACCURACY)
    return [one for payload in payloads for one in ear.hear(payload).detections]


def test_the_standard_s_examples_read_as_it_says():
    (one,) = seen(packet())
    assert math.degrees(one.latitude) == pytest.approx(60.1768229669783, abs=1e-12)
    assert math.degrees(one.longitude) == pytest.approx(128.426759042045, abs=1e-11)
    assert one.altitude == pytest.approx(14190.7195 + 44.6, abs=1e-3)  # above the sea, then the geoid
    assert (one.identity, one.time, one.velocity) == (Identity(registration="AF-101"), NOW, None)


def test_a_height_above_the_ellipsoid_needs_no_geoid():
    (one,) = seen(packet(_75="c221"))
    assert one.altitude == pytest.approx(14190.7195, abs=1e-3)


def test_a_velocity_needs_north_and_east_and_corrects_only_with_its_climb():
    full = {"_79": "3fff", "_80": "c001", "_51": "7fff"}
    (one,) = seen(packet(**full))
    assert one.velocity == pytest.approx((-327.0 / 2, 327.0 / 2, 180.0), abs=0.01)
    assert one.sigma_velocity == 1.0
    (flat,) = seen(packet(**(full | {"_51": None})))
    assert flat.sigma_velocity is None
    (half,) = seen(packet(**(full | {"_80": None})))
    assert half.velocity is None


@settings(deadline=None)
@given(
    latitude=st.floats(1, 89), longitude=st.floats(-179, 179), altitude=st.floats(-800, 18_000), east=st.floats(-300, 300),
    north=st.floats(-300, 300), up=st.floats(-100, 100),
)  # fmt: skip
def test_klvdata_reads_what_we_write(latitude, longitude, altitude, east, north, up):
    one = Position(
        time=NOW, latitude=math.radians(latitude), longitude=math.radians(longitude), altitude=altitude, velocity=(east, north, up),
        sigma_horizontal=5.0, identity=Identity(registration="F-HSAM", callsign="SAMU31"),
    )  # fmt: skip
    ear = Ear("misb", ACCURACY)
    written = ear.adapter.encode(ear.station, Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=(one,)))
    (read,) = klvdata.StreamParser(written)
    told = {tag[0]: item.value.value for tag, item in read.items.items()}
    assert told[2] == datetime.fromtimestamp(NOW / SECOND, UTC)
    assert (told[4], told[59]) == ("F-HSAM", "SAMU31")
    assert (told[13], told[14]) == pytest.approx((latitude, longitude), abs=1e-7)
    assert told[75] == pytest.approx(altitude, abs=0.16)
    assert (told[80], told[79], told[51]) == pytest.approx((east, north, up), abs=0.006)
    (back,) = ear.hear(written).detections
    assert (back.latitude, back.longitude) == pytest.approx((one.latitude, one.longitude), abs=STEP)
    assert back.velocity == pytest.approx(one.velocity, abs=0.006)


def test_a_place_that_is_not_known_is_none():
    assert seen(packet(_13="80000000")) == []
    assert seen(packet(_13="00000000", _14="00000000")) == []


def test_a_packet_told_again_or_overtaken_counts_once_and_of_many_the_newest():
    times = [NOW - SECOND // 10, NOW - SECOND // 10, NOW - SECOND // 5, NOW]
    assert [one.time for one in seen(*(packet(at) for at in times))] == [times[0], NOW]
    assert [one.time for one in seen(b"".join(packet(at) for at in times))] == [NOW]


def test_a_clock_that_is_not_set_gives_way_to_the_arrival():
    (one,) = seen(packet(NOW - 3600 * SECOND))
    assert one.time == NOW


@given(content=st.binary(min_size=2, max_size=60))
def test_the_checksum_is_that_of_another_library(content):
    assert misb.checksum(content[:-2]) == packet_checksum(content)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (b"", "has 0 packets"),
        (b"\x47" + packet(), "no key of ST 0601"),
        (packet()[:-1], "ends in its middle"),
        (packet()[:-1] + b"?", "checksum: is wrong"),
        (packet(_13="5595b6"), "tag 13: has 3 bytes; expected 4"),
        (packet(_2=None), "tag 2: has 0 bytes; expected 8"),
        (packet(_4="ff00ff"), "tag 4: is no printable"),
        (misb.KEY + b"\x02\x0d\x04", "tag 13: has 4 bytes, of which 0"),
        (misb.KEY + b"\x02\xff\xff", "no tag stands there"),
        (misb.KEY + b"\x85\0\0\0\0\0", "no length stands there"),
        (misb.KEY + b"\0", "checksum: is not the last"),
        (misb.KEY, "no length stands there"),
    ],
)
def test_what_is_broken_is_refused_with_its_reason(payload, why):
    ear = Ear("misb", ACCURACY)
    with pytest.raises(DecodeError, match=why):
        ear.hear(payload)
    assert ear.station.memory.last == 0


def test_sets_of_other_keys_are_passed_over_by_their_length():
    security = bytes.fromhex("060e2b34020301010e01030302000000") + b"\x03\x01\x01\x01"  # ST 0102, as a set of its own
    targets = bytes.fromhex("060e2b34020b01010e01030306000000") + b"\x81\x80" + packet()[:32] * 4  # ST 0903; holds a key of ours
    (one,) = seen(security + packet() + targets)
    assert one == seen(packet())[0]


def test_tags_that_are_not_known_are_passed_over_however_long():
    value, told = packet(), seen(packet())
    body = value[17:-4] + b"\x81\x10\x02ab" + b"\x5e\x81\x90" + bytes(0x90) + b"\x01\x02"  # tags 144 and 94, two octets of length
    longer = misb.KEY + b"\x82" + (len(body) + 2).to_bytes(2, "big") + body + bytes(2)
    assert seen(longer[:-2] + packet_checksum(longer)) == told


def test_one_broken_packet_is_left_out_and_the_others_stay():
    scan = Ear("misb", ACCURACY).hear(packet(_13="55") + packet())
    assert len(scan.detections) == 1
    assert scan.left_out == ("packet 1: tag 13: has 1 bytes; expected 4",)


@pytest.mark.deep
@settings(max_examples=20_000, deadline=None)
@given(data=st.data())
def test_nonsense_is_refused_or_read_and_never_ends_the_service(data):
    ear = Ear("misb", ACCURACY)
    body = data.draw(st.one_of(st.binary(max_size=100), st.just(packet(_79="3fff", _80="3fff")[17:-4])))
    broken = bytearray(body)
    for _ in range(data.draw(st.integers(0, 4))):
        if broken:
            broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    content = misb.KEY + bytes([len(broken) + 4]) + bytes(broken) + b"\x01\x02\0\0"
    payload = bytearray(content[:-2] + packet_checksum(content) + data.draw(st.binary(max_size=20)))
    for _ in range(data.draw(st.integers(0, 1))):
        payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        scan = ear.hear(bytes(payload))
    except DecodeError:
        assert ear.station.memory.last == 0
        return
    for one in scan.detections:
        assert math.isfinite(one.latitude + one.longitude + (one.altitude or 0.0) + sum(one.velocity or ()))


def test_the_corpus_is_what_the_encoders_write_and_reads_back():
    assert (corpus.DATA / "misb" / "payloads.txt").read_text(encoding="ascii") == corpus.lines("misb")
    for format_, payload in corpus.read("misb").values():
        assert Ear(format_, ACCURACY).hear(payload).detections


# --- The camera aboard -----------------------------------------------------------------------------------------------

EYE = Accuracy(horizontal_m=5.0, vertical_m=10.0, velocity_mps=1.0, azimuth_deg=0.5, elevation_deg=0.4, range_m=3.0)
HERE = {"latitude": math.radians(48.86), "longitude": math.radians(2.29), "altitude": 200.0}


def number(value: float, least: float, most: float, bits: int) -> str:
    """Give a figure as the standard maps it, by hand."""
    if least < 0 and most == -least:
        return (round(value * (2 ** (bits - 1) - 1) / most) % 2**bits).to_bytes(bits // 8, "big").hex()
    return round((value - least) * (2**bits - 1) / (most - least)).to_bytes(bits // 8, "big").hex()


def camera_packet(**told) -> bytes:
    """A packet of an aircraft at HERE, with more tags."""
    place = {
        "_13": number(48.86, -90, 90, 32), "_14": number(2.29, -180, 180, 32), "_15": None, "_4": None,
        "_75": number(200.0, -900, 19_000, 16),
    }  # fmt: skip
    return packet(**(place | told))


def aboard(payload: bytes, accuracy=EYE) -> Scan:
    return Ear("misb", accuracy, platform=Platform()).hear(payload)


TURNED = {"_5": number(130.0, 0, 360, 16), "_6": number(12.0, -20, 20, 16), "_7": number(-20.0, -50, 50, 16)}
FOLLOWING = {"_18": number(35.0, 0, 360, 32), "_19": number(-15.0, -180, 180, 32), "_47": "02"}


def test_klvdata_reads_the_camera_s_figures_as_we_wrote_them():
    (told,) = klvdata.StreamParser(
        camera_packet(**TURNED, **FOLLOWING, _21=number(812.5, 0, 5e6, 32), _45=number(12.0, 0, 4095, 16))
    )
    values = {tag[0]: item.value.value for tag, item in told.items.items()}
    assert [values[tag] for tag in (5, 6, 7, 18, 19, 21, 45)] == pytest.approx(
        [130.0, 12.0, -20.0, 35.0, -15.0, 812.5, 12.0], abs=0.05
    )


def test_where_the_aircraft_is_and_how_it_is_turned_is_the_pose_of_its_camera():
    (pose,) = aboard(camera_packet(**TURNED)).poses
    assert (pose.latitude, pose.longitude, pose.altitude) == pytest.approx(
        (*(HERE[name] for name in ("latitude", "longitude")), 200.0), abs=0.2
    )
    assert [math.degrees(angle) for angle in pose.attitude] == pytest.approx([130.0, 12.0, -20.0], abs=0.01)
    assert (pose.time, pose.sigma_horizontal, pose.sigma_vertical) == (NOW, 5.0, 10.0)
    full = TURNED | {"_90": number(-42.0, -90, 90, 32), "_91": number(75.0, -90, 90, 32)}
    (pose,) = aboard(camera_packet(**full)).poses
    assert [math.degrees(angle) for angle in pose.attitude[1:]] == pytest.approx([-42.0, 75.0], abs=1e-6)
    (pose,) = aboard(camera_packet(**(TURNED | {"_7": "8000"}))).poses  # the number for "not known"
    assert pose.attitude is None


def test_what_it_follows_lies_on_its_line_of_sight():
    position, sight = aboard(camera_packet(**TURNED, **FOLLOWING)).detections
    assert isinstance(position, Position)
    level = math.cos(math.radians(-15.0))
    ray = [level * math.cos(math.radians(35.0)), level * math.sin(math.radians(35.0)), math.sin(math.radians(15.0))]
    north, east, down = Rotation.from_euler("ZYX", [130.0, 12.0, -20.0], degrees=True).apply(ray)
    assert math.degrees(sight.azimuth) == pytest.approx(math.degrees(math.atan2(east, north)) % 360.0, abs=0.01)
    assert math.degrees(sight.elevation) == pytest.approx(math.degrees(-math.asin(down)), abs=0.01)
    assert (sight.sigma_azimuth, sight.sigma_elevation) == pytest.approx((math.radians(0.5), math.radians(0.4)))
    assert (sight.time, sight.id) == (NOW, "target")


AT = {"_40": number(48.866, -90, 90, 32), "_41": number(2.30, -180, 180, 32), "_42": number(35.0, -900, 19_000, 16)}


def test_a_target_s_place_is_a_direction_as_it_lies_where_the_line_of_sight_meets_the_ground():
    _, sight = aboard(camera_packet(**AT)).detections
    there = pyproj.Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 +step +proj=topocentric "
        "+ellps=WGS84 +lat_0=48.86 +lon_0=2.29 +h_0=200"
    ).transform(2.30, 48.866, 35.0 + 44.6)
    reach = math.hypot(*there)
    assert isinstance(sight, Bearing)
    assert sight.azimuth == pytest.approx(math.atan2(there[0], there[1]), abs=1e-4)
    assert sight.elevation == pytest.approx(math.asin(there[2] / reach), abs=5e-4)  # heights are in steps of 0.3 m
    _, unsure = aboard(camera_packet(**AT, _45=number(43.0, 0, 4095, 16))).detections
    assert unsure.sigma_azimuth == pytest.approx(math.hypot(math.radians(0.5), 43.0 / 2.1460 / reach), rel=1e-3)


@pytest.mark.parametrize(("flags", "measured"), [("13", True), ("12", False), ("03", False), ("33", None)])
def test_only_what_a_laser_measured_is_a_range(flags, measured):
    told = aboard(camera_packet(**TURNED, **(FOLLOWING | {"_47": flags}), _21=number(812.5, 0, 5e6, 32))).detections
    if measured is None:  # the picture is invalid
        assert len(told) == 1
        return
    assert isinstance(told[1], Polar) is measured
    assert not measured or (told[1].range, told[1].sigma_range) == pytest.approx((812.5, 3.0), abs=1e-3)


@pytest.mark.parametrize(
    "told",
    [
        FOLLOWING,  # how the aircraft is turned is not known
        TURNED | FOLLOWING | {"_47": "00"},
        TURNED | FOLLOWING | {"_19": "80000000"},
        AT | {"_40": "80000000"},
        AT | {"_42": None},
    ],
)
def test_a_camera_that_follows_nothing_or_nobody_knows_whereto_tells_no_direction(told):
    assert len(aboard(camera_packet(**told)).detections) == 1
    assert len(aboard(camera_packet(**TURNED, **FOLLOWING), ACCURACY).detections) == 1  # no accuracy of directions is configured
    assert len(Ear("misb", EYE).hear(camera_packet(**TURNED, **FOLLOWING)).detections) == 1  # the site's file says that it stands


def test_a_target_where_the_aircraft_itself_is_is_told():
    same = {"_40": number(48.86, -90, 90, 32), "_41": number(2.29, -180, 180, 32), "_42": number(200.0 - 44.6, -900, 19_000, 16)}
    with pytest.raises(DecodeError, match="are where the aircraft itself is"):
        aboard(camera_packet(**same))


def test_two_aircraft_that_follow_one_drone_place_it_over_the_ground():
    """Directions alone, each from where its aircraft is; the ground behind the drone is hundreds of metres away."""
    frame = Ear("misb", EYE).station.frame
    drone = frame.grid_from_wgs84(math.radians(48.864), math.radians(2.296), 140.0)
    eyes = {"eye-1": (48.86, 2.29, 200.0), "eye-2": (48.8665, 2.291, 210.0)}
    accuracy = Accuracy(horizontal_m=1.0, vertical_m=1.0, velocity_mps=1.0, azimuth_deg=0.2, elevation_deg=0.2)
    coverage = CoverageTable(elevation_deg=(-80.0, 60.0), range_m=(20.0, 3000.0))
    sensors = [
        Sensor(id=name, kind="misb", accuracy=accuracy, reports="detections-only", platform=Platform(), coverage=coverage)
        for name in eyes
    ]
    line = Timeline(Tracker(Config(site=SITE, sensor=tuple(sensors)), frame), 3.0)
    for k in range(10):
        for sensor in sensors:
            latitude, longitude, height = eyes[sensor.id]
            e = frame.horizon(math.radians(latitude), math.radians(longitude), height).enu_from_grid(drone)
            sight = {
                "_13": number(latitude, -90, 90, 32), "_14": number(longitude, -180, 180, 32), "_75": number(height, -900, 19_000, 16), "_15": None, "_4": None,
                "_5": number(0.0, 0, 360, 16), "_6": number(0.0, -20, 20, 16), "_7": number(0.0, -50, 50, 16), "_47": "02",
                "_18": number(math.degrees(math.atan2(e[0], e[1])) % 360, 0, 360, 32),
                "_19": number(math.degrees(math.atan2(e[2], math.hypot(e[0], e[1]))), -180, 180, 32),
            }  # fmt: skip
            time = NOW + k * SECOND // 5
            ear = misb.ADAPTER.decode(
                Station(sensor, frame, memory=misb.Memory()),
                RawMessage(topic="t", payload=packet(time, **sight), received=time),
                False,
            )
            line.insert(ear)
    line.advance()
    state, _ = line.tracker.store.combined()
    assert np.linalg.norm(state[:, :3] - drone, axis=1).min() < 2.0
