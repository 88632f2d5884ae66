"""The equations of `models` on arrays, compiled (`fusion.compiling`).

Shapes: N tracks, M modes, D detections, K gated pairs (track, detection). States (N, M, 6), covariances (N, M, 6, 6),
mode probabilities (N, M). Every kernel is a function of its arguments, allocates nothing in its loops, and sums in a
fixed order. `reference` says the same with filterpy; tests hold the two together. `store`, `registration`, `merging`,
`bearings` and `ghosts` call them.
"""

from fusion.tracking.kernels.agreeing import misses, neighbours
from fusion.tracking.kernels.associating import marginals, weigh
from fusion.tracking.kernels.beginning import births, christen, lean
from fusion.tracking.kernels.choosing import born, choose, find, worth
from fusion.tracking.kernels.differing import gate_differences
from fusion.tracking.kernels.erring import beginning, count, detectable, owed, rates, scaled, summed
from fusion.tracking.kernels.expecting import unseen
from fusion.tracking.kernels.freeing import cells, free, sort
from fusion.tracking.kernels.gating import gate
from fusion.tracking.kernels.judging import judge, note
from fusion.tracking.kernels.labelling import label, weigh_labels
from fusion.tracking.kernels.measuring import DIFFERENCE, DIRECTION, POSITION
from fusion.tracking.kernels.motion import combine_all, hold, predict
from fusion.tracking.kernels.moving import begin_legs, legs, weigh_leg
from fusion.tracking.kernels.pairing import hear
from fusion.tracking.kernels.ranging import fit
from fusion.tracking.kernels.registering import NANOSECOND, register
from fusion.tracking.kernels.tabling import clear, move
from fusion.tracking.kernels.teaching import teach
from fusion.tracking.kernels.telling import refine, spread, tell
from fusion.tracking.kernels.trusting import trusted
from fusion.tracking.kernels.turning import filter_bearings, fit_bearings, turn
from fusion.tracking.kernels.updating import update

__all__ = [
    "DIFFERENCE",
    "DIRECTION",
    "NANOSECOND",
    "POSITION",
    "begin_legs",
    "beginning",
    "births",
    "born",
    "cells",
    "choose",
    "christen",
    "clear",
    "combine_all",
    "count",
    "detectable",
    "filter_bearings",
    "find",
    "fit",
    "fit_bearings",
    "free",
    "gate",
    "gate_differences",
    "hear",
    "hold",
    "judge",
    "label",
    "lean",
    "legs",
    "marginals",
    "misses",
    "move",
    "neighbours",
    "note",
    "owed",
    "predict",
    "rates",
    "refine",
    "register",
    "scaled",
    "sort",
    "spread",
    "summed",
    "teach",
    "tell",
    "trusted",
    "turn",
    "unseen",
    "update",
    "weigh",
    "weigh_labels",
    "weigh_leg",
    "worth",
]
