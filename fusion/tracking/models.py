"""The mathematics in full: what sensors measure, and with `modes` how targets move.

`reference` runs it with filterpy, `kernels` on arrays. The state is `modes`'.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fusion.frame import Horizon, quadratic
from fusion.messages import Floats
from fusion.tracking.modes import GENERATOR, INITIAL, MODES, Mode, Step, matrices, mean_mode, settled, step, steps, transition

# --- What sensors measure ----------------------------------------------------------------------------------------

RANGE, AZIMUTH, ELEVATION, RANGE_RATE = 0, 1, 2, 3
"""Places of a direction's components in a measurement row; a position's are easting, northing, height and their rates."""

OVERHEAD = 1e-3
"""m from straight above the sensor: nearer than this no azimuth exists."""

NEAREST = 1e-3
"""m: nearer to a receiver than this nobody is; its distance would have no slope."""

TURNS = {AZIMUTH: math.tau, ELEVATION: math.pi}
"""What an azimuth and an elevation can be at all, rad. Where a normal of variance σ² would be lower at its peak than
1/TURNS, 2π σ² > TURNS², the target may be anywhere as far as that angle goes: it has the even density, and weighs nothing."""


@dataclass(frozen=True)
class Linearised:
    """A measurement function at a state: h(s), H = ∂h/∂s, and what curvature adds."""

    h: Floats  # (4,)
    H: Floats  # (4, 6)
    curvature_mean: Floats  # (4,) ½ tr(h″ P): how far the mean lies from h(s)
    curvature_variance: Floats  # (4,) ½ tr((h″ P)²): what a straight line hides


def direction(horizon: Horizon, s: Floats, P: Floats, offset: float = 0.0) -> Linearised:
    """Linearise slant range, azimuth, elevation and range rate, `offset` seconds from the state's time.

    With e = enu(p + v·offset) in the sensor's true horizon, J = ∂e/∂p, ρ² = e_E² + e_N², r² = ρ² + e_U², ė = J v:

        range r:                      ∂r/∂e = e/r
        azimuth α = atan2(e_E, e_N):  ∂α/∂e = (e_N, −e_E, 0)/ρ²
        elevation ε = atan2(e_U, ρ):  ∂ε/∂e = (−e_E e_U/ρ, −e_N e_U/ρ, ρ)/r²
        range rate ṙ = e·ė/r:         ∂ṙ/∂e = (ė − e ṙ/r)/r,  ∂ṙ/∂ė = e/r

    Curvature is `bend`'s. Straight above the sensor counts as a millimetre to the north of that.
    """
    grid = s[:3] + s[3:] * offset
    e, J = horizon.enu_from_grid(grid), horizon.jacobian(grid)
    if math.hypot(e[0], e[1]) < OVERHEAD:
        e[0], e[1] = 0.0, OVERHEAD
    east, north, up = e.tolist()
    rho2 = east**2 + north**2
    r2 = rho2 + up**2
    rho, r = math.sqrt(rho2), math.sqrt(r2)
    rate = J @ s[3:]
    range_rate = e @ rate / r
    slopes = np.array(
        [
            e / r,
            np.array([north, -east, 0.0]) / rho2,
            np.array([-east * up / rho, -north * up / rho, rho]) / r2,
            (rate - e * range_rate / r) / r,
        ]
    )
    H = np.zeros((4, 6))
    H[:, :3] = slopes @ J
    H[:, 3:] = H[:, :3] * offset
    H[RANGE_RATE, 3:] += e / r @ J
    mean, variance = bend(e, float(range_rate), slopes, J, P, offset)
    return Linearised(
        h=np.array([r, math.atan2(east, north), math.atan2(up, rho), range_rate]),
        H=H,
        curvature_mean=mean,
        curvature_variance=variance,
    )


def bend(e: Floats, range_rate: float, slopes: Floats, J: Floats, P: Floats, offset: float) -> tuple[Floats, Floats]:
    """Give what curvature adds to mean and variance (4,): ½ tr(h″ P) and ½ tr((h″ P)²) (Bar-Shalom et al. 2001, §10.3.2).

    r̂, â, ê point along the line of sight and where azimuth and elevation grow; u is r̂ laid flat. S is the place's covariance
    at the detection's time, V the velocity's, C the one between them, w the velocity:

        r″ = (â âᵀ + ê êᵀ)/r          ½(S_aa + S_ee)/r                                 ½(S_aa² + S_ee² + 2 S_ae²)/r²
        α″ = −(u âᵀ + â uᵀ)/ρ²        −S_ua/ρ²                                         (S_uu S_aa + S_ua²)/ρ⁴
        ε″ = −(r̂ êᵀ + ê r̂ᵀ)/r² − m â âᵀ   −S_re/r² − ½ m S_aa     (S_rr S_ee + S_re²)/r⁴ + ½ m² S_aa² + 2 m S_ra S_ae/r²
        ṙ″ by place and velocity      (C_aa + C_ee)/r − (S_rw + ½ ṙ (S_aa + S_ee))/r²
                                      (S_aa V_aa + S_ee V_ee + 2 S_ae V_ae + C_aa² + C_ee² + 2 C_ae C_ea)/r²

    with m = tan ε/r². Where the uncertainty is as large as the distance the series is none; r² + S_aa + S_ee in place of
    r², and ρ² + S_aa in place of ρ² in m, keep means and variances of ranges and elevations bounded, and change nothing
    elsewhere.
    """
    east, north, up = e.tolist()
    rho2 = east**2 + north**2
    rho, r = math.sqrt(rho2), math.sqrt(rho2 + up**2)
    axes = slopes[:3] @ J * np.array([[1.0], [rho], [r]])  # (3, 3): r̂, â, ê by grid
    velocity = slopes[RANGE_RATE] @ J * r  # what of w lies across the line of sight
    cross = P[:3, 3:] + offset * P[3:, 3:]
    place = P[:3, :3] + offset * (P[3:, :3] + cross)
    S, C, V = axes @ place @ axes.T, axes @ cross @ axes.T, axes @ P[3:, 3:] @ axes.T
    flat = np.array([rho, 0.0, -up]) / r  # u
    uu, ua, along = float(flat @ S @ flat), float(flat @ S[:, 1]), float(axes[0] @ place @ velocity)
    S, C, V = S.tolist(), C.tolist(), V.tolist()
    across = S[1][1] + S[2][2]
    wide2 = r * r + across
    m = up / (r * r * math.sqrt(rho2 + S[1][1]))
    mean = np.array(
        [
            math.sqrt(wide2) - r,
            -ua / (rho2 + uu + S[1][1]),
            math.atan2(up, math.sqrt(rho2 + S[1][1])) - math.atan2(up, rho) - S[0][2] / wide2,
            (C[1][1] + C[2][2]) * r / wide2 - (along + 0.5 * range_rate * across) / wide2,
        ]
    )
    elevation = (S[0][0] * S[2][2] + S[0][2] ** 2) / wide2 / wide2 + 2.0 * m * S[0][1] * S[1][2] / wide2
    crossed = C[1][1] ** 2 + C[2][2] ** 2 + 2.0 * C[1][2] * C[2][1]
    variance = np.array(
        [
            0.5 * (S[1][1] ** 2 + S[2][2] ** 2 + 2.0 * S[1][2] ** 2) / wide2,
            (uu * S[1][1] + ua * ua) / rho2 / rho2,
            elevation + 0.5 * (m * S[1][1]) ** 2,
            (S[1][1] * V[1][1] + S[2][2] * V[2][2] + 2.0 * S[1][2] * V[1][2] + crossed) / wide2,
        ]
    )
    return mean, variance


def polar_slopes(horizon: Horizon, grid: Floats) -> Floats:
    """Give how a grid point (3) moves with its range, azimuth and elevation from a sensor: J⁻¹ ∂e/∂(r, α, ε) (3, 3).

    ∂e/∂r = e/r,  ∂e/∂α = (e_N, −e_E, 0),  ∂e/∂ε = (−e_E e_U/ρ, −e_N e_U/ρ, ρ)
    """
    e = horizon.enu_from_grid(grid)
    rho = max(math.hypot(e[0], e[1]), OVERHEAD)
    r = math.hypot(rho, e[2])
    slopes = np.array([[e[0] / r, e[1], -e[0] * e[2] / rho], [e[1] / r, -e[0], -e[1] * e[2] / rho], [e[2] / r, 0.0, rho]])
    return np.asarray(np.linalg.solve(horizon.jacobian(grid), slopes))


def difference(horizon: Horizon, reference: Horizon, s: Floats, P: Floats, offset: float = 0.0) -> Linearised:
    """Linearise |p − s| − |p − s_ref|, `offset` seconds from the state's time: how much further it is from one sensor.

    With e = enu(p + v·offset) in each sensor's horizon, J = ∂e/∂p, r = |e|, r̂ = Jᵀ e/r in the grid:

        h = r − r_ref,  ∂h/∂p = r̂ − r̂_ref,  h″ = B/r − B_ref/r_ref,  B = JᵀJ − r̂ r̂ᵀ

    Curvature as of a range (`bend`): means √(r² + tr B S) − r, variance ½ tr((h″ S)²) with √(r² + tr B S) in place of r.
    """
    grid = s[:3] + s[3:] * offset
    cross = P[:3, 3:] + offset * P[3:, 3:]
    S = P[:3, :3] + offset * (P[3:, :3] + cross)
    h, mean, slope, bent = 0.0, 0.0, np.zeros(3), np.zeros((3, 3))
    for sign, one in ((1.0, horizon), (-1.0, reference)):
        e, J = one.enu_from_grid(grid), one.jacobian(grid)
        r = max(float(np.linalg.norm(e)), NEAREST)
        sight = e @ J / r
        B = J.T @ J - np.outer(sight, sight)
        wide = math.sqrt(r * r + max(float(np.trace(B @ S)), 0.0))
        h += sign * r
        mean += sign * (wide - r)
        slope += sign * sight
        bent += sign * B / wide
    variance = max(0.5 * float(np.trace(bent @ S @ bent @ S)), 0.0)
    H = np.concatenate([slope, slope * offset])[None]
    return Linearised(h=np.array([h]), H=H, curvature_mean=np.array([mean]), curvature_variance=np.array([variance]))


def position(s: Floats, offset: float = 0.0) -> Linearised:
    """Measure place and velocity themselves, `offset` seconds from the state's time: linear, no curvature."""
    H = np.eye(6)
    H[:3, 3:] = offset * np.eye(3)
    return Linearised(h=H @ s, H=H, curvature_mean=np.zeros(6), curvature_variance=np.zeros(6))


__all__ = [
    "GENERATOR",
    "INITIAL",
    "MODES",
    "TURNS",
    "Linearised",
    "Mode",
    "Step",
    "bend",
    "difference",
    "direction",
    "matrices",
    "mean_mode",
    "polar_slopes",
    "position",
    "quadratic",
    "settled",
    "step",
    "steps",
    "transition",
]
