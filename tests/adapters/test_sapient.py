"""SAPIENT's detection reports, made with sapient-msg by hand and by PROJ, read as the service reads them."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given, settings
from hypothesis import strategies as st
from sapient_msg.bsi_flex_335_v2_0.detection_report_pb2 import DetectionReport
from sapient_msg.bsi_flex_335_v2_0.sapient_message_pb2 import SapientMessage

from fusion.config import Accuracy
from fusion.errors import DecodeError
from fusion.messages import SECOND, Bearing, Identity, Polar, Position, Scan
from sensors.sapient import taxonomy, validating, writing
from tests.adapters import corpus
from tests.adapters.stations import FRAME, NOW, Ear

NODE = "11111111-2222-4333-8444-555555555555"
REPORT, OBJECT = "01KYFQKZE0JKJVF9A96KTJQ546", "01KYFQKZE0JKJVF9A96KTJQ547"
AHEAD = {"coordinateSystem": "RANGE_BEARING_COORDINATE_SYSTEM_DEGREES_M", "datum": "RANGE_BEARING_DATUM_TRUE", "azimuth": 90.0}
THERE = {"coordinateSystem": "LOCATION_COORDINATE_SYSTEM_LAT_LNG_DEG_M", "datum": "LOCATION_DATUM_WGS84_E", "x": 2.3, "y": 48.85}


def message(**report) -> SapientMessage:
    told = {"reportId": REPORT, "objectId": OBJECT} | report
    envelope = {"timestamp": "2026-07-26T17:29:59.750Z", "nodeId": NODE, "detectionReport": told}
    return ParseDict({name: value for name, value in envelope.items() if value}, SapientMessage())


def heard(ear: Ear | None = None, **report):
    (found,) = (ear or Ear("sapient")).hear(message(**report).SerializeToString()).detections
    return found


# --- Range and bearing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "angle", "metre"), [("DEGREES_M", 1.0, 1.0), ("RADIANS_M", math.pi / 180, 1.0), ("DEGREES_KM", 1.0, 1e-3), ("RADIANS_KM", math.pi / 180, 1e-3)]
)  # fmt: skip
def test_every_unit_of_a_range_and_bearing_is_the_same_measurement(system, angle, metre):
    told = AHEAD | {
        "coordinateSystem": f"RANGE_BEARING_COORDINATE_SYSTEM_{system}", "azimuth": 211.7 * angle, "azimuthError": 0.5 * angle,
        "elevation": 4.2 * angle, "elevationError": 0.7 * angle, "range": 1523.4 * metre, "rangeError": 5.0 * metre,
    }  # fmt: skip
    found = heard(rangeBearing=told)
    assert isinstance(found, Polar)
    assert (found.time, found.id) == (NOW - SECOND // 4, OBJECT)
    assert (found.range, found.sigma_range) == (pytest.approx(1523.4), pytest.approx(5.0))
    assert np.degrees([found.azimuth, found.elevation]) == pytest.approx([211.7, 4.2])
    assert np.degrees([found.sigma_azimuth, found.sigma_elevation]) == pytest.approx([0.5, 0.7])


def test_without_a_range_it_is_a_bearing_with_the_configured_accuracy():
    found = heard(rangeBearing=AHEAD | {"azimuth": -10.0})
    assert isinstance(found, Bearing)
    assert math.degrees(found.azimuth) == pytest.approx(350.0)
    assert (math.degrees(found.sigma_azimuth), found.elevation) == (pytest.approx(0.3), None)


def test_grid_north_is_that_of_the_sensor_s_utm_zone():
    ear = Ear("sapient", latitude_deg=48.8611, longitude_deg=2.2890)
    found = heard(ear, rangeBearing=AHEAD | {"datum": "RANGE_BEARING_DATUM_GRID", "azimuth": 45.0})
    # Two points on a line of the grid that runs to its north-east: the geodesic between them has the true azimuth.
    grid = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32631", always_xy=True)
    easting, northing = grid.transform(2.2890, 48.8611)
    there = grid.transform(easting + 10.0, northing + 10.0, direction="INVERSE")
    true, _, _ = pyproj.Geod(ellps="WGS84").inv(2.2890, 48.8611, *there)
    assert math.degrees(found.azimuth) == pytest.approx(true, abs=1e-4)
    assert math.degrees(found.azimuth) == pytest.approx(45.0 - 0.535, abs=0.01)


@pytest.mark.parametrize(("datum", "missing"), [("MAGNETIC", "the magnetic declination"), ("PLATFORM", "the platform's heading")])
def test_a_north_that_is_not_known_here_is_refused(datum, missing):
    with pytest.raises(DecodeError, match=f"range_bearing.datum: is {datum}, and {missing} is not known"):
        heard(rangeBearing=AHEAD | {"datum": f"RANGE_BEARING_DATUM_{datum}"})


# --- Locations ---------------------------------------------------------------------------------------------------------


def test_degrees_and_radians_and_utm_are_the_same_place():
    grid = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32631", always_xy=True)
    easting, northing = grid.transform(2.3, 48.85)
    places = [
        THERE,
        THERE
        | {"coordinateSystem": "LOCATION_COORDINATE_SYSTEM_LAT_LNG_RAD_M", "x": math.radians(2.3), "y": math.radians(48.85)},
        THERE | {"coordinateSystem": "LOCATION_COORDINATE_SYSTEM_UTM_M", "x": easting, "y": northing, "utmZone": "31N"},
        THERE | {"coordinateSystem": "LOCATION_COORDINATE_SYSTEM_UTM_M", "x": easting, "y": northing, "utmZone": "31U"},
        THERE | {"coordinateSystem": "LOCATION_COORDINATE_SYSTEM_UTM_M", "x": easting, "y": northing},
    ]
    found = [heard(location=place) for place in places]
    assert all(isinstance(one, Position) for one in found)
    assert np.degrees([one.latitude for one in found]) == pytest.approx(48.85, abs=1e-9)
    assert np.degrees([one.longitude for one in found]) == pytest.approx(2.3, abs=1e-9)
    assert {(one.altitude, one.sigma_horizontal) for one in found} == {(None, 8.0)}


def test_a_height_above_the_geoid_is_the_undulation_higher_above_the_ellipsoid():
    ellipsoid = heard(location=THERE | {"z": 165.0, "zError": 3.0})
    geoid = heard(location=THERE | {"z": 165.0, "datum": "LOCATION_DATUM_WGS84_G"})
    assert (ellipsoid.altitude, ellipsoid.sigma_vertical) == (165.0, 3.0)
    assert (geoid.altitude, geoid.sigma_vertical) == (pytest.approx(165.0 + 44.6), 12.0)
    assert FRAME.undulation == 44.6


def test_errors_of_degrees_are_metres_on_the_ellipsoid():
    geod = pyproj.Geod(ellps="WGS84")
    east = geod.inv(2.3, 48.85, 2.3001, 48.85)[2]
    north = geod.inv(2.3, 48.85, 2.3, 48.8501)[2]
    found = heard(location=THERE | {"xError": 1e-4, "yError": 1e-4})
    assert found.sigma_horizontal == pytest.approx(math.sqrt((east**2 + north**2) / 2), rel=1e-4)


def test_a_velocity_is_east_north_up_and_without_a_climb_only_starts_a_track():
    rates = {"eastRate": 3.0, "northRate": -1.0, "upRate": 0.2, "eastRateError": 0.3, "northRateError": 0.4}
    found = heard(location=THERE, enuVelocity=rates)
    assert found.velocity == (3.0, -1.0, 0.2)
    assert found.sigma_velocity == pytest.approx(math.sqrt((0.09 + 0.16) / 2))
    level = heard(
        Ear("sapient", Accuracy(horizontal_m=1.0, velocity_mps=1.0)),
        location=THERE,
        enuVelocity={"eastRate": 3.0, "northRate": -1.0},
    )
    assert (level.velocity, level.sigma_velocity) == ((3.0, -1.0, 0.0), None)


def test_who_takes_latitude_for_x_is_told_so():
    with pytest.raises(DecodeError, match=r"x 48.85, y 2.3 lies 6\d\d\d km from the site.*seem to be exchanged"):
        heard(location=THERE | {"x": 48.85, "y": 2.3})


# --- What and who ------------------------------------------------------------------------------------------------------


def test_sub_classes_go_before_the_class_that_they_are_of():
    uav = {"type": "UAV Rotary Wing", "confidence": 0.6, "level": 1}
    plane = {"type": "Manned Fixed Wing", "confidence": 0.1, "level": 1}
    told = [
        {"type": "Air Vehicle", "confidence": 0.8, "subClass": [uav, plane]},
        {"type": "Animal", "confidence": 0.2, "subClass": [{"type": "Bird", "level": 1}]},
    ]
    classes = heard(location=THERE, classification=told).classes
    assert classes == pytest.approx({"multirotor": 0.6, "manned": 0.1, "Air Vehicle": 0.1, "bird": 0.2}, abs=1e-6)


def test_a_finer_sub_class_without_a_word_of_ours_counts_for_the_one_above():
    quad = {"type": "Mavic", "level": 2}
    told = [{"type": "Air Vehicle", "subClass": [{"type": "UAV Fixed Wing", "level": 1, "subClass": [quad]}]}]
    assert heard(location=THERE, classification=told).classes == {"fixed_wing": 1.0}


@given(st.dictionaries(st.sampled_from(sorted(taxonomy.OUTWARD)), st.floats(0.01, 1.0), min_size=1))
def test_classes_are_written_as_they_are_read(shares):
    classes = {name: share / sum(shares.values()) for name, share in shares.items()}
    report = DetectionReport()
    taxonomy.write(classes, report.classification)
    assert taxonomy.classes_of(report.classification) == pytest.approx(classes, abs=1e-5)


@pytest.mark.parametrize(
    ("told", "identity"),
    [
        ({"id": "1581F45T7229DMK001AB"}, Identity(serial="1581F45T7229DMK001AB")),
        ({"id": "39AC45"}, Identity(icao24="39ac45")),
        ({"id": "F-HSAM"}, Identity(registration="F-HSAM")),
        ({"id": "SAMU31", "objectInfo": [{"type": "Callsign", "value": "SAMU31"}, {"type": "ICAO_address", "value": "39ac45"}]}, Identity(callsign="SAMU31", icao24="39ac45")),
        ({"objectInfo": [{"type": "colour", "value": "red"}]}, None),
    ],
)  # fmt: skip
def test_an_id_and_object_info_are_claims_of_an_identity(told, identity):
    assert heard(location=THERE, **told).identity == identity


def test_a_lost_object_has_no_place_and_is_told():
    scan = Ear("sapient").hear(message(location=THERE, state="lost").SerializeToString())
    assert (scan.detections, scan.left_out) == ((), (f"detection_report.state: 'lost': object {OBJECT} is not seen any more",))


# --- What is refused -----------------------------------------------------------------------------------------------------


def test_every_fault_is_named_not_the_first_alone():
    broken = message(objectId="tracked", location={"x": "NaN", "y": 48.85, "coordinateSystem": "LOCATION_COORDINATE_SYSTEM_UNSPECIFIED"}, classification=[{"confidence": 0.5}])  # fmt: skip
    broken.node_id = NODE.upper().replace("1", "A")
    broken.detection_report.ClearField("report_id")
    system = "LOCATION_COORDINATE_SYSTEM"
    assert set(validating.faults(broken)) == {
        "node_id: is 'AAAAAAAA-2222-4333-8444-555555555555'; expected a UUID of version 4 in lower case",
        "detection_report.report_id: is missing",
        "detection_report.object_id: is 'tracked'; expected a ULID of 26 capitals and digits",
        "detection_report.location.x: is nan; expected a finite number",
        "detection_report.location.datum: is missing",
        f"detection_report.location.coordinate_system: is {system}_UNSPECIFIED; expected {system}_LAT_LNG_DEG_M, {system}_LAT_LNG_RAD_M, {system}_UTM_M",
        "detection_report.classification[0].type: is missing",
    }
    with pytest.raises(DecodeError, match="report_id: is missing; detection_report"):
        Ear("sapient").hear(broken.SerializeToString())


def test_the_withdrawn_units_of_feet_are_no_unit():
    told = message(rangeBearing=AHEAD)
    told.detection_report.range_bearing.coordinate_system = 5
    assert validating.faults(told)[0].startswith("detection_report.range_bearing.coordinate_system: is 5; expected RANGE")


def test_an_empty_message_lacks_all_that_is_mandatory():
    found = validating.faults(SapientMessage())
    assert [fault.partition(":")[0] for fault in found] == ["timestamp", "node_id", "content"]


@pytest.mark.parametrize(
    ("report", "why"),
    [
        ({"rangeBearing": {name: value for name, value in AHEAD.items() if name != "azimuth"}}, "azimuth: is missing"),
        ({"rangeBearing": AHEAD | {"azimuth": 400.0}}, "azimuth: 6.98132 cannot be"),
        ({"rangeBearing": AHEAD | {"elevation": 91.0}}, "elevation: 1.58825 cannot be"),
        ({"rangeBearing": AHEAD | {"range": 0.0}}, "range: 0 cannot be"),
        ({"rangeBearing": AHEAD | {"azimuthError": -1.0}}, "azimuth_error: -1 is no error"),
        ({"rangeBearing": AHEAD | {"elevation": 1.0}}, "range_bearing.elevation_error: is neither in the report nor, as elevation_deg"),
        ({"location": THERE | {"x": 181.0}}, r"location.x \(longitude\): 3.15905 cannot be"),
        ({"location": THERE | {"z": -2000.0}}, "location.z: -2000 cannot be"),
        ({"location": THERE | {"xError": 5.0}}, "location.x_error: 5 is no error in the unit of its coordinate; expected 0 to 0.5"),
        ({"location": THERE | {"coordinateSystem": "LOCATION_COORDINATE_SYSTEM_UTM_M", "x": 5e5, "y": 5.4e6, "utmZone": "61N"}}, "utm_zone: '61N' is none"),
        ({"location": THERE | {"coordinateSystem": "LOCATION_COORDINATE_SYSTEM_UTM_M", "x": 5e5, "y": 5.4e6, "utmZone": "31S"}}, "lies .* km from the site"),
        ({"location": THERE, "enuVelocity": {"eastRate": 1.0, "northRate": 0.0, "upRate": 0.0, "upRateError": 1e300}}, "an error of 1e[+]300 m/s says nothing"),
        ({"location": THERE, "enuVelocity": {"eastRate": 2000.0, "northRate": 0.0}}, "east_rate: 2000 m/s cannot be"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_field(report, why):
    with pytest.raises(DecodeError, match=why):
        heard(**report)


def test_only_detection_reports_are_scans():
    told = ParseDict(
        {"timestamp": "2026-07-26T17:30:00Z", "nodeId": NODE, "alertAck": {"alertId": REPORT, "alertAckStatus": 1}},
        SapientMessage(),
    )
    with pytest.raises(DecodeError, match="content: is a alert_ack; expected a detection_report"):
        Ear("sapient").hear(told.SerializeToString())


@pytest.mark.parametrize(("ahead", "fits"), [(-0.9, True), (-0.91, False), (0.1, True), (0.11, False)])
def test_a_message_s_time_fits_from_nine_tenths_before_to_one_after(ahead, fits):
    told = message(location=THERE)
    told.timestamp.seconds, told.timestamp.nanos = divmod(NOW + round(ahead * SECOND), SECOND)
    assert (validating.untimely(told, NOW) is None) == fits


# --- The simulator's side ------------------------------------------------------------------------------------------------

SEEN = [
    Polar(time=NOW, range=812.5, azimuth=1.2, elevation=0.1, sigma_range=5.0, sigma_azimuth=0.01, sigma_elevation=0.02, id="t-7"),
    Bearing(time=NOW, azimuth=6.1, sigma_azimuth=0.09, classes={"bird": 1.0}),
    Position(
        time=NOW, latitude=math.radians(48.85), longitude=math.radians(2.3), altitude=140.0, velocity=(1.0, -2.0, 0.5), sigma_horizontal=4.0,
        sigma_vertical=6.0, sigma_velocity=0.5, identity=Identity(serial="1581F45T7229DMK001AB", operator="FRA4k8m2x7q9w1e3"), classes={"multirotor": 1.0},
    ),
]  # fmt: skip


@pytest.mark.parametrize("seen", SEEN)
def test_what_is_written_is_valid_and_reads_back_as_it_was_measured(seen):
    ear = Ear("sapient")
    payload = ear.adapter.encode(ear.station, Scan(sensor="s", time=NOW, received=NOW, sequence=1, detections=(seen,)))
    assert validating.faults(SapientMessage.FromString(payload)) == []
    (found,) = ear.hear(payload).detections
    for name in (
        "azimuth",
        "elevation",
        "range",
        "latitude",
        "longitude",
        "altitude",
        "velocity",
        "sigma_azimuth",
        "sigma_range",
        "sigma_horizontal",
        "classes",
    ):
        if getattr(seen, name, None) is not None:
            assert getattr(found, name) == pytest.approx(getattr(seen, name), rel=1e-12), name
    assert (found.time, found.identity) == (seen.time, seen.identity)


def test_a_sensor_s_track_keeps_its_ulid_and_two_sensors_tracks_do_not_share_one():
    track = [SEEN[0], Polar(time=NOW + SECOND, range=800.0, azimuth=1.2, sigma_range=5.0, sigma_azimuth=0.01, id="t-7")]
    assert len({writing.object_id("radar-1", one) for one in track}) == 1
    assert writing.object_id("radar-1", track[0]) != writing.object_id("radar-2", track[0])
    assert writing.object_id("radar-1", SEEN[1]) != writing.object_id("radar-1", SEEN[2])


@pytest.mark.parametrize("name", sorted(corpus.SAPIENT))
def test_the_corpus_is_what_is_written_today_and_can_be_read(name):
    format_, payload = corpus.read("sapient")[name]
    assert (format_, payload) == corpus.SAPIENT[name]
    assert len(Ear(format_).hear(payload).detections) == 1


@pytest.mark.deep
@settings(max_examples=20_000, deadline=None)
@given(
    st.binary(max_size=200),
    st.sampled_from([b"", *(payload for _, payload in corpus.SAPIENT.values())]),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_noise_is_read_or_refused_and_nothing_else_happens(noise, whole, head, tail):
    try:
        scan = Ear("sapient").hear(whole[:head] + noise + whole[tail:])
    except DecodeError as error:
        assert str(error)
    else:
        for one in scan.detections:
            assert all(
                math.isfinite(value)
                for value in (getattr(one, "azimuth", 0.0), getattr(one, "range", 0.0), getattr(one, "latitude", 0.0))
            )


@pytest.mark.deep
@settings(max_examples=20_000, deadline=None)
@given(st.sampled_from(sorted(corpus.SAPIENT)), st.integers(0, 400), st.integers(0, 255))
def test_no_broken_byte_does_worse_than_be_refused(name, at, value):
    payload = bytearray(corpus.SAPIENT[name][1])
    payload[at % len(payload)] = value
    try:
        Ear("sapient").hear(bytes(payload))
    except DecodeError as error:
        assert str(error)
