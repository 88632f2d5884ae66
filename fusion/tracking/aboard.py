"""What a platform that moves does to the directions that a sensor aboard measures. Arrays are changed in place.

z, variance (n, 6): range, azimuth, elevation, range rate; what was not measured has infinite variance.
"""

from __future__ import annotations

import math

import numpy as np

from fusion.frame import Horizon
from fusion.messages import Floats
from fusion.tracking.reading import NEAREST
from fusion.tracking.store import TrackStore

GATE = 4.0
"""Sigmas within which a bearing may be of a track, as far as the platform's place counts in it."""

OWN = 2.0
"""Sigmas within which a track may be the platform itself: what is so near has no direction that is worth anything."""

STEEP = 1.5
"""rad of elevation from where on an azimuth says too little for slopes."""


def turn(z: Floats, variance: Floats, attitude: tuple[float, float, float], heading: float, tilt: float) -> None:
    """Turn directions from a platform's nose and deck to north and the horizontal.

    With u = (cos ε cos α, cos ε sin α, −sin ε) forward, right, down: n = R_z(ψ) R_y(θ) R_x(φ) u north, east, down (Stevens, Lewis
    & Johnson 2016, §1.4). Noise goes with the slopes ∂(α', ε')/∂(α, ε); what is not known of the heading (rad²) counts in α',
    of pitch and roll (tilt, rad² each) in ε', and in α' times tan² ε'. Who measured no elevation looks along the deck.
    """
    high = np.isfinite(variance[:, 2])
    azimuth, elevation = z[:, 1], np.where(high, z[:, 2], 0.0)
    ca, sa, ce, se = np.cos(azimuth), np.sin(azimuth), np.cos(elevation), np.sin(elevation)
    zero = np.zeros_like(ca)
    R = rotation(*attitude)
    north, east, down = R @ np.stack([ce * ca, ce * sa, -se])
    by_azimuth, by_elevation = R @ np.stack([-ce * sa, ce * ca, zero]), R @ np.stack([-se * ca, -se * sa, -ce])
    level = np.maximum(north**2 + east**2, math.cos(STEEP) ** 2)
    of_elevation = np.where(high, variance[:, 2], 0.0)
    turned = [
        (
            ((north * slope[1] - east * slope[0]) / level) ** 2 * noise,
            slope[2] ** 2 / level * noise,
        )
        for slope, noise in ((by_azimuth, variance[:, 1]), (by_elevation, of_elevation))
    ]
    variance[:, 1] = turned[0][0] + turned[1][0] + heading + tilt * down**2 / level
    variance[:, 2] = np.where(high, turned[0][1] + turned[1][1] + tilt, np.inf)
    z[:, 1] = np.arctan2(east, north) % math.tau
    z[:, 2] = np.where(high, np.arcsin(np.clip(-down, -1.0, 1.0)), 0.0)


def rotation(heading: float, pitch: float, roll: float) -> Floats:
    """Give R_z(ψ) R_y(θ) R_x(φ) (3, 3): what turns forward, right, down into north, east, down."""
    cz, sz, cy, sy, cx, sx = (f(angle) for angle in (heading, pitch, roll) for f in (math.cos, math.sin))
    return np.array(
        [
            [cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx],
            [sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx],
            [-sy, cy * sx, cy * cx],
        ]
    )


def rays(z: Floats, variance: Floats) -> Floats:
    """Give the unit vectors (n, 3) east, north, up of directions; level where no elevation was measured."""
    elevation = np.where(np.isfinite(variance[:, 2]), z[:, 2], 0.0)
    level = np.cos(elevation)
    return np.stack([level * np.sin(z[:, 1]), level * np.cos(z[:, 1]), np.sin(elevation)], axis=1)


