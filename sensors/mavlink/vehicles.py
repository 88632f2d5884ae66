"""What is known of the vehicles of one MAVLink network, and the positions that their messages make."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from fusion.errors import DecodeError
from fusion.messages import SECOND, Identity, Position
from sensors.adapter import Station
from sensors.mavlink import frames
from sensors.mavlink.frames import Message
from sensors.odid import hearing, messages
from sensors.odid.hearing import Hearing

MILLISECOND = SECOND // 1000

BEHIND, AHEAD = 10 * SECOND, SECOND
"""ns that a place may arrive after its time, and before; beyond, its clock is taken for unset and the arrival counts."""

REORDERED = 10_000
"""ms that a vehicle's time may fall back because datagrams overtook each other; more is a restart."""

HIGHEST = 100_000_000
"""mm: no drone flies above 100 km, and none below −1 km."""


class Vehicle(Struct, frozen=True, omit_defaults=True):
    """What is known of one vehicle."""

    boot_ms: int | None = None  # of its last place
    heard: int = 0  # ns, when that came
    began: int | None = None  # ns, when its clock of `boot_ms` began, by what it says


class Memory(hearing.Memory):
    """Every vehicle by its number (1 to 255), beside what is known of Remote ID's transmitters."""

    vehicles: dict[int, Vehicle] = field(default_factory=dict)


class Vehicles:
    """The messages of one payload, and what of them is new."""

    def __init__(self, station: Station, received: int) -> None:
        self.station, self.received = station, received
        self.found: list[Position] = []
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
        self.found.append(
            Position(
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
        )

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


Heard = tuple[list[messages.Message], bytes]
"""What a Remote ID message says, and of whom: nought for the vehicle itself."""


def _own(system: int) -> str:
    """Name a vehicle among the transmitters, as no address is written."""
    return f"vehicle {system}"


def _basic_id(fields: tuple[Any, ...]) -> Heard:
    _, _, other, id_type, ua_type, uas_id = fields
    if id_type > 15 or ua_type > 15:
        raise DecodeError(f"id_type, ua_type: {id_type}, {ua_type}; expected 0 to 15")
    return messages.decode(bytes([messages.BASIC_ID << 4 | 2, id_type << 4 | ua_type]) + uas_id + bytes(3)), other


def _operator_id(fields: tuple[Any, ...]) -> Heard:
    _, _, other, id_type, operator = fields
    return messages.decode(bytes([messages.OPERATOR_ID << 4 | 2, id_type]) + operator + bytes(3)), other


def _pack(fields: tuple[Any, ...]) -> Heard:
    _, _, other, size, count, content = fields
    head = bytes([messages.PACK << 4 | 2, size, count])
    return messages.decode(head + content[: messages.SIZE * count]), other


def _system(fields: tuple[Any, ...]) -> Heard:
    latitude, longitude, _, _, _, _, _, _, _, _, other, place, *_ = fields
    _check_place(latitude, longitude)
    known = latitude or longitude
    told = messages.System(
        operator_place=int(place), latitude_e7=int(latitude) if known else None, longitude_e7=int(longitude) if known else None
    )
    return [told], other


def _location(fields: tuple[Any, ...]) -> Heard:
    latitude, longitude, pressure, geodetic, height, seconds, direction, speed, climb, _, _, other, *classes = fields
    status, reference, horizontal, vertical, barometer, of_speed, of_time = (int(one) for one in classes)
    _check_place(latitude, longitude)
    if not (0.0 <= seconds <= 3600.0 or seconds == 0xFFFF):
        raise DecodeError(f"timestamp: {seconds} s are none of an hour; expected 0 to 3600, or 65535 for unknown")
    if direction > 36_100 or direction == 36_000:
        raise DecodeError(f"direction: {direction} hundredths of a degree are none; expected 0 to 35999, or 36100 for unknown")
    known = latitude or longitude
    told = messages.Location(
        status=status,
        direction_deg=None if direction == 36_100 else round(direction / 100) % 360,
        speed_mps=None if speed >= 25_500 else speed / 100.0,
        climb_mps=None if climb == 6_300 else climb / 100.0,
        latitude_e7=int(latitude) if known else None,
        longitude_e7=int(longitude) if known else None,
        pressure_altitude_m=_altitude("altitude_barometric", pressure),
        geodetic_altitude_m=_altitude("altitude_geodetic", geodetic),
        height_m=_altitude("height", height),
        height_above_ground=reference == 1,
        horizontal_class=horizontal & 0xF,
        vertical_class=vertical & 0xF,
        pressure_class=barometer & 0xF,
        speed_class=of_speed & 0xF,
        tenths=None if seconds == 0xFFFF else round(seconds * 10),
        tenths_class=of_time & 0xF,
    )
    return [told], other


def _check_place(latitude: float, longitude: float) -> None:
    """Refuse what is no place, without saying where: it may be where a person stands."""
    if abs(latitude) > 900_000_000 or abs(longitude) > 1_800_000_000:
        raise DecodeError("latitude, longitude: is beyond ±90° or ±180°")


def _altitude(name: str, value: float) -> float | None:
    """Read an altitude, m; None for −1000, which means unknown."""
    if value == -1000.0:
        return None
    if not -1000.0 < value <= 31_767.5:
        raise DecodeError(f"{name}: {value:g} m is none; expected −1000 (unknown) to 31767.5")
    return value


_REMOTE_ID: dict[int, Callable[[tuple[Any, ...]], Heard]] = {
    frames.BASIC_ID: _basic_id,
    frames.LOCATION: _location,
    frames.SYSTEM: _system,
    frames.OPERATOR_ID: _operator_id,
    frames.PACK: _pack,
}
