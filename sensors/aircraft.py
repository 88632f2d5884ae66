"""What is remembered of aircraft that receivers of ADS-B tell of, and how their figures become ours.

NACp, NACv and GVA: RTCA DO-260B, tables 2-70 to 2-72; their bounds hold 95 %. Categories: its emitter categories A to C.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import msgspec

from fusion.errors import DecodeError
from fusion.messages import SECOND, Identity
from sensors.adapter import DATUM_SIGMA, Station

FOOT, KNOT, FOOT_A_MINUTE = 0.3048, 1852.0 / 3600.0, 0.3048 / 60.0

MOST = 4_096
"""Aircraft that are remembered: four times what a receiver over Paris hears; the one not heard for the longest goes first."""

FORGET = 60 * SECOND
"""ns of silence after which nothing of an aircraft holds any more; receivers forget it then too."""

PLANE, UPRIGHT = 2.4477, 1.96
"""Sigmas of one axis of the circle, and of the interval, that holds 95 %."""

NACP = {11: 3.0, 10: 10.0, 9: 30.0, 8: 92.6, 7: 185.2, 6: 555.6, 5: 926.0, 4: 1852.0, 3: 3704.0, 2: 7408.0, 1: 18_520.0}
"""m, bound of the position by navigation accuracy category; 0 is unknown."""

NACV = {4: 0.3, 3: 1.0, 2: 3.0, 1: 10.0}
"""m/s, bound of the horizontal velocity."""

GVA = {2: 45.0, 1: 150.0}
"""m, bound of the geometric height."""

WITNESSES = 25
"""Differences of two heights of which the middle one is taken: one aircraft's faulty encoder moves nothing."""

CORRECTED = 30.0
"""m, what is not known of a pressure height corrected by others': a hPa across the sky is 8 m, and air 5 K off the standard makes
the difference of two aircraft 1,500 m apart in height 27 m."""


class Known(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one aircraft."""

    heard: int  # ns
    time: int = 0  # ns, of its last place
    place: tuple[float, float] = (math.nan, math.nan)  # degrees
    callsign: str | None = None
    velocity: tuple[float, float, float] | None = None  # m/s east, north, up
    velocity_at: int = 0  # ns


class Memory(msgspec.Struct):
    """Every aircraft by its address, the one heard last at the end; and how far pressure heights are off here."""

    aircraft: dict[str, Known] = {}
    differences: list[tuple[int, float]] = []  # ns, m: geometric height − pressure height

    def recall(self, address: str, received: int) -> Known:
        """Give what is known of an aircraft, or of a new one nothing."""
        known = self.aircraft.get(address)
        return known if known is not None and received - known.heard <= FORGET else Known(heard=received)

    def keep(self, address: str, known: Known) -> None:
        """Keep what is known of an aircraft."""
        self.aircraft.pop(address, None)
        self.aircraft[address] = known
        if len(self.aircraft) > MOST:
            del self.aircraft[next(iter(self.aircraft))]

    def witness(self, received: int, difference: float) -> None:
        """Note how far apart the two heights of one aircraft are."""
        recent = [one for one in self.differences if received - one[0] <= 600 * SECOND]
        self.differences = [*recent, (received, difference)][-WITNESSES:]

    def correction(self, received: int) -> float | None:
        """Give how far above its pressure height an aircraft is, m; None where nobody tells."""
        recent = [apart for at, apart in self.differences if received - at <= 600 * SECOND]
        return statistics.median(recent) if recent else None


def memory_of(station: Station) -> Memory:
    """Give what the station remembers."""
    return station.memory if isinstance(station.memory, Memory) else Memory()


def identity_of(address: str, callsign: str | None, registration: str | None = None) -> Identity | None:
    """Give who it says it is; an address that begins with ~ is none of ICAO's, but what the receiver made up."""
    icao24 = None if address.startswith("~") else address
    found = Identity(icao24=icao24, callsign=callsign or None, registration=registration or None)
    return None if found == Identity() else found


def classes_of(category: str | None) -> dict[str, float] | None:
    """Give the class of an emitter category; None where it says nothing."""
    if category is None or len(category) != 2 or category[0] not in "ABCD" or category[1] not in "01234567":
        return None
    if category == "B6":
        return {"multirotor": 0.5, "fixed_wing": 0.5}  # an unmanned aircraft of either kind
    if category in {"B2", "B3", "B7"} or category[0] in {"C", "D"}:
        return {"other": 1.0}  # balloons, parachutists, space vehicles; what stands or drives
    return {"manned": 1.0} if category[1] != "0" else None


def by_pressure(station: Station, memory: Memory, altitude: float, received: int) -> tuple[float, float]:
    """Give a height above the ellipsoid (m) and its sigma of a pressure height (m)."""
    own, apart = accuracy(station, "vertical_m"), memory.correction(received)
    if apart is not None:
        return altitude + apart, math.hypot(own, CORRECTED)
    return station.frame.height(altitude, "pressure"), math.hypot(own, DATUM_SIGMA["pressure"])


def check(station: Station) -> None:
    """Raise DecodeError, before anything is learnt, where the site does not say what an unknown accuracy is to be taken for."""
    accuracy(station, "horizontal_m")
    accuracy(station, "vertical_m")


def accuracy(station: Station, name: str) -> float:
    """Give the configured accuracy; DecodeError where it is needed and there is none."""
    value: float | None = getattr(station.sensor.accuracy, name)
    if value is None:
        raise DecodeError(f"sigma.{name}: is neither in the report nor in the sensor's configured accuracy")
    return value


def along(speed: float | None, track: float | None, climb: float) -> tuple[float, float, float] | None:
    """Give east, north, up of a speed (m/s) along a track (degrees)."""
    if speed is None or (track is None and speed > 0.0):
        return None
    angle = math.radians(track or 0.0)
    return speed * math.sin(angle), speed * math.cos(angle), climb


def category_of(classes: dict[str, float] | None) -> str | None:
    """Give the emitter category of the likeliest class, for writing."""
    best = max((classes or {}).items(), key=lambda one: one[1], default=("", 0.0))[0]
    return {"manned": "A7", "multirotor": "B6", "fixed_wing": "B6"}.get(best)


def best_of(table: dict[int, float], bound: float) -> int | None:
    """Give the finest category whose bound is no less than one (m); None for none."""
    fitting: Sequence[int] = [number for number, limit in table.items() if limit >= 0.99 * bound]
    return max(fitting, default=None)
