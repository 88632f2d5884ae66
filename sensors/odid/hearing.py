"""What a receiver of Remote ID makes of frames that each tell a part: who, where, and where the operator is.

Bluetooth 4 sends identity, place and operator in messages of their own, in turn. A transmitter's address holds them together
for a minute. A place that is heard again with the time that it had is no new one. What cannot be is left out and told why;
what remains is a claim. Where the operator stands is a person's place: no refusal quotes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

import msgspec

from fusion.errors import DecodeError
from fusion.frame import SiteFrame
from fusion.messages import SECOND, Identity, Pilot, Position
from sensors.adapter import DATUM_SIGMA, Station
from sensors.odid import messages, numbers
from sensors.odid.french import Signalement
from sensors.odid.messages import BasicId, Location, Message, OperatorId, System

Datum = Literal["hae", "amsl", "agl", "takeoff", "pressure"]

MOST = 4_096
"""Transmitters that are remembered: a flood of made-up ones pushes out those not heard for the longest."""

FORGET = 60 * SECOND
"""ns of silence after which an address may be another's: broadcasts come each second, identities each third (F3411)."""

REPEAT = 3 * SECOND
"""ns within which the same bytes without a time are the same place: the longest that French law lets a drone be silent."""

BEHIND, AHEAD = 10 * SECOND, SECOND
"""ns that a place may be told after it was true, and before: F3411 allows a second; clocks and bridges add theirs."""

PLANE, UPRIGHT, NORMAL = 2.4477, 1.96, 0.1 * SECOND
"""One axis' sigmas of the circle that holds 95 %, of the interval that does; ns, a tenth of a second."""

CLASSES = {1: "fixed_wing", 2: "multirotor", 6: "fixed_wing", 15: "other"}
"""What we call the kinds of aircraft of a Basic ID that are of one class."""


