"""How targets move: the modes, what each does over an interval, and how likely a target goes from one to another.

State s = (p, v): easting, northing, height (m) and their rates (m/s), in the site's grid. A mode is how a target moves
at the moment; four of them interact (IMM):

    dp = v dt,   dv = −v/τ dt + dw,   w white with spectral density q

τ = ∞ is nearly constant velocity; a finite τ is hovering, where velocity forgets itself. Everything is in continuous
form, so the estimate does not depend on how time is cut (Bar-Shalom, Li, Kirubarajan 2001, §6.2.2; the discrete form
differs by 24 % between ten steps of 0.1 s and one of 1 s).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from fusion.messages import Floats


class Mode(NamedTuple):
    """One way to move."""

    name: str
    tau: float  # s, how long velocity is remembered
    q_horizontal: float  # m²/s³, spectral density of acceleration, each of east and north
    q_vertical: float  # m²/s³
    speed_sigma: float  # m/s, each horizontal axis, of a target first seen in this mode
    climb_sigma: float  # m/s
    tau_vertical: float = math.inf  # s, how long a climb is remembered


MODES = (
    # Transit in still air: a held course and height. √q ≈ 0.1 m/s in a second, 0.03 m/s in height.
    Mode("cruise", math.inf, 0.01, 0.001, speed_sigma=12.0, climb_sigma=0.5),
    # Transit in gusts: the speed changes by some 0.45 m/s in a second, the held height by a tenth of that.
    Mode("gusts", math.inf, 0.2, 0.002, speed_sigma=12.0, climb_sigma=0.7),
    # A turn or a dash: a small multirotor tilts to 35° and pulls up to 7 m/s²; held for about a second, q ≈ a²·T/2 ≈ 20.
    # Its prior speed is wide, so that a helicopter's or an aircraft's first second scan still falls into the gate.
    Mode("manoeuvring", math.inf, 20.0, 3.0, speed_sigma=35.0, climb_sigma=6.0),
    # Holding a place: stationary speed √(qτ/2) = 0.5 m/s. Seven real flights stand four times as still, and keep that for a
    # second; what is above it is for wind and for what swings when it stops. On the spot they climb and sink as they like,
    # 0.5 to 3 m/s, a fifth of that time: 1 m/s² held for a second.
    Mode("hover", 1.0, 0.5, 0.5, speed_sigma=1.0, climb_sigma=1.0),
)

GENERATOR = np.array(
    # Rates (1/s) from row to column. Still air lasts 80 s, gusts 50 s, manoeuvres some 4 s, hovers 20 s. A prior that
    # expects a turn at any moment pays for it on every leg (docs/performance.md). Nobody leaves a hover without pushing off.
    [
        [-0.012, 0.009, 0.003, 0.0],
        [0.007, -0.018, 0.010, 0.001],
        [0.02, 0.15, -0.22, 0.05],
        [0.0, 0.0, 0.05, -0.05],
    ]
)
"""Generator of the mode's Markov chain: Π(Δt) = exp(G Δt), so that two half steps make one whole one."""

INITIAL = np.array([0.25, 0.3, 0.3, 0.15])
"""Mode probabilities of a target first seen."""

HOVER = 3
"""Place of the hover among the modes."""

STILL = MODES[HOVER].q_horizontal * MODES[HOVER].tau / 2.0
"""m²/s², variance of a hover's speed on each horizontal axis."""

RESTING = np.array([10.0, 10.0, 0.0, 0.0])
"""Rate (1/s) at which each mode is taken for a hover while it is as slow as one (`settled`). By balance: 0.05/s leave a hover
for legs of 12 m/s on each axis, of which a share (0.5/12)² is as slow, and a third of all drones in the air hover."""

_values, _vectors = np.linalg.eig(GENERATOR)
_inverse = np.linalg.inv(_vectors)


