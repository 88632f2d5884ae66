"""What ASTERIX's figures stand for: time of day, angles, the alphabet of six bits."""

from __future__ import annotations

import math

from fusion.errors import DecodeError
from fusion.messages import SECOND

MILE, FOOT = 1852.0, 0.3048
DAY = 86_400 * SECOND
TICK = SECOND // 128
"""ns: time of day counts in 128ths of a second since midnight UTC."""

TURN = math.tau / 65_536
"""rad, of sixteen bits of angle."""

OFF = 60 * SECOND
"""ns that a time of day may be from its arrival, as in the scan contract a detection from its scan: older ones are of no use,
and more is a clock in another zone, or none."""

ALPHABET = "\0ABCDEFGHIJKLMNOPQRSTUVWXYZ\0\0\0\0\0 \0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" + "0123456789" + "\0" * 6
"""ICAO Annex 10's six bits."""


def signed(content: bytes) -> int:
    """Read a number in two's complement."""
    return int.from_bytes(content, "big", signed=True)


def unsigned(content: bytes) -> int:
    """Read a number without a sign."""
    return int.from_bytes(content, "big")


def time_of(content: bytes, received: int, place: str) -> int:
    """Give the time (ns) nearest to an arrival at which it was that time of day; DecodeError where that is far away."""
    ticks = unsigned(content)
    told = ticks * SECOND // 128
    if told >= DAY:
        raise DecodeError(f"{place}: {ticks} is no time of day in 128ths of a second")
    time = received + (told - received % DAY + DAY // 2) % DAY - DAY // 2
    if abs(time - received) > OFF:
        raise DecodeError(
            f"{place}: is {(received - time) / SECOND / 3600.0:.1f} h before its arrival; is the source's clock in UTC?"
        )
    return time


def time_content(time: int) -> bytes:
    """Write a time (ns) as time of day."""
    return (round(time % DAY / TICK) % (86_400 * 128)).to_bytes(3, "big")


def name_of(content: bytes) -> str:
    """Read eight characters of six bits."""
    bits = unsigned(content)
    return "".join(ALPHABET[bits >> 42 - 6 * i & 63] for i in range(8)).replace("\0", "").strip()


def name_content(name: str) -> bytes:
    """Write eight characters of six bits; what the alphabet has not is left out."""
    codes = [ALPHABET.index(letter) for letter in f"{name.upper()[:8]:8}" if letter in ALPHABET[1:]]
    bits = 0
    for code in (codes + [32] * 8)[:8]:
        bits = bits << 6 | code
    return bits.to_bytes(6, "big")


def bounded(value: float, lsb: float, size: int, *, sign: bool = False) -> bytes:
    """Write a figure in steps of `lsb`; what does not fit stops at the end of the range, as the specifications ask."""
    steps = round(value / lsb)
    least, most = (-(1 << 8 * size - 1), (1 << 8 * size - 1) - 1) if sign else (0, (1 << 8 * size) - 1)
    return min(max(steps, least), most).to_bytes(size, "big", signed=sign)
