"""False alarms by cells of a coverage, what of a look is owed to tracks, where others may begin: `clutter` and `expecting`."""

from __future__ import annotations

import math

from fusion.compiling import bare
from fusion.tracking.kernels.measuring import DIFFERENCE


@bare
def summed(counts):
    """Give the false alarms of all cells."""
    total = 0.0
    for c in range(len(counts)):
        total += counts[c]
    return total


@bare
def rates(counts, looks, false, cells, share, strength, least, rate):
    """Give the rate of false alarms at each detection over the configured one (`clutter.relative`): rate (D)."""
    for j in range(len(cells)):
        rate[j] = max((strength + counts[cells[j]]) / (strength + false * share[j] * looks), least)


@bare
def scaled(rate, factor, more):
    """Give rate (D) · factor + more in its place; returns the greatest."""
    most = -math.inf
    for j in range(len(rate)):
        rate[j] = factor * rate[j] + more
        most = max(most, rate[j])
    return most


@bare
def count(cells, weight, counts):
    """Add each detection's weight (D) to its cell's count."""
    for j in range(len(cells)):
        counts[cells[j]] += weight[j]


@bare
def owed(r, confirmed, start, pd_hit, pd_miss):
    """Give how many detections are owed to confirmed tracks, Σ r pD, and to others that met one in their gate."""
    known, likely = 0.0, 0.0
    for t in range(len(r)):
        if confirmed[t]:
            known += r[t] * pd_miss[t]
        elif start[t + 1] > start[t]:
            likely += r[t] * pd_hit[t]
    return known, likely


@bare
def detectable(inside, pd, soft, looks, hit, miss):
    """Give the probability that a sensor reports each track (`store.Gated`): inside (N) its coverage, pd there; hit, miss (N)."""
    for t in range(len(inside)):
        hit[t], miss[t] = max(pd * inside[t], soft * pd), pd * inside[t] if looks else 0.0


@bare
def beginning(kind, variance, r, least, chosen):
    """Choose the detections that a track may begin at: a range and direction or a place, of existence r (D) not below least.

    Written: chosen (D). Returns how many.
    """
    many = 0
    for j in range(len(kind)):
        if kind[j] != DIFFERENCE and not math.isinf(variance[j, 0]) and r[j] >= least:
            chosen[many] = j
            many += 1
    return many
