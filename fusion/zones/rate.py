"""How many alarms people are asked to answer: the rate, what is a flood of them, and what is then held back (ISA-18.2)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec.structs import replace

from fusion.config_rules import Flood
from fusion.messages import SECOND, AlarmRate, Alert, Record, Severity, utc

BIN = 10 * SECOND
"""ns that are counted together: a sixtieth of the window that a flood is told by."""

WINDOW, HOUR = 600 * SECOND, 3600 * SECOND
"""ns: a flood is told by what came in ten minutes (ISA-18.2), the load by what came in an hour."""

ASKING = frozenset({"raised", "updated"})
"""States in which an alert asks for a person."""


class Rate(Record):
    """Alarms by the time that they came."""

    bins: dict[int, int] = msgspec.field(default_factory=dict)  # by time // BIN
    flood: int | None = None  # ns, since when there is one


def counted(rate: Rate, time: int, flood: Flood) -> Rate:
    """Count one more alarm at a time (ns)."""
    bins = rate.bins | {time // BIN: rate.bins.get(time // BIN, 0) + 1}
    return watched(replace(rate, bins=bins), time, flood)


def watched(rate: Rate, time: int, flood: Flood) -> Rate:
    """Bring the rate to a time (ns): a flood begins at `begins` alarms in ten minutes, and ends below `ends`."""
    bins = {at: count for at, count in rate.bins.items() if at * BIN > time - HOUR}
    within = _within(bins, time, WINDOW)
    is_flood = within >= (flood.begins if rate.flood is None else flood.ends) * flood.operators
    since = (time if rate.flood is None else rate.flood) if is_flood else None
    return rate if len(bins) == len(rate.bins) and since == rate.flood else Rate(bins=bins, flood=since)


def holds_back(rate: Rate, severity: Severity, time: int, flood: Flood) -> bool:
    """Tell whether a new alarm is held back: in a flood an advisory, in a great one a warning too, a critical one never."""
    if rate.flood is None or severity == "critical":
        return False
    return severity == "advisory" or _within(rate.bins, time, WINDOW) >= flood.warnings * flood.operators


def told(rate: Rate, alerts: Iterable[Alert], held: int, time: int, flood: Flood) -> AlarmRate:
    """Give the figures for `status`."""
    standing = [alert for alert in alerts if alert.state != "closed"]
    return AlarmRate(
        last_10_min=_within(rate.bins, time, WINDOW),
        per_operator_hour=round(_within(rate.bins, time, HOUR) / flood.operators, 1),
        standing=len(standing),
        unacknowledged=sum(alert.state in ASKING for alert in standing),
        held=held,
        flood=None if rate.flood is None else utc(rate.flood),
    )


def _within(bins: dict[int, int], time: int, window: int) -> int:
    return sum(count for at, count in bins.items() if at * BIN > time - window)
