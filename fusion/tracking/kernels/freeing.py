"""A look's measurements freed from what its sensor is off by, in the order that gating wants."""

from __future__ import annotations

import math

import numpy as np

from fusion.compiling import bare, jit
from fusion.tracking.kernels.beginning import invert3
from fusion.tracking.kernels.measuring import DIFFERENCE, DIRECTION, OVERHEAD, POSITION, TWO_PI, enu, enu_slope

TIME, EAST, NORTH = 3, 4, 5
"""Places of a bias' last parts (`sensors.PARTS`); the first three are range, azimuth, elevation."""


@jit
def free(kind, told, stated, own, value, covariance, scale, clocks, way, nearest, origin, C, z, variance, offset, slack):
    """Take a bias off what was measured, z ← z − J b, and count what is not known of it as noise: R ← scale R + J B Jᵀ.

    J, what each part of a bias does to a row, is for directions

        range      1  0  0   way     sin α    cos α
        azimuth    0  1  0   way/r   cos α/r  −sin α/r
        elevation  0  0  1   way/r   0        0

    and without a range the identity alone; for positions J⁻¹ ∂e/∂(r, α, ε) (`models.polar_slopes`) and the shift in plan.
    told, stated (D, 6) and own (D,) are values, variances and times as measured; value (6,), covariance (6, 6) the bias; clocks
    (D,) m², what is not known of the clocks of differences. way, m/s: how fast a target goes whose time is not known well.
    Written: z, variance (D, 6), offset (D,), slack (6, 2): the largest finite variance of directions and positions.
    """
    e, slope, A, J = np.empty(3), np.empty((3, 3)), np.empty((3, 3)), np.zeros((3, 6))
    biased = np.any(covariance != 0.0)
    slack[:] = 0.0
    for j in range(len(kind)):
        offset[j] = own[j] - value[TIME]
        for i in range(6):
            z[j, i], variance[j, i] = told[j, i], stated[j, i] * scale
        variance[j, 0] += clocks[j]
        if biased and kind[j] != DIFFERENCE:
            if kind[j] == DIRECTION:
                turn(z[j], variance[j], value, way, nearest, J)
            else:
                shift(z[j], variance[j], value, origin, C, e, slope, A, J)
                for i in range(3):
                    variance[j, i] += way * way * covariance[TIME, TIME]
            for i in range(3):
                for a in range(6):
                    for b in range(6):
                        variance[j, i] += J[i, a] * covariance[a, b] * J[i, b]
        if kind[j] == DIRECTION or kind[j] == POSITION:
            for i in range(6):
                if not math.isinf(variance[j, i]):
                    slack[i, kind[j]] = max(slack[i, kind[j]], variance[j, i])


@bare
def turn(z, variance, value, way, nearest, J):
    """Take a bias off a direction, and write its slopes J (3, 6)."""
    ranged = not math.isinf(variance[0])
    for i in range(3):
        if not math.isinf(variance[i]):
            z[i] -= value[i]
        for k in range(6):
            J[i, k] = 1.0 if i == k else 0.0
    z[0] = max(z[0], nearest)
    if ranged:
        sine, cosine = math.sin(z[1]), math.cos(z[1])
        J[0, TIME], J[1, TIME], J[2, TIME] = way, way / z[0], way / z[0]
        J[0, EAST], J[0, NORTH] = sine, cosine
        J[1, EAST], J[1, NORTH] = cosine / z[0], -sine / z[0]
    else:
        z[0] = 0.0
    z[1] %= TWO_PI


@bare
def shift(z, variance, value, origin, C, e, slope, A, J):
    """Take a bias off a position, and write its slopes J (3, 6)."""
    enu(origin, C, z[0], z[1], z[2], e)
    enu_slope(origin, C, z[0], z[1], z[2], slope)
    invert3(slope, A)
    rho = max(math.hypot(e[0], e[1]), OVERHEAD)
    r = math.hypot(rho, e[2])
    for i in range(3):
        J[i, 0] = (A[i, 0] * e[0] + A[i, 1] * e[1] + A[i, 2] * e[2]) / r
        J[i, 1] = A[i, 0] * e[1] - A[i, 1] * e[0]
        J[i, 2] = A[i, 2] * rho - (A[i, 0] * e[0] + A[i, 1] * e[1]) * e[2] / rho
        J[i, TIME], J[i, EAST], J[i, NORTH] = 0.0, 1.0 if i == 0 else 0.0, 1.0 if i == 1 else 0.0
    for i in range(3):
        if not math.isinf(variance[i]):
            for k in range(6):
                z[i] -= J[i, k] * value[k]


@bare
def sort(kind, z, rows, order, key):
    """Sort a few detections (n rows of D) by kind, then azimuth or easting; what is equal stays as it stood."""
    for n in range(len(rows)):
        j = rows[n]
        value = z[j, 1] if kind[j] == DIRECTION else z[j, 0]
        at = n
        while at > 0 and (kind[order[at - 1]] > kind[j] or (kind[order[at - 1]] == kind[j] and key[at - 1] > value)):
            order[at], key[at] = order[at - 1], key[at - 1]
            at -= 1
        order[at], key[at] = j, value


@bare
def cells(kind, z, variance, coverage, origin, sectors, rings, cell, share):
    """Give the cell of each detection and its share of false alarms that are spread evenly (`clutter.cells_of`)."""
    first, width, near, far = coverage[0], coverage[1], coverage[4], coverage[5]
    for j in range(len(kind)):
        if kind[j] == DIFFERENCE:
            cell[j], share[j] = 0, 1.0
            continue
        azimuth, depth = z[j, 1], (z[j, 0] - near) / (far - near)
        if kind[j] == POSITION:
            east, north = z[j, 0] - origin[0], z[j, 1] - origin[1]
            azimuth = math.atan2(east, north)
            depth = (east * east + north * north - near * near) / (far * far - near * near)
        ranged = not math.isinf(variance[j, 0])
        sector = int(min(max((azimuth - first) % TWO_PI / width * sectors, 0.0), sectors - 1.0))
        ring = int(min(max(depth * rings, 0.0), rings - 1.0)) if ranged else 0
        cell[j], share[j] = sector * rings + ring, 1.0 / (sectors * rings) if ranged else 1.0 / sectors
