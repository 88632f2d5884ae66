"""Whether a serial number or an operator's number can be one at all (ANSI/CTA-2063-A; EN 4709-002, 5.2)."""

from __future__ import annotations

import re

SERIAL_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""What a serial is of: no I and no O, which are too like 1 and 0."""

LENGTHS = "123456789ABCDEF"
"""The fifth character says how many follow."""

OPERATOR_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"

STATES = frozenset((
    "AUT", "BEL", "BGR", "CHE", "CYP", "CZE", "DEU", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN", "IRL",
    "ISL", "ITA", "LIE", "LTU", "LUX", "LVA", "MLT", "NLD", "NOR", "POL", "PRT", "ROU", "SVK", "SVN", "SWE",
))  # fmt: skip
"""Member states of EASA, ISO 3166-1 alpha-3: who gives operators' numbers of EN 4709-002."""

_PUBLIC = re.compile(r"[A-Z]{3}[0-9A-Za-z]{13}")
_WHOLE = re.compile(r"([A-Z]{3})([0-9a-z]{12})([0-9a-z])-?([0-9a-z]{3})")


def serial_fault(serial: str) -> str | None:
    """Say what is wrong with a serial of ANSI/CTA-2063-A: maker (4), length (1), that many characters; None if it can be one."""
    if not 6 <= len(serial) <= 20:
        return f"has {len(serial)} characters; expected 6 to 20"
    if strange := sorted(set(serial) - set(SERIAL_LETTERS)):
        return f"has {' '.join(strange)}; expected digits and capitals without I and O"
    if serial[4] not in LENGTHS:
        return f"has the length code {serial[4]}; expected 1 to F"
    if len(serial) - 5 != (told := LENGTHS.index(serial[4]) + 1):
        return f"says that {told} characters follow its fifth, and {len(serial) - 5} do"
    return None


def operator_fault(operator: str) -> str | None:
    """Say what is wrong with an operator's number that claims to be of a state of EASA; None for any other.

    Twelve characters and a check digit follow the state. The check digit is over three secret characters too, which are never
    broadcast: where a badly made drone broadcasts them all the same, it is checked.
    """
    if operator[:3] not in STATES:
        return None
    if len(operator) == 16:
        return None if _PUBLIC.fullmatch(operator) else "has other characters than letters and digits"
    if (parts := _WHOLE.fullmatch(operator)) is None:
        return f"has {len(operator)} characters; expected 16: a state, twelve and a check digit"
    _, base, digit, secret = parts.groups()
    if digit != (right := check_digit(base, secret)):
        return f"has the check digit {digit}; expected {right}"
    return None


def public(operator: str) -> str:
    """Give an operator's number without its three secret characters, where a drone broadcasts them."""
    return operator[:16] if _WHOLE.fullmatch(operator) else operator


def check_digit(base: str, secret: str) -> str:
    """Give the check digit of twelve and three characters: Luhn's algorithm to the base of 36, from the left, twice the first."""
    total = 0
    for place, letter in enumerate(base + secret):
        total += sum(divmod(OPERATOR_LETTERS.index(letter) * (2 - place % 2), 36))
    return OPERATOR_LETTERS[-total % 36]
