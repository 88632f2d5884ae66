"""The Scan contract (design §3): its wire records, decoded into the core's units and encoded from them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fusion.config import Accuracy
from fusion.errors import DecodeError
from fusion.frame import SiteFrame
from fusion.messages import (
    SECOND,
    Bearing,
    Coverage,
    Identity,
    Measurement,
    Pilot,
    Polar,
    Position,
    RawMessage,
    Record,
    Scan,
    Tdoa,
    Time,
    nanoseconds,
    utc,
)
from sensors import baselines
from sensors.adapter import DATUM_SIGMA, Adapter, Station

Metres = Annotated[float, Meta(gt=0.0, le=1e6)]
Azimuth = Annotated[float, Meta(ge=-360.0, le=360.0)]
Elevation = Annotated[float, Meta(ge=-90.0, le=90.0)]
Latitude = Annotated[float, Meta(ge=-90.0, le=90.0)]
Longitude = Annotated[float, Meta(ge=-180.0, le=180.0)]
Altitude = Annotated[float, Meta(ge=-1_000.0, le=30_000.0)]
Speed = Annotated[float, Meta(ge=-1_000.0, le=1_000.0)]
Sigma = Annotated[float, Meta(gt=0.0, le=1e5)]
Difference = Annotated[float, Meta(ge=-1e-3, le=1e-3)]
Text = Annotated[str, Meta(max_length=128)]
Share = Annotated[float, Meta(ge=0.0, le=1.0)]

MOST_DETECTIONS = 20_000
"""A scan holds 10–100 detections; this bounds what one message can cost."""

OTHER_KINDS = (
    "range_m",
    "azimuth_deg",
    "elevation_deg",
    "radial_speed_mps",
    "latitude_deg",
    "longitude_deg",
    "altitude_m",
    "velocity_mps",
)
"""Fields that a time difference of arrival does not go with."""


class WireSigma(Record):
    """Accuracy of one detection: standard deviations that go before the configured ones."""

    range_m: Sigma | None = None
    azimuth_deg: Sigma | None = None
    elevation_deg: Sigma | None = None
    radial_speed_mps: Sigma | None = None
    horizontal_m: Sigma | None = None
    vertical_m: Sigma | None = None
    velocity_mps: Sigma | None = None
    tdoa_s: Annotated[float, Meta(gt=0.0, le=1e-3)] | None = None


class WireIdentity(Record):
    """What a transmitter says of itself."""

    serial: Text | None = None
    registration: Text | None = None
    operator: Text | None = None
    icao24: Annotated[str, Meta(pattern="^[0-9A-Fa-f]{6}$")] | None = None
    callsign: Text | None = None


class WirePlace(Record):
    """A place on the ground."""

    latitude_deg: Latitude
    longitude_deg: Longitude


class WireCoverage(Record):
    """Where this look went, when it is not the configured coverage."""

    azimuth_deg: tuple[Azimuth, Azimuth] = (0.0, 360.0)
    elevation_deg: tuple[Elevation, Elevation] | None = None
    range_m: tuple[Annotated[float, Meta(ge=0.0, le=1e6)], Metres] | None = None


class WireDetection(Record):
    """One report: range + azimuth, or azimuth, or latitude + longitude, or tdoa + reference."""

    offset_s: Annotated[float, Meta(ge=-60.0, le=60.0)] = 0.0
    range_m: Metres | None = None
    azimuth_deg: Azimuth | None = None
    elevation_deg: Elevation | None = None
    radial_speed_mps: Speed | None = None
    latitude_deg: Latitude | None = None
    longitude_deg: Longitude | None = None
    altitude_m: Altitude | None = None
    altitude_datum: Literal["hae", "amsl", "agl", "takeoff", "pressure"] | None = None
    velocity_mps: tuple[Speed, Speed, Speed] | None = None
    tdoa_s: Difference | None = None
    reference: Text | None = None
    sigma: WireSigma | None = None
    id: Text | None = None
    identity: WireIdentity | None = None
    pilot: WirePlace | None = None
    class_: dict[Text, Share] | None = msgspec.field(name="class", default=None)
    emitter: Text | None = None
    snr_db: Annotated[float, Meta(ge=-200.0, le=200.0)] | None = None
    rcs_dbsm: Annotated[float, Meta(ge=-200.0, le=200.0)] | None = None


class WireScan(Record, kw_only=True):
    """One look as a sensor publishes it."""

    time: Time
    sequence: Annotated[int, Meta(ge=0, le=2**53)]
    boot: Text = ""
    sensor: Text | None = None
    coverage: WireCoverage | None = None
    detections: Annotated[tuple[WireDetection, ...], Meta(max_length=MOST_DETECTIONS)]


_json = msgspec.json.Decoder(WireScan)
_msgpack = msgspec.msgpack.Decoder(WireScan)
_encoder = msgspec.json.Encoder()


def adapter(*kinds: type[Measurement]) -> Adapter:
    """Make the adapter of a sensor that speaks the Scan contract and reports these kinds of detection."""

    def decode(station: Station, message: RawMessage, msgpack: bool) -> Scan:  # noqa: FBT001
        wire = _read(message.payload, msgpack=msgpack)
        if wire.sensor is not None and wire.sensor != station.sensor.id:
            raise DecodeError(f"sensor: the payload says {wire.sensor!r}, its topic {station.sensor.id!r}")
        scan = _scan(station, wire, message.received)
        for i, detection in enumerate(scan.detections):
            if not isinstance(detection, kinds):
                allowed = " or ".join(kind.__name__.lower() for kind in kinds)
                seen = type(detection).__name__.lower()
                raise DecodeError(f"detections[{i}]: is a {seen}; a sensor of kind {station.sensor.kind!r} reports {allowed}")
        return scan

    return Adapter(decode, lambda _, scan: _encoder.encode(to_wire(scan)))


def _read(payload: bytes, *, msgpack: bool) -> WireScan:
    """Read the wire record; its limits refuse NaN and infinity too, which compare as false with any number."""
    try:
        return (_msgpack if msgpack else _json).decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise DecodeError(str(error) or type(error).__name__) from error


def _scan(station: Station, wire: WireScan, received: int) -> Scan:
    time = nanoseconds(wire.time)
    detections: list[Measurement] = []
    left_out: list[str] = []
    for i, report in enumerate(wire.detections):
        if report.latitude_deg == 0.0 and report.longitude_deg == 0.0:
            left_out.append(f"detections[{i}]: latitude 0, longitude 0 means unknown, not a place")
            continue
        try:
            detections.append(_measurement(station, report, time))
        except DecodeError as error:
            raise DecodeError(f"detections[{i}]: {error}") from error
    return Scan(
        sensor=station.sensor.id,
        time=time,
        received=received,
        sequence=wire.sequence,
        boot=wire.boot,
        coverage=None if wire.coverage is None else _coverage(wire.coverage),
        detections=tuple(detections),
        left_out=tuple(left_out),
    )


_NO_SIGMA = WireSigma()


def _measurement(station: Station, report: WireDetection, scan_time: int) -> Measurement:
    accuracy, sigma = station.sensor.accuracy, report.sigma or _NO_SIGMA
    common = _common(report, scan_time)
    if report.tdoa_s is not None or report.reference is not None:
        return _tdoa(station, sigma, report, common)
    if report.latitude_deg is not None or report.longitude_deg is not None:
        return _position(station.frame, accuracy, sigma, report, common)
    if report.azimuth_deg is None:
        raise DecodeError("has neither azimuth_deg, nor latitude_deg and longitude_deg, nor tdoa_s and reference")
    if report.altitude_m is not None or report.velocity_mps is not None:
        raise DecodeError("altitude_m and velocity_mps go with latitude_deg and longitude_deg")
    common["azimuth"] = math.radians(report.azimuth_deg) % math.tau
    common["sigma_azimuth"] = math.radians(_sigma(sigma, accuracy, "azimuth_deg"))
    if report.elevation_deg is not None:
        common["elevation"] = math.radians(report.elevation_deg)
        common["sigma_elevation"] = math.radians(_sigma(sigma, accuracy, "elevation_deg"))
    if report.range_m is None:
        if report.radial_speed_mps is not None:
            raise DecodeError("radial_speed_mps goes with range_m")
        return Bearing(**common)
    if report.radial_speed_mps is not None:
        common["range_rate"] = report.radial_speed_mps
        common["sigma_range_rate"] = _sigma(sigma, accuracy, "radial_speed_mps")
    return Polar(range=report.range_m, sigma_range=_sigma(sigma, accuracy, "range_m"), **common)


def _position(frame: SiteFrame, accuracy: Accuracy, sigma: WireSigma, report: WireDetection, common: dict) -> Position:  # type: ignore[type-arg]
    if report.latitude_deg is None or report.longitude_deg is None:
        raise DecodeError("latitude_deg and longitude_deg belong together")
    if report.range_m is not None or report.azimuth_deg is not None or report.elevation_deg is not None:
        raise DecodeError("is a position and a direction at once; send two detections")
    if (report.altitude_m is None) != (report.altitude_datum is None):
        raise DecodeError("altitude_m and altitude_datum belong together")
    common["latitude"] = math.radians(report.latitude_deg)
    common["longitude"] = math.radians(report.longitude_deg)
    common["sigma_horizontal"] = _sigma(sigma, accuracy, "horizontal_m")
    if report.altitude_m is not None and report.altitude_datum is not None:
        vertical = _sigma(sigma, accuracy, "vertical_m")
        common["altitude"] = frame.height(report.altitude_m, report.altitude_datum)
        common["sigma_vertical"] = math.hypot(vertical, DATUM_SIGMA.get(report.altitude_datum, 0.0))
    if report.velocity_mps is not None:
        common["velocity"] = report.velocity_mps
        common["sigma_velocity"] = sigma.velocity_mps or accuracy.velocity_mps
    return Position(**common)


def _tdoa(station: Station, sigma: WireSigma, report: WireDetection, common: dict) -> Tdoa:  # type: ignore[type-arg]
    if report.tdoa_s is None or report.reference is None:
        raise DecodeError("tdoa_s and reference belong together")
    if any(getattr(report, name) is not None for name in OTHER_KINDS):
        raise DecodeError("is a time difference and another kind at once; send two detections")
    own = _sigma(sigma, station.sensor.accuracy, "tdoa_s")
    baselines.check(station.sensor, station.others, station.frame, report.reference, report.tdoa_s, own)
    return Tdoa(tdoa=report.tdoa_s, reference=report.reference, sigma_tdoa=own, **common)


def _common(report: WireDetection, scan_time: int) -> dict:  # type: ignore[type-arg]
    common: dict = {"time": scan_time + round(report.offset_s * SECOND)}  # type: ignore[type-arg]
    for name in ("id", "snr_db", "rcs_dbsm", "emitter"):
        if (value := getattr(report, name)) is not None:
            common[name] = value
    if report.class_:
        common["classes"] = report.class_
    if report.identity is not None:
        common["identity"] = msgspec.convert(report.identity, Identity, from_attributes=True)
    if report.pilot is not None and (report.pilot.latitude_deg or report.pilot.longitude_deg):
        common["pilot"] = Pilot(
            latitude=math.radians(report.pilot.latitude_deg), longitude=math.radians(report.pilot.longitude_deg)
        )
    return common


def _sigma(own: WireSigma, configured: Accuracy, name: str) -> float:
    value: float | None = getattr(own, name) or getattr(configured, name)
    if value is None:
        raise DecodeError(f"sigma.{name}: is neither in the detection nor in the sensor's configured accuracy")
    return value


def _coverage(wire: WireCoverage) -> Coverage:
    low, high = wire.azimuth_deg
    elevation = wire.elevation_deg
    for name, limits in (("elevation_deg", elevation), ("range_m", wire.range_m)):
        if limits is not None and limits[0] >= limits[1]:
            raise DecodeError(f"coverage.{name}: {list(limits)} is empty; expected [from, to] with from < to")
    return Coverage(
        azimuth=(math.radians(low), math.radians(high)),
        elevation=None if elevation is None else (math.radians(elevation[0]), math.radians(elevation[1])),
        range=wire.range_m,
    )


def to_wire(scan: Scan) -> WireScan:
    """Turn a scan back into its wire record, rounded to what any sensor resolves (1 mm, 1e-6°, 1e-9° of latitude, 0.1 ps)."""
    return WireScan(
        time=utc(scan.time),
        sequence=scan.sequence,
        boot=scan.boot,
        coverage=None if scan.coverage is None else _wire_coverage(scan.coverage),
        detections=tuple(_report(detection, scan.time) for detection in scan.detections),
    )


def _wire_coverage(coverage: Coverage) -> WireCoverage:
    azimuth, elevation = coverage.azimuth, coverage.elevation
    return WireCoverage(
        azimuth_deg=(_degrees(azimuth[0]), _degrees(azimuth[1])),
        elevation_deg=None if elevation is None else (_degrees(elevation[0]), _degrees(elevation[1])),
        range_m=coverage.range,
    )


def _report(detection: Measurement, scan_time: int) -> WireDetection:
    told, sigma = _measured(detection)
    identity, pilot = detection.identity, detection.pilot
    return WireDetection(
        offset_s=_rounded((detection.time - scan_time) / SECOND, 1e6),
        id=detection.id,
        snr_db=detection.snr_db,
        rcs_dbsm=detection.rcs_dbsm,
        emitter=detection.emitter,
        class_=detection.classes,
        identity=None if identity is None else msgspec.convert(identity, WireIdentity, from_attributes=True),
        pilot=None
        if pilot is None
        else WirePlace(latitude_deg=_degrees(pilot.latitude, 1e9), longitude_deg=_degrees(pilot.longitude, 1e9)),
        sigma=sigma,
        **told,
    )


def _measured(detection: Measurement) -> tuple[dict, WireSigma]:  # type: ignore[type-arg]
    """Give what was measured, and how well."""
    if isinstance(detection, Polar):
        rate = detection.range_rate
        fields: dict = {"range_m": _rounded(detection.range, 1e3), "azimuth_deg": _degrees(detection.azimuth)}  # type: ignore[type-arg]
        if detection.elevation is not None:
            fields["elevation_deg"] = _degrees(detection.elevation)
        if rate is not None:
            fields["radial_speed_mps"] = _rounded(rate, 1e3)
        elevation = None if detection.elevation is None else detection.sigma_elevation
        return fields, _claimed(
            detection.sigma_azimuth, elevation, detection.sigma_range, None if rate is None else detection.sigma_range_rate
        )
    if isinstance(detection, Bearing):
        fields = {"azimuth_deg": _degrees(detection.azimuth)}
        if detection.elevation is None:
            return fields, _claimed(detection.sigma_azimuth, None)
        fields["elevation_deg"] = _degrees(detection.elevation)
        return fields, _claimed(detection.sigma_azimuth, detection.sigma_elevation)
    if isinstance(detection, Tdoa):
        return {"tdoa_s": _rounded(detection.tdoa, 1e13), "reference": detection.reference}, WireSigma(
            tdoa_s=detection.sigma_tdoa
        )
    fields, sigma = _placed(detection)
    return fields, WireSigma(**sigma)


@lru_cache(maxsize=1024)  # a sensor's detections mostly claim one and the same accuracy
def _claimed(azimuth: float, elevation: float | None, distance: float | None = None, rate: float | None = None) -> WireSigma:
    """Write the accuracy of a direction, and of a range."""
    return WireSigma(
        azimuth_deg=_degrees(azimuth),
        elevation_deg=None if elevation is None else _degrees(elevation),
        range_m=distance,
        radial_speed_mps=rate,
    )


def _placed(detection: Position) -> tuple[dict, dict[str, float]]:  # type: ignore[type-arg]
    fields: dict = {"latitude_deg": _degrees(detection.latitude, 1e9), "longitude_deg": _degrees(detection.longitude, 1e9)}  # type: ignore[type-arg]
    sigma = {"horizontal_m": detection.sigma_horizontal}
    if detection.altitude is not None:
        fields |= {"altitude_m": _rounded(detection.altitude, 1e3), "altitude_datum": "hae"}
        sigma["vertical_m"] = detection.sigma_vertical
    if detection.velocity is not None:
        fields["velocity_mps"] = tuple(_rounded(v, 1e3) for v in detection.velocity)
        if detection.sigma_velocity is not None:
            sigma["velocity_mps"] = detection.sigma_velocity
    return fields, sigma


def _degrees(angle: float, scale: float = 1e6) -> float:
    return round(math.degrees(angle) * scale) / scale


def _rounded(value: float, scale: float) -> float:
    """Round to a power of ten's inverse; four times as fast as `round` with digits, which reckons in decimals."""
    return round(value * scale) / scale
