"""ASTERIX: layouts and records against libasterix, figures against their steps, looks against where the antenna was."""

from __future__ import annotations

import math
import random

import pytest
from asterix import base, generated
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fusion.config import Accuracy, CoverageTable
from fusion.errors import DecodeError
from fusion.messages import SECOND, Bearing, Identity, Polar, Position, Scan
from sensors.asterix import figures, records
from sensors.asterix.tables import FIELDS
from tests.adapters import corpus
from tests.adapters.stations import FRAME, NOW, Ear

EDITIONS = {
    15: "Cat_015_1_2",
    21: "Cat_021_2_7",
    34: "Cat_034_1_29",
    48: "Cat_048_1_32",
    62: "Cat_062_1_20",
    65: "Cat_065_1_5",
    205: "Cat_205_1_0",
}
ACCURACY = Accuracy(range_m=10.0, azimuth_deg=0.3, elevation_deg=0.5, horizontal_m=40.0, vertical_m=20.0)
PLOT = Polar(
    time=NOW,
    id="91",
    range=1523.4,
    azimuth=math.radians(211.7),
    elevation=math.radians(4.2),
    sigma_range=10.0,
    sigma_azimuth=0.005,
)


def radar(**more) -> Ear:
    ear = Ear("asterix", ACCURACY, altitude_hae_m=110.0, latitude_deg=48.86, longitude_deg=2.29, **more)
    ear.station = ear.station._replace(sensor=replace(ear.station.sensor, reports="scans"))
    return ear


def scan_of(*detections, time=NOW) -> Scan:
    return Scan(sensor="s", time=time, received=NOW, sequence=1, detections=detections)


# --- Layouts, by libasterix --------------------------------------------------------------------------------------------


