"""The specification: predict, likelihood and update of one track, with filterpy. Slow, readable, and what `kernels` must equal.

filterpy's ExtendedKalmanFilter updates each mode, its IMMEstimator mixes them and matches the moments; what it has no
word for (several detections, each with a probability) is written out below the equation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from filterpy.kalman import ExtendedKalmanFilter, IMMEstimator
from scipy.stats import multivariate_normal

from fusion.frame import Horizon
from fusion.messages import Floats
from fusion.tracking.models import (
    AZIMUTH,
    MODES,
    TURNS,
    Linearised,
    difference,
    direction,
    matrices,
    position,
    settled,
    transition,
)


@dataclass(frozen=True)
class Belief:
    """One track: each mode's state (M, 6), covariance (M, 6, 6) and probability (M)."""

    x: Floats
    P: Floats
    mu: Floats

    def combined(self) -> tuple[Floats, Floats]:
        """Match the moments over the modes: x = Σ μ x_m, P = Σ μ (P_m + (x_m − x)(x_m − x)ᵀ)."""
        imm = _imm(self, np.eye(len(self.mu)))
        return imm.x.ravel(), imm.P


@dataclass(frozen=True)
class Plot:
    """One detection's numbers; `components` says which of its row were measured."""

    is_direction: bool
    z: Floats
    variance: Floats
    components: tuple[int, ...]
    offset: float = 0.0
    reference: Horizon | None = None  # of a difference

    def linearise(self, horizon: Horizon, x: Floats, P: Floats) -> Linearised:
        """Linearise at a mode's state."""
        if self.reference is not None:
            return difference(horizon, self.reference, x, P, self.offset)
        return direction(horizon, x, P, self.offset) if self.is_direction else position(x, self.offset)


def predict(belief: Belief, dt: float) -> Belief:
    """Mix the modes and move Δt (s) ahead: IMMEstimator's predict with F and Q of each mode."""
    imm = _imm(belief, settled(transition(dt), belief.x, belief.P, dt))
    for mode, ekf in zip(MODES, imm.filters, strict=True):
        ekf.F, ekf.Q = matrices(mode, dt)
    imm.predict(u=0)  # filterpy hands its default None on to the EKF, which cannot take it
    return Belief(np.array([ekf.x for ekf in imm.filters]), np.array([ekf.P for ekf in imm.filters]), np.array(imm.cbar))


def log_likelihood(belief: Belief, plot: Plot, horizon: Horizon) -> Floats:
    """Give log N(z; h, H P Hᵀ + R) of a detection in each mode (M); angles that may be anywhere have their even density."""
    found = []
    for x, P in zip(belief.x, belief.P, strict=True):
        seen, rows = plot.linearise(horizon, x, P), np.array(plot.components)
        R = np.diag(plot.variance[rows] + seen.curvature_variance[rows])
        S = seen.H[rows] @ P @ seen.H[rows].T + R
        turns = np.array([TURNS.get(row, math.inf) if plot.is_direction else math.inf for row in plot.components])
        told = 2 * math.pi * S.diagonal() <= turns**2
        nu = _residual(plot, seen)[told]
        normal = multivariate_normal.logpdf(nu, cov=S[np.ix_(told, told)]) if told.any() else 0.0
        found.append(normal - np.log(turns[~told]).sum())
    return np.array(found)


def update(belief: Belief, plots: list[Plot], p: Floats, missed: float, horizon: Horizon) -> Belief:
    """Update with detections that are each this track's with probability p_j, and none with `missed`; they sum to r'.

    Each mode's posterior is the mixture over j of its EKF updates with weights p_j μ_m L_jm / Σ_m μ_m L_jm, and of its
    prediction with weight missed·μ_m, matched in mean and covariance.
    """
    M = len(belief.mu)
    parts: list[list[tuple[float, Floats, Floats]]] = [[(missed * belief.mu[m], belief.x[m], belief.P[m])] for m in range(M)]
    for plot, p_j in zip(plots, p, strict=True):
        joint = np.log(belief.mu) + log_likelihood(belief, plot, horizon)
        joint = np.exp(joint - joint.max())
        for m in range(M):
            parts[m].append((p_j * joint[m] / joint.sum(), *_updated(belief.x[m], belief.P[m], plot, horizon)))
    weight = np.array([sum(w for w, _, _ in part) for part in parts])
    matched = [_match(part) for part in parts]
    return Belief(np.array([x for x, _ in matched]), np.array([P for _, P in matched]), weight / weight.sum())


def marginals(w: Floats) -> Floats:
    """Give P(detection j is track i's), by summing over every joint association: w (N, D) against each track's miss.

    The exact sum that belief propagation approximates; every track has at most one detection and every detection at most
    one track.
    """
    N, D = w.shape
    total, share = 0.0, np.zeros((N, D))
    for joint in product(range(-1, D), repeat=N):
        taken = [j for j in joint if j >= 0]
        if len(taken) == len(set(taken)):
            weight = float(np.prod([w[i, j] for i, j in enumerate(joint) if j >= 0]))
            total += weight
            for i, j in enumerate(joint):
                if j >= 0:
                    share[i, j] += weight
    return share / total


def _imm(belief: Belief, pi: Floats) -> IMMEstimator:
    filters = []
    for x, P in zip(belief.x, belief.P, strict=True):
        ekf = ExtendedKalmanFilter(dim_x=6, dim_z=1)
        ekf.x, ekf.P = x.copy(), P.copy()
        filters.append(ekf)
    return IMMEstimator(filters, belief.mu, pi)


def _updated(x: Floats, P: Floats, plot: Plot, horizon: Horizon) -> tuple[Floats, Floats]:
    """Update one mode with one detection: filterpy's EKF, all components at once."""
    seen, rows = plot.linearise(horizon, x, P), list(plot.components)
    ekf = ExtendedKalmanFilter(dim_x=6, dim_z=len(rows))
    ekf.x, ekf.P = x.copy(), P.copy()
    ekf.R = np.diag(plot.variance[rows] + seen.curvature_variance[rows])
    ekf.update(plot.z[rows], lambda _: seen.H[rows], lambda _: plot.z[rows] - _residual(plot, seen))
    return ekf.x, ekf.P


def _residual(plot: Plot, seen: Linearised) -> Floats:
    rows = list(plot.components)
    nu = plot.z[rows] - seen.h[rows] - seen.curvature_mean[rows]
    if plot.is_direction and AZIMUTH in rows:
        k = rows.index(AZIMUTH)
        nu[k] = np.remainder(nu[k] + np.pi, 2 * np.pi) - np.pi
    return nu


def _match(parts: list[tuple[float, Floats, Floats]]) -> tuple[Floats, Floats]:
    total = sum(w for w, _, _ in parts)
    mean = sum((w / total * x for w, x, _ in parts), np.zeros(6))
    return mean, sum((w / total * (P + np.outer(x - mean, x - mean)) for w, x, P in parts), np.zeros((6, 6)))
