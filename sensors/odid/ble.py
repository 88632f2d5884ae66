"""Remote ID by Bluetooth: an advertising PDU, as it is on the air between access address and CRC, to its sender and messages.

Bluetooth 4 (`ADV_IND`, `ADV_NONCONN_IND`, `ADV_SCAN_IND`) carries one message a PDU, Bluetooth 5 long range (`AUX_ADV_IND` on
the coded PHY) a pack:

    0 type in the low nibble    1 length    then of Bluetooth 4 the address (6, last byte first) and the data; of Bluetooth 5 an
    extended header (length | mode, flags, address, …) and the data
    data: structures of length, type, content; ours is type 0x16 (service data), UUID 0xFFFA, 0x0D, counter, message or pack

Not implemented: chains (`AUX_CHAIN_IND`), for a pack of nine fits into one PDU; the CRC, which receivers
check and do not pass on.
"""

from __future__ import annotations

from fusion.errors import DecodeError
from sensors.odid import messages
from sensors.odid.messages import Message

LEGACY, EXTENDED = (0, 2, 6), 7
NONCONNECTABLE = 2
RANDOM_ADDRESS = 0x40  # flag of a header: the address is not a registered one
SERVICE_DATA, UUID, APPLICATION = 0x16, b"\xfa\xff", 0x0D

FIELDS = ((1, 6), (2, 6), (4, 1), (8, 2), (16, 3), (32, 18), (64, 1))
"""Flag and length of the fields of an extended header, in their order; the first is the address."""


def decode(pdu: bytes) -> tuple[str, list[Message]]:
    """Give the sender's address, empty where a PDU does not say, and the Remote ID messages, none where there are none."""
    if len(pdu) < 2 or len(pdu) != 2 + pdu[1]:
        raise DecodeError(f"pdu: has {len(pdu)} bytes; expected 2 and as many as its second byte says")
    kind, payload = pdu[0] & 0xF, pdu[2:]
    if kind in LEGACY:
        if len(payload) < 6:
            raise DecodeError(f"pdu: has {len(payload)} bytes behind its header; expected an address of 6 at least")
        return address_of(payload[:6]), _messages(payload[6:])
    if kind != EXTENDED:
        raise DecodeError(f"pdu: is of type {kind}; expected an advertisement (0, 2, 6 or 7)")
    return _extended(payload)


def encode(address: str, content: bytes, counter: int = 0) -> bytes:
    """Write a message as Bluetooth 4 sends it, a pack as Bluetooth 5 does."""
    data = bytes([SERVICE_DATA]) + UUID + bytes([APPLICATION, counter & 0xFF]) + content
    own = bytes.fromhex(address.replace(":", ""))[::-1]
    if len(content) == messages.SIZE:
        payload, kind = own + bytes([len(data)]) + data, NONCONNECTABLE
    else:
        payload, kind = bytes([7, 1]) + own + bytes([len(data)]) + data, EXTENDED
    return bytes([kind | RANDOM_ADDRESS, len(payload)]) + payload


def address_of(raw: bytes) -> str:
    """Write an address as people do."""
    return raw[::-1].hex(":")


def _extended(payload: bytes) -> tuple[str, list[Message]]:
    length = payload[0] & 0x3F if payload else 0
    if len(payload) < 1 + length:
        raise DecodeError(f"pdu: its extended header says {length} bytes, and {max(len(payload) - 1, 0)} follow")
    header, data = payload[1 : 1 + length], payload[1 + length :]
    flags, at, address = header[0] if header else 0, 1, ""
    for flag, size in FIELDS:
        if flags & flag:
            if at + size > len(header):
                raise DecodeError(f"pdu: the fields of its extended header do not fit into {length} bytes")
            address = address_of(header[at : at + size]) if flag == 1 else address
            at += size
    return address, _messages(data)


def _messages(data: bytes) -> list[Message]:
    found: list[Message] = []
    at = 0
    while at < len(data) and data[at]:  # a length of nought ends the data early
        end = at + 1 + data[at]
        if end > len(data):
            raise DecodeError(f"pdu: a structure of {data[at]} bytes runs past the end")
        content = data[at + 1 : end]
        if content[0] == SERVICE_DATA and content[1:3] == UUID and content[3:4] == bytes([APPLICATION]):
            found += messages.decode(content[5:])
        at = end
    return found
