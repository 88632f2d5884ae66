"""The tracks as files that maps and scripts read as they are: GeoJSON, KML, and JSON lines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree as ET

import msgspec

from fusion.legible import legible
from fusion.messages import Track, Verdict

KML = "http://www.opengis.net/kml/2.2"

COLOURS: dict[Verdict, str] = {
    "unknown": "ff00d7ff",
    "authorised": "ff50af4c",
    "friendly": "fff39621",
    "unauthorised": "ff1744ff",
    "hostile": "ff0000d0",
}
"""By verdict, as KML has them: opacity, blue, green, red."""


def geojson(tracks: Iterable[Track]) -> bytes:
    """Write each track as a point (RFC 7946: longitude, latitude, height above the ellipsoid), its other fields as properties.

    A track of which only a direction is known has no geometry: the standard's word for it is null.
    """
    return msgspec.json.encode({"type": "FeatureCollection", "features": [_feature(track) for track in tracks]}) + b"\n"


def _feature(track: Track) -> dict[str, Any]:
    properties = {name: value for name, value in msgspec.to_builtins(track).items() if name != "grid"}
    geometry = None
    if (place := track.position) is not None:
        geometry = {"type": "Point", "coordinates": [place.longitude_deg, place.latitude_deg, place.altitude_hae_m]}
    return {"type": "Feature", "id": track.track, "geometry": geometry, "properties": properties}


def kml(site: str, tracks: Iterable[Track]) -> bytes:
    """Write each track that has a place as a placemark; heights are above the sea, as KML has them."""
    root, document = _document(f"Vigie: {site}")
    for verdict, colour in COLOURS.items():
        style = _sub(document, "Style", id=verdict)
        _sub(_sub(style, "IconStyle"), "color").text = colour
    for track in tracks:
        if track.position is not None:
            _placemark(document, track)
    return _written(root)


def link(site: str, address: str, period_s: float) -> bytes:
    """Write a network link: a globe that opens it asks for the tracks again and again."""
    root, document = _document(f"Vigie: {site}")
    network = _sub(document, "NetworkLink")
    _sub(network, "name").text = "Tracks"
    told = _sub(network, "Link")
    _sub(told, "href").text = address
    _sub(told, "refreshMode").text = "onInterval"
    _sub(told, "refreshInterval").text = f"{period_s:g}"
    return _written(root)


def line(track: Track) -> bytes:
    """Write a track as a line of JSON, as it is told over MQTT."""
    return msgspec.json.encode(track) + b"\n"


def _placemark(document: ET.Element, track: Track) -> None:
    place, identity = track.position, track.identity
    assert place is not None  # noqa: S101 - `kml` asks for those with a place alone
    said = (identity.callsign or identity.registration or identity.serial or identity.icao24) if identity else None
    mark = _sub(document, "Placemark", id=f"t{track.track}")
    _sub(mark, "name").text = legible(said or f"{track.class_ or 'unknown'} {track.track[-4:]}")
    _sub(mark, "description").text = legible("; ".join((track.verdict or "unknown", *track.reasons)))
    _sub(_sub(mark, "TimeStamp"), "when").text = msgspec.to_builtins(track.time)
    _sub(mark, "styleUrl").text = f"#{track.verdict or 'unknown'}"
    extended = _sub(mark, "ExtendedData")
    for name, value in _figures(track).items():
        _sub(_sub(extended, "Data", name=name), "value").text = legible(str(value))
    point = _sub(mark, "Point")
    _sub(point, "altitudeMode").text = "absolute"
    _sub(point, "coordinates").text = f"{place.longitude_deg:.7f},{place.latitude_deg:.7f},{place.altitude_amsl_m:.1f}"


def _figures(track: Track) -> dict[str, Any]:
    names = ("track", "status", "existence", "class", "verdict", "speed_mps", "course_deg")
    told: dict[str, Any] = msgspec.to_builtins(track)
    identity: dict[str, Any] = told.get("identity", {})
    return {name: told[name] for name in names if told.get(name) is not None} | identity


def _document(name: str) -> tuple[ET.Element, ET.Element]:
    ET.register_namespace("", KML)
    root = ET.Element(f"{{{KML}}}kml")
    document = _sub(root, "Document")
    _sub(document, "name").text = name
    return root, document


def _sub(parent: ET.Element, name: str, /, **attributes: str) -> ET.Element:
    return ET.SubElement(parent, f"{{{KML}}}{name}", attributes)


def _written(root: ET.Element) -> bytes:
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"
