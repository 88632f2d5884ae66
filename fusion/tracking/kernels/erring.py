"""False alarms by cells of a coverage, and what of a look is owed to tracks: `clutter` and `expecting`."""

from __future__ import annotations

from fusion.compiling import bare


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
