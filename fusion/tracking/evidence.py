"""How far a look of a sensor whose silence says nothing may raise the belief that tracks exist."""

from __future__ import annotations

import numpy as np

from fusion.messages import SECOND, Floats, Integers
from fusion.tracking.sensors import SensorModel
from fusion.tracking.store import Gated


def spoken(gated: Gated, sensor: SensorModel) -> Gated:
    """Give who could have caused what of a message, where a target that is there and not in it was missed.

    Of who silence says nothing the miss would cost nothing, and hit and miss together have a chance of 1 + pD: whatever
    stands in the direction of a known target would be believed the more with each of its detections.
    """
    return gated if sensor.looks else gated._replace(pd_miss=gated.pd_hit)


def weighed(before: Floats, after: Floats, seen: Integers, sensor: SensorModel, time: int) -> Floats:
    """Give the existence (N) after a look of a sensor that reports only what it detects: never less than before.

    With G = r' (1 − r)/((1 − r') r) what the look says,   r' ← r G^w/(1 − r + r G^w),   w = (1 − ρ)/(1 + ρ), ρ = exp(−Δ/τ)
    of azimuths whose errors last τ, else 1: within them many things may stand, and the same error puts them there again.

    before, after (N): r before the look and as `store.update` has it; seen (N) ns: when the sensor last saw each, 0 for never.
    """
    risen = (after > before).nonzero()[0]
    result = before.copy()
    result[risen] = after[risen]
    if not len(risen) or not sensor.coarse or sensor.correlation <= 0.0:
        return result
    r, raised = before[risen], after[risen]
    lasting = np.exp(-np.maximum((time - seen[risen]) / SECOND, 0.0) / sensor.correlation)
    odds = r / (1.0 - r) * (raised * (1.0 - r) / (np.maximum(1.0 - raised, 1e-15) * r)) ** ((1.0 - lasting) / (1.0 + lasting))
    result[risen] = odds / (1.0 + odds)
    return result
