"""ADS-B as receivers tell it: readsb's documents and BaseStation's lines, against their tables and hand-made figures."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.config import Accuracy
from fusion.errors import DecodeError
from fusion.messages import SECOND, Identity, Position, Scan
from tests.adapters import corpus
from tests.adapters.stations import FRAME, NOW, Ear

ACCURACY = Accuracy(horizontal_m=40.0, vertical_m=20.0)
HELICOPTER = {
    "hex": "39AC45", "flight": "SAMU31  ", "r": "F-HSAM", "lat": 48.85, "lon": 2.30, "seen_pos": 0.5, "seen": 0.1, "alt_geom": 1000,
    "alt_baro": 850, "gs": 97.2, "track": 90.0, "geom_rate": 600, "nac_p": 9, "nac_v": 2, "gva": 2, "category": "A7", "squawk": "7000", "rssi": -12.3,
}  # fmt: skip


def document(*aircraft, now=NOW / SECOND) -> bytes:
    return json.dumps({"now": now, "messages": 17, "aircraft": aircraft}).encode()


def heard(ear: Ear, payload: bytes, received: int = NOW) -> list[Position]:
    return list(ear.hear(payload, received).detections)


# --- readsb ------------------------------------------------------------------------------------------------------------


def test_every_figure_of_an_aircraft_arrives_in_our_units():
    (one,) = heard(Ear("readsb", ACCURACY), document(HELICOPTER))
    assert one.time == NOW - SECOND // 2
    assert one.identity == Identity(icao24="39ac45", callsign="SAMU31", registration="F-HSAM")
    assert (one.latitude, one.longitude) == (math.radians(48.85), math.radians(2.30))
    assert one.altitude == pytest.approx(304.8)
    assert one.velocity == pytest.approx((50.0, 0.0, 3.048), abs=0.01)
    assert one.classes == {"manned": 1.0}
    assert 1.0 - math.exp(-((30.0 / one.sigma_horizontal) ** 2) / 2.0) == pytest.approx(
        0.95, abs=1e-3
    )  # NACp 9: 95 % within 30 m
    assert math.erf(45.0 / one.sigma_vertical / math.sqrt(2.0)) == pytest.approx(0.95, abs=1e-3)  # GVA 2: 95 % within 45 m
    assert 1.0 - math.exp(-((3.0 / one.sigma_velocity) ** 2) / 2.0) == pytest.approx(0.95, abs=1e-3)


def test_dump1090_of_before_2018_says_it_in_other_words():
    old = {
        "hex": "39ac45",
        "lat": 48.85,
        "lon": 2.30,
        "seen_pos": 0.5,
        "altitude": 850,
        "speed": 97.2,
        "track": 90,
        "vert_rate": 600,
    }
    (one,) = heard(Ear("readsb", ACCURACY), document(old))
    assert one.altitude == pytest.approx(FRAME.height(850 * 0.3048, "pressure"))
    assert one.velocity == pytest.approx((50.0, 0.0, 3.048), abs=0.01)
    (landed,) = heard(Ear("readsb", ACCURACY), document(old | {"altitude": "ground"}))
    assert landed.altitude == pytest.approx(FRAME.height(0.0, "agl"))


@pytest.mark.parametrize("category", ["", "XX", "A8", "manned"])
def test_a_category_that_is_none_costs_no_place_and_is_no_class(category):
    (one,) = heard(Ear("readsb", ACCURACY), document(HELICOPTER | {"category": category}))
    assert one.classes is None


def test_a_place_is_taken_once_however_often_the_document_repeats_it():
    ear = Ear("readsb", ACCURACY)
    times = []
    for second in range(10):  # the aircraft speaks at 0, 3 and 6 s; the receiver writes each second, and rounds to tenths
        spoken = second // 3 * 3
        moved = HELICOPTER | {"lon": 2.30 + 0.001 * spoken, "seen_pos": round(second - spoken + (0.04 if second % 2 else 0.0), 1)}
        now = NOW + second * SECOND
        times += [one.time - NOW for one in heard(ear, document(moved, now=now / SECOND), now)]
    assert [round(time / SECOND) for time in times] == [0, 3, 6, 9]


def test_a_stale_place_is_none():
    assert heard(Ear("readsb", ACCURACY), document(HELICOPTER | {"seen_pos": 20.0})) == []


def test_an_aircraft_on_the_ground_is_at_the_ground():
    told = {key: value for key, value in HELICOPTER.items() if key != "alt_geom"} | {"alt_baro": "ground"}
    (one,) = heard(Ear("readsb", ACCURACY), document(told))
    assert one.altitude == FRAME.height(0.0, "agl")


def test_a_pressure_height_is_corrected_by_aircraft_that_tell_both_and_is_less_sure_until_then():
    by_pressure = {"hex": "3C6444", "lat": 48.9, "lon": 2.4, "seen_pos": 0.0, "alt_baro": 2000, "nac_p": 9}
    (alone,) = heard(Ear("readsb", ACCURACY), document(by_pressure))
    assert alone.altitude == pytest.approx(FRAME.height(609.6, "pressure"))
    assert alone.sigma_vertical == pytest.approx(math.hypot(20.0, 100.0))
    witnesses = [
        HELICOPTER | {"hex": f"39AC4{i}", "alt_geom": 2000 + apart, "alt_baro": 2000} for i, apart in enumerate((150, 160, 9000))
    ]
    two = heard(Ear("readsb", ACCURACY), document(*witnesses, by_pressure))
    assert two[-1].altitude == pytest.approx((2000 + 160) * 0.3048)  # the middle one: a broken encoder moves nothing
    assert two[-1].sigma_vertical < 40.0


def test_an_address_that_is_not_of_icao_is_no_identity():
    (one,) = heard(Ear("readsb", ACCURACY), document(HELICOPTER | {"hex": "~2ac0ff", "flight": "", "r": ""}))
    assert (one.identity, one.id) == (None, "~2ac0ff")


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"lat": 91}, "$.lat"),
        ({"hex": "xyz"}, "$.hex"),
        ({"gs": -1}, "$.gs"),
        ({"alt_geom": "high"}, "$.alt_geom"),
        ({"lon": None, "seen_pos": -2}, "$.seen_pos"),
    ],
)
def test_an_aircraft_that_cannot_be_is_left_out_and_the_others_stay(broken, said):
    scan = Ear("readsb", ACCURACY).hear(document(HELICOPTER | broken, HELICOPTER))
    assert len(scan.detections) == 1
    assert scan.left_out[0].startswith("aircraft[0]: ")
    assert said in scan.left_out[0]


@pytest.mark.parametrize(
    "payload", [b"", b"{", b"[]", b'{"now": 1}', b'{"now": "x", "aircraft": []}', document(now=1e9), b"\xff" * 20]
)
def test_what_is_no_document_of_now_is_refused(payload):
    with pytest.raises(DecodeError):
        Ear("readsb", ACCURACY).hear(payload)


def test_what_is_not_configured_is_asked_for_before_anything_is_learnt():
    ear = Ear("readsb", Accuracy(horizontal_m=3.0))
    with pytest.raises(DecodeError, match="sigma.vertical_m: is neither in the report nor"):
        ear.hear(document(HELICOPTER))
    assert ear.station.memory.aircraft == {}


# --- SBS ---------------------------------------------------------------------------------------------------------------

WHEN = datetime.fromtimestamp(NOW / SECOND, UTC)


def line(kind: int, *, hex_="39AC45", at="17:29:59.750", **told) -> str:
    places = {"callsign": 10, "altitude": 11, "speed": 12, "track": 13, "lat": 14, "lon": 15, "climb": 16, "ground": 21}
    fields = ["MSG", str(kind), "1", "1", hex_, "1", "2026/07/26", at, "2026/07/26", at, *[""] * 12]
    for name, value in told.items():
        fields[places[name]] = str(value)
    return ",".join(fields) + "\r\n"


PLACE = {"altitude": 1000, "lat": 48.85, "lon": 2.30}


def test_who_where_and_how_fast_come_in_lines_of_their_own_and_are_put_together():
    ear = Ear("sbs", ACCURACY)
    lines = line(1, callsign="SAMU31") + line(4, speed=97.2, track=90, climb=600) + line(3, at="17:29:59.900", **PLACE)
    (one,) = heard(ear, lines.encode())
    assert one.time == NOW - SECOND // 10
    assert one.identity == Identity(icao24="39ac45", callsign="SAMU31")
    assert one.velocity == pytest.approx((50.0, 0.0, 3.048), abs=0.01)
    assert one.altitude == pytest.approx(FRAME.height(304.8, "pressure"))
    assert one.sigma_horizontal == 40.0


@pytest.mark.parametrize("at", ["17:29:59.750", "19:29:59.750", "23:14:59.750", "12:59:59.750"])
def test_the_receiver_s_zone_does_not_matter(at):
    (one,) = heard(Ear("sbs", ACCURACY), line(3, at=at, **PLACE).encode())
    assert one.time == NOW - SECOND // 4


def test_a_clock_that_is_not_set_gives_way_to_the_arrival():
    (one,) = heard(Ear("sbs", ACCURACY), line(3, at="00:03:00.000", **PLACE).encode())
    assert one.time == NOW


def test_the_first_dump1090_tells_no_times():
    (one,) = heard(Ear("sbs", ACCURACY), b"MSG,3,,,39AC45,,,,,,,1000,,,48.85000,2.30000,,,0,0,0,0\r\n")
    assert (one.time, math.degrees(one.latitude)) == (NOW, pytest.approx(48.85))


def test_a_velocity_that_is_old_does_not_go_with_a_place():
    ear = Ear("sbs", ACCURACY)
    heard(ear, line(4, at="17:29:53.000", speed=97.2, track=90).encode(), NOW - 7 * SECOND)
    (one,) = heard(ear, line(3, **PLACE).encode())
    assert one.velocity is None


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ("MSG,3,1,1\r\n", "is no MSG of 22 fields"),
        (line(3, hex_="GGGGGG", **PLACE), "hex: 'GGGGGG' is no address"),
        (line(3, **(PLACE | {"lat": 95})), "latitude: '95' is no number from -90 to 90"),
        (line(3, **(PLACE | {"altitude": "1e9"})), "altitude: '1e9' is no number"),
        (line(3, at="25:00:00.000", **PLACE), "time made: '25:00:00.000' is no time"),
        ("MSG,1,,,39AC45,,,,,,\u00e9\u00e9,,,,,,,,,,,0\r\n", "is not ASCII text"),
    ],
)
def test_a_line_that_cannot_be_is_left_out_and_the_others_stay(bad, said):
    scan = Ear("sbs", ACCURACY).hear((bad + line(3, **PLACE)).encode())
    assert len(scan.detections) == 1
    assert scan.left_out[0].startswith("line 1: ")
    assert said in scan.left_out[0]
    with pytest.raises(DecodeError, match="line 1"):
        Ear("sbs", ACCURACY).hear(bad.encode())


# --- Both --------------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=50)
@given(
    latitude=st.floats(1, 60), longitude=st.floats(-179, 179), altitude=st.floats(0, 3000), east=st.floats(-90, 90),
    north=st.floats(-90, 90), up=st.floats(-15, 15), age=st.floats(0, 0.9),
)  # fmt: skip
@pytest.mark.parametrize("format_", ["readsb", "sbs"])
def test_what_is_written_reads_back_within_the_format_s_steps(format_, latitude, longitude, altitude, east, north, up, age):
    ear = Ear(format_, ACCURACY)
    one = Position(
        time=NOW - round(age * SECOND), latitude=math.radians(latitude), longitude=math.radians(longitude), altitude=altitude,
        velocity=(east, north, up), sigma_horizontal=12.0, sigma_vertical=20.0, sigma_velocity=1.0, identity=Identity(icao24="39ac45", callsign="SAMU31"),
    )  # fmt: skip
    scan = Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=(one,))
    (read,) = heard(ear, ear.adapter.encode(ear.station, scan))
    assert read.identity == one.identity
    assert read.time == pytest.approx(one.time, abs=1_001_000)
    assert (read.latitude, read.longitude) == pytest.approx((one.latitude, one.longitude), abs=math.radians(1e-6))
    assert read.altitude == pytest.approx(altitude, abs=12.5 * 0.3048 + 1e-6)
    assert read.velocity == pytest.approx(one.velocity, abs=0.2)
    assert read.sigma_horizontal == pytest.approx(30.0 / 2.4477 if format_ == "readsb" else 40.0)  # 12 m is within NACp 9


@pytest.mark.parametrize("format_", ["readsb", "sbs"])
def test_a_flood_of_aircraft_is_forgotten_from_its_beginning(format_):
    ear = Ear(format_, ACCURACY)
    for first in range(0, 6000, 1000):
        names = [f"{number:06x}" for number in range(first, first + 1000)]
        told = (
            document(*[HELICOPTER | {"hex": name} for name in names])
            if format_ == "readsb"
            else "".join(line(3, hex_=name, **PLACE) for name in names).encode()
        )
        heard(ear, told)
    assert len(ear.station.memory.aircraft) == 4096
    assert "000000" not in ear.station.memory.aircraft


@pytest.mark.deep
@settings(max_examples=10_000, deadline=None)
@pytest.mark.parametrize("format_", ["readsb", "sbs"])
@given(data=st.data())
def test_nonsense_is_refused_or_read_and_never_ends_the_service(format_, data):
    ear = Ear(format_, ACCURACY)
    good = document(HELICOPTER) if format_ == "readsb" else (line(1, callsign="A") + line(3, **PLACE)).encode()
    payload = bytearray(data.draw(st.sampled_from([good, b""])) or data.draw(st.binary(max_size=200)))
    for _ in range(data.draw(st.integers(0, 4))):
        if payload:
            payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        scan = ear.hear(bytes(payload))
    except DecodeError:
        assert ear.station.memory.aircraft == {} or format_ == "sbs"
    else:
        assert all(math.isfinite(one.latitude + one.longitude + (one.altitude or 0.0)) for one in scan.detections)


def test_the_corpus_is_what_the_encoders_write_and_reads_back():
    assert (corpus.DATA / "adsb" / "payloads.txt").read_text(encoding="ascii") == corpus.lines("adsb")
    for format_, payload in corpus.read("adsb").values():
        assert Ear(format_, ACCURACY).hear(payload).detections
