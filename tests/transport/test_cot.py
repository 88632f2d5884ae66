"""Cursor on Target: what is written, read by others' readers; over real sockets, TLS with certificates included."""

import asyncio
import contextlib
import math
import socket
import ssl
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import takproto
from defusedxml.ElementTree import fromstring
from msgspec.structs import replace

from fusion.config import Config
from fusion.config_edge import Outlet as Settings
from fusion.config_edge import faults_of_outlet
from fusion.errors import ConfigError
from fusion.messages import (
    Alert,
    AlertMessage,
    PictureMessage,
    Track,
    TrackMessage,
    WireBearing,
    WireCovariance,
    WireIdentity,
    WirePilot,
    WirePosition,
    WireVelocity,
)
from fusion.transport.outputs import outlets_of
from fusion.transport.outputs.cot import CotWriter
from fusion.zones.ed318 import parse_zones
from tests.certificates import Authority
from tests.scene import CONFIG

NOW = datetime(2026, 7, 26, 17, 30, tzinfo=UTC)
COVARIANCE = ((40.0, 30.0, 1.0), (30.0, 90.0, 2.0), (1.0, 2.0, 25.0))
TRACK = Track(
    track="01K1J3ZK6Q8WZ2C5R0V9M4T7XB", site="paris", time=NOW, status="confirmed", existence=0.998, class_="multirotor", verdict="unauthorised",
    position=WirePosition(latitude_deg=48.8583, longitude_deg=2.2944, altitude_hae_m=165.0, altitude_amsl_m=120.4, height_agl_m=87.4),
    velocity=WireVelocity(east_mps=3.0, north_mps=-1.0, up_mps=0.2), speed_mps=3.16, course_deg=108.4,
    covariance=WireCovariance(position_m2=COVARIANCE, velocity_m2ps2=COVARIANCE), reasons=("inside LF-P23", "SERIAL0001 has no permit"),
    identity=WireIdentity(serial="SERIAL0001", strength="claimed"), pilot=WirePilot(latitude_deg=48.86, longitude_deg=2.29), sensors={"radar-1": NOW}, born=NOW, updated=NOW,
)  # fmt: skip
ALERT = Alert(
    alert="01K1J40A2M5B7C8D9E0F1G2H3J", site="paris", track=TRACK.track, zone="TE-CORE", rule="intrusion", severity="critical", state="raised",
    revision=1, raised=NOW, updated=NOW, reasons=("inside the core <now> & here",), track_state=TRACK,
)  # fmt: skip
ZONES = parse_zones(
    b"""{"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"identifier": "RING", "country": "FRA", "type": "PROHIBITED", "variant": "COMMON"},
     "geometry": {"type": "Point", "coordinates": [2.2945, 48.8582], "extent": {"subType": "Circle", "radius": 500},
                  "layer": {"upper": 300, "upperReference": "AGL", "uom": "m"}}},
    {"type": "Feature", "properties": {"identifier": "PARK", "country": "FRA", "type": "CONDITIONAL", "variant": "COMMON"},
     "geometry": {"type": "Polygon", "coordinates": [[[2.2, 48.8], [2.3, 48.8], [2.3, 48.9], [2.2, 48.8]]], "layer": {"uom": "m"}}}]}""",
    "zones",
)


def settings(**more) -> Settings:
    return Settings(**{"name": "tak", "kind": "cot", "url": "tcp://127.0.0.1:8087", "withhold": ()} | more)


def writer(zones=(), **more) -> CotWriter:
    return CotWriter(settings(**more), CONFIG, lambda: zones)


def told(writer: CotWriter, *messages) -> list[ET.Element]:
    return [fromstring(writer.write(one)) for message in messages for _, one in writer.tell(message)]


def seconds(event: ET.Element, name: str) -> float:
    return (datetime.fromisoformat(event.get(name)) - NOW).total_seconds()


# --- What is written ---------------------------------------------------------------------------------------------------


