"""Draws an airspace's outline as OpenAir's D and V records say: corners, arcs, circles, airways."""

from __future__ import annotations

import math
import re
from typing import Any

from pyproj import Geod

from fusion.errors import ConfigError

GEOD = Geod(ellps="WGS84")

MILE = 1852.0
"""m, nautical: radii and widths are in them."""

ARC_TOLERANCE = 0.5
"""m that an arc's chords may lie inside it: 5 miles of radius are cut every 0.8°."""

FARTHEST = 5000.0
"""Nautical miles: no airspace is larger."""

COORDINATE = re.compile(
    r"(\d{1,2}):(\d{1,2}(?:\.\d+)?)(?::(\d{1,2}(?:\.\d+)?))?\s*([NS])[\s,]*(\d{1,3}):(\d{1,2}(?:\.\d+)?)(?::(\d{1,2}(?:\.\d+)?))?\s*([EW])",
    re.IGNORECASE,
)

Place = tuple[float, float]
"""Latitude and longitude, degrees."""


class Pen:
    """What has been drawn of one airspace."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._corners: list[Place] = []
        self._airway: list[Place] = []
        self._circle: tuple[Place, float] | None = None
        self._middle: Place | None = None
        self._clockwise = True
        self._width: float | None = None

    def draw(self, command: str, value: str, where: str) -> bool:
        """Take one record; False where it is none of a shape, ConfigError where it cannot be read."""
        match command:
            case "V":
                self._set(value, where)
            case "DP":
                self._corners.append(place_of(value, where))
            case "DY":
                self._airway.append(place_of(value, where))
            case "DC":
                self._circle = self._centre(where), _radius(value, where)
            case "DA":
                self._arc_by_angles(value, where)
            case "DB":
                self._arc_by_ends(value, where)
            case _:
                return False
        return True

    def geometry(self, where: str) -> dict[str, Any]:
        """Give what was drawn as a geometry of ED-318; ConfigError where it is nothing, or more than one shape."""
        if sum(map(bool, (self._corners, self._airway, self._circle))) > 1:
            raise ConfigError(f"{where}: has a polygon, a circle and an airway at once; expected one of them")
        if self._circle is not None:
            middle, radius = self._circle
            return {"type": "Point", "coordinates": _written(middle), "extent": {"subType": "Circle", "radius": radius}}
        if self._airway:
            if len(self._airway) < 2 or self._width is None:
                raise ConfigError(
                    f"{where}: an airway has {len(self._airway)} corners and width {self._width}; expected two, and V W="
                )
            extent = {"subType": "Corridor", "width": self._width * MILE}
            return {"type": "LineString", "coordinates": [_written(place) for place in self._airway], "extent": extent}
        ring = [place for i, place in enumerate(self._corners) if i == 0 or place != self._corners[i - 1]]
        if len(ring) > 1 and ring[0] == ring[-1]:
            ring.pop()
        if len(ring) < 3:
            raise ConfigError(f"{where}: its outline has {len(ring)} corners; expected three or more, a circle or an airway")
        return {"type": "Polygon", "coordinates": [[_written(place) for place in [*ring, ring[0]]]]}

    def _set(self, value: str, where: str) -> None:
        name, _, said = (part.strip() for part in value.partition("="))
        match name.upper():
            case "X":
                self._middle = place_of(said, where)
            case "D" if said in {"+", "-"}:
                self._clockwise = said == "+"
            case "W":
                self._width = _number(said, where, "a width in nautical miles", FARTHEST)
            case "Z":
                pass  # at which zoom a label shows
            case _:
                raise ConfigError(f"{where}: V {value[:40]!r} cannot be read; expected X=, D=+, D=- or W=")

    def _centre(self, where: str) -> Place:
        if self._middle is None:
            raise ConfigError(f"{where}: has no middle; expected V X= before it")
        return self._middle

    def _arc_by_angles(self, value: str, where: str) -> None:
        """Draw an arc of a radius (miles) from one bearing to another (degrees)."""
        parts = value.split(",")
        if len(parts) != 3:
            raise ConfigError(f"{where}: DA {value[:40]!r} cannot be read; expected radius, bearing, bearing")
        radius = _radius(parts[0], where)
        begin, end = (_number(part, where, "a bearing in degrees", 360.0) for part in parts[1:])
        self._arc(begin, end, radius, radius, where)

    def _arc_by_ends(self, value: str, where: str) -> None:
        """Draw an arc between two places; not equally far from the middle, the radius goes from one to the other."""
        ends = [place_of(match.group(), where) for match in COORDINATE.finditer(value)]
        if len(ends) != 2:
            raise ConfigError(f"{where}: DB {value[:60]!r} cannot be read; expected two places")
        middle = self._centre(where)
        (begin, first), (end, last) = (_bearing(middle, place) for place in ends)
        if abs(first - last) > 0.02 * max(first, last):
            self.notes.append(f"the ends of an arc are {first:.0f} and {last:.0f} m from its middle: drawn from one to the other")
        self._corners.append(ends[0])
        self._arc(begin, end, first, last, where)
        self._corners[-1] = ends[1]

    def _arc(self, begin: float, end: float, first: float, last: float, where: str) -> None:
        """Add the corners of an arc: bearings in degrees, radii in metres."""
        middle = self._centre(where)
        turn = (end - begin) % 360.0 if self._clockwise else -((begin - end) % 360.0)
        turn = turn or (360.0 if self._clockwise else -360.0)
        largest = math.degrees(2.0 * math.acos(1.0 - min(ARC_TOLERANCE / max(first, last), 1.0)))
        pieces = max(math.ceil(abs(turn) / largest), 1)
        for i in range(pieces + 1):
            share = i / pieces
            longitude, latitude, _ = GEOD.fwd(middle[1], middle[0], begin + share * turn, first + share * (last - first))
            self._corners.append((latitude, longitude))


def place_of(text: str, where: str) -> Place:
    """Read a place such as `48:51:30 N 002:17:40 E` or `48:51.500N 002:17.667E`."""
    match = COORDINATE.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"{where}: {text[:60]!r} is no place; expected such as 48:51:30 N 002:17:40 E")
    north, east = ([float(part or 0.0) for part in match.groups()[at : at + 3]] for at in (0, 4))
    latitude, longitude = _degrees(*north), _degrees(*east)
    if latitude > 90.0 or longitude > 180.0 or max(*north[1:], *east[1:]) >= 60.0:
        raise ConfigError(f"{where}: {text[:60]!r} is no place; minutes and seconds go to 59, latitudes to 90, longitudes to 180")
    return latitude * (-1.0 if match[4] in "Ss" else 1.0), longitude * (-1.0 if match[8] in "Ww" else 1.0)


def _degrees(degrees: float, minutes: float, seconds: float) -> float:
    return degrees + minutes / 60.0 + seconds / 3600.0


def _bearing(middle: Place, place: Place) -> tuple[float, float]:
    """Give the bearing (degrees) and the distance (m) of a place."""
    azimuth, _, distance = GEOD.inv(middle[1], middle[0], place[1], place[0])
    return float(azimuth), float(distance)


def _radius(text: str, where: str) -> float:
    """Give a radius in metres."""
    return _number(text, where, "a radius in nautical miles", FARTHEST) * MILE


def _number(text: str, where: str, what: str, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= most:
        raise ConfigError(f"{where}: {text.strip()[:40]!r} is not {what}; expected 0 to {most:g}")
    return value


def _written(place: Place) -> list[float]:
    return [round(place[1], 8), round(place[0], 8)]
