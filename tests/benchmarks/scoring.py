"""GOSPA, missed, false and identity switches of a run: what benchmarks of many targets have in common."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment


class Result(NamedTuple):
    """Means over a run."""

    gospa: float  # m
    missed: float  # share of targets
    false: float  # a scan
    switches: float  # a target and minute
    rmse: float  # m


class Score:
    """What a run was worth: GOSPA with p = 2, α = 2 (Rahmathullah et al. 2017), a look after the other."""

    def __init__(self, cut: float = 50.0, step: float = 1.0) -> None:
        self.cut, self.step = cut, step
        self.gospa, self.squares, self.last = [], [], {}
        self.targets = self.missed = self.false = self.switches = 0

    def add(self, places: np.ndarray, states: np.ndarray, tracks, targets=None) -> None:
        """Judge one look: true places (n, 3) of targets (their names), states (m, ≥ 3) of tracks (their names)."""
        targets = range(len(places)) if targets is None else targets
        distance = np.linalg.norm(places[:, None] - states[None, :, :3], axis=2)
        rows = zip(*linear_sum_assignment(np.minimum(distance, self.cut) ** 2), strict=True)
        paired = [(i, j) for i, j in rows if distance[i, j] < self.cut]
        for i, j in paired:
            self.switches += self.last.get(targets[i], tracks[j]) != tracks[j]
            self.last[targets[i]] = tracks[j]
            self.squares.append(distance[i, j] ** 2)
        self.targets += len(places)
        self.missed += len(places) - len(paired)
        self.false += len(states) - len(paired)
        alone = len(places) + len(states) - 2 * len(paired)
        self.gospa.append(math.sqrt(sum(distance[i, j] ** 2 for i, j in paired) + self.cut**2 / 2 * alone))

    def result(self) -> Result:
        """Give the means."""
        looks, minutes = len(self.gospa), self.targets * self.step / 60
        rmse = math.sqrt(np.mean(self.squares)) if self.squares else math.nan
        return Result(float(np.mean(self.gospa)), self.missed / self.targets, self.false / looks, self.switches / minutes, rmse)
