"""Events of Cursor on Target, as XML: what a track, an alert, a zone and an end look like to TAK.

MITRE, "Cursor on Target Message Router User's Guide" and its Event schema: `ce` and `le` are one sigma of a normal error, `hae`
is metres above the ellipsoid, 9999999 stands for unknown. Types are those of MIL-STD-2525 with lower-case affiliations: a-, u s n
f h, A for the air, C civil or M military, F fixed and H rotary wings, Q unmanned.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

from fusion.legible import legible
from fusion.messages import Alert, Track
from fusion.zones.zones import CircleOutline, CorridorOutline, PolygonOutline, Volume, Zone, middle_of

UNKNOWN = "9999999.0"

AFFILIATION = {"friendly": "f", "authorised": "n", "unauthorised": "s", "unknown": "u", "hostile": "h"}
"""By verdict. Suspect is what is unauthorised; hostile only what a named human called so."""

DIMENSION = {"multirotor": "A-M-H-Q", "fixed_wing": "A-M-F-Q", "manned": "A-C", "bird": "A-C"}
"""By class; what is nothing of these is something in the air."""

COLOUR = {"advisory": -256, "warning": -23_296, "critical": -65_536}
"""ARGB as a signed number: yellow, orange, red."""

HEAD = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def track(told: Track, uid: str, stale: timedelta, origin: tuple[float, float, float] | None) -> bytes:
    """Write a track; one of which only a direction is known as a line from its sensor (`origin`: degrees, and its reach, m)."""
    if told.position is None:
        return _bearing(told, uid, stale, origin or (0.0, 0.0, 0.0))
    event = _event(uid, type_of(told), told.time, stale, "m-f")
    place = told.position
    ce, le = errors_of(told)
    _point(event, place.latitude_deg, place.longitude_deg, f"{place.altitude_hae_m:.1f}", ce, le)
    detail = _detail(event, name_of(told), _remarks(told))
    if told.velocity is not None:
        course, speed = told.course_deg or 0.0, told.speed_mps or 0.0
        slope = math.degrees(math.atan2(told.velocity.up_mps, speed)) if speed else 0.0
        ET.SubElement(detail, "track", course=f"{course:.1f}", speed=f"{speed:.2f}", slope=f"{slope:.1f}")
    ET.SubElement(detail, "precisionlocation", geopointsrc="CALC", altsrc="CALC")
    return _written(event)


def _bearing(told: Track, uid: str, stale: timedelta, origin: tuple[float, float, float]) -> bytes:
    event = _event(uid, "u-rb-a", told.time, stale, "m-r")
    _point(event, origin[0], origin[1], UNKNOWN, UNKNOWN, UNKNOWN)
    detail = _detail(event, name_of(told), _remarks(told))
    if told.bearing is not None:
        ET.SubElement(detail, "range", value=f"{origin[2]:.1f}")
        ET.SubElement(detail, "bearing", value=f"{told.bearing.azimuth_deg:.2f}")
        ET.SubElement(detail, "inclination", value=f"{told.bearing.elevation_deg or 0.0:.2f}")
    return _written(event)


def alert(told: Alert, uid: str, about: str, stale: timedelta, site: tuple[float, float]) -> bytes:
    """Write an alert as a marker where its track is, else at the site (degrees), with the reason to be read."""
    event = _event(uid, "b-m-p-s-m", told.updated, stale, "m-g")
    state = told.track_state
    place = state.position if state else None
    if place is not None and state is not None:
        _point(event, place.latitude_deg, place.longitude_deg, f"{place.altitude_hae_m:.1f}", *errors_of(state))
    else:
        _point(event, site[0], site[1], UNKNOWN, UNKNOWN, UNKNOWN)
    words = f"{told.severity.upper()} {told.zone}".strip()
    remarks = [f"{told.rule.replace('_', ' ')}, {told.state}", *told.reasons]
    detail = _detail(event, words, "; ".join(remarks))
    ET.SubElement(detail, "color", argb=str(COLOUR[told.severity]))
    if told.track:
        ET.SubElement(detail, "link", uid=about, relation="p-p", type=type_of(state) if state else "a-u-A")
    return _written(event)


def zone(told: Zone, uid: str, time: datetime, stale: timedelta) -> bytes:
    """Write a zone's first volume as a shape: a polygon's outer ring, a circle, or a corridor's middle line."""
    volume = told.volumes[0]
    latitude, longitude = (math.degrees(angle) for angle in middle_of(volume))
    kind = "u-d-c-c" if isinstance(volume.outline, CircleOutline) else "u-d-f"
    event = _event(uid, kind, time, stale, "m-g")
    _point(event, latitude, longitude, UNKNOWN, UNKNOWN, UNKNOWN)
    detail = _detail(event, told.label(), _limits(told, volume))
    match volume.outline:
        case CircleOutline(radius=radius):
            shape = ET.SubElement(detail, "shape")
            ET.SubElement(shape, "ellipse", major=f"{radius:.1f}", minor=f"{radius:.1f}", angle="360")
        case PolygonOutline(rings=(corners, *_)) | CorridorOutline(line=corners):
            for corner in corners:
                ET.SubElement(detail, "link", point=f"{math.degrees(corner[0]):.7f},{math.degrees(corner[1]):.7f}")
    colour = COLOUR[told.severity or "advisory"]
    ET.SubElement(detail, "strokeColor", value=str(colour))
    ET.SubElement(detail, "strokeWeight", value="3.0")
    ET.SubElement(detail, "fillColor", value=str((colour & 0x00FFFFFF) | 0x1E000000))
    return _written(event)


