"""What air traffic systems are told: tracks as CAT062, and every status as CAT065 that we are there.

Eurocontrol, CAT062 edition 1.20 and CAT065 edition 1.5. Positions also in the plane of the system: an oblique stereographic
projection through the site. What is not known is not written: codes of transponders (I062/060 is, as not validated), measured
flight levels (136), accelerations (210), flight plans.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import pyproj

from fusion import config_edge
from fusion.config import Config
from fusion.messages import Output, PictureMessage, StatusMessage, Track, TrackMessage, nanoseconds
from fusion.transport.outputs.hiding import Hiding
from sensors.asterix import figures
from sensors.asterix.figures import FOOT, bounded
from sensors.asterix.records import block, record, specification

NUMBERS = 65_536
RESTS_S = 60.0
"""s for which the number of a track that has ended is given to no other: nobody shall take the new one for the old."""

WGS84 = 180.0 / 2**25
"""Degrees, the step of I062/105 and of I062/500's."""

ALTITUDE, CLIMB, PLANE, SPEED = 6.25 * FOOT, 6.25 * FOOT / 60.0, 0.5, 0.25
"""m, m/s, m, m/s: steps of I062/130, 220, 100, 185."""

LEVEL = 25.0 * FOOT
STEADY = 1.0
"""m/s of climb below which a track is level: twice what a radar of half a degree tells of a drone at 1 km."""

AGES = {"radar": 1, "adsb": 5, "tdoa": 9}
"""Kinds of sensors by their place in I062/290: primary radar, ADS-B (extended squitter), multilateration."""


class Ended(NamedTuple):
    """A track that is told for the last time."""

    track: str
    time: datetime


class Alive(NamedTuple):
    """That we are there, and how well."""

    time: datetime
    degraded: bool


Told = Track | Ended | Alive


class AsterixWriter:
    """One receiver's records."""

    def __init__(self, settings: config_edge.Outlet, config: Config) -> None:
        self._source, self._service = bytes([settings.sac, settings.sic]), bytes([settings.service])
        self._kinds = {sensor.id: sensor.kind for sensor in config.sensor}
        self._hiding = Hiding(settings)
        self._numbers = Numbers()
        self._known: set[str] = set()
        self._now: datetime | None = None
        site = config.site
        self._plane = pyproj.Transformer.from_crs(
            "EPSG:4326",
            f"+proj=sterea +lat_0={site.latitude_deg} +lon_0={site.longitude_deg} +k=1 +x_0=0 +y_0=0 +ellps=WGS84 +units=m",
            always_xy=True,
        )

    def tell(self, message: Output) -> Iterator[tuple[str, Told]]:
        """Give what a message is to be told as, by what it is about; what has no place cannot be told."""
        match message:
            case TrackMessage(track=track, state=None):
                if self._now is not None and track in self._known:
                    self._known.discard(track)
                    yield track, Ended(track, self._now)
            case TrackMessage(state=Track() as state):
                yield from self._track(state)
            case PictureMessage(tracks=tracks):
                for state in tracks:
                    yield from self._track(state)
            case StatusMessage():
                yield "status", Alive(message.time, message.state != "online")

    def _track(self, state: Track) -> Iterator[tuple[str, Told]]:
        self._now = state.time
        if state.position is None:
            return
        if self._hiding.hides(state):
            if state.track in self._known:
                self._known.discard(state.track)
                yield state.track, Ended(state.track, state.time)
            return
        self._known.add(state.track)
        yield state.track, state

    def write(self, told: Told) -> bytes:
        """Write one record in a block of its own."""
        match told:
            case Alive(time=time, degraded=degraded):
                items = {
                    "010": self._source,
                    "000": b"\1",
                    "015": self._service,
                    "030": _time(time),
                    "040": b"\x40" if degraded else b"\0",
                }
                return block(65, [record(65, items)])
            case Ended(track=track, time=time):
                number, _ = self._numbers.of(track, time.timestamp())
                self._numbers.free(track, time.timestamp())
                items = self._head(time, number) | {"080": bytes([0x01, 0x40])}
                return block(62, [record(62, items)])
        number, first = self._numbers.of(told.track, told.time.timestamp())
        return block(62, [record(62, self._head(told.time, number) | self._body(self._hiding.without(told), first=first))])

    def _head(self, time: datetime, number: int) -> dict[str, bytes]:
        return {"010": self._source, "015": self._service, "070": _time(time), "040": number.to_bytes(2, "big")}

    def _body(self, track: Track, *, first: bool) -> dict[str, bytes]:
        place = track.position
        assert place is not None  # noqa: S101 - `tell` lets none pass
        x, y = self._plane.transform(place.longitude_deg, place.latitude_deg)
        items = {
            "105": bounded(place.latitude_deg, WGS84, 4, sign=True) + bounded(place.longitude_deg, WGS84, 4, sign=True),
            "100": bounded(x, PLANE, 3, sign=True) + bounded(y, PLANE, 3, sign=True),
            "060": b"\x80\0",
            "080": status(track, first=first),
            "130": bounded(place.altitude_hae_m, ALTITUDE, 2, sign=True),
            "135": (0x8000 | (_signed(place.altitude_amsl_m / LEVEL, 15))).to_bytes(2, "big"),
            "290": self._ages(track),
        }
        if track.velocity is not None:
            east, north, up = track.velocity.east_mps, track.velocity.north_mps, track.velocity.up_mps
            items["185"] = bounded(east, SPEED, 2, sign=True) + bounded(north, SPEED, 2, sign=True)
            items["220"] = bounded(up, CLIMB, 2, sign=True)
            items["200"] = bytes([0xF0 | (0x04 if up > STEADY else 0x08 if up < -STEADY else 0)])
        if track.covariance is not None:
            items["500"] = accuracies(track)
        if derived := _derived(track):
            items["380"] = derived
        return items

    def _ages(self, track: Track) -> bytes:
        """Write how long ago each kind of sensor saw it, in quarters of a second; the first is the track's own."""
        newest = {0: (track.time - track.updated).total_seconds()}
        for sensor, seen in track.sensors.items():
            if (kind := AGES.get(self._kinds.get(sensor, ""))) is not None:
                age = (track.time - seen).total_seconds()
                newest[kind] = min(newest.get(kind, age), age)
        present = sorted(newest)
        return specification(present) + b"".join(bounded(max(newest[kind], 0.0), 0.25, 1) for kind in present)