def shift(z: Floats, variance: Floats, apart: Floats) -> None:
    """Let what has a range be seen from where the platform was for the look: apart (n, 3), how far on it was then."""
    rows = (np.isfinite(variance[:, 0]) & apart.any(axis=1)).nonzero()[0]
    if not len(rows):
        return
    high = np.isfinite(variance[rows, 2])
    e = z[rows, :1] * rays(z[rows], variance[rows]) + apart[rows]
    e[:, 2] = np.where(high, e[:, 2], 0.0)
    rho = np.hypot(e[:, 0], e[:, 1])
    z[rows, 0] = np.maximum(np.hypot(rho, e[:, 2]), NEAREST)
    z[rows, 1] = np.arctan2(e[:, 0], e[:, 1]) % math.tau
    z[rows, 2] = np.where(high, np.arctan2(e[:, 2], rho), z[rows, 2])


def drive(z: Floats, variance: Floats, velocity: tuple[float, float, float], speed: float) -> None:
    """Take what the platform's own velocity (m/s east, north, up; variance, m²/s²) does to a range rate off it: ṙ ← ṙ + r̂·v.

    A direction that is off by δ takes the wrong share of the velocity across it, v × r̂: that is noise of the rate.
    """
    rows = np.isfinite(variance[:, 3]).nonzero()[0]
    if not len(rows):
        return
    way, v = rays(z[rows], variance[rows]), np.array(velocity)
    across = (np.cross(v, way) ** 2).sum(axis=1)
    high = np.where(np.isfinite(variance[rows, 2]), variance[rows, 2], 0.0)
    z[rows, 3] += way @ v
    variance[rows, 3] += speed + across * np.maximum(variance[rows, 1], high)


def nearest(z: Floats, variance: Floats, level: Floats, horizon: Horizon, near: float, store: TrackStore, dt: float) -> Floats:
    """Give the distance (n, m) of the nearest track that each direction may be of, dt s after the store's time; none: infinite.

    level (n) m²: variance of the platform's place, each of east and north. The nearest, as a place that is not known turns a
    direction to it the most: of any further one the direction is then known better than it is taken for. What is nearer than
    the sensor sees (near, m), or no further off than the platform's place is unsure, is mostly the platform itself.
    """
    if not len(store):
        return np.full(len(z), np.inf)
    state, covariance = store.combined()
    e = horizon.enu_from_grid(state[:, :3] + dt * state[:, 3:])
    rho = np.maximum(np.hypot(e[:, 0], e[:, 1]), NEAREST)
    r = np.hypot(rho, e[:, 2])
    speed = np.trace(covariance[:, 3:, 3:], axis1=1, axis2=2)
    spread = np.trace(covariance[:, :3, :3], axis1=1, axis2=2) + dt * dt * speed
    wide = level[:, None] + spread
    off = np.remainder(z[:, 1:2] - np.arctan2(e[:, 0], e[:, 1]) + math.pi, math.tau) - math.pi
    fits = off**2 <= GATE**2 * (variance[:, 1:2] + wide / rho**2)
    fits &= r > np.maximum(near, OWN * np.sqrt(level[:, None] + spread))
    high = np.where(np.isfinite(variance[:, 2:3]), variance[:, 2:3], np.inf)
    fits &= (z[:, 2:3] - np.arctan2(e[:, 2], rho)) ** 2 <= GATE**2 * (high + wide / r**2)
    return np.asarray(np.where(fits, r, np.inf).min(axis=1))


def unsure(z: Floats, variance: Floats, reach: Floats, level: Floats, vertical: float) -> None:
    """Count what is not known of the platform's place (m²: level (n), each of east and north; vertical) at each one's distance.

    R_r += σ_h² cos² ε + σ_v² sin² ε   R_α += σ_h²/(r cos ε)²   R_ε += (σ_h² sin² ε + σ_v² cos² ε)/r²
    """
    elevation = np.where(np.isfinite(variance[:, 2]), z[:, 2], 0.0)
    cosine2, sine2 = np.maximum(np.cos(elevation) ** 2, math.cos(STEEP) ** 2), np.sin(elevation) ** 2
    variance[:, 0] += level * cosine2 + vertical * sine2
    variance[:, 1] += level / (reach**2 * cosine2)
    variance[:, 2] += (level * sine2 + vertical * cosine2) / reach**2