def gone(uid: str, time: datetime) -> bytes:
    """Write that something is no longer: TAK takes it off the map."""
    event = _event(f"{uid}.gone", "t-x-d-d", time, timedelta(seconds=20), "m-g")
    _point(event, 0.0, 0.0, UNKNOWN, UNKNOWN, UNKNOWN)
    detail = ET.SubElement(event, "detail")
    ET.SubElement(detail, "link", uid=uid, relation="none", type="none")
    ET.SubElement(detail, "__forcedelete")
    return _written(event)


def type_of(told: Track) -> str:
    """Give the type of a track, from verdict and class: manned traffic that nobody minds is civil and neutral."""
    affiliation = AFFILIATION[told.verdict or "unknown"]
    if told.class_ == "manned" and affiliation == "u" and told.identity is not None:
        affiliation = "n"
    return f"a-{affiliation}-{DIMENSION.get(told.class_ or '', 'A')}"


def errors_of(told: Track) -> tuple[str, str]:
    """Give ce and le, m: one sigma along the worse axis of the horizontal ellipse, and upright.

    ce = √λ₁,  λ₁ = (a + c)/2 + √((a − c)²/4 + b²)  of  [[a, b], [b, c]];  le = √P_zz
    """
    if told.covariance is None:
        return UNKNOWN, UNKNOWN
    (a, b, _), (_, c, _), (_, _, upright) = told.covariance.position_m2
    worse = (a + c) / 2.0 + math.hypot((a - c) / 2.0, b)
    return f"{math.sqrt(max(worse, 0.0)):.1f}", f"{math.sqrt(max(upright, 0.0)):.1f}"


def name_of(told: Track) -> str:
    """Give what a person calls a track: as it calls itself, or its class and the end of its id."""
    identity = told.identity
    said = (identity.callsign or identity.registration or identity.serial or identity.icao24) if identity else None
    return said or f"{(told.class_ or 'unknown').replace('_', ' ')} {told.track[-4:]}"


def _remarks(told: Track) -> str:
    strength = f"identity {told.identity.strength}" if told.identity else "no identity"
    seen = ", ".join(told.sensors)
    return "; ".join([told.verdict or "unknown", *told.reasons, strength, f"seen by {seen}", f"existence {told.existence:.2f}"])


def _limits(told: Zone, volume: Volume) -> str:
    lower = f"{volume.lower.height:.0f} m {volume.lower.datum}" if volume.lower else "ground"
    upper = f"{volume.upper.height:.0f} m {volume.upper.datum}" if volume.upper else "no ceiling"
    return f"{told.type}; {lower} to {upper}"


def _event(uid: str, kind: str, time: datetime, stale: timedelta, how: str) -> ET.Element:
    said, until = _time(time), _time(time + stale)
    return ET.Element("event", version="2.0", uid=uid, type=kind, time=said, start=said, stale=until, how=how)


def _time(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _point(event: ET.Element, latitude: float, longitude: float, hae: str, ce: str, le: str) -> None:
    ET.SubElement(event, "point", lat=f"{latitude:.7f}", lon=f"{longitude:.7f}", hae=hae, ce=ce, le=le)


def _detail(event: ET.Element, callsign: str, remarks: str) -> ET.Element:
    detail = ET.SubElement(event, "detail")
    ET.SubElement(detail, "contact", callsign=legible(callsign))
    ET.SubElement(detail, "remarks").text = legible(remarks)
    return detail


def _written(event: ET.Element) -> bytes:
    body: bytes = ET.tostring(event, encoding="utf-8")
    return HEAD + body + b"\n"
