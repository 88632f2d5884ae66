"""What is known of the vehicles of one MAVLink network, and the positions that their messages make."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from fusion.errors import DecodeError
from fusion.messages import SECOND, Identity, Pose, Position
from sensors.adapter import Station
from sensors.mavlink import frames
from sensors.mavlink.frames import Message
from sensors.odid import figures, hearing, messages
from sensors.odid.figures import Figures
from sensors.odid.hearing import Hearing

MILLISECOND = SECOND // 1000

BEHIND, AHEAD = 10 * SECOND, SECOND
"""ns that a place may arrive after its time, and before; beyond, its clock is taken for unset and the arrival counts."""

REORDERED = 10_000
"""ms that a vehicle's time may fall back because datagrams overtook each other; more is a restart."""

HIGHEST = 30_000_000
"""mm: no drone flies above 30 km, as the scan contract has it, and none below −1 km."""


FRESH = 500
"""ms that an attitude serves for places before or after it: autopilots tell it several times a second."""


class Attitude(Struct, frozen=True, omit_defaults=True):
    """How a vehicle was turned, and how fast it turned."""

    boot_ms: int
    angles: tuple[float, float, float]  # rad: heading, pitch, roll
    rates: tuple[float, float, float]  # rad/s


class Vehicle(Struct, frozen=True, omit_defaults=True):
    """What is known of one vehicle."""

    boot_ms: int | None = None  # of its last place
    heard: int = 0  # ns, when that came
    began: int | None = None  # ns, when its clock of `boot_ms` began, by what it says
    attitude: Attitude | None = None


class Memory(hearing.Memory):
    """Every vehicle by its number (1 to 255), beside what is known of Remote ID's transmitters."""

    vehicles: dict[int, Vehicle] = field(default_factory=dict)


class Vehicles:
    """The messages of one payload, and what of them is new."""

    def __init__(self, station: Station, received: int) -> None:
        self.station, self.received = station, received
        self.found: list[Position] = []
        self.poses: list[Pose] = []
        self.left_out: list[str] = []
        self._memory = station.memory if isinstance(station.memory, Memory) else Memory()
        self._accuracy = station.sensor.accuracy
        for name in ("horizontal_m", "vertical_m"):
            if getattr(self._accuracy, name) is None:
                raise DecodeError(f"sigma.{name}: is neither in MAVLink nor in the sensor's configured accuracy")

    def listen(self, message: Message) -> None:
        """Take one message; what cannot be is left out and told."""
        try:
            match message.kind:
                case frames.SYSTEM_TIME:
                    self._clock(message)
                case frames.ATTITUDE:
                    self._turn(message)
                case frames.GLOBAL_POSITION_INT:
                    self._place(message)
                case _:
                    self._remote_id(message)
        except DecodeError as error:
            self.left_out.append(f"message {message.kind}: {error}")

    def _vehicle(self, message: Message) -> Vehicle:
        return self._memory.vehicles.get(message.system, Vehicle())

    def _clock(self, message: Message) -> None:
        """Learn when a vehicle's clock began; 0 means that it does not know the time yet."""
        unix_us, boot_ms = message.fields
        if unix_us and abs(unix_us * 1000 - self.received) <= BEHIND:
            began = unix_us * 1000 - boot_ms * MILLISECOND
            self._memory.vehicles[message.system] = replace(self._vehicle(message), began=began)

    def _turn(self, message: Message) -> None:
        """Learn how a vehicle is turned."""
        boot_ms, *figures = message.fields
        if not all(map(math.isfinite, figures)) or max(map(abs, figures[:3])) > math.tau:
            raise DecodeError(f"roll, pitch, yaw: {figures[:3]} are no angles")
        roll, pitch, yaw, *rates = figures
        attitude = Attitude(boot_ms, (yaw, pitch, roll), (rates[2], rates[1], rates[0]))
        self._memory.vehicles[message.system] = replace(self._vehicle(message), attitude=attitude)

    def _place(self, message: Message) -> None:
        boot_ms, latitude, longitude, altitude, _, north, east, down, _ = message.fields
        if not latitude and not longitude:
            return
        for name, value, limit in (("lat", latitude, 900_000_000), ("lon", longitude, 1_800_000_000), ("alt", altitude, HIGHEST)):
            if abs(value) > limit:
                raise DecodeError(f"{name}: {value} is beyond ±{limit}")
        known = self._vehicle(message)
        if known.boot_ms is not None and known.boot_ms - REORDERED < boot_ms <= known.boot_ms:
            return  # told again by a router, or overtaken
        self._memory.vehicles[message.system] = replace(known, boot_ms=boot_ms, heard=self.received)
        one = Position(
            time=self._time(known, boot_ms),
            id=str(message.system),
            identity=self._identity(message.system),
            latitude=math.radians(latitude * 1e-7),
            longitude=math.radians(longitude * 1e-7),
            altitude=self.station.frame.height(altitude / 1000.0, "amsl"),
            velocity=(east / 100.0, north / 100.0, -down / 100.0),
            sigma_horizontal=self._accuracy.horizontal_m or 0.0,
            sigma_vertical=self._accuracy.vertical_m or 0.0,
            sigma_velocity=self._accuracy.velocity_mps,
        )
        self.found.append(one)
        self.poses.append(_pose(one, known.attitude, boot_ms))

    def _time(self, known: Vehicle, boot_ms: int) -> int:
        """Give when a place was true: by the vehicle's clock where it told it, else when it came."""
        if known.began is None:
            return self.received
        time = known.began + boot_ms * MILLISECOND
        return time if -AHEAD <= self.received - time <= BEHIND else self.received

    def _identity(self, system: int) -> Identity:
        """Give who a vehicle is: by its own Remote ID, and always by a name that the site's register may know it by."""
        known = self._memory.transmitters.get(_own(system))
        return Identity(
            serial=known.serial if known else None,
            registration=known.registration if known else None,
            operator=known.operator if known else None,
            callsign=f"{self.station.sensor.id}-{system}",
        )

    def _remote_id(self, message: Message) -> None:
        told, other = _REMOTE_ID[message.kind](message.fields)
        address = other.rstrip(b"\0").hex(":") or _own(message.system)
        own = not other.rstrip(b"\0")
        if own and self.received - self._vehicle(message).heard <= hearing.FORGET:
            told = [one for one in told if not isinstance(one, messages.Location)]  # its navigation says that better
        ear = Hearing(self.station, self.received, address)
        ear.listen(told, None)
        self.found += ear.found
        self.left_out += ear.left_out