def transition(dt: float) -> Floats:
    """Give Π(Δt) = exp(G Δt): Π[i, j] is the probability to be in mode j having been in i, Δt (s) ago."""
    pi = ((_vectors * np.exp(_values * dt)) @ _inverse).real
    pi = np.maximum(pi, 0.0)
    return np.asarray(pi / pi.sum(axis=1, keepdims=True))


def settled(pi: Floats, x: Floats, P: Floats, dt: float) -> Floats:
    """Give Π (M, M) of a track whose modes are at x (M, 6), P (M, 6, 6): what is as slow as a hover is one soon.

    With v and V a mode's horizontal velocity and its covariance, σ² = STILL, ρ the mode's RESTING:

        slow = σ²/√|V + σ² I| · exp(−½ vᵀ (V + σ² I)⁻¹ v),   w = Π_ii (1 − exp(−ρ Δt slow)),   Π_ii ← Π_ii − w,   Π_ih ← Π_ih + w
    """
    pi = pi.copy()
    for mode, rate in enumerate(RESTING):
        v, spread = x[mode, 3:5], P[mode, 3:5, 3:5] + STILL * np.eye(2)
        slow = STILL / math.sqrt(np.linalg.det(spread)) * math.exp(-0.5 * v @ np.linalg.solve(spread, v))
        w = pi[mode, mode] * -math.expm1(-rate * dt * slow)
        pi[mode, mode] -= w
        pi[mode, HOVER] += w
    return pi


class Step(NamedTuple):
    """A mode over one interval: F = [[I, aI], [0, bI]], Q per axis [[pp, pv], [pv, vv]] for q = 1."""

    a: float
    b: float
    pp: float
    pv: float
    vv: float


def step(tau: float, dt: float) -> Step:
    """Integrate the mode over Δt: exact, for nearly constant velocity and for the Ornstein–Uhlenbeck hover.

    a = τ(1−e), b = e, e = exp(−Δt/τ);
    Q_vv = τ/2 (1−e²),  Q_pv = τ²/2 (1−e)²,  Q_pp = τ² (Δt − 2a + τ/2 (1−e²));  as τ → ∞: Δt, Δt²/2, Δt³/3.
    """
    if math.isinf(tau):
        return Step(dt, 1.0, dt**3 / 3, dt**2 / 2, dt)
    x = dt / tau
    a, b, vv = -tau * math.expm1(-x), math.exp(-x), -tau / 2 * math.expm1(-2 * x)
    pp = tau * tau * (dt - 2 * a + vv)
    if x < 0.01:  # the closed form cancels to x³/3 of its terms; this is its series, right to x⁵
        pp = dt**3 / 3 * (1 - x * (3 / 4 - x * (7 / 20 - x * (1 / 8 - x * 31 / 840))))
    return Step(a, b, pp, a * a / 2, vv)


def steps(mode: Mode, dt: float) -> Floats:
    """Give a mode's step over Δt (s) in plan and in height (2, 5)."""
    return np.array([step(mode.tau, dt), step(mode.tau_vertical, dt)])


def matrices(mode: Mode, dt: float) -> tuple[Floats, Floats]:
    """Give F and Q (6, 6) of a mode over Δt (s)."""
    a, b, pp, pv, vv = (np.diag(column) for column in steps(mode, dt)[[0, 0, 1]].T)
    q = np.diag([mode.q_horizontal, mode.q_horizontal, mode.q_vertical])
    F = np.block([[np.eye(3), a], [np.zeros((3, 3)), b]])
    Q = np.block([[pp @ q, pv @ q], [pv @ q, vv @ q]])
    return F, Q


def mean_mode(mu: Floats) -> Mode:
    """Give nearly constant velocity with the mean spectral densities of the modes that a track may be in."""
    horizontal = sum(float(p) * mode.q_horizontal for p, mode in zip(mu, MODES, strict=True))
    vertical = sum(float(p) * mode.q_vertical for p, mode in zip(mu, MODES, strict=True))
    return MODES[0]._replace(q_horizontal=horizontal, q_vertical=vertical)
