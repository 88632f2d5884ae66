"""How a camera errs that counts people: a factor that stays for a while, and chance upon that."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from scipy.special import ndtr

from fusion.messages import SECOND, Floats, Integers, utc
from fusion.zones.crowds import Crowd, CrowdCell
from simulators.behaviour import Counts
from simulators.chance import correlated
from simulators.earth import ecef_from_wgs84
from simulators.looks import TICK
from simulators.scenario import People
from simulators.sensing import arrived
from simulators.view import View

CHEST = 1.3
"""m above ground: what a camera sees of people who stand close."""

QUARTER = 0.25
"""The share of the count that its confidence is about (the contract's)."""


def counts(view: View, told: Counts, crowd: tuple[People, ...], start: int) -> Iterator[tuple[int, Crowd]]:
    """Give what a camera counts of the cells that it sees, and when it arrives (ns), with the fate that its scans have.

    n ~ Poisson(N exp(σ z − σ²/2)), z standard normal and correlated from count to count.
    """
    turn = np.floor(view.looks.time / told.every_s)
    looks = np.flatnonzero(np.diff(turn, prepend=-1.0) > 0.0)
    columns = [_column(view, told, cell, looks) for cell in crowd]
    row_of = {look: row for row, look in enumerate(looks.tolist())}
    clock = start + round(view.behaviour.bias.time_s * SECOND)
    for look, received in zip(*(column.tolist() for column in arrived(view)), strict=True):
        if (row := row_of.get(look)) is not None:
            time = clock + round(float(view.looks.time[look]) * SECOND / TICK) * TICK
            cells = tuple(
                _cell(cell, told, int(column[row])) for cell, column in zip(crowd, columns, strict=True) if column[row] >= 0.0
            )
            yield start + received, Crowd(time=utc(time), cells=cells)


def _column(view: View, told: Counts, cell: People, looks: Integers) -> Floats:
    """Give what is counted in a cell at some looks (m,); −1 where it is not seen."""
    time, number = view.looks.time[looks], people(cell, view.looks.time[looks])
    z = correlated(view.chance("crowd", cell.id), len(looks), 1, told.every_s, told.correlation_s)[:, 0]
    counted = view.chance("crowd", cell.id, "people").poisson(number * np.exp(told.sigma * z - told.sigma**2 / 2.0))
    where = ecef_from_wgs84(math.radians(cell.latitude_deg), math.radians(cell.longitude_deg), view.ground + CHEST)
    seen = view.directions(np.broadcast_to(where, (len(view.looks.time), 3)), np.zeros((len(view.looks.time), 3)))
    there = view.covers(seen)
    if view.field is not None:
        there &= view.field.holds(seen.azimuth, seen.elevation)
    return np.where(there[looks], counted, -1.0) if len(time) else np.zeros(0)


def people(cell: People, time: Floats) -> Floats:
    """Give how many people are in a cell at times (n,): on straight lines between what the scenario tells."""
    at, number = np.array(cell.people).T
    return np.asarray(np.interp(time, at, number))


def _cell(cell: People, told: Counts, count: int) -> CrowdCell:
    return CrowdCell(
        cell=cell.id,
        latitude_deg=cell.latitude_deg,
        longitude_deg=cell.longitude_deg,
        radius_m=cell.radius_m,
        count=count,
        confidence=round(confidence(count, told.sigma), 3),
    )


def confidence(count: int, sigma: float) -> float:
    """Give the probability that the true number is within a quarter of a count n: ln(N/n) ~ N(s²/2, s²), s² = σ² + 1/n."""
    s = math.sqrt(sigma**2 + 1.0 / max(count, 1))
    low, high = ((math.log(1.0 + side) - s * s / 2.0) / s for side in (-QUARTER, QUARTER))
    return float(ndtr(high) - ndtr(low))