def _pose(one: Position, attitude: Attitude | None, boot_ms: int) -> Pose:
    """Give a vehicle's place as what carries its cameras; how it is turned, by its rates, where that was told lately."""
    known = attitude is not None and abs(boot_ms - attitude.boot_ms) <= FRESH
    return Pose(
        time=one.time,
        vehicle=one.id or "",
        latitude=one.latitude,
        longitude=one.longitude,
        altitude=one.altitude or 0.0,
        velocity=one.velocity,
        attitude=_turned(attitude, boot_ms) if attitude is not None and known else None,
        sigma_horizontal=one.sigma_horizontal,
        sigma_vertical=one.sigma_vertical,
        sigma_velocity=one.sigma_velocity,
    )


def _turned(attitude: Attitude, boot_ms: int) -> tuple[float, float, float]:
    dt = (boot_ms - attitude.boot_ms) / 1000.0
    heading, pitch, roll = (angle + dt * rate for angle, rate in zip(attitude.angles, attitude.rates, strict=True))
    return heading % math.tau, pitch, roll


Heard = tuple[list[messages.Message], bytes]
"""What a Remote ID message says, and of whom: nought for the vehicle itself."""


def _own(system: int) -> str:
    """Name a vehicle among the transmitters, as no address is written."""
    return f"vehicle {system}"


def _basic_id(fields: tuple[Any, ...]) -> Heard:
    _, _, other, id_type, ua_type, uas_id = fields
    return figures.basic_id(id_type, ua_type, uas_id), other


def _operator_id(fields: tuple[Any, ...]) -> Heard:
    _, _, other, id_type, operator = fields
    return figures.operator_id(id_type, operator), other


def _pack(fields: tuple[Any, ...]) -> Heard:
    _, _, other, size, count, content = fields
    head = bytes([messages.PACK << 4 | 2, size, count])
    return messages.decode(head + content[: messages.SIZE * count]), other


def _system(fields: tuple[Any, ...]) -> Heard:
    latitude, longitude, *_, other, place, _, _, _ = fields
    return [figures.system(latitude * 1e-7, longitude * 1e-7, place)], other


def _location(fields: tuple[Any, ...]) -> Heard:
    latitude, longitude, pressure, geodetic, height, seconds, direction, speed, climb, _, _, other, *rest = fields
    status, reference, horizontal, vertical, barometer, of_speed, of_time = rest
    classes = horizontal, vertical, barometer, of_speed, of_time
    place = latitude * 1e-7, longitude * 1e-7
    motion = direction / 100, speed / 100, climb / 100
    told = Figures(*place, *motion, pressure, geodetic, height, reference == 1, status, *classes, seconds)
    return [figures.location(told)], other


_REMOTE_ID: dict[int, Callable[[tuple[Any, ...]], Heard]] = {
    frames.BASIC_ID: _basic_id,
    frames.LOCATION: _location,
    frames.SYSTEM: _system,
    frames.OPERATOR_ID: _operator_id,
    frames.PACK: _pack,
}
