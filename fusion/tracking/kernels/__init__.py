"""The equations of `models` on arrays, compiled (`fusion.compiling`).

Shapes: N tracks, M modes, D detections, K gated pairs (track, detection). States (N, M, 6), covariances (N, M, 6, 6),
mode probabilities (N, M). Every kernel is a function of its arguments, allocates nothing in its loops, and sums in a
fixed order. `reference` says the same with filterpy; tests hold the two together. `store`, `registration`, `merging`,
`bearings` and `ghosts` call them.
"""

from fusion.tracking.kernels.agreeing import misses, neighbours
from fusion.tracking.kernels.associating import marginals, weigh
from fusion.tracking.kernels.beginning import births, lean
from fusion.tracking.kernels.differing import gate_differences
from fusion.tracking.kernels.expecting import unseen
from fusion.tracking.kernels.freeing import cells, free, sort
from fusion.tracking.kernels.gating import gate
from fusion.tracking.kernels.measuring import DIFFERENCE, DIRECTION, POSITION
from fusion.tracking.kernels.motion import combine_all, hold, predict
from fusion.tracking.kernels.moving import moves
from fusion.tracking.kernels.pairing import hear
from fusion.tracking.kernels.ranging import fit
from fusion.tracking.kernels.registering import NANOSECOND, register
from fusion.tracking.kernels.tabling import move
from fusion.tracking.kernels.teaching import teach
from fusion.tracking.kernels.trusting import trusted
from fusion.tracking.kernels.turning import filter_bearings, fit_bearings, turn
from fusion.tracking.kernels.updating import update

__all__ = [
    "DIFFERENCE",
    "DIRECTION",
    "NANOSECOND",
    "POSITION",
    "births",
    "cells",
    "combine_all",
    "filter_bearings",
    "fit",
    "fit_bearings",
    "free",
    "gate",
    "gate_differences",
    "hear",
    "hold",
    "lean",
    "marginals",
    "misses",
    "move",
    "moves",
    "neighbours",
    "predict",
    "register",
    "sort",
    "teach",
    "trusted",
    "turn",
    "unseen",
    "update",
    "weigh",
]
