"""Which detections surely are whose, and where a track of some birth stands."""

from __future__ import annotations

import math

from fusion.compiling import bare
from fusion.tracking.kernels.measuring import DIFFERENCE


@bare
def choose(confirmed, start, pair, p, kind, sure, wanted, rows, chosen):
    """Choose the detections that one confirmed track alone could have caused, and surely did (`registration`).

    start, pair, p: who caused what; kind (D); sure: the probability asked for. wanted (D) is room, of noughts. Written: rows (N)
    the tracks, chosen (N) their detections. Returns how many.
    """
    for t in range(len(confirmed)):
        if confirmed[t]:
            for k in range(start[t], start[t + 1]):
                wanted[pair[k]] += 1
    many = 0
    for t in range(len(confirmed)):
        k = start[t]
        if not confirmed[t] or start[t + 1] != k + 1:
            continue
        j = pair[k]
        if kind[j] != DIFFERENCE and p[k] > sure and wanted[j] == 1:
            rows[many], chosen[many] = t, j
            many += 1
    return many


@bare
def find(births, among, found):
    """Give the row among births (n, 4) of each of others (K, 4): found (K), −1 where it is not there."""
    for k in range(len(births)):
        found[k] = place(births[k], among)


@bare
def place(birth, among):
    """Give the row of a birth (4) among others (n, 4), −1 where it is not there."""
    for i in range(len(among)):
        same = True
        for c in range(4):
            same = same and birth[c] == among[i, c]
        if same:
            return i
    return -1


@bare
def worth(births, among, seen, rows, me, edge, variance, pair, fresh):
    """Find who is worth following and is not followed yet: whom another sensor saw lately, and whose place this look measured.

    births (K, 4) of rows (K), among (n, 4) of who is followed; seen (N, sensors) ns, me: this sensor's place, edge (ns); variance
    (D, 6), pair (K) each row's detection. Written: fresh (K) places among rows. Returns how many.
    """
    many = 0
    for k in range(len(rows)):
        lately = False
        for s in range(seen.shape[1]):
            lately = lately or (s != me and seen[rows[k], s] >= edge)
        if lately and not math.isinf(variance[pair[k], 0]) and place(births[k], among) < 0:
            fresh[many] = k
            many += 1
    return many


@bare
def born(first, second, third, fourth, rows, births):
    """Give what tells tracks from each other for good: births (K, 4) of rows (K), from its four columns (N)."""
    for k in range(len(rows)):
        t = rows[k]
        births[k, 0], births[k, 1], births[k, 2], births[k, 3] = first[t], second[t], third[t], fourth[t]
