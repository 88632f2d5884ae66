"""What the times at which futures enter come to: shares, and the middle one."""

from __future__ import annotations

import numpy as np

from fusion.compiling import bare


@bare
def told(times):
    """Give what share of the futures is in the zone now, what share enters, and the lower median of when; sorts in place."""
    inside, later = 0, 0
    for s in range(len(times)):
        moment = times[s]
        times[later] = moment
        inside += 1 if moment == 0.0 else 0
        later += 1 if (moment > 0.0) & (moment < np.inf) else 0
    enters = inside + later
    if enters == 0:
        return 0.0, 0.0, np.nan
    middle = (enters - 1) // 2
    median = 0.0 if inside > middle else smallest(times, later, middle - inside)
    return inside / len(times), enters / len(times), median


@bare
def smallest(values, count, k):
    """Give the k-th smallest of the first `count` values, which are put in another order (quickselect; no branch on a value)."""
    left, right = 0, count
    while right - left > 1:
        pivot, least = values[(left + right) // 2], left
        for i in range(left, right):
            value = values[i]
            values[i] = values[least]
            values[least] = value
            least += 1 if value < pivot else 0
        if k < least:
            right = least
            continue
        same = least
        for i in range(least, right):
            value = values[i]
            values[i] = values[same]
            values[same] = value
            same += 1 if value == pivot else 0
        if k < same:
            return pivot
        left = same
    return values[left]
