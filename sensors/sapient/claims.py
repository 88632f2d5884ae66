"""Who a report says that something is: `id` and the pieces of object_info that name it. Claims, not measurements."""

from __future__ import annotations

import re
from typing import Any

from fusion.messages import Identity
from sensors.odid.numbers import serial_fault

KINDS = {
    "serial": "serial",
    "serial number": "serial",
    "uas id": "serial",
    "registration": "registration",
    "tail number": "registration",
    "operator": "operator",
    "operator id": "operator",
    "icao24": "icao24",
    "icao": "icao24",
    "icao address": "icao24",
    "callsign": "callsign",
    "call sign": "callsign",
}
"""`type` of an object_info, in small letters, `_` and `-` as blanks: which part of an identity its `value` is."""

_ADDRESS = re.compile(r"[0-9A-Fa-f]{6}")

LONGEST = 128


def identity_of(report: Any) -> Identity | None:
    """Give the identity that a report claims; `id` is a serial or an address where it can be one, else a registration."""
    parts: dict[str, str] = {}
    for one in report.object_info:
        kind = KINDS.get(one.type.lower().replace("_", " ").replace("-", " ").strip())
        if kind and one.value and (kind != "icao24" or _ADDRESS.fullmatch(one.value)):
            parts.setdefault(kind, one.value[:LONGEST])
    if report.id and report.id not in parts.values():
        parts.setdefault(_kind(report.id), report.id[:LONGEST])
    if "icao24" in parts:
        parts["icao24"] = parts["icao24"].lower()
    return Identity(**parts) if parts else None


def _kind(text: str) -> str:
    if serial_fault(text) is None:
        return "serial"
    return "icao24" if _ADDRESS.fullmatch(text) else "registration"


def write(identity: Identity, report: Any) -> None:
    """Write an identity: its best name as `id`, each part as object_info."""
    for kind in ("serial", "icao24", "registration", "callsign", "operator"):
        if value := getattr(identity, kind):
            if not report.id:
                report.id = value
            report.object_info.add(type=kind, value=value)
