"""MISB ST 0601 against klvdata and the standard's own examples."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import klvdata
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from klvdata.common import packet_checksum

from fusion.config import Accuracy
from fusion.errors import DecodeError
from fusion.messages import SECOND, Identity, Position, Scan
from sensors import misb
from tests.adapters import corpus
from tests.adapters.stations import NOW, Ear

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
