"""What the times at which futures enter come to: shares, and the middle one."""

from __future__ import annotations

import numpy as np

from fusion.compiling import bare

FEW = 16
"""Values among which the one that is sought is picked one by one."""


@bare
def told(times):
    """Give what share of the futures is in the zone now, what share enters, and the lower median of when; sorts in place."""
    inside, enters, last = 0, 0, 0.0
    for s in range(len(times)):
        inside += times[s] == 0.0
        enters += times[s] < np.inf
        last = max(last, times[s] if times[s] < np.inf else 0.0)
    if enters == 0:
        return 0.0, 0.0, np.nan
    middle = (enters - 1) // 2
    median = 0.0 if inside > middle else ranked(times, middle, inside, enters, last)
    return inside / len(times), enters / len(times), median


@bare
def ranked(times, k, below, above, last):
    """Give the k-th smallest of times of which `below` are 0, `above` finite and `last` the greatest; sorts in place.

    Counting those under a middle halves the span again and again (many at once, no branch on a value), until few are between.
    """
    low, high = 0.0, last
    while above - below > FEW:
        middle = low + (high - low) / 2.0
        if middle <= low or middle >= high:
            break  # all between are one value, or two that nothing lies between
        count = 0
        for s in range(len(times)):
            count += times[s] <= middle
        if count > k:
            high, above = middle, count
        else:
            low, below = middle, count
    between = 0
    for s in range(len(times)):
        moment = times[s]
        times[between] = moment
        between += 1 if (moment > low) & (moment <= high) else 0
    return smallest(times, between, k - below)


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
