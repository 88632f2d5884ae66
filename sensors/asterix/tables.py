"""How long each item of a category is, in the order of its field specification (Eurocontrol's specifications, editions as named).

An item is a number of bytes; "x" for octets that go on as long as their last bit is set; "r8" for a count (one byte) of eight
bytes each; "l" for a length (one byte) that counts itself; "c(…)" for parts that a specification of their own announces, "-"
for a place that is not used.
"""

from __future__ import annotations

from typing import NamedTuple

UAP: dict[int, str] = {
    # CAT015, targets of independent non-cooperative surveillance, edition 1.0 to 1.2
    15: "010:2 000:1 015:1 020:x 030:x 145:3 161:2 170:x 050:2 270:c(2,2,2,2) 300:r2 400:5 600:c(8,5,5) "
    "601:c(3,3,3,3,3,2,2,2) 602:c(5,5,5,4) 603:c(3,4,4,4) 604:c(3,2,3,2,2,2) 605:c(2,4,2,2,2) 480:r5 "
    "625:c(3,3,3,3,3,4,2,4) 626:c(3,2,2,3,1,1,1,1,1,1) 627:c(2,2,2,2,3,4) 628:c(2,2,2,2,3,4) 630:c(1,1,2,1) 631:r8 SP:l",
    # CAT021, ADS-B target reports, edition 2.1 to 2.7 (the old 0.2x has another order)
    21: "010:2 040:x 161:2 015:1 071:3 130:6 131:8 072:3 150:2 151:2 080:3 073:3 074:4 075:3 076:4 140:2 090:x 210:1 "
    "070:2 230:2 145:2 152:2 200:1 155:2 157:2 160:4 165:2 077:3 170:6 020:1 220:c(2,2,2,1) 146:2 148:2 110:c(x,r15) "
    "016:1 008:1 271:x 132:1 250:r8 260:7 400:1 295:c(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1) - - - - - RE:l "
    "SP:l",
    # CAT034, monoradar service messages, edition 1.27 to 1.29
    34: "010:2 000:1 030:3 020:1 041:2 050:c(1,-,-,1,1,2) 060:c(1,-,-,1,1,1) 070:r2 100:8 110:1 120:8 090:2 RE:l SP:l",
    # CAT048, monoradar target reports, edition 1.27 to 1.32
    48: "010:2 140:3 020:x 040:4 070:2 090:2 130:c(1,1,1,1,1,1,1) 220:3 240:6 250:r8 161:2 042:4 200:4 170:x 210:4 030:x "
    "080:2 100:4 110:2 120:c(2,r6) 230:2 260:7 055:1 050:2 065:1 060:2 SP:l RE:l",
    # CAT062, system track data, edition 1.16 to 1.21
    62: "010:2 - 015:1 070:3 105:8 100:6 185:4 210:2 060:2 245:7 "
    "380:c(3,6,2,2,2,2,2,x,r15,2,2,7,2,2,2,2,2,2,1,8,1,6,2,1,r8,2,2,2) 040:2 080:x 290:c(1,1,1,1,2,1,1,1,1,1) 200:1 "
    "295:c(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1) 136:2 130:2 135:2 220:2 "
    "390:c(2,7,4,1,4,1,4,4,3,2,2,r4,6,1,7,7,2,7) 270:x 300:1 110:c(1,4,6,2,2,1,1) 120:2 510:x 500:c(4,2,4,1,1,2,2,1) "
    "340:c(2,4,2,2,2,1) - - - - - RE:l SP:l",
    # CAT065, service status of who makes system tracks, edition 1.4 to 1.6
    65: "010:2 000:1 015:1 030:3 020:1 040:1 050:1 - - - - - RE:l SP:l",
    # CAT205, radio direction finders, edition 1.0
    205: "010:2 015:1 000:1 030:3 040:1 090:7 050:8 060:6 070:2 080:2 100:1 110:1 120:r1 130:8 140:6 150:1 160:2 170:1 "
    "180:2 190:1 200:2 SP:l",
}
"""510 of CAT062 goes on by the last bit of each third octet, which `x` cannot tell: we write none, and read no CAT062."""


class Field(NamedTuple):
    """One place of a field specification."""

    name: str
    kind: str  # of: n fixed, x extended, r repetitive, l explicit, c compound
    size: int = 0  # of what is fixed, or of one repetition
    parts: tuple[Field | None, ...] = ()


def _field(name: str, text: str) -> Field:
    if text.isdigit():
        return Field(name, "n", int(text))
    if text[0] == "c":
        parts = (None if part == "-" else _field("", part) for part in text[2:-1].split(","))
        return Field(name, "c", 0, tuple(parts))
    return Field(name, text[0], int(text[1:] or 0))


def _fields(text: str) -> tuple[Field | None, ...]:
    return tuple(None if entry == "-" else _field(*entry.split(":")) for entry in text.split())


FIELDS: dict[int, tuple[Field | None, ...]] = {category: _fields(text) for category, text in UAP.items()}