def test_a_track_is_an_event_with_its_place_errors_and_motion():
    (event,) = told(writer(), TrackMessage(track=TRACK.track, state=TRACK))
    assert (event.get("uid"), event.get("type"), event.get("how")) == (f"vigie.paris.{TRACK.track}", "a-s-A-M-H-Q", "m-f")
    assert (seconds(event, "time"), seconds(event, "start"), seconds(event, "stale")) == (0, 0, 15)
    point = event.find("point").attrib
    assert (float(point["lat"]), float(point["lon"]), float(point["hae"])) == (48.8583, 2.2944, 165.0)
    worst = math.sqrt(np.linalg.eigvalsh(np.array(COVARIANCE)[:2, :2]).max())
    assert float(point["ce"]) == pytest.approx(worst, abs=0.05)
    assert float(point["le"]) == 5.0
    motion = event.find("detail/track").attrib
    assert (float(motion["course"]), float(motion["speed"])) == (108.4, 3.16)
    assert event.find("detail/contact").get("callsign") == "SERIAL0001"
    assert "SERIAL0001 has no permit" in event.find("detail/remarks").text


@pytest.mark.parametrize(
    ("verdict", "class_", "identity", "type_"),
    [
        ("unknown", "multirotor", None, "a-u-A-M-H-Q"),
        ("unknown", "fixed_wing", None, "a-u-A-M-F-Q"),
        ("authorised", "multirotor", TRACK.identity, "a-n-A-M-H-Q"),
        ("friendly", "manned", TRACK.identity, "a-f-A-C"),
        ("unknown", "manned", TRACK.identity, "a-n-A-C"),
        ("unknown", "manned", None, "a-u-A-C"),
        ("hostile", "multirotor", None, "a-h-A-M-H-Q"),
        ("unauthorised", None, None, "a-s-A"),
        (None, "other", None, "a-u-A"),
    ],
)
def test_the_type_says_verdict_and_class_and_only_a_person_s_word_makes_it_hostile(verdict, class_, identity, type_):
    track = replace(TRACK, verdict=verdict, class_=class_, identity=identity)
    (event,) = told(writer(), TrackMessage(track=track.track, state=track))
    assert event.get("type") == type_


def test_a_drone_whose_name_xml_cannot_say_is_told_without_what_it_cannot():
    track = replace(TRACK, identity=replace(TRACK.identity, serial="S\x00\x01<1>\ufffe&"), reasons=("S\x01 has no permit",))
    (event,) = told(writer(), TrackMessage(track=track.track, state=track))
    assert event.find("detail/contact").get("callsign") == "S<1>&"
    assert "S has no permit" in event.find("detail/remarks").text


def test_what_stands_is_told_anew_with_each_picture_before_it_goes_stale():
    one = writer(ZONES)
    told(one, AlertMessage(alert=ALERT, cause=0))
    later = NOW + timedelta(seconds=5)
    events = told(one, PictureMessage(site="paris", time=later, tracks=(replace(TRACK, time=later),)))
    assert [event.get("type") for event in events] == ["a-s-A-M-H-Q", "b-m-p-s-m", "u-d-c-c", "u-d-f"]
    assert [seconds(event, "stale") for event in events] == [20, 20, 305, 305]
    again = told(one, PictureMessage(site="paris", time=later + timedelta(seconds=5), tracks=()))
    assert [event.get("type") for event in again] == ["b-m-p-s-m"]  # zones go every minute


def test_what_ends_is_taken_off_the_map():
    one = writer()
    told(one, TrackMessage(track=TRACK.track, state=TRACK), AlertMessage(alert=ALERT, cause=0))
    track, alert = told(one, TrackMessage(track=TRACK.track), AlertMessage(alert=replace(ALERT, state="closed"), cause=0))
    for event, uid in ((track, TRACK.track), (alert, ALERT.alert)):
        assert event.get("type") == "t-x-d-d"
        assert event.find("detail/link").get("uid") == f"vigie.paris.{uid}"
    assert told(one, TrackMessage(track=TRACK.track)) == []  # nobody knows of it any more


def test_an_alert_is_a_marker_with_its_reason_at_its_track():
    (event,) = told(writer(), AlertMessage(alert=ALERT, cause=0))
    assert event.find("detail/contact").get("callsign") == "CRITICAL TE-CORE"
    assert event.find("detail/remarks").text == "intrusion, raised; inside the core <now> & here"
    assert event.find("detail/link").get("uid") == f"vigie.paris.{TRACK.track}"
    assert float(event.find("point").get("lat")) == 48.8583


def test_zones_are_shapes():
    circle, polygon = told(writer(ZONES), PictureMessage(site="paris", time=NOW, tracks=()))
    assert float(circle.find("detail/shape/ellipse").get("major")) == 500.0
    corners = [tuple(map(float, link.get("point").split(","))) for link in polygon.findall("detail/link")]
    assert corners == [(48.8, 2.2), (48.8, 2.3), (48.9, 2.3), (48.8, 2.2)]
    assert circle.find("detail/remarks").text == "PROHIBITED; ground to 300 m agl"