class Transmitter(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one transmitter."""

    heard: int  # ns
    serial: str | None = None
    registration: str | None = None
    session: str | None = None
    operator: str | None = None
    kind: int = 0
    pilot: tuple[float, float] | None = None  # rad
    last: bytes = b""  # its last place, as it came
    last_time: int = 0  # ns


class Memory(msgspec.Struct):
    """Every transmitter by its address, the one that was heard last at the end."""

    transmitters: dict[str, Transmitter] = {}

    def recall(self, key: str, received: int) -> Transmitter:
        """Give what is known of a transmitter, or of a new one nothing."""
        known = self.transmitters.get(key)
        return known if known and received - known.heard <= FORGET else Transmitter(heard=received)

    def keep(self, key: str, known: Transmitter) -> None:
        """Keep what is known of a transmitter; of too many, the one that was not heard for the longest is forgotten."""
        self.transmitters.pop(key, None)
        self.transmitters[key] = known
        if len(self.transmitters) > MOST:
            del self.transmitters[next(iter(self.transmitters))]


class Hearing:
    """One frame of one transmitter, and what of it is new."""

    def __init__(self, station: Station, received: int, address: str) -> None:
        self.station, self.received, self.address = station, received, address
        self.left_out: list[str] = []
        self.found: list[Position] = []

    def listen(self, told: Iterable[Message], signalement: Signalement | None) -> None:
        """Take what a frame says; raise DecodeError, having learnt nothing, for what is missing in the configuration."""
        told = list(told)
        key = self.address or _name(told)
        memory = self.station.memory if key and isinstance(self.station.memory, Memory) else Memory()
        known = memory.recall(key, self.received)
        known = msgspec.structs.replace(known, heard=max(known.heard, self.received))
        for message in told:
            known = self._learn(known, message)
        for message in told:
            if isinstance(message, Location):
                known = self._place(known, message)
        if signalement is not None:
            known = self._french(known, signalement)
        memory.keep(key, known)

    def _learn(self, known: Transmitter, message: Message) -> Transmitter:
        replace = msgspec.structs.replace
        match message:
            case BasicId(id_type=1, uas_id=serial, ua_type=kind):
                return replace(known, kind=kind, serial=self._serial(serial) or known.serial)
            case BasicId(id_type=2, uas_id=registration, ua_type=kind):
                return replace(known, kind=kind, registration=registration or known.registration)
            case BasicId(uas_id=session, ua_type=kind):
                return replace(known, kind=kind, session=(session.strip("0") and session) or known.session)
            case OperatorId(operator_id=operator):
                return replace(known, operator=self._operator(operator) or known.operator)
            case System(latitude_e7=latitude, longitude_e7=longitude) if latitude is not None and longitude is not None:
                return replace(known, pilot=(math.radians(latitude * 1e-7), math.radians(longitude * 1e-7)))
        return known

    def _serial(self, serial: str) -> str | None:
        if serial and (fault := numbers.serial_fault(serial)):
            self.left_out.append(f"basic_id.uas_id: {serial!r} is no serial of ANSI/CTA-2063-A: it {fault}")
            return None
        return serial or None

    def _operator(self, operator: str) -> str | None:
        if fault := numbers.operator_fault(operator):
            self.left_out.append(f"operator_id: {operator!r} is no number of EN 4709-002: it {fault}")
            return None
        return numbers.public(operator) or None

    def _place(self, known: Transmitter, message: Location) -> Transmitter:
        if message.latitude_e7 is None or message.longitude_e7 is None:
            return known
        raw = messages.encode(message)
        untold = message.tenths is None or (message.tenths == 0 and not self._is_recent(of_the_hour(0, self.received)))
        time = self.received if untold else of_the_hour(message.tenths or 0, self.received)
        if untold and raw == known.last and self.received - known.last_time < REPEAT:
            return known
        if not untold and known.last and time <= known.last_time:
            return known
        if not self._is_recent(time):
            apart = (self.received - time) / SECOND
            self.left_out.append(
                f"location.time: {message.tenths} tenths of the hour are {apart:.1f} s before it was heard; expected −1 to 10 s"
            )
            return known
        self.found.append(self._position(known, message, time))
        return msgspec.structs.replace(known, last=raw, last_time=time)

    def _is_recent(self, time: int) -> bool:
        """Tell whether a place of that time may have been sent now; a drone without a clock tells the hour's beginning."""
        return -AHEAD <= self.received - time <= BEHIND

    def _position(self, known: Transmitter, message: Location, time: int) -> Position:
        late = (message.speed_mps or 0.0) * message.tenths_class / 10.0 / UPRIGHT
        horizontal = _share(messages.HORIZONTAL, message.horizontal_class, PLANE) or self._accuracy("horizontal_m")
        altitude, vertical = self._altitude(message)
        velocity, sigma_velocity = _velocity(message)
        return Position(
            time=time,
            id=self.address or None,
            identity=_identity(known),
            pilot=_pilot(known),
            classes={CLASSES[known.kind]: 1.0} if known.kind in CLASSES else None,
            latitude=math.radians((message.latitude_e7 or 0) * 1e-7),
            longitude=math.radians((message.longitude_e7 or 0) * 1e-7),
            altitude=altitude,
            velocity=velocity,
            sigma_horizontal=math.hypot(horizontal, late),
            sigma_vertical=vertical,
            sigma_velocity=sigma_velocity,
        )

    def _altitude(self, message: Location) -> tuple[float | None, float]:
        """Give the best height of a place, m above the ellipsoid, and its sigma: by satellite, else by pressure."""
        own = _share(messages.VERTICAL, message.vertical_class, UPRIGHT)
        if message.geodetic_altitude_m is not None:
            return message.geodetic_altitude_m, own or self._accuracy("vertical_m")
        if message.height_m is not None:
            return self._above(message.height_m, "agl" if message.height_above_ground else "takeoff", own)
        if message.pressure_altitude_m is not None:
            own = _share(messages.VERTICAL, message.pressure_class, UPRIGHT)
            return self._above(message.pressure_altitude_m, "pressure", own)
        return None, 0.0

    def _above(self, altitude: float, datum: Datum, sigma: float | None) -> tuple[float, float]:
        frame: SiteFrame = self.station.frame
        own = sigma or self._accuracy("vertical_m")
        return frame.height(altitude, datum), math.hypot(own, DATUM_SIGMA.get(datum, 0.0))

    def _french(self, known: Transmitter, told: Signalement) -> Transmitter:
        """Take what a drone says by French law, which has neither time nor accuracy."""
        serial = self._serial(told.serial) if told.serial else None
        pilot = known.pilot
        if told.home_latitude or told.home_longitude:
            pilot = (math.radians((told.home_latitude or 0) * 1e-5), math.radians((told.home_longitude or 0) * 1e-5))
        known = msgspec.structs.replace(
            known, serial=serial or known.serial, registration=told.french_id or known.registration, pilot=pilot
        )
        if told.latitude is None or told.longitude is None or not (told.latitude or told.longitude):
            return known
        raw = msgspec.msgpack.encode(told)
        if raw == known.last and self.received - known.last_time < REPEAT:
            return known
        altitude, vertical = None, 0.0
        if told.altitude is not None:
            altitude, vertical = self._above(told.altitude, "amsl", None)
        elif told.height is not None:
            altitude, vertical = self._above(told.height, "takeoff", None)
        self.found.append(
            Position(
                time=self.received,
                id=self.address or None,
                identity=_identity(known),
                pilot=_pilot(known),
                latitude=math.radians(told.latitude * 1e-5),
                longitude=math.radians(told.longitude * 1e-5),
                altitude=altitude,
                velocity=_along(told.speed, told.course, 0.0),
                sigma_horizontal=self._accuracy("horizontal_m"),
                sigma_vertical=vertical,
            )
        )
        return msgspec.structs.replace(known, last=raw, last_time=self.received)

    def _accuracy(self, name: str) -> float:
        value: float | None = getattr(self.station.sensor.accuracy, name)
        if value is None:
            raise DecodeError(f"sigma.{name}: is neither in the broadcast nor in the sensor's configured accuracy")
        return value


def of_the_hour(tenths: int, received: int) -> int:
    """Give the time (ns) nearest to another that is so many tenths of a second into its hour."""
    hour = 3600 * SECOND
    told = tenths * int(NORMAL)
    return received + (told - received % hour + hour // 2) % hour - hour // 2


def _name(told: list[Message]) -> str:
    """Name a transmitter whose address is not known by what a pack says of itself."""
    return next((f"{message.id_type}:{message.uas_id}" for message in told if isinstance(message, BasicId)), "")


def _share(table: tuple[float | None, ...], number: int, sigmas: float) -> float | None:
    """Give one sigma of an accuracy class of 95 %; None for unknown and for classes that are not defined yet."""
    bound = table[number] if number < len(table) else None
    return None if bound is None else bound / sigmas


def _velocity(message: Location) -> tuple[tuple[float, float, float] | None, float | None]:
    """Give the velocity and one sigma of each axis; without a climb it may only begin a track."""
    velocity = _along(message.speed_mps, message.direction_deg, message.climb_mps or 0.0)
    sigma = _share(messages.SPEED, message.speed_class, PLANE)
    return velocity, None if velocity is None or message.climb_mps is None else sigma


def _along(speed: float | None, course: int | None, climb: float) -> tuple[float, float, float] | None:
    if speed is None or (course is None and speed > 0.0):
        return None
    angle = math.radians(course or 0)
    return speed * math.sin(angle), speed * math.cos(angle), climb


def _identity(known: Transmitter) -> Identity | None:
    identity = Identity(serial=known.serial, registration=known.registration, operator=known.operator, callsign=known.session)
    return None if identity == Identity() else identity


def _pilot(known: Transmitter) -> Pilot | None:
    return None if known.pilot is None else Pilot(latitude=known.pilot[0], longitude=known.pilot[1])