class Numbers:
    """A number of sixteen bits for each track, the same after a restart where nobody else has it."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}
        self._taken: set[int] = set()
        self._resting: dict[int, float] = {}

    def of(self, track: str, now: float) -> tuple[int, bool]:
        """Give a track's number, and whether it is a new one; now: s."""
        if track in self._of:
            return self._of[track], False
        for number in [number for number, until in self._resting.items() if until <= now]:
            del self._resting[number]
            self._taken.discard(number)
        number = zlib.crc32(track.encode()) % NUMBERS
        while number in self._taken and len(self._taken) < NUMBERS:
            number = (number + 1) % NUMBERS
        self._of[track] = number
        self._taken.add(number)
        return number, True

    def free(self, track: str, now: float) -> None:
        """Let a track's number rest, and then be another's."""
        if (number := self._of.pop(track, None)) is not None:
            self._resting[number] = now + RESTS_S


def status(track: Track, *, first: bool) -> bytes:
    """Write I062/080: of several sensors or one, tentative, new, coasting; heights are geometric and by triangulation."""
    alone = len(track.sensors) == 1
    octets = [(0x80 if alone else 0) | 0x20 | 3 << 2 | (0x02 if track.status == "tentative" else 0)]
    octets += [0x20 if first else 0, 0, 0x80 if track.status == "coasting" else 0]
    while len(octets) > 1 and not octets[-1]:
        octets.pop()
    return bytes([octet | 1 for octet in octets[:-1]] + octets[-1:])


def accuracies(track: Track) -> bytes:
    """Write I062/500: one sigma on the plane, their covariance as a root with its sign, in degrees, upright, of the velocity."""
    covariance = track.covariance
    place = track.position
    assert covariance is not None and place is not None  # noqa: PT018, S101 - who calls has looked
    (east, cross, _), (_, north, _), (_, _, up) = covariance.position_m2
    (east_speed, _, _), (_, north_speed, _), (_, _, climb) = covariance.velocity_m2ps2
    metre = 1.0 / 111_320.0  # degrees of latitude; the earth's flattening changes it by 0.5 %
    parts = {
        0: bounded(math.sqrt(east), 0.5, 2) + bounded(math.sqrt(north), 0.5, 2),
        1: bounded(math.copysign(math.sqrt(abs(cross)), cross), 0.5, 2, sign=True),
        2: bounded(math.sqrt(north) * metre, WGS84, 2)
        + bounded(math.sqrt(east) * metre / math.cos(math.radians(place.latitude_deg)), WGS84, 2),
        3: bounded(math.sqrt(up), ALTITUDE, 1),
        5: bounded(math.sqrt(east_speed), SPEED, 1) + bounded(math.sqrt(north_speed), SPEED, 1),
        7: bounded(math.sqrt(climb), CLIMB, 1),
    }
    return specification(sorted(parts)) + b"".join(parts[part] for part in sorted(parts))


def _derived(track: Track) -> bytes:
    """Write what the aircraft says of itself: its address, its callsign."""
    identity, parts = track.identity, dict[int, bytes]()
    if identity is not None and identity.icao24:
        parts[0] = bytes.fromhex(identity.icao24)
    if identity is not None and (called := identity.callsign or identity.registration):
        parts[1] = figures.name_content(called)
    return specification(sorted(parts)) + b"".join(parts[part] for part in sorted(parts)) if parts else b""


def _signed(value: float, bits: int) -> int:
    most = 1 << bits - 1
    return min(max(round(value), -most), most - 1) & (1 << bits) - 1


def _time(time: datetime) -> bytes:
    return figures.time_content(nanoseconds(time))