def test_a_zone_that_is_withdrawn_is_taken_off_the_map():
    zones = [ZONES]
    one = CotWriter(settings(), CONFIG, lambda: zones[0])
    told(one, PictureMessage(site="paris", time=NOW, tracks=()))
    zones[0] = ZONES[:1]
    events = told(one, PictureMessage(site="paris", time=NOW + timedelta(seconds=5), tracks=()))
    assert [event.find("detail/link").get("uid") for event in events if event.get("type") == "t-x-d-d"] == ["vigie.paris.PARK"]


def test_what_is_only_a_direction_is_a_line_from_its_sensor():
    track = replace(
        TRACK, position=None, velocity=None, covariance=None, bearing=WireBearing(sensor="rf-1", azimuth_deg=208.0, sigma_deg=3.0)
    )
    (event,) = told(writer(), TrackMessage(track=track.track, state=track))
    assert event.get("type") == "u-rb-a"
    assert float(event.find("detail/bearing").get("value")) == 208.0
    assert (float(event.find("point").get("lat")), float(event.find("point").get("lon"))) == (48.8660, 2.2990)


# --- What is not written -----------------------------------------------------------------------------------------------


def test_names_are_withheld_in_sentences_too():
    text = writer(withhold=("pilot", "identity", "friendly"))
    for message in (
        TrackMessage(track=TRACK.track, state=TRACK),
        AlertMessage(alert=replace(ALERT, reasons=("SERIAL0001 has no permit",)), cause=0),
    ):
        ((_, one),) = text.tell(message)
        assert b"SERIAL0001" not in text.write(one)


def test_a_friendly_one_and_a_bird_are_not_told_and_vanish_when_they_become_so():
    one = writer(withhold=("friendly",))
    told(one, TrackMessage(track=TRACK.track, state=replace(TRACK, verdict="unknown")))
    (event,) = told(one, TrackMessage(track=TRACK.track, state=replace(TRACK, verdict="friendly")))
    assert event.get("type") == "t-x-d-d"
    assert told(one, TrackMessage(track=TRACK.track, state=replace(TRACK, verdict="friendly"))) == []
    assert told(one, TrackMessage(track="b", state=replace(TRACK, track="b", verdict="unknown", class_="bird"))) == []
    assert len(told(writer(birds=True), TrackMessage(track="b", state=replace(TRACK, class_="bird", verdict="unknown")))) == 1


# --- The TAK protocol --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("url", "head"), [("udp://127.0.0.1:6969", b"\xbf\x01\xbf"), ("tcp://127.0.0.1:8087", b"\xbf")])
def test_the_protobuf_says_the_same_by_its_own_library(url, head):
    one = writer(url=url, encoding="protobuf")
    ((_, track),) = one.tell(TrackMessage(track=TRACK.track, state=TRACK))
    frame = one.write(track)
    assert frame.startswith(head)
    event = takproto.parse_proto(bytearray(frame)).cotEvent
    assert (event.uid, event.type, event.how) == (f"vigie.paris.{TRACK.track}", "a-s-A-M-H-Q", "m-f")
    assert (event.lat, event.lon, event.hae) == (48.8583, 2.2944, 165.0)
    assert (event.staleTime - event.sendTime, event.sendTime) == (15_000, int(NOW.timestamp() * 1000))
    assert (event.detail.contact.callsign, event.detail.track.course) == ("SERIAL0001", 108.4)
    assert "has no permit" in event.detail.xmlDetail


# --- On the wire -------------------------------------------------------------------------------------------------------


def run(body):
    async def bounded():
        async with asyncio.timeout(30):
            return await body

    return asyncio.run(bounded())


def outlet(tmp_path, **more):
    (one,) = outlets_of(Config(site=CONFIG.site, output=(settings(**more),)), tmp_path, lambda: ())
    return one


@contextlib.asynccontextmanager
async def running(one):
    task = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_a_group_is_told_by_udp(tmp_path):
    async def body():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.bind(("127.0.0.1", 0))
            ear.setblocking(False)
            async with running(outlet(tmp_path, url=f"udp://127.0.0.1:{ear.getsockname()[1]}")) as one:
                one.take(TrackMessage(track=TRACK.track, state=TRACK))
                heard = await asyncio.get_running_loop().sock_recv(ear, 65_536)
            assert fromstring(heard).get("uid").endswith(TRACK.track)
            assert one.health().sent == 1

    run(body())