def layout(variation) -> str:
    """Write what libasterix knows of an item in our short form."""
    if issubclass(variation, base.Extended):
        return "x"
    if issubclass(variation, base.Explicit):
        return "l"
    if issubclass(variation, base.Repetitive):
        return "x" if variation.cv_rep_bytes is None else f"r{bits(variation.cv_variation) // 8}"
    if issubclass(variation, base.Compound):
        return f"c({','.join('-' if part is None else layout(of(part)) for part in variation.cv_items_list)})"
    return str(bits(variation) // 8)


def bits(variation) -> int:
    if issubclass(variation, base.Element):
        return variation.cv_bit_size
    return sum(
        one.cv_bit_size if issubclass(one, base.Spare) else bits(of(one.cv_non_spare))
        for one, *_ in map(listed, variation.cv_items_list)
    )


def listed(one):
    return one if isinstance(one, tuple) else (one,)


def of(item):
    rule = item.cv_rule
    return rule.cv_variation if hasattr(rule, "cv_variation") else rule.cv_default_variation


def ours(field) -> str:
    if field is None:
        return "-"
    if field.kind == "n":
        return str(field.size)
    return f"c({','.join(map(ours, field.parts))})" if field.kind == "c" else f"{field.kind}{field.size or ''}"


@pytest.mark.parametrize("category", EDITIONS)
def test_every_item_has_the_length_that_libasterix_gives_it(category):
    uap = getattr(generated, EDITIONS[category]).cv_uap.cv_record.cv_items_list
    theirs = [
        (one.cv_non_spare.cv_name, layout(of(one.cv_non_spare))) if issubclass(one, base.UapItem) else ("", "-") for one in uap
    ]
    assert [(field.name if field else "", ours(field)) for field in FIELDS[category]] == theirs


def parsed(category: int, payload: bytes) -> list:
    """Read a block by libasterix."""
    (raw,) = base.RawDatablock.parse(base.Bits.from_bytes(payload))
    found = getattr(generated, EDITIONS[category]).cv_uap.parse(raw.get_raw_records())
    assert not isinstance(found, ValueError), found
    return found


def content(record, name: str) -> bytes | None:
    item = record.get_item(name)
    return None if item is None else item.unparse().to_bytes()


@settings(max_examples=60, deadline=None)
@pytest.mark.parametrize("category", [15, 21, 34, 48, 205])
@given(seed=st.integers(0, 2**32))
def test_what_we_cut_is_what_libasterix_cuts(category, seed):
    chance = random.Random(seed)
    written = [
        records.record(
            category, {field.name: made(field, chance) for field in FIELDS[category] if field and chance.random() < 0.4}
        )
        for _ in range(3)
    ]
    written = [one for one in written if one != b"\0"]
    if not written:
        return
    payload = records.block(category, written)
    theirs = parsed(category, payload)
    ((_, body),) = records.blocks(payload)
    for mine, judge in zip(records.records(category, body), theirs, strict=True):
        assert mine == {
            field.name: content(judge, field.name)
            for field in FIELDS[category]
            if field and judge.get_item(field.name) is not None
        }


def made(field, chance: random.Random) -> bytes:
    """Make content of an item at random."""
    match field.kind:
        case "n":
            return chance.randbytes(field.size)
        case "x":
            return bytes([chance.randrange(256) & 0xFE])
        case "r":
            count = chance.randrange(1, 4)
            return bytes([count]) + chance.randbytes(count * field.size)
        case "l":
            return bytes([4]) + chance.randbytes(3)
    present = [number for number, part in enumerate(field.parts) if part is not None and chance.random() < 0.5] or [0]
    return records.specification(present) + b"".join(made(field.parts[number], chance) for number in present)


def test_a_plot_of_ours_has_its_figures_by_libasterix():
    ear = radar()
    payload = ear.adapter.encode(ear.station, scan_of(PLOT))
    first, second = records.blocks(payload)
    (plot,) = parsed(48, records.block(48, [first[1]]))
    (north,) = parsed(34, records.block(34, [second[1]]))
    rho = plot.get_item("040").variation.get_item("RHO").variation.content.as_quantity("NM")
    theta = plot.get_item("040").variation.get_item("THETA").variation.content.as_quantity("°")
    height = plot.get_item("110").variation.get_item("3DH").variation.content.as_quantity("ft")
    assert rho * 1852.0 == pytest.approx(1523.4, abs=1852 / 512)
    assert theta == pytest.approx(211.7, abs=360 / 131072)
    assert plot.get_item("140").variation.content.as_quantity("s") == (NOW // SECOND) % 86400
    above = (
        110.0 + 1523.4 * math.sin(math.radians(4.2)) + (1523.4 * math.cos(math.radians(4.2))) ** 2 / 2 / 6_371_000.0 - 44.6
    )  # closed form, to first order
    assert height * 0.3048 == pytest.approx(above, abs=12.5 * 0.3048 + 0.1)
    assert content(north, "000") == b"\1"


# --- Round trips -------------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    reach=st.floats(50, 100_000), azimuth=st.floats(0, 359.99), height=st.floats(0, 3000), age=st.floats(0, 20), number=st.integers(0, 4095)
)  # fmt: skip
def test_a_plot_reads_back_within_the_format_s_steps(reach, azimuth, height, age, number):
    ear = radar()
    sine = math.sin(math.atan2(height - 65.4, reach))
    assume(abs(sine) < 0.4)  # steeper, 25 ft of height say too little of the elevation
    one = Polar(
        time=NOW - round(age * SECOND), id=str(number), range=reach, azimuth=math.radians(azimuth), elevation=math.asin(sine),
        sigma_range=10.0, sigma_azimuth=0.005, identity=Identity(icao24="39ac45", callsign="SAMU31"),
    )  # fmt: skip
    (read,) = ear.hear(ear.adapter.encode(ear.station, scan_of(one))).detections
    assert read.time == pytest.approx(one.time, abs=SECOND / 256 + 1)
    assert read.range == pytest.approx(reach, abs=1852 / 512 + 1e-6)
    assert math.remainder(read.azimuth - one.azimuth, math.tau) == pytest.approx(0.0, abs=math.tau / 131072 + 1e-9)
    assert (read.elevation - one.elevation) * reach == pytest.approx(
        0.0, abs=13 * 0.3048 + 4.0 * abs(math.tan(one.elevation)) + 0.5
    )
    assert (read.id, read.identity) == (str(number), one.identity)


@settings(max_examples=100, deadline=None)
@given(
    latitude=st.floats(40, 60),
    longitude=st.floats(-10, 10),
    altitude=st.floats(-100, 3000),
    east=st.floats(-200, 200),
    up=st.floats(-20, 20),
)
def test_a_broadcast_reads_back_within_the_format_s_steps(latitude, longitude, altitude, east, up):
    ear = Ear("asterix", ACCURACY)
    one = Position(
        time=NOW - SECOND // 2, latitude=math.radians(latitude), longitude=math.radians(longitude), altitude=altitude, velocity=(east, 30.0, up),
        sigma_horizontal=12.0, sigma_vertical=20.0, sigma_velocity=1.0, identity=Identity(icao24="39ac45", callsign="SAMU31"), classes={"manned": 1.0},
    )  # fmt: skip
    (read,) = ear.hear(ear.adapter.encode(ear.station, scan_of(one))).detections
    assert (read.latitude, read.longitude) == pytest.approx((one.latitude, one.longitude), abs=math.radians(180 / 2**31) + 1e-12)
    assert read.altitude == pytest.approx(altitude, abs=3.2 * 0.3048)
    assert read.velocity == pytest.approx(one.velocity, abs=0.1)
    assert (read.identity, read.classes, read.sigma_horizontal) == (one.identity, one.classes, pytest.approx(30.0 / 2.4477))


def test_a_bearing_reads_back_within_a_hundredth_of_a_degree():
    ear = Ear("asterix", ACCURACY)
    one = Bearing(time=NOW, id="7", azimuth=math.radians(208.123), sigma_azimuth=math.radians(0.3), emitter="OcuSync")
    (read,) = ear.hear(ear.adapter.encode(ear.station, scan_of(one))).detections
    assert (read.time, read.id, read.emitter, math.degrees(read.azimuth)) == (
        NOW,
        "7",
        "OcuSync",
        pytest.approx(208.12, abs=1e-9),
    )
    assert ear.hear(ear.adapter.encode(ear.station, scan_of())).detections == ()


@pytest.mark.parametrize("name", ["SAMU31", "AB 12", "X", "ABCDEFGH", ""])
def test_the_alphabet_of_six_bits_reads_back(name):
    assert figures.name_of(figures.name_content(name)) == name


# --- Time --------------------------------------------------------------------------------------------------------------

MIDNIGHT = 1_785_110_400 * SECOND


@pytest.mark.parametrize(
    ("received", "time"), [(MIDNIGHT + SECOND // 4, MIDNIGHT - SECOND // 4), (MIDNIGHT - SECOND // 4, MIDNIGHT + SECOND // 4)]
)
def test_a_time_of_day_is_of_the_nearer_day(received, time):
    assert figures.time_of(figures.time_content(time), received, "I048/140") == time


@pytest.mark.parametrize(
    ("content_", "said"),
    [
        ((24 * 3600 * 128).to_bytes(3, "big"), "is no time of day"),
        (figures.time_content(NOW - 7200 * SECOND), "2.0 h before its arrival; expected 60 s at most: is its clock in UTC"),
    ],
)
def test_a_time_that_cannot_be_is_refused(content_, said):
    with pytest.raises(DecodeError, match=said):
        figures.time_of(content_, NOW, "I048/140")


# --- Looks -------------------------------------------------------------------------------------------------------------


def sector(number: int, time: int = NOW) -> bytes:
    return records.block(
        34, [records.record(34, {"010": b"\0\1", "000": b"\2", "030": figures.time_content(time), "020": bytes([number])})]
    )


def plots(*azimuths: float) -> bytes:
    items = [
        {
            "010": b"\0\1",
            "140": figures.time_content(NOW),
            "020": b"\x20",
            "040": figures.bounded(5000.0, 1852 / 256, 2) + figures.bounded(math.radians(one), figures.TURN, 2),
        }
        for one in azimuths
    ]
    return records.block(48, [records.record(48, one) for one in items])


def azimuths(scan: Scan) -> list[int]:
    return [round(math.degrees(one.azimuth)) for one in scan.detections]


def degrees(scan: Scan) -> tuple[float, ...] | None:
    return None if scan.coverage is None else tuple(round(math.degrees(one), 3) for one in scan.coverage.azimuth)


def test_plots_wait_for_the_antenna_and_come_with_the_sector_that_it_has_passed():
    ear = radar(coverage=CoverageTable(range_m=(100.0, 6000.0)))
    assert degrees(ear.hear(sector(32))) == (0.0, 0.0)  # where it came from is not known yet
    assert ear.hear(plots(50.0, 60.0)).detections == ()
    told = ear.hear(plots(80.0) + sector(64))
    assert (azimuths(told), degrees(told), told.coverage.range) == ([50, 60, 80], (45.0, 90.0), (100.0, 6000.0))
    empty = ear.hear(sector(96))
    assert (azimuths(empty), degrees(empty)) == ([], (90.0, 135.0))


def test_a_whole_turn_in_one_message_is_the_whole_coverage():
    ear = radar()
    ear.hear(ear.adapter.encode(ear.station, scan_of()))
    told = ear.hear(ear.adapter.encode(ear.station, scan_of(PLOT)))
    assert (len(told.detections), told.coverage) == (1, None)


def test_a_radar_without_service_messages_says_nothing_by_its_silence():
    told = radar().hear(plots(10.0, 20.0))
    assert (azimuths(told), degrees(told)) == ([10, 20], (0.0, 0.0))


def test_plots_whose_antenna_is_no_longer_heard_of_are_given_out():
    ear = radar()
    ear.hear(sector(0))
    ear.hear(plots(10.0))
    later = NOW + 31 * SECOND
    told = ear.hear(plots(20.0), later)
    assert azimuths(told) == [10, 20]


def test_what_is_simulated_a_test_or_a_field_monitor_is_left_out_and_told():
    items = {"010": b"\0\1", "140": figures.time_content(NOW), "040": b"\x10\0\x20\0"}
    bodies = [records.record(48, items | {"020": flag}) for flag in (b"\x30", b"\x22", b"\x21\x80", b"\x20")]
    told = Ear("asterix", ACCURACY).hear(records.block(48, bodies))
    assert (len(told.detections), len(told.left_out)) == (1, 3)


def test_a_flight_level_gives_an_elevation_unless_it_is_garbled():
    items = {
        "010": b"\0\1",
        "140": figures.time_content(NOW),
        "020": b"\x20",
        "040": figures.bounded(20_000.0, 1852 / 256, 2) + b"\0\0",
    }
    level = round(3000.0 / 0.3048 / 25.0)
    good, garbled = (
        Ear("asterix", ACCURACY)
        .hear(records.block(48, [records.record(48, items | {"090": (flag | level).to_bytes(2, "big")})]))
        .detections[0]
        for flag in (0, 0x4000)
    )
    assert garbled.elevation is None
    rise = FRAME.height(3000.0, "pressure") - FRAME.ground - 20_000.0**2 / 2 / 6_371_000.0
    assert good.elevation == pytest.approx(math.asin(rise / 20_000.0), abs=2e-4)
    assert good.sigma_elevation == pytest.approx(100.0 / 20_000.0, rel=0.01)


# --- What is wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "is empty"),
        (b"\x30\x00\x03", "block at byte 0: its length is 3"),
        (b"\x30\x00\x20\xff", "its length is 32; 4 bytes are there"),
        (records.block(48, [b"\xff"]), "CAT048 record 1: ends in its field specification"),
        (records.block(48, [b"\x80\x00"]), "CAT048 record 1: I010 ends 1 bytes beyond its block"),
        (
            records.block(48, [b"\x01\x01\x01\x01\x80"]),
            "place 29 is beyond its field specification of 28; is it of another edition",
        ),
        (records.block(21, [b"\x01\x01\x01\x01\x01\x01\x20"]), "place 45 of its field specification is not used"),
    ],
)
def test_a_datagram_that_is_wrong_is_refused_as_a_whole(payload, said):
    good = plots(10.0)
    with pytest.raises(DecodeError, match=said):
        Ear("asterix", ACCURACY).hear(payload)
    ear = radar()
    with pytest.raises(DecodeError):
        ear.hear(sector(0) + good + (payload or b"\x30"))
    assert (ear.station.memory.azimuth, ear.station.memory.held) == (None, [])


def test_bytes_of_another_edition_that_read_as_a_place_are_not_believed():
    wrong = records.block(
        21, [records.record(21, {"040": b"\0", "073": figures.time_content(NOW), "131": b"\x7f\xff\xff\xff\0\0\0\0"})]
    )
    with pytest.raises(DecodeError, match=r"latitude 360.0° cannot be; is it of another edition"):
        Ear("asterix", ACCURACY).hear(wrong)


def test_a_category_that_is_not_read_is_told_and_the_others_stay():
    told = Ear("asterix", ACCURACY).hear(records.block(10, [b"\0\0"]) + plots(10.0))
    assert (len(told.detections), told.left_out) == (
        1,
        ("CAT010: is not read; expected CAT015, CAT021, CAT034, CAT048 or CAT205",),
    )


@pytest.mark.deep
@settings(max_examples=10_000, deadline=None)
@given(data=st.data())
def test_nonsense_is_refused_or_read_and_never_ends_the_service(data):
    ear = radar()
    payload = bytearray(
        data.draw(st.sampled_from([plots(10.0, 20.0) + sector(3), ear.adapter.encode(ear.station, scan_of(PLOT)), b""]))
        or data.draw(st.binary(max_size=100))
    )
    for _ in range(data.draw(st.integers(0, 5))):
        if payload:
            payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    before = (ear.station.memory.azimuth, list(ear.station.memory.held))
    try:
        scan = ear.hear(bytes(payload))
    except DecodeError:
        assert (ear.station.memory.azimuth, ear.station.memory.held) == before
    else:
        assert all(math.isfinite(one.range + one.azimuth) for one in scan.detections if isinstance(one, Polar))


def test_the_corpus_is_what_the_encoders_write_and_reads_back():
    assert (corpus.DATA / "asterix" / "payloads.txt").read_text(encoding="ascii") == corpus.lines("asterix")
    for format_, payload in corpus.read("asterix").values():
        assert Ear(format_, ACCURACY).hear(payload).detections
