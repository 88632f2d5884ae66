"""readsb's and dump1090's `aircraft.json`: every aircraft that a receiver hears now, a document a payload.

Layout (wiedehopf/readsb, README-json.md): `now` (s, Unix), `aircraft` of `hex` ("~" before what is no ICAO address),
`flight`, `r`, `lat`, `lon`, `seen_pos` (s before `now`), `alt_geom` (ft above the ellipsoid), `alt_baro` (ft in the standard
atmosphere, or "ground"), `gs` (kt), `track` (degrees), `geom_rate`, `baro_rate` (ft/min), `nac_p`, `nac_v`, `gva`,
`category`. What dump1090 called otherwise before 2018 is read by its old names too: `altitude`, `speed`, `vert_rate`. A
position stays in the document until a newer one comes: it is taken once. Not read: Mode S's wishes and weather, signal
strength, what TIS-B and ADS-R add.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import msgspec
from msgspec import Meta
from msgspec.structs import replace

from fusion.errors import DecodeError
from fusion.messages import SECOND, Position, RawMessage, Scan
from sensors import aircraft as shared
from sensors.adapter import Adapter, Station, native_scan
from sensors.aircraft import FOOT, FOOT_A_MINUTE, KNOT, Memory

MOST_AIRCRAFT = 5_000

STALE_S = 15.0
"""s after which a place is no longer taken: dump1090 calls one old after a minute, in which a helicopter flies 4 km."""

SAME_S = 0.15
"""s: `seen_pos` counts in tenths, so that the same place may seem to be this much newer."""

BEHIND, AHEAD = 30.0, 1.0
"""s that `now` may lie before the arrival, and after."""

Feet = Annotated[float, Meta(ge=-5_000.0, le=150_000.0)]
Rate = Annotated[float, Meta(ge=-50_000.0, le=50_000.0)]
Category = Annotated[int, Meta(ge=0, le=15)]


class Aircraft(msgspec.Struct):
    """One aircraft as it stands in the document; what is not named here is passed over."""

    hex: Annotated[str, Meta(pattern="^~?[0-9a-fA-F]{6}$")]
    flight: Annotated[str, Meta(max_length=16)] | None = None
    r: Annotated[str, Meta(max_length=16)] | None = None
    lat: Annotated[float, Meta(ge=-90.0, le=90.0)] | None = None
    lon: Annotated[float, Meta(ge=-180.0, le=180.0)] | None = None
    seen_pos: Annotated[float, Meta(ge=0.0, le=1e6)] | None = None
    alt_geom: Feet | None = None
    alt_baro: Feet | Literal["ground"] | None = None
    gs: Annotated[float, Meta(ge=0.0, le=4_000.0)] | None = None
    track: Annotated[float, Meta(ge=-360.0, le=360.0)] | None = None
    geom_rate: Rate | None = None
    baro_rate: Rate | None = None
    altitude: Feet | Literal["ground"] | None = None  # dump1090 of before 2018
    speed: Annotated[float, Meta(ge=0.0, le=4_000.0)] | None = None
    vert_rate: Rate | None = None
    nac_p: Category | None = None
    nac_v: Category | None = None
    gva: Category | None = None
    category: Annotated[str, Meta(max_length=16)] | None = None

    def __post_init__(self) -> None:
        """Take the old names for the new ones."""
        self.alt_baro = self.altitude if self.alt_baro is None else self.alt_baro
        self.gs = self.speed if self.gs is None else self.gs
        self.baro_rate = self.vert_rate if self.baro_rate is None else self.baro_rate


class Document(msgspec.Struct):
    """All of it."""

    now: Annotated[float, Meta(ge=0.0, le=4e9)]
    aircraft: Annotated[list[msgspec.Raw], Meta(max_length=MOST_AIRCRAFT)]


_documents, _aircraft = msgspec.json.Decoder(Document), msgspec.json.Decoder(Aircraft)


def decode(station: Station, message: RawMessage, msgpack: bool) -> Scan:  # noqa: ARG001, FBT001
    """Read a document; DecodeError for one that is none. An aircraft that cannot be read is left out and told."""
    try:
        document = _documents.decode(message.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(str(error)) from error
    now = round(document.now * 1e6) * 1000
    if not -AHEAD * SECOND <= message.received - now <= BEHIND * SECOND:
        apart = (message.received - now) / SECOND
        raise DecodeError(f"now: {document.now:.3f} is {apart:.1f} s before it arrived; expected −{AHEAD:g} to {BEHIND:g} s")
    shared.check(station)
    memory, left_out, read = shared.memory_of(station), [], []
    for i, raw in enumerate(document.aircraft):
        try:
            read.append(_aircraft.decode(raw))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            left_out.append(f"aircraft[{i}]: {error}")
    for one in read:
        if isinstance(one.alt_baro, float) and one.alt_geom is not None and (one.seen_pos or 0.0) < STALE_S:
            memory.witness(message.received, (one.alt_geom - one.alt_baro) * FOOT)
    found = [position for one in read if (position := _position(station, memory, one, now, message.received))]
    return native_scan(station, message, found, left_out)


def _position(station: Station, memory: Memory, one: Aircraft, now: int, received: int) -> Position | None:
    """Give an aircraft's place, if it is a new one."""
    if one.lat is None or one.lon is None or one.seen_pos is None or one.seen_pos > STALE_S or not (one.lat or one.lon):
        return None
    address, time = one.hex.lower(), now - round(one.seen_pos * SECOND)
    known = memory.recall(address, received)
    moved = (one.lat, one.lon) != known.place
    if known.time and (time <= known.time or (not moved and time - known.time < SAME_S * SECOND)):
        return None
    altitude, vertical = _altitude(station, memory, one, received)
    climb = one.geom_rate if one.geom_rate is not None else one.baro_rate
    velocity = shared.along(None if one.gs is None else one.gs * KNOT, one.track, (climb or 0.0) * FOOT_A_MINUTE)
    horizontal = shared.NACP.get(one.nac_p or 0)
    bound = shared.NACV.get(one.nac_v or 0)
    found = Position(
        time=time,
        id=address,
        identity=shared.identity_of(address, (one.flight or "").strip(), one.r),
        classes=shared.classes_of(one.category),
        latitude=math.radians(one.lat),
        longitude=math.radians(one.lon),
        altitude=altitude,
        velocity=velocity,
        sigma_horizontal=shared.accuracy(station, "horizontal_m") if horizontal is None else horizontal / shared.PLANE,
        sigma_vertical=vertical,
        sigma_velocity=None if velocity is None or climb is None or bound is None else bound / shared.PLANE,
    )
    memory.keep(address, replace(known, heard=received, time=time, place=(one.lat, one.lon)))
    return found


