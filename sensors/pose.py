"""Where a sensor that moves is and how it is turned, as its own topic says it."""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fusion.errors import DecodeError
from fusion.messages import SECOND, Pose, RawMessage, Record, Time, nanoseconds, utc
from sensors.adapter import DATUM_SIGMA, Station
from sensors.scan import Altitude, Latitude, Longitude, Sigma, Speed

AHEAD = SECOND
"""ns that a pose may be stamped after we received it, as a scan may."""

BEYOND = 500_000.0
"""m from the site beyond which a pose is a slip: nothing that looks at the site looks from there."""

Turn = Annotated[float, Meta(ge=-360.0, le=360.0)]
Lean = Annotated[float, Meta(ge=-180.0, le=180.0)]


class WirePoseSigma(Record):
    """Accuracy of one pose: standard deviations that go before the configured ones."""

    horizontal_m: Sigma | None = None
    vertical_m: Sigma | None = None
    velocity_mps: Sigma | None = None
    heading_deg: Annotated[float, Meta(gt=0.0, le=180.0)] | None = None
    tilt_deg: Annotated[float, Meta(gt=0.0, le=90.0)] | None = None


class WirePose(Record, kw_only=True):
    """One pose as a sensor publishes it."""

    time: Time
    latitude_deg: Latitude
    longitude_deg: Longitude
    altitude_m: Altitude
    altitude_datum: Literal["hae", "amsl", "agl", "takeoff", "pressure"]
    velocity_mps: tuple[Speed, Speed, Speed] | None = None
    heading_deg: Turn | None = None
    pitch_deg: Annotated[float, Meta(ge=-90.0, le=90.0)] | None = None
    roll_deg: Lean | None = None
    sigma: WirePoseSigma | None = None


_decoder = msgspec.json.Decoder(WirePose)
_NO_SIGMA = WirePoseSigma()


def decode_pose(station: Station, message: RawMessage) -> Pose:
    """Read a pose; raise DecodeError saying what is wrong with it, or that this sensor does not tell any."""
    platform = station.sensor.platform
    if platform is None:
        raise DecodeError(f"pose: sensor {station.sensor.id!r} does not move; expected [sensor.platform] in the site's file")
    if platform.sensor is not None:
        raise DecodeError(f"pose: is told by sensor {platform.sensor!r}, as the site's file says")
    try:
        said = _decoder.decode(message.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError) as error:
        raise DecodeError(f"pose: {error}") from error
    if not said.latitude_deg and not said.longitude_deg:
        raise DecodeError("pose: latitude 0, longitude 0 means unknown, not a place")
    time = nanoseconds(said.time)
    if (ahead := time - message.received) > AHEAD:
        raise DecodeError(f"time: is {ahead / SECOND:.1f} s ahead of when it was received; the sensor's clock is wrong")
    place = math.radians(said.latitude_deg), math.radians(said.longitude_deg)
    if (away := _distance(station, *place)) > BEYOND:
        raise DecodeError(f"pose: is {away / 1000:.0f} km from the site; expected {BEYOND / 1000:g} km at most")
    return _pose(station, said, time, place)


def _pose(station: Station, said: WirePose, time: int, place: tuple[float, float]) -> Pose:
    sigma = said.sigma or _NO_SIGMA
    horizontal, vertical = _sigma(station, sigma, "horizontal_m"), _sigma(station, sigma, "vertical_m")
    turned = {"heading_deg": sigma.heading_deg, "tilt_deg": sigma.tilt_deg}
    if station.sensor.platform is not None and station.sensor.platform.directions == "body":
        for name in ("heading_deg", "pitch_deg", "roll_deg"):
            if getattr(said, name) is None:
                raise DecodeError(f'pose.{name}: is missing; expected where directions = "body"')
        turned = {name: _sigma(station, sigma, name) for name in turned}
    heading = said.heading_deg
    return Pose(
        time=time,
        latitude=place[0],
        longitude=place[1],
        altitude=station.frame.height(said.altitude_m, said.altitude_datum),
        velocity=said.velocity_mps,
        attitude=None
        if heading is None
        else (math.radians(heading % 360.0), math.radians(said.pitch_deg or 0.0), math.radians(said.roll_deg or 0.0)),
        sigma_horizontal=horizontal,
        sigma_vertical=math.hypot(vertical, DATUM_SIGMA.get(said.altitude_datum, 0.0)),
        sigma_velocity=sigma.velocity_mps,
        sigma_heading=None if turned["heading_deg"] is None else math.radians(turned["heading_deg"]),
        sigma_tilt=None if turned["tilt_deg"] is None else math.radians(turned["tilt_deg"]),
    )


def _sigma(station: Station, sigma: WirePoseSigma, name: str) -> float:
    value: float | None = getattr(sigma, name) or getattr(station.sensor.platform, name)
    if value is None:
        raise DecodeError(f"pose.sigma.{name}: is neither in the pose nor in the sensor's [sensor.platform]")
    return value


def _distance(station: Station, latitude: float, longitude: float) -> float:
    """Give the way from the site's middle over a sphere, m."""
    frame = station.frame
    half = math.sin((latitude - frame.latitude) / 2.0) ** 2
    half += math.cos(latitude) * math.cos(frame.latitude) * math.sin((longitude - frame.longitude) / 2.0) ** 2
    return 2.0 * 6_371_009.0 * math.asin(min(math.sqrt(half), 1.0))


def encode_pose(pose: Pose) -> bytes:
    """Write a pose as a sensor would: the simulator's side, and the judge of `decode_pose`."""
    attitude = pose.attitude or (None, None, None)
    heading, pitch, roll = (None if angle is None else _degrees(angle, 1e6) for angle in attitude)
    return msgspec.json.encode(
        WirePose(
            time=utc(pose.time),
            latitude_deg=_degrees(pose.latitude, 1e9),
            longitude_deg=_degrees(pose.longitude, 1e9),
            altitude_m=round(pose.altitude, 3),
            altitude_datum="hae",
            velocity_mps=pose.velocity and tuple(round(speed, 3) for speed in pose.velocity),  # type: ignore[arg-type]
            heading_deg=heading,
            pitch_deg=pitch,
            roll_deg=roll,
            sigma=WirePoseSigma(
                horizontal_m=pose.sigma_horizontal,
                vertical_m=pose.sigma_vertical,
                velocity_mps=pose.sigma_velocity,
                heading_deg=pose.sigma_heading and _degrees(pose.sigma_heading, 1e6),
                tilt_deg=pose.sigma_tilt and _degrees(pose.sigma_tilt, 1e6),
            ),
        )
    )


def _degrees(angle: float, scale: float) -> float:
    return round(math.degrees(angle) * scale) / scale
