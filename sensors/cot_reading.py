"""Reads events of Cursor on Target: XML, one or more after another, or a message of the TAK protocol's version 1 (protobuf)."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from fusion.errors import DecodeError
from fusion.messages import nanoseconds

UNKNOWN = 9_999_999.0

MOST_EVENTS = 1_000
MOST_BYTES = 65_536
"""Of one event: what a datagram can hold."""

MAGIC = 0xBF
"""The first byte of a message of the TAK protocol, which no XML begins with."""

MILLISECOND = 1_000_000

LATEST = 4_102_444_800_000 * MILLISECOND
"""ns, the year 2100: a time beyond is none."""

END = b"</event>"

EMPTY = re.compile(rb"""[ \r\n\t\0]*(?:<\?xml[^>]*>[ \r\n\t]*)?<event(?=[ \r\n\t/])(?:[^<>"']|"[^<"]*"|'[^<']*')*/>""")
"""An event without content, which has no end of its own; it stands before another, or alone."""

MISSING = "Cursor on Target cannot be read without defusedxml and takproto: pip install 'vigie[tak]'"


class Event(NamedTuple):
    """What of an event is taken."""

    uid: str
    type: str
    how: str
    time: int  # ns
    stale: int  # ns
    latitude: float  # degrees
    longitude: float  # degrees
    hae: float  # m
    ce: float  # m
    le: float  # m
    callsign: str | None
    course: float | None  # degrees from north
    speed: float | None  # m/s


def events(payload: bytes) -> Iterator[Event | ValueError]:
    """Give each event, or what is wrong with it; DecodeError for what is no events at all."""
    if payload[:1] == bytes([MAGIC]):
        yield _tried(_of_protobuf, payload)
        return
    *pieces, rest = payload.split(END)
    if len(pieces) > MOST_EVENTS:
        raise DecodeError(f"holds {len(pieces)} events; expected at most {MOST_EVENTS}")
    for piece in pieces:
        empty, whole = _emptied(piece)
        yield from empty
        yield _tried(_of_xml, whole + END)
    empty, rest = _emptied(rest)
    yield from empty
    if rest.strip(b" \r\n\t\0"):
        yield ValueError(f"is no whole event: it does not end with {END.decode()}")


def _emptied(piece: bytes) -> tuple[list[Event | ValueError], bytes]:
    """Read the events without content that stand before an event; give what is left as well."""
    found = list[Event | ValueError]()
    while empty := EMPTY.match(piece):
        if len(found) == MOST_EVENTS:
            raise DecodeError(f"holds more than {MOST_EVENTS} events")
        found.append(_tried(_of_xml, empty.group()))
        piece = piece[empty.end() :]
    return found, piece


def _tried(read: Callable[[bytes], Event], piece: bytes) -> Event | ValueError:
    if len(piece) > MOST_BYTES:
        return ValueError(f"has {len(piece)} bytes; expected at most {MOST_BYTES}")
    try:
        return read(piece)
    except ValueError as error:
        return error


def _of_xml(piece: bytes) -> Event:
    try:
        from defusedxml.common import DefusedXmlException  # noqa: PLC0415 - an optional extra
        from defusedxml.ElementTree import ParseError, fromstring  # noqa: PLC0415
    except ImportError as error:
        raise DecodeError(MISSING) from error
    try:
        told = fromstring(piece.strip(b" \r\n\t\0"), forbid_dtd=True)
    except DefusedXmlException as error:
        raise ValueError(f"declares a document type or entities, which none needs: {type(error).__name__}") from error
    except (ParseError, LookupError) as error:
        raise ValueError(f"is no XML: {error}") from error
    if told.tag != "event":
        raise ValueError(f"is a {told.tag[:40]!r}; expected an 'event'")
    point, contact, track = told.find("point"), told.find("detail/contact"), told.find("detail/track")
    kind = _text(told, "type")
    nowhere = {"lat": "0", "lon": "0"} if point is None and not kind.startswith("a-") else None
    place: Any = nowhere if nowhere is not None else _there(point)
    motion: Any = {} if track is None else track
    return _checked(
        uid=_text(told, "uid"),
        type=kind,
        how=told.get("how", "")[:16],
        time=_time(told, "time"),
        stale=_time(told, "stale"),
        latitude=_number(place, "lat", math.nan),
        longitude=_number(place, "lon", math.nan),
        hae=_number(place, "hae", UNKNOWN),
        ce=_number(place, "ce", UNKNOWN),
        le=_number(place, "le", UNKNOWN),
        callsign=None if contact is None else contact.get("callsign"),
        course=_motion(motion, "course"),
        speed=_motion(motion, "speed"),
    )


def _there(point: Any) -> Any:
    if point is None:
        raise ValueError("point: is missing")
    return point


def _of_protobuf(payload: bytes) -> Event:
    try:
        from google.protobuf.message import DecodeError as BrokenError  # noqa: PLC0415 - an optional extra
        from takproto.proto import TakMessage  # noqa: PLC0415
    except ImportError as error:
        raise DecodeError(MISSING) from error
    try:
        told: Any = TakMessage()
        told.ParseFromString(_unwrapped(payload))
    except BrokenError as error:
        raise ValueError(f"is no TAK message: {error}") from error
    event = told.cotEvent
    beside = _beside(event.detail.xmlDetail)
    if not event.uid or not event.type:
        raise ValueError("uid, type: are missing, so it holds no event")
    moves, motion = event.detail.HasField("track"), beside.get("track", {})
    return _checked(
        uid=event.uid,
        type=event.type,
        how=event.how[:16],
        time=event.sendTime * MILLISECOND,
        stale=event.staleTime * MILLISECOND,
        latitude=event.lat,
        longitude=event.lon,
        hae=event.hae,
        ce=event.ce,
        le=event.le,
        callsign=event.detail.contact.callsign or beside.get("contact", {}).get("callsign"),
        course=event.detail.track.course if moves else _motion(motion, "course"),
        speed=event.detail.track.speed if moves else _motion(motion, "speed"),
    )


def _beside(text: str) -> dict[str, Any]:
    """Read what a detail holds as XML: elements with attributes that the protocol's own message has no place for."""
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415 - an optional extra, which `_of_protobuf` needs too
    from defusedxml.ElementTree import ParseError, fromstring  # noqa: PLC0415

    try:
        return {one.tag: one.attrib for one in fromstring(f"<detail>{text}</detail>", forbid_dtd=True)}
    except (ParseError, DefusedXmlException, LookupError, ValueError):
        return {}  # what the message itself says holds without it


def _unwrapped(payload: bytes) -> bytes:
    """Take the head off: 0xBF, 1, 0xBF on a mesh; 0xBF and the length as a varint on a stream."""
    if payload[:3] == bytes([MAGIC, 1, MAGIC]):
        return payload[3:]
    length, shift = 0, 0
    for i, byte in enumerate(payload[1:6], start=2):
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            if length != len(payload) - i:
                raise ValueError(f"announces {length} bytes and has {len(payload) - i}")
            return payload[i:]
    raise ValueError("has no head of the TAK protocol's version 1")


def _checked(**told: Any) -> Event:
    """Hold an event to what can be; course and speed that are unknown become None."""
    for name, least, most in (("latitude", -90.0, 90.0), ("longitude", -180.0, 180.0)):
        if not least <= told[name] <= most:
            raise ValueError(f"point: {name}: {told[name]} is not from {least:g} to {most:g}")
    if not (-1_000.0 <= told["hae"] <= 30_000.0 or told["hae"] >= UNKNOWN):
        raise ValueError(f"point: hae: {told['hae']} is not from -1000 to 30000, nor 9999999 for unknown")
    for name in ("ce", "le"):
        if not told[name] <= 1e5 and not told[name] >= UNKNOWN:
            raise ValueError(f"point: {name}: {told[name]} is not up to 100000, nor 9999999 for unknown")
    for name in ("time", "stale"):
        if not 0 < told[name] <= LATEST:
            raise ValueError(f"{name}: is no time from 1970 to 2100")
    for name, most in (("uid", 128), ("type", 64), ("callsign", 128)):
        if len(told[name] or "") > most:
            raise ValueError(f"{name}: is longer than {most} characters")
    moves = 0.0 <= told["speed"] <= 1_000.0 and -360.0 <= told["course"] <= 360.0
    told |= {} if moves else {"course": None, "speed": None}
    told["callsign"] = (told["callsign"] or "").strip() or None
    return Event(**told)


def _text(told: Any, name: str) -> str:
    text = cast("str | None", told.get(name))
    if not (text or "").strip():
        raise ValueError(f"{name}: is missing")
    return cast("str", text)


def _number(told: Any, name: str, otherwise: float) -> float:
    text = told.get(name)
    if text is None and not math.isnan(otherwise):
        return otherwise
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{name}: {(text or '')[:20]!r} is no number")
    return value


def _motion(told: Any, name: str) -> float:
    """Read a course or a speed; who stands is told by some to have none in words ("NaN")."""
    text = told.get(name) or ""
    return UNKNOWN if text.strip().lower() == "nan" else _number(told, name, UNKNOWN)


def _time(told: Any, name: str) -> int:
    text = _text(told, name)
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{name}: {text[:40]!r} is no time such as 2026-07-26T17:30:00.250Z") from error
    return nanoseconds(time if time.tzinfo else time.replace(tzinfo=UTC))