def _altitude(station: Station, memory: Memory, one: Aircraft, received: int) -> tuple[float | None, float]:
    """Give the best height above the ellipsoid (m) and its sigma: by satellite, on the ground, by pressure."""
    if one.alt_geom is not None:
        bound = shared.GVA.get(one.gva or 0)
        return one.alt_geom * FOOT, shared.accuracy(station, "vertical_m") if bound is None else bound / shared.UPRIGHT
    if one.alt_baro == "ground":
        return station.frame.height(0.0, "agl"), shared.accuracy(station, "vertical_m")
    if isinstance(one.alt_baro, float):
        return shared.by_pressure(station, memory, one.alt_baro * FOOT, received)
    return None, 0.0


def encode(station: Station, scan: Scan) -> bytes:  # noqa: ARG001
    """Write a scan as the receiver would."""
    now = max((detection.time for detection in scan.detections), default=scan.time)
    return msgspec.json.encode(
        {"now": now / SECOND, "messages": scan.sequence, "aircraft": [_written(one, now) for one in scan.detections]}
    )


def _written(one: object, now: int) -> dict[str, object]:
    if not isinstance(one, Position):
        raise TypeError(f"ADS-B tells positions, not a {type(one).__name__}")
    identity, written = one.identity, dict[str, object]()
    written["hex"] = (identity and identity.icao24) or f"~{(one.id or '000000')[-6:]}"
    if identity and identity.callsign:
        written["flight"] = f"{identity.callsign:8}"
    if identity and identity.registration:
        written["r"] = identity.registration
    if one.altitude is not None:
        written["alt_geom"] = round(one.altitude / FOOT / 25.0) * 25
    if one.velocity is not None:
        east, north, up = one.velocity
        written["gs"] = round(math.hypot(east, north) / KNOT, 1)
        written["track"] = round(math.degrees(math.atan2(east, north)) % 360.0, 2)
        written["geom_rate"] = round(up / FOOT_A_MINUTE / 64.0) * 64
    if (number := shared.best_of(shared.NACP, one.sigma_horizontal * shared.PLANE)) is not None:
        written["nac_p"] = number
    if one.sigma_velocity and (number := shared.best_of(shared.NACV, one.sigma_velocity * shared.PLANE)) is not None:
        written["nac_v"] = number
    if category := shared.category_of(one.classes):
        written["category"] = category
    place = {"lat": round(math.degrees(one.latitude), 6), "lon": round(math.degrees(one.longitude), 6)}
    return written | place | {"seen_pos": round((now - one.time) / SECOND, 3), "seen": 0.0}


ADAPTER = Adapter(decode, encode, memory=Memory, looks=False)
