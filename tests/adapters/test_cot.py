"""Cursor on Target in: made by hand and by takproto, read as the service reads it."""

from __future__ import annotations

import math
from xml.sax.saxutils import quoteattr

import pytest
import takproto
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fusion.assembly import assemble
from fusion.config import Accuracy, Sensor, Zones
from fusion.errors import DecodeError
from fusion.messages import SECOND, Identity, Position, RawMessage, Scan, Tick, TrackMessage, utc
from fusion.transport.feeds.framing import TooLongError, cutter
from tests.adapters import corpus
from tests.adapters.stations import NOW, Ear
from tests.scene import CONFIG

ACCURACY = Accuracy(horizontal_m=9.0, vertical_m=14.0, velocity_mps=1.0)
PLACE = '<point lat="48.8600" lon="2.3000" hae="180.0" ce="4.0" le="6.0"/>'
MOTION = '<detail><contact callsign="POLICE-1"/><track course="90.0" speed="12.0"/></detail>'


def event(
    uid="UAS-77",
    kind="a-f-A-M-H-Q",
    at="2026-07-26T17:29:59.500Z",
    stale="2026-07-26T17:30:59.500Z",
    how="m-g",
    inside=PLACE + MOTION,
) -> bytes:
    told = {"version": "2.0", "uid": uid, "type": kind, "time": at, "start": at, "stale": stale, "how": how}
    return f"<event {' '.join(f'{name}={quoteattr(value)}' for name, value in told.items())}>{inside}</event>".encode()


def heard(*payload: bytes) -> Scan:
    return Ear("cot", ACCURACY).hear(b"".join(payload))


# --- What is read ------------------------------------------------------------------------------------------------------


def test_what_the_protocol_has_no_place_for_comes_as_xml_in_its_detail():
    told = takproto.proto.TakMessage()
    told.ParseFromString(bytes(takproto.xml2proto(event(inside=PLACE), takproto.TAKProtoVer.MESH))[3:])
    told.cotEvent.detail.xmlDetail = '<contact callsign="POLICE-1" phone="17"/><track course="90" speed="12" slope="1"/>'
    assert heard(b"\xbf\x01\xbf" + told.SerializeToString()).detections == heard(event()).detections
    for broken in ("<contact", "<!DOCTYPE x>", "&bomb;"):
        told.cotEvent.detail.xmlDetail = broken
        assert len(heard(b"\xbf\x01\xbf" + told.SerializeToString()).detections) == 1


def test_who_stands_may_have_no_course_in_words():
    (one,) = heard(event(inside=PLACE + '<detail><track course="NaN" speed="NaN"/></detail>')).detections
    assert one.velocity is None


@pytest.mark.parametrize(
    "framed",
    [
        bytes,
        lambda xml: b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + xml + b"\n",
        lambda xml: bytes(takproto.xml2proto(xml, takproto.TAKProtoVer.MESH)),
        lambda xml: bytes(takproto.xml2proto(xml, takproto.TAKProtoVer.STREAM)),
    ],
)
def test_a_friend_in_the_air_is_a_place_with_its_errors_motion_and_claim_however_it_is_framed(framed):
    (one,) = heard(framed(event())).detections
    assert (one.time, one.id) == (NOW - SECOND // 2, "UAS-77")
    assert one.identity == Identity(serial="UAS-77", callsign="POLICE-1")
    assert (math.degrees(one.latitude), math.degrees(one.longitude), one.altitude) == pytest.approx((48.86, 2.3, 180.0))
    assert (one.sigma_horizontal, one.sigma_vertical, one.sigma_velocity) == (4.0, 6.0, 1.0)
    assert one.velocity == pytest.approx((12.0, 0.0, 0.0), abs=1e-12)
    assert one.classes == {"multirotor": 1.0}


@pytest.mark.parametrize(
    ("kind", "classes"),
    [("A-M-F-Q-r", {"fixed_wing": 1.0}), ("A-M-H", {"manned": 1.0}), ("A-C-H", {"manned": 1.0}), ("A", None)],
)
def test_the_type_tells_the_class(kind, classes):
    assert heard(event(kind=f"a-f-{kind}")).detections[0].classes == classes


@pytest.mark.parametrize(
    "passed",
    [
        {"kind": "a-f-G-U-C"},  # on the ground
        {"kind": "a-h-A-M-H-Q"},  # what somebody thinks of others
        {"kind": "b-t-f", "inside": PLACE},  # chat
        {"kind": "t-x-c-t", "inside": ""},  # a ping
        {"how": "h-e"},  # drawn by hand
        {"uid": "vigie.paris.01K1J3ZK6Q8WZ2C5R0V9M4T7XB"},  # ours, given back
    ],
)
def test_what_is_no_measurement_of_a_friend_in_the_air_is_passed_over(passed):
    scan = heard(event(**passed))
    assert (scan.detections, scan.left_out) == ((), ())


def test_what_is_unknown_is_not_a_number():
    unsure = '<point lat="48.86" lon="2.3" hae="9999999.0" ce="9999999" le="9999999"/>'
    (one,) = heard(event(inside=unsure + '<detail><track course="9999999" speed="9999999"/></detail>')).detections
    assert (one.altitude, one.sigma_horizontal, one.sigma_vertical, one.velocity) == (None, 9.0, 0.0, None)
    (one,) = heard(event(inside='<point lat="48.86" lon="2.3" hae="0.0" ce="0" le="9999999.0"/>')).detections
    assert (one.altitude, one.sigma_horizontal) == (None, 9.0)


def test_an_address_of_icao_in_the_uid_is_one():
    assert heard(event(uid="ICAO-39AC45")).detections[0].identity == Identity(icao24="39ac45", callsign="POLICE-1")
    assert heard(event(uid="ICAO-XYZ")).detections[0].identity.serial == "ICAO-XYZ"


# --- What is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (event(at="2026-07-26T17:30:02.000Z"), "s ahead: set the clock"),
        (event(at="2026-07-26T17:29:40.000Z"), "20.0 s old"),
        (event(stale="2026-07-26T17:29:59.900Z"), "it is stale"),
        (event(at="yesterday"), "time: 'yesterday' is no time"),
        (event(uid=" "), "uid: is missing"),
        (event(uid="x" * 129), "uid: is longer than 128"),
        (event(inside=MOTION), "point: is missing"),
        (event(inside=PLACE.replace("48.8600", "91")), "latitude: 91.0 is not from -90 to 90"),
        (event(inside=PLACE.replace("48.8600", "nan")), "lat: 'nan' is no number"),
        (event(inside=PLACE.replace("180.0", "31000")), "hae: 31000.0 is not from"),
        (event(inside=PLACE.replace("48.8600", "0").replace("2.3000", "0")), "latitude 0, longitude 0 means unknown"),
        (b"<chat></event>", "is no XML"),
        (b"<a><event/></a></event>", "is no XML"),
    ],
)
def test_an_event_that_cannot_be_is_left_out_and_the_others_stay(bad, said):
    scan = heard(bad, event())
    assert len(scan.detections) == 1
    assert scan.left_out[0].startswith("event 1: ")
    assert said in scan.left_out[0]
    with pytest.raises(DecodeError, match="event 1"):
        heard(bad)


