"""Compiles every kernel before the first detection waits for one: half a minute the first time, then from disk."""

from __future__ import annotations

import gc
import logging

import numpy as np

from fusion.tracking import warm_up as tracking
from fusion.zones.geometry import circle, joined, polygon
from fusion.zones.index import BoxIndex
from fusion.zones.prediction import Encounters, forecast

logger = logging.getLogger(__name__)

SQUARE = np.array([[0.0, 0.0], [100.0, 0.0], [100.0, 100.0], [0.0, 100.0]])


def warm_up() -> None:
    """Let the tracker see all that there is to see, and let one track find, and come near, a round zone and one with corners."""
    tracking.warm_up()
    prisms = joined([circle(np.array([0.0, 0.0, 50.0]), 0.0, 100.0), polygon([SQUARE], 0.0, 100.0)])
    boxes = BoxIndex.of(prisms.low[:, :2], prisms.high[:, :2])
    asked, which = boxes.meeting(boxes.low, boxes.high)
    prisms.distance(boxes.low[asked], which)
    pairs = Encounters(np.zeros(2, np.int64), np.arange(2), np.arange(2))
    forecast(prisms, np.array([[-200.0, 0.0, 50.0, 10.0, 0.0, 0.0]]), np.eye(6)[None], pairs, 60.0)


def prepare() -> None:
    """Warm up a process that is to run for long, and say so."""
    logger.info("preparing the tracker's kernels: half a minute the first time, a second later on")
    warm_up()
    gc.freeze()  # what is there now stays: no collection looks through all of numba again
