"""An incident as a file that others read: JSON (all of it), CSV and GeoJSON (tables and maps), KML (a globe that plays it)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from fusion.journal.exporting import Incident, Point
from fusion.legible import legible
from fusion.messages import Alert, Track

COLUMNS = (
    "time", "track", "alert", "latitude_deg", "longitude_deg", "altitude_hae_m", "altitude_amsl_m", "height_agl_m", "speed_mps",
    "course_deg", "status", "existence", "class", "verdict", "serial", "registration", "operator", "strength", "reasons",
)  # fmt: skip

KML = "http://www.opengis.net/kml/2.2"
GX = "http://www.google.com/kml/ext/2.2"


def as_json(incident: Incident) -> bytes:
    """Write everything, entries with salt, digest and hash, so that somebody else can check each against the chain."""
    whole = {
        "head": incident.head,
        "faults": incident.faults,
        "entries": incident.entries,
        "tracks": {track: [point.state for point in points] for track, points in incident.tracks.items()},
    }
    return msgspec.json.encode(whole) + b"\n"


def as_csv(incident: Incident) -> bytes:
    """Write one row for each track at each time."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")  # RFC 4180
    table.writeheader()
    table.writerows({name: _safe(value) for name, value in _row(point).items()} for point in incident.points)
    return text.getvalue().encode()


def as_geojson(incident: Incident) -> bytes:
    """Write each track as a line (RFC 7946: longitude, latitude, height above the ellipsoid) and each alert as a point."""
    features = [_line(track, placed) for track, points in incident.tracks.items() if (placed := _placed(points))]
    features += [_mark(alert) for alert in incident.latest.values() if alert.track_state and alert.track_state.position]
    return msgspec.json.encode({"type": "FeatureCollection", "features": features}) + b"\n"


def as_kml(incident: Incident) -> bytes:
    """Write each track with its times, so that a globe plays it, and each alert; heights are above the sea, as KML has them."""
    ET.register_namespace("", KML)
    ET.register_namespace("gx", GX)
    root = ET.Element(f"{{{KML}}}kml")
    document = ET.SubElement(root, f"{{{KML}}}Document")
    for track, points in incident.tracks.items():
        if placed := _placed(points):
            _play(document, track, placed)
    for alert in incident.latest.values():
        if alert.track_state is not None and alert.track_state.position is not None:
            _pin(document, alert, alert.track_state)
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


FORMATS: dict[str, Callable[[Incident], bytes]] = {"json": as_json, "csv": as_csv, "geojson": as_geojson, "kml": as_kml}


def _placed(points: list[Point]) -> list[Track]:
    return [point.state for point in points if point.state.position is not None]


def _row(point: Point) -> dict[str, Any]:
    state = point.state
    told = msgspec.to_builtins(state)
    flat = {"alert": point.alert} | told.get("position", {}) | told.get("identity", {}) | told
    return {name: flat.get(name) for name in COLUMNS} | {"reasons": "; ".join(state.reasons)}


def _safe(value: Any) -> Any:
    """Keep a spreadsheet from taking what a drone said for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _line(track: str, states: list[Track]) -> dict[str, Any]:
    places = [_coordinates(state) for state in states]
    geometry = {"type": "LineString", "coordinates": places} if len(places) > 1 else {"type": "Point", "coordinates": places[0]}
    last = msgspec.to_builtins(states[-1])
    said = {name: last[name] for name in ("class", "identity", "verdict", "reasons") if name in last}
    return {"type": "Feature", "geometry": geometry, "properties": {"track": track, "times": [s.time for s in states]} | said}


def _mark(alert: Alert) -> dict[str, Any]:
    state = alert.track_state
    assert state is not None  # noqa: S101 - `as_geojson` asks for those with a place alone
    properties = {name: value for name, value in msgspec.to_builtins(alert).items() if name != "track_state"}
    return {"type": "Feature", "geometry": {"type": "Point", "coordinates": _coordinates(state)}, "properties": properties}


def _coordinates(state: Track) -> list[float]:
    place = state.position
    assert place is not None  # noqa: S101 - as above
    return [place.longitude_deg, place.latitude_deg, place.altitude_hae_m]


def _play(document: ET.Element, track: str, states: list[Track]) -> None:
    mark = ET.SubElement(document, f"{{{KML}}}Placemark")
    ET.SubElement(mark, f"{{{KML}}}name").text = track
    ET.SubElement(mark, f"{{{KML}}}description").text = legible("; ".join(states[-1].reasons))
    line = ET.SubElement(mark, f"{{{GX}}}Track")
    ET.SubElement(line, f"{{{KML}}}altitudeMode").text = "absolute"
    for state in states:
        ET.SubElement(line, f"{{{KML}}}when").text = msgspec.to_builtins(state.time)
    for state in states:
        ET.SubElement(line, f"{{{GX}}}coord").text = _place(state, " ")


def _pin(document: ET.Element, alert: Alert, state: Track) -> None:
    mark = ET.SubElement(document, f"{{{KML}}}Placemark")
    ET.SubElement(mark, f"{{{KML}}}name").text = f"{alert.severity}: {alert.rule} {alert.zone}"
    ET.SubElement(mark, f"{{{KML}}}description").text = legible("; ".join((*alert.reasons, *alert.notes)))
    stamp = ET.SubElement(mark, f"{{{KML}}}TimeStamp")
    ET.SubElement(stamp, f"{{{KML}}}when").text = msgspec.to_builtins(alert.raised)
    point = ET.SubElement(mark, f"{{{KML}}}Point")
    ET.SubElement(point, f"{{{KML}}}altitudeMode").text = "absolute"
    ET.SubElement(point, f"{{{KML}}}coordinates").text = _place(state, ",")


def _place(state: Track, between: str) -> str:
    place = state.position
    assert place is not None  # noqa: S101 - `_placed` and `as_kml` have looked
    return between.join(f"{number:.7f}" for number in (place.longitude_deg, place.latitude_deg, place.altitude_amsl_m))