def test_a_receiver_that_goes_away_is_told_the_newest_once_it_is_back(tmp_path):
    async def body():
        heard = asyncio.Queue()

        async def hear(reader, writer):
            heard.put_nowait(await reader.readuntil(b"</event>"))
            writer.transport.abort()

        server = await asyncio.start_server(hear, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with running(outlet(tmp_path, url=f"tcp://127.0.0.1:{port}")) as one:
            one.take(TrackMessage(track=TRACK.track, state=TRACK))
            await heard.get()
            server.close()
            for count in range(50):  # told again and again, as live: what is lost with a connection is told with the next state
                one.take(TrackMessage(track=TRACK.track, state=replace(TRACK, time=NOW + timedelta(seconds=count))))
                await asyncio.sleep(0)
                if one.health().state == "failing":
                    break
            while one.health().state != "failing":
                one.take(TrackMessage(track=TRACK.track, state=TRACK))
                await asyncio.sleep(0.01)
            newest = NOW + timedelta(seconds=1000)
            one.take(TrackMessage(track=TRACK.track, state=replace(TRACK, time=newest)))
            assert one.health().waiting == 1
            async with await asyncio.start_server(hear, "127.0.0.1", port):
                assert fromstring((await heard.get()).partition(b"?>\n")[2]).get("time").startswith("2026-07-26T17:46:40")

    run(body())


def test_what_waits_is_bounded_and_its_loss_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("fusion.transport.outputs.outlet.MOST_WAITING", 10)
    one = outlet(tmp_path)
    for count in range(25):
        one.take(TrackMessage(track=f"T{count}", state=replace(TRACK, track=f"T{count}")))
    one.take(TrackMessage(track="T24", state=replace(TRACK, track="T24")))
    health = one.health()
    assert (health.waiting, health.dropped, health.replaced) == (10, 15, 1)


def test_a_server_with_certificates_is_told_over_tls_and_asks_for_ours(tmp_path):
    authority = Authority(tmp_path)
    certificate, key = authority.sign("server")
    ours, our_key = authority.sign("vigie")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.certificate)
    context.load_cert_chain(certificate, key)
    context.verify_mode = ssl.CERT_REQUIRED

    async def body():
        heard = asyncio.get_running_loop().create_future()

        async def hear(reader, writer):
            name = writer.get_extra_info("peercert")["subject"][-1][0][1]
            heard.set_result((name, await reader.readuntil(b"</event>")))
            writer.close()

        async with await asyncio.start_server(hear, "127.0.0.1", 0, ssl=context) as server:
            url = f"tls://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            files = {"tls_ca": authority.certificate.name, "tls_certificate": ours.name, "tls_key": our_key.name}
            async with running(outlet(tmp_path, url=url, **files)) as one:
                one.take(TrackMessage(track=TRACK.track, state=TRACK))
                name, event = await heard
            assert name == "vigie"
            assert TRACK.track.encode() in event

    run(body())


def test_files_that_cannot_be_used_are_named(tmp_path):
    with pytest.raises(ConfigError, match="output 'tak': tls_ca, tls_certificate or tls_key cannot be used: No such file"):
        outlet(tmp_path, url="tls://127.0.0.1:8089", tls_ca="nowhere.pem")


@pytest.mark.parametrize(
    ("more", "key", "said"),
    [
        ({"url": "ftp://127.0.0.1:1"}, "url", "cannot be told; expected udp://host:port, tcp://host:port, tls://host:port"),
        ({"url": "tcp://127.0.0.1"}, "url", "cannot be told"),
        ({"url": "udp://239.2.3.1:6969"}, "url", "is not encrypted; expected tls://, or plain = true"),
        ({"url": "tls://127.0.0.1:8089", "tls_key": "key.pem"}, "tls_key", "needs tls_certificate beside it"),
    ],
)
def test_an_output_that_cannot_be_is_named_by_its_key(more, key, said):
    ((where, text),) = faults_of_outlet(settings(**more))
    assert (where, said in text) == (key, True), text
    assert faults_of_outlet(settings(url="udp://239.2.3.1:6969", plain=True)) == []
