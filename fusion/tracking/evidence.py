"""How far a look of a sensor whose silence says nothing may raise the belief that tracks exist."""

from __future__ import annotations

import numpy as np

from fusion.messages import SECOND, Floats
from fusion.tracking.sensors import SensorModel
from fusion.tracking.store import Gated, TrackStore


def spoken(gated: Gated, sensor: SensorModel) -> Gated:
    """Give who could have caused what of a message, where a target that is there and not in it was missed.

    Of who silence says nothing the miss would cost nothing, and hit and miss together have a chance of 1 + pD: whatever
    stands in the direction of a known target would be believed the more with each of its detections.
    """
    return gated if sensor.looks else gated._replace(pd_miss=gated.pd_hit)


def weighed(before: Floats, store: TrackStore, which: int, sensor: SensorModel, time: int) -> Floats:
    """Give the existence (N) of tracks after a look of who measures no range, or reports only what it detects.

    1. Silence of one that says nothing by it: r' is no less than before.
    2. Azimuths alone whose errors last τ: within them many things may stand, and the same error puts them there again. With
       G = r' (1 − r)/((1 − r') r) what the look says,   r' ← r G^w/(1 − r + r G^w),   w = (1 − ρ)/(1 + ρ), ρ = exp(−Δ/τ).
    3. A ray goes through a track's place and on: of one that is not confirmed yet and that nobody else saw since this sensor's
       last ray of it, it says nothing new; whatever sends the rays may stand elsewhere on them.

    before (N): r before the look, as `store.r` is after it; which: the sensor's place; time (ns) of the look.
    """
    after, seen = store.r.copy(), store.seen[:, which]
    if not sensor.looks:
        after = np.maximum(after, before)
    if not sensor.hears:
        return after
    risen = (after > before).nonzero()[0]
    mine = seen[risen]
    again = ~store.confirmed[risen] & (mine > 0) & (mine >= store.seen[risen].max(axis=1))
    after[risen[again]] = before[risen[again]]
    if sensor.coarse and sensor.correlation > 0.0:
        lasting = np.exp(-np.maximum((time - mine[~again]) / SECOND, 0.0) / sensor.correlation)
        rows = risen[~again]
        after[rows] = _tempered(before[rows], after[rows], (1.0 - lasting) / (1.0 + lasting))
    return after


def _tempered(r: Floats, raised: Floats, worth: Floats) -> Floats:
    odds = r / (1.0 - r) * (raised * (1.0 - r) / (np.maximum(1.0 - raised, 1e-15) * r)) ** worth
    return np.asarray(odds / (1.0 + odds))