def test_bombs_and_entities_are_refused_unread():
    laughs = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    bomb = f'<!DOCTYPE event [<!ENTITY l0 "ha">{laughs}]>'.encode() + event(inside=f"{PLACE}<detail>&l9;</detail>")
    outside = b'<!DOCTYPE event SYSTEM "file:///etc/passwd">' + event()
    for payload in (bomb, outside):
        with pytest.raises(DecodeError, match="declares a document type or entities"):
            heard(payload)


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "holds no event"),
        (b"hello", "is no whole event"),
        (event()[:-3], "is no whole event"),
        (b"<event></event>" * 1001, "holds 1001 events; expected at most 1000"),
        (event(inside=PLACE + "<detail>" + "x" * 70_000 + "</detail>"), "expected at most 65536"),
        (b"\xbf\x01\xbf\xff\xff", "is no TAK message"),
        (b"\xbf\x01\xbf", "uid, type: are missing"),
        (b"\xbf\x7f\x00", "announces 127 bytes and has 1"),
        (b"\xbf\xff\xff\xff\xff\xff\xff", "has no head of the TAK protocol"),
    ],
)
def test_what_is_no_event_is_refused(payload, said):
    with pytest.raises(DecodeError, match=said):
        heard(payload)


# --- Written, cut and followed -----------------------------------------------------------------------------------------


@given(
    latitude=st.floats(1, 60),
    longitude=st.floats(-179, 179),
    altitude=st.floats(1, 3000),
    east=st.floats(-90, 90),
    north=st.floats(-90, 90),
)
@settings(deadline=None, max_examples=30)
def test_what_is_written_reads_back_within_the_format_s_steps(latitude, longitude, altitude, east, north):
    ear = Ear("cot", ACCURACY)
    one = Position(
        time=NOW - SECOND, latitude=math.radians(latitude), longitude=math.radians(longitude), altitude=altitude, velocity=(east, north, 0.0),
        sigma_horizontal=12.0, sigma_vertical=20.0, sigma_velocity=1.0, identity=Identity(serial="UAS-77", callsign="POLICE-1"), classes={"manned": 1.0},
    )  # fmt: skip
    (read,) = ear.hear(
        ear.adapter.encode(ear.station, Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=(one,)))
    ).detections
    assert (read.time, read.identity, read.classes) == (one.time, one.identity, one.classes)
    assert (read.latitude, read.longitude) == pytest.approx((one.latitude, one.longitude), abs=math.radians(1e-7))
    assert read.altitude == pytest.approx(altitude, abs=0.006)
    assert read.velocity == pytest.approx(one.velocity, abs=0.01)


