"""Who will be where: the share of a track's possible futures that enter a zone, and when the middle one does.

A future is one draw of place and velocity from the track's state and covariance, flown straight on. The draws are fixed
(`sampling`), their entries exact (`entry`): the figure is wrong only by what 256 draws and a straight line leave out.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from fusion.messages import Floats, Integers
from fusion.zones import kernels
from fusion.zones.geometry import Mask, Prisms
from fusion.zones.sampling import ORDER, farthest, ordered_root, standard_normal


class Forecast(NamedTuple):
    """What to expect of m pairs (track, zone)."""

    now: Floats  # (m) probability of being in the zone now
    entering: Floats  # (m) probability of being in it now or within the horizon
    time: Floats  # (m) s, the median time to entry of the futures that enter; nan where none does


class Reach(NamedTuple):
    """How far a track's futures stray from its mean line: enough to know which zones are worth a forecast."""

    surely: Floats  # (n, 2) m horizontally and vertically: no sample is farther off now
    ends: Floats  # (2, n, 3, 3) covariance of the place, now and at the horizon
    sigmas: float  # standard deviations that a zone must be away to be left out
    low: Floats  # (n, 3) a box: what is outside it is that far away
    high: Floats  # (n, 3)

    @classmethod
    def of(cls, state: Floats, covariance: Floats, horizon: float, negligible: float) -> Reach:
        """Find what tracks (n, 6), (n, 6, 6) enter with a probability above `negligible`.

        Let a straight border lie d beyond the mean line, in direction n. A future crosses it only if its deviation
        n·(e_p + e_v t) reaches d, and being linear in t that is at its largest now or at the horizon. So the probability is
        at most Φ(−d/σ₀) + Φ(−d/σ_h), which is `negligible` where d is `sigmas` times the larger of the two.
        """
        now, rate = covariance[:, :3, :3], covariance[:, 3:, 3:]
        both = covariance[:, :3, 3:] + covariance[:, 3:, :3]
        ends = np.stack([now, now + horizon * both + horizon**2 * rate])
        axes = np.sqrt(np.maximum(ends.diagonal(axis1=2, axis2=3), 0.0))
        sigmas, then = NormalDist().inv_cdf(1.0 - negligible / 2), state[:, :3] + horizon * state[:, 3:]
        stray, samples = sigmas * axes.max(axis=0), farthest() * axes[0]
        surely = np.stack([np.hypot(samples[:, 0], samples[:, 1]), samples[:, 2]], axis=-1)
        return cls(surely, ends, sigmas, np.minimum(state[:, :3], then) - stray, np.maximum(state[:, :3], then) + stray)


class Encounters(NamedTuple):
    """Pairs of a track and a prism, and which of them belong together: one track, the volumes of one zone."""

    tracks: Integers  # (k) rows of the track table
    which: Integers  # (k) prisms
    groups: Integers  # (m) where each group's pairs begin

    def chosen(self, kept: Mask) -> tuple[Encounters, Integers]:
        """Give some of the pairs (k), and the groups that still have any."""
        group = np.repeat(np.arange(len(self.groups)), np.diff(np.append(self.groups, len(self.tracks))))[kept]
        left, begins = np.unique(group, return_index=True)
        return Encounters(self.tracks[kept], self.which[kept], begins), left


def forecast(prisms: Prisms, state: Floats, covariance: Floats, encounters: Encounters, horizon: float) -> Forecast:
    """Forecast each group: a future enters a zone when it enters the first of its volumes."""
    tracks, which, groups = encounters
    rows, row = np.unique(tracks, return_inverse=True)
    # Many tracks' roots come out in another order of memory than one's: the kernel would be compiled anew for them.
    root, order = np.ascontiguousarray(ordered_root(covariance[rows])), np.array(ORDER)
    found = Forecast(*np.empty((3, len(groups))))
    kernels.forecast(
        prisms.columns,
        *(state, root, row, tracks, which, np.append(groups, len(tracks)), order, standard_normal(), horizon),
        *found,
    )
    return found


def out_of_reach(prisms: Prisms, state: Floats, reach: Reach, encounters: Encounters, horizon: float) -> Mask:
    """Tell for which pairs the mean line passes the prism's surroundings so far off that entry is negligible.

    The surroundings of a prism are the circle around its bounding box; of a circle, itself. Where the line comes nearest,
    a straight border stands between the two.
    """
    tracks, which = encounters.tracks, encounters.which
    middle = (prisms.low[which, :2] + prisms.high[which, :2]) / 2
    corner = prisms.high[which, :2] - middle
    radius = np.where(np.isnan(prisms.circle[which, 2]), np.hypot(corner[:, 0], corner[:, 1]), prisms.circle[which, 2])
    place, velocity = state[tracks, :2] - middle, state[tracks, 3:5] - prisms.drift[which]
    squared = (velocity**2).sum(axis=1)
    nearest = np.clip(-(place * velocity).sum(axis=1) / np.where(squared > 0.0, squared, 1.0), 0.0, horizon)
    x, y = (place + velocity * nearest[:, None]).T
    passing = np.hypot(x, y)
    nx, ny = x / np.where(passing > 0.0, passing, 1.0), y / np.where(passing > 0.0, passing, 1.0)
    xx, xy, yy = reach.ends[:, tracks, 0, 0], reach.ends[:, tracks, 0, 1], reach.ends[:, tracks, 1, 1]
    variance = (nx * nx * xx + 2.0 * nx * ny * xy + ny * ny * yy).max(axis=0)
    return np.asarray(passing - radius > reach.sigmas * np.sqrt(np.maximum(variance, 0.0)))
