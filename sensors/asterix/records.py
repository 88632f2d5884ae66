"""Cuts data blocks into records and records into items, and writes them: bytes alone, what they mean is read elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from fusion.errors import DecodeError
from sensors.asterix.tables import FIELDS, Field

HEAD = 3
"""Bytes of a block's head: category, length of the whole block."""

Items = dict[str, bytes]


def blocks(payload: bytes) -> list[tuple[int, bytes]]:
    """Cut a payload into data blocks (category, records); DecodeError where their lengths do not fill it exactly."""
    found, at = list[tuple[int, bytes]](), 0
    while at < len(payload):
        length = int.from_bytes(payload[at + 1 : at + HEAD], "big")
        if length <= HEAD or at + length > len(payload):
            raise DecodeError(
                f"block at byte {at}: its length is {length}; {len(payload) - at} bytes are there, {HEAD} are its head"
            )
        found.append((payload[at], payload[at + HEAD : at + length]))
        at += length
    if not found:
        raise DecodeError("is empty; expected ASTERIX data blocks")
    return found


def records(category: int, body: bytes) -> list[Items]:
    """Cut a block's records into their items; DecodeError naming record and item where one does not fit."""
    fields, found, at = FIELDS[category], list[Items](), 0
    while at < len(body):
        place = f"CAT{category:03d} record {len(found) + 1}"
        present, at = _present(body, at, len(fields), place)
        items: Items = {}
        for number in present:
            field = fields[number]
            if field is None:
                raise DecodeError(
                    f"{place}: place {number + 1} of its field specification is not used; is it of another edition?"
                )
            end = _end(field, body, at, place)
            items[field.name] = body[at:end]
            at = end
        found.append(items)
    return found


def _present(body: bytes, at: int, places: int, place: str) -> tuple[list[int], int]:
    """Read a field specification: the places that are there, and where it ends."""
    present, octet = list[int](), 0
    while True:
        if at >= len(body):
            raise DecodeError(f"{place}: ends in its field specification")
        bits = body[at]
        at += 1
        if bits & 0xFE:
            present += [octet * 7 + i for i in range(7) if bits & (0x80 >> i)]
        if not bits & 1:
            break
        octet += 1
    if present and present[-1] >= places:
        raise DecodeError(
            f"{place}: place {present[-1] + 1} is beyond its field specification of {places}; is it of another edition?"
        )
    return present, at


def _end(field: Field, body: bytes, at: int, place: str) -> int:
    """Give where an item ends."""
    end = at + field.size
    if field.kind == "x":
        end = at
        while end < len(body) and body[end] & 1:
            end += 1
        end += 1
    elif field.kind == "r":
        end = at + 1 + (body[at] if at < len(body) else 0) * field.size
    elif field.kind == "l":
        end = at + max(body[at] if at < len(body) else 0, 1)
    elif field.kind == "c":
        present, end = _present(body, at, len(field.parts), f"{place}: I{field.name}")
        for number in present:
            part = field.parts[number]
            if part is None:
                raise DecodeError(f"{place}: I{field.name}: part {number + 1} is not used; is it of another edition?")
            end = _end(part, body, end, place)
    if end > len(body):
        raise DecodeError(f"{place}: I{field.name or '…'} ends {end - len(body)} bytes beyond its block")
    return end


def parts(category: int, name: str, content: bytes) -> dict[int, bytes]:
    """Cut a compound item of a record into its parts, by their places from 0 on."""
    field = next(one for one in FIELDS[category] if one is not None and one.name == name)
    present, at = _present(content, 0, len(field.parts), f"I{category:03d}/{name}")
    found: dict[int, bytes] = {}
    for number in present:
        part = field.parts[number]
        end = at if part is None else _end(part, content, at, f"I{category:03d}/{name}")
        found[number], at = content[at:end], end
    return found


# --- Writing -----------------------------------------------------------------------------------------------------------


def block(category: int, written: list[bytes]) -> bytes:
    """Write a data block of some records."""
    body = b"".join(written)
    return bytes([category]) + (len(body) + HEAD).to_bytes(2, "big") + body


def record(category: int, items: Mapping[str, bytes]) -> bytes:
    """Write a record: its field specification and its items, in their order."""
    places = {field.name: number for number, field in enumerate(FIELDS[category]) if field is not None}
    in_order = sorted((places[name], content) for name, content in items.items())
    return specification([number for number, _ in in_order]) + b"".join(content for _, content in in_order)


def compound(parts_: Mapping[int, bytes]) -> bytes:
    """Write a compound item of its parts, by their places from 0 on."""
    return specification(sorted(parts_)) + b"".join(parts_[number] for number in sorted(parts_))


def specification(present: list[int]) -> bytes:
    """Write which places are there, seven an octet; the last bit says that another octet follows."""
    octets = bytearray(max(present, default=0) // 7 + 1)
    for number in present:
        octets[number // 7] |= 0x80 >> (number % 7)
    for i in range(len(octets) - 1):
        octets[i] |= 1
    return bytes(octets)