@given(cuts=st.lists(st.integers(1, 40), min_size=1, max_size=60), tak=st.booleans())
@settings(deadline=None, max_examples=40)
def test_a_stream_is_cut_into_its_events_whatever_pieces_it_comes_in(cuts, tak):
    told = [event(uid=f"UAS-{i}") for i in range(5)]
    stream = b"".join(bytes(takproto.xml2proto(one, takproto.TAKProtoVer.STREAM)) if tak else one + b"\n" for one in told)
    cutting, frames, at = cutter("cot"), [], 0
    while at < len(stream):
        step = cuts[len(frames) % len(cuts)] * 11
        frames += cutting.cut(stream[at : at + step])
        at += step
    assert [one.id for frame in frames for one in heard(frame).detections] == [f"UAS-{i}" for i in range(5)]
    assert not cutting.begun


PING = event(uid="ping > pong", kind="t-x-c-t", inside="").replace(b"></event>", b"/>")


@pytest.mark.parametrize(
    "stream",
    [
        PING + event(uid="UAS-0") + PING + b"\n" + PING + event(uid="UAS-1"),
        b'<?xml version="1.0"?>' + PING + event(uid="UAS-0") + event(uid="UAS-1") + PING,
    ],
)
def test_an_event_without_content_costs_its_neighbours_nothing(stream):
    cutting = cutter("cot")
    frames = cutting.cut(stream)
    assert [one.id for frame in frames for one in heard(frame).detections] == ["UAS-0", "UAS-1"]
    scan = heard(stream)
    assert [one.id for one in scan.detections] == ["UAS-0", "UAS-1"]
    assert not scan.left_out


def test_a_receiver_that_heard_nothing_says_so_in_words_that_are_read():
    ear = Ear("cot", ACCURACY)
    assert (
        ear.hear(ear.adapter.encode(ear.station, Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=()))).detections
        == ()
    )


@pytest.mark.parametrize("endless", [b"<event " + b"x" * (1 << 20), b"\xbf\xff\xff\xff\x7f", b"\xbf\xff\xff\xff\xff\xff\xff"])
def test_an_event_that_never_ends_ends_the_stream(endless):
    with pytest.raises(TooLongError):
        cutter("cot").cut(endless)


def test_the_corpus_is_what_the_encoders_write_and_reads_back():
    assert (corpus.DATA / "cot" / "payloads.txt").read_text(encoding="ascii") == corpus.lines("cot")
    for format_, payload in corpus.read("cot").values():
        assert Ear(format_, ACCURACY).hear(payload).detections


@pytest.mark.deep
@settings(max_examples=20_000, deadline=None)
@given(data=st.data())
def test_nonsense_is_refused_or_read_and_never_ends_the_service(data):
    good = [event(), bytes(takproto.xml2proto(event())), bytes(takproto.xml2proto(event(), takproto.TAKProtoVer.STREAM)), b""]
    payload = bytearray(data.draw(st.sampled_from(good)) or data.draw(st.binary(max_size=200)))
    for _ in range(data.draw(st.integers(0, 4))):
        if payload:
            payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        scan = heard(bytes(payload))
    except DecodeError:
        return
    for one in scan.detections:
        assert all(
            map(math.isfinite, (one.latitude, one.longitude, one.altitude or 0.0, *(one.velocity or ()), one.sigma_horizontal))
        )
        assert one.sigma_horizontal > 0.0
        assert (one.sigma_vertical > 0.0) == (one.altitude is not None)


def test_a_friend_of_the_register_that_tells_tak_where_it_is_is_friendly(tmp_path):
    (tmp_path / "register.toml").write_text(
        '[[permit]]\ncallsign = "POLICE-1"\nissued_by = "prefecture"\nfriendly = true\n', "utf-8"
    )
    tak = Sensor(id="tak", kind="cot", accuracy=ACCURACY, reports="detections-only")
    core = assemble(replace(CONFIG, sensor=(*CONFIG.sensor, tak), zones=Zones(register="register.toml")), tmp_path)
    said = []
    for second in range(8):
        now = NOW + second * SECOND
        at, stale = (utc(time).isoformat() for time in (now, now + 60 * SECOND))
        place = PLACE.replace("2.3000", f"{2.3 + second * 1.635e-4:.7f}")  # 12 m/s to the east
        topic = "vigie/v1/paris/sensor/tak/raw/cot"
        core.feed(RawMessage(topic=topic, payload=event(at=at, stale=stale, inside=place + MOTION), received=now))
        for tenth in range(10):
            said += core.feed(Tick(time=now + tenth * SECOND // 10))
    last = [one.state for one in said if isinstance(one, TrackMessage) and one.state is not None][-1]
    assert (last.verdict, last.identity.callsign, last.identity.serial) == ("friendly", "POLICE-1", "UAS-77")
    assert last.position.altitude_hae_m == pytest.approx(180.0, abs=10.0)
    assert (last.velocity.east_mps, last.velocity.north_mps) == pytest.approx((12.0, 0.0), abs=1.5)
