"""CAT015: figures against libasterix, what reads back against the format's steps, and what cannot be."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fusion.config import Accuracy
from fusion.errors import DecodeError
from fusion.messages import SECOND, Bearing, Polar, Position, Scan
from sensors.asterix import figures, records
from tests.adapters.stations import NOW, Ear
from tests.adapters.test_asterix import MIDNIGHT, parsed

ACCURACY = Accuracy(range_m=10.0, azimuth_deg=0.3, elevation_deg=0.5, horizontal_m=40.0, vertical_m=20.0)
EVEN = 1.0 / math.sqrt(12.0)
PLOT = Polar(
    time=NOW, id="91", range=1523.4, azimuth=math.radians(211.7), elevation=math.radians(-4.2), range_rate=-8.1,
    sigma_range=5.0, sigma_azimuth=0.005, sigma_elevation=0.006, sigma_range_rate=0.8, snr_db=14.0, classes={"3": 0.8, "17": 0.2},
)  # fmt: skip
PLACE = Position(
    time=NOW, id="7", latitude=math.radians(48.8583), longitude=math.radians(2.2944), altitude=165.5, velocity=(3.0, -1.25, 0.2),
    sigma_horizontal=6.5, sigma_vertical=9.0, sigma_velocity=0.75,
)  # fmt: skip


def written(*detections) -> bytes:
    ear = Ear("asterix_015", ACCURACY)
    return ear.adapter.encode(ear.station, Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=detections))


def hear(payload: bytes, received: int = NOW, **more) -> Scan:
    return Ear("asterix", more.pop("accuracy", ACCURACY), **more).hear(payload, received)


def told(items: dict[str, bytes], received: int = NOW, **more) -> Scan:
    whole = {"010": b"\0\1", "000": b"\2", "020": b"\0", "145": figures.time_content(received)} | items
    kept = {name: content for name, content in whole.items() if content}
    return hear(records.block(15, [records.record(15, kept)]), received, **more)


def quantity(record, item: str, part: str, unit: str, inner: str | None = None) -> float:
    found = record.get_item(item).variation.get_item(part)
    if inner is not None:
        found = found.variation.get_item(inner)
    return found.variation.content.as_quantity(unit)


def test_a_plot_of_ours_has_its_figures_by_libasterix():
    (plot,) = parsed(15, written(PLOT))
    assert quantity(plot, "625", "R", "m") == pytest.approx(1523.4, abs=0.05)
    assert quantity(plot, "625", "SDR", "m") == pytest.approx(5.0, abs=0.05)
    assert quantity(plot, "625", "RR", "m/s") == pytest.approx(-8.1, abs=0.05)
    assert quantity(plot, "625", "SDRR", "m/s", "SDRR") == pytest.approx(0.8, abs=0.05)
    assert quantity(plot, "627", "AZ", "°") == pytest.approx(211.7, abs=360 / 131072)
    assert quantity(plot, "627", "SDASZ", "°") == pytest.approx(math.degrees(0.005), abs=45 / 131072)
    assert quantity(plot, "628", "EL", "°") == pytest.approx(-4.2, abs=180 / 131072)
    assert quantity(plot, "628", "SDEL", "°") == pytest.approx(math.degrees(0.006), abs=45 / 131072)
    assert quantity(plot, "630", "RPS", "dB") == 14.0
    assert plot.get_item("145").variation.content.as_quantity("s") == (NOW // SECOND) % 86400
    assert plot.get_item("161").variation.as_uint() == 91
    assert plot.get_item("000").variation.get_item("MT").variation.as_uint() == 1


def test_a_place_of_ours_has_its_figures_by_libasterix():
    (place,) = parsed(15, written(PLACE))
    assert quantity(place, "600", "P84", "°", "LATITUDE") == pytest.approx(48.8583, abs=180 / 2**32)
    assert quantity(place, "600", "P84", "°", "LONGITUDE") == pytest.approx(2.2944, abs=180 / 2**32)
    assert quantity(place, "600", "HPP", "m", "SDHPX") == 6.5
    assert quantity(place, "601", "GH", "m") == pytest.approx(165.5, abs=0.005)
    assert quantity(place, "601", "SDGH", "m") == pytest.approx(9.0, abs=0.005)
    assert (quantity(place, "602", "HV", "m/s", "X"), quantity(place, "602", "HV", "m/s", "Y")) == pytest.approx(
        (3.0, -1.25), abs=0.005
    )
    assert quantity(place, "604", "VV", "m/s") == pytest.approx(0.2, abs=0.005)
    assert quantity(place, "604", "SDVV", "m/s", "SDVV") == pytest.approx(0.75, abs=0.005)
    assert place.get_item("000").variation.get_item("MT").variation.as_uint() == 3


angles = st.floats(0.0, math.tau - 1e-3)


@settings(max_examples=200, deadline=None)
@given(
    reach=st.floats(1, 400_000), azimuth=angles, elevation=st.floats(-1.5, 1.5), rate=st.floats(-900, 900), age=st.floats(0, 59),
    number=st.integers(0, 65_535), sigma=st.floats(0.2, 1000), fine=st.floats(2e-5, 0.7),
)  # fmt: skip
def test_a_plot_reads_back_within_the_format_s_steps(reach, azimuth, elevation, rate, age, number, sigma, fine):
    one = replace(
        PLOT, time=NOW - round(age * SECOND), id=str(number), range=reach, azimuth=azimuth, elevation=elevation, range_rate=rate,
        sigma_range=sigma, sigma_azimuth=fine, sigma_elevation=fine,
    )  # fmt: skip
    (read,) = hear(written(one)).detections
    assert read.time == pytest.approx(one.time, abs=SECOND / 256 + 1)
    assert (read.range, read.range_rate) == (pytest.approx(reach, abs=0.05 + 1e-9), pytest.approx(rate, abs=0.05 + 1e-9))
    assert math.remainder(read.azimuth - azimuth, math.tau) == pytest.approx(0.0, abs=math.tau / 131072 + 1e-12)
    assert read.elevation == pytest.approx(elevation, abs=math.pi / 131072 + 1e-12)
    assert read.sigma_range == pytest.approx(math.hypot(sigma, 0.1 * EVEN), abs=0.051)
    assert read.sigma_azimuth == pytest.approx(math.hypot(fine, math.tau / 65536 * EVEN), abs=math.radians(45 / 131072) + 1e-12)
    assert read.sigma_elevation == pytest.approx(math.hypot(fine, math.pi / 65536 * EVEN), abs=math.radians(45 / 131072) + 1e-12)
    assert (read.id, read.classes, read.snr_db) == (str(number), {"3": 0.8, "17": 0.2}, 14.0)


@settings(max_examples=200, deadline=None)
@given(
    latitude=st.floats(35, 65), longitude=st.floats(-180, 180), altitude=st.floats(-900, 29_000), east=st.floats(-700, 700), up=st.floats(-300, 300),
    sigma=st.floats(0.3, 10_000), upright=st.floats(0.02, 100_000), speed=st.floats(0.02, 300),
)  # fmt: skip
def test_a_place_reads_back_within_the_format_s_steps(latitude, longitude, altitude, east, up, sigma, upright, speed):
    one = replace(
        PLACE, latitude=math.radians(latitude), longitude=math.radians(longitude), altitude=altitude, velocity=(east, 30.0, up),
        sigma_horizontal=sigma, sigma_vertical=upright, sigma_velocity=speed,
    )  # fmt: skip
    (read,) = hear(written(one)).detections
    step = math.radians(180 / 2**32) + 1e-12
    assert read.latitude == pytest.approx(one.latitude, abs=step)
    assert math.remainder(read.longitude - one.longitude, math.tau) == pytest.approx(
        0.0, abs=2 * step
    )  # 180° itself does not fit
    assert (read.altitude, *read.velocity) == pytest.approx((altitude, east, 30.0, up), abs=0.0051)
    assert read.sigma_horizontal == pytest.approx(math.hypot(sigma, 0.25 * EVEN), abs=0.126)
    assert (read.sigma_vertical, read.sigma_velocity) == (pytest.approx(upright, abs=0.0101), pytest.approx(speed, abs=0.0051))


def test_a_camera_s_direction_reads_back_with_its_elevation():
    seen = Bearing(time=NOW, id="4", azimuth=3.0, elevation=-0.25, sigma_azimuth=0.003, sigma_elevation=0.002)
    (read,) = hear(written(seen)).detections
    assert isinstance(read, Bearing)
    assert (read.azimuth, read.elevation) == pytest.approx((3.0, -0.25), abs=5e-5)
    assert (read.id, read.time) == ("4", NOW)


def test_the_worse_axis_of_a_place_s_ellipse_counts():
    east, north, rho = 12.0, 5.0, -0.75
    stated = b"".join(round(value * 4).to_bytes(2, "big") for value in (east, north)) + round(rho * 128).to_bytes(
        1, "big", signed=True
    )
    place = records.compound({0: b"\x22\xbe\x5e\x20\x01\xa1\x9a\xf0", 2: stated})
    (read,) = told({"000": b"\6", "600": place}).detections
    worst = np.linalg.eigvalsh([[east**2, rho * east * north], [rho * east * north, north**2]])[-1]
    assert read.sigma_horizontal == pytest.approx(math.hypot(math.sqrt(worst), 0.25 * EVEN), rel=1e-9)


AZIMUTH, REACH = records.compound({0: b"\x20\0"}), records.compound({0: b"\0\x40\0"})
SITE = records.compound({0: b"\x22\xbe\x5e\x20\x01\xa1\x9a\xf0"})


def test_what_a_sensor_does_not_say_of_its_accuracy_is_configured():
    (read,) = told({"625": REACH, "627": AZIMUTH}).detections
    assert read.sigma_range == pytest.approx(math.hypot(10.0, 0.1 * EVEN))
    assert read.sigma_azimuth == pytest.approx(math.hypot(math.radians(0.3), figures.TURN * EVEN))
    with pytest.raises(DecodeError, match="sigma.azimuth_deg"):
        told({"625": REACH, "627": AZIMUTH}, accuracy=Accuracy(range_m=10.0))
    (read,) = told({"000": b"\6", "600": SITE}).detections
    assert read.sigma_horizontal == pytest.approx(math.hypot(40.0, 0.25 * EVEN))


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ({"000": b"\x0c"}, "message type 6 is no plot or track"),
        ({"145": b""}, "I015/145: has no time"),
        ({"020": b"\x10"}, "reference, synthetic or simulated"),
        ({"020": b"\x30"}, "reference, synthetic or simulated"),
        ({"020": b"\x40"}, "multistatic sensor, whose range is no slant range"),
        ({"625": b"", "627": b""}, "neither a place"),
        ({"627": b""}, "neither a place"),
        ({"625": records.compound({0: b"\0\0\0"})}, "has no range"),
        ({"625": b"", "627": b"", "600": SITE, "170": b"\x08"}, "is extrapolated"),
        ({"625": b"", "600": records.compound({0: bytes(8)})}, "latitude 0, longitude 0"),
        ({"625": b"", "600": records.compound({2: b"\0\4\0\4\0"})}, "has no place"),
    ],
)  # fmt: skip
def test_what_is_no_measurement_is_left_out_and_told(items, said):
    scan = told({"625": REACH, "627": AZIMUTH} | items)
    assert scan.detections == ()
    assert len(scan.left_out) == 1
    assert said in scan.left_out[0]
    assert scan.left_out[0].startswith("CAT015 record 1: ")


def test_the_end_of_a_track_is_nothing_to_tell():
    scan = told({"000": b"\x0a"})
    assert (scan.detections, scan.left_out) == ((), ())
    assert hear(written()).detections == ()


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ({"600": records.compound({0: b"\x7f\0\0\0\0\0\0\0"})}, "latitude 178.6° cannot be; is it of another edition"),
        ({"600": SITE, "601": records.compound({0: b"\x7f\xff\xff"})}, "a height of 83886 m cannot be"),
        ({"600": SITE, "602": records.compound({0: b"\x7f\xff\xf0\0\0"})}, "5243 m/s cannot be"),
        ({"627": records.compound({2: b"\0\1"}), "625": REACH}, "has no azimuth"),
        (
            {"627": AZIMUTH, "625": records.compound({0: b"\0\x40\0", 3: b"\x7f\xff\xff", 5: b"\0\0\1\0"})},
            "a range rate of 838861 m/s",
        ),
        ({"145": (24 * 3600 * 128).to_bytes(3, "big")}, "is no time of day"),
    ],
)
def test_what_cannot_be_is_refused_as_a_whole(items, said):
    with pytest.raises(DecodeError, match=said):
        told({"600": SITE} | items if "145" in items else items)


@pytest.mark.parametrize("late", [-1, 1])
def test_a_time_of_day_is_of_the_nearer_day_over_midnight(late):
    time, received = MIDNIGHT - late * SECOND // 4, MIDNIGHT + late * SECOND // 4
    (read,) = hear(written(replace(PLOT, time=time)), received).detections
    assert read.time == time


def test_a_multistatic_sensor_s_place_counts_and_its_range_does_not():
    (read,) = told({"020": b"\x40", "625": REACH, "627": AZIMUTH, "600": SITE}).detections
    assert isinstance(read, Position)
    (read,) = told({"020": b"\0", "625": REACH, "627": AZIMUTH, "600": SITE}).detections
    assert isinstance(read, Polar)


def test_its_silence_says_nothing():
    ear = Ear("asterix", ACCURACY)
    ear.station = ear.station._replace(sensor=replace(ear.station.sensor, reports="scans"))
    coverage = ear.hear(written(PLOT)).coverage
    assert (coverage.azimuth, coverage.range) == ((0.0, 0.0), (0.0, 0.0))


@pytest.mark.deep
@settings(max_examples=20_000, deadline=None)
@given(data=st.data())
def test_nonsense_is_refused_or_read_and_never_ends_the_service(data):
    start = data.draw(st.sampled_from([written(PLOT, PLACE), written(PLACE), written(PLOT, PLOT), b""]))
    payload = bytearray(start or data.draw(st.binary(max_size=120)))
    for _ in range(data.draw(st.integers(0, 6))):
        if payload:
            payload[data.draw(st.integers(0, len(payload) - 1))] = data.draw(st.integers(0, 255))
    try:
        scan = hear(bytes(payload))
    except DecodeError:
        return
    for one in scan.detections:
        for name in one.__struct_fields__:
            value = getattr(one, name)
            assert not isinstance(value, float) or math.isfinite(value)
        assert one.time >= NOW - 3600 * SECOND
