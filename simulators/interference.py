"""What interference does to a sensor: its noise rises, so that it detects less, reports more that is nothing, and hears less far.

Noise k times as strong takes 10 lg k dB off every signal-to-noise ratio. A radar's threshold follows its noise (constant false
alarm rate), but stays RESIDUE_DB behind noise that comes and goes (Richards, Fundamentals of Radar Signal Processing, §6.5):
with r = 10^(RESIDUE_DB/10), and S the mean ratio of an echo that fluctuates as Swerling 1,

    Pfa' = exp(−T/r) = Pfa^(1/r)          Pd' = exp(−(T/r) / (1 + S/k)) = Pfa^(1 / (r (1 + S/k)))

A link is received where it is as far above its noise as at the end of the coverage in quiet: within R_max / √k.
"""

from __future__ import annotations

import numpy as np

from fusion.messages import Floats
from simulators.behaviour import Interference

RESIDUE_DB = 1.0
"""dB that a threshold stays behind: cells beside the one under test do not all hold what it holds (assumed)."""

RESIDUE: float = 10.0 ** (RESIDUE_DB / 10.0)


def noise(told: tuple[Interference, ...], time: Floats, link: str | None = None) -> Floats:
    """Give how many times as strong as in quiet the noise is at times (n,), on one link's band where it is told."""
    k = np.ones(len(time))
    for one in told:
        if link is None or not one.links or link in one.links:
            begin, end = one.between_s
            k += np.where((time >= begin) & (time < end), 10.0 ** (one.noise_db / 10.0) - 1.0, 0.0)
    return k


def behind(k: Floats) -> Floats:
    """Give r, by how much the threshold stays behind noise of k (n,): not at all in quiet."""
    return np.where(k > 1.0, np.minimum(RESIDUE, k), 1.0)


def weakened(probability: Floats, k: Floats, false_alarm: float) -> Floats:
    """Give the probability of detection that is left of one in quiet (n,), whose echo is S = ln Pfa / ln Pd − 1."""
    with np.errstate(divide="ignore"):
        echo = np.log(false_alarm) / np.log(probability) - 1.0
    left = false_alarm ** (1.0 / (behind(k) * (1.0 + echo / k)))
    return np.where(k > 1.0, np.minimum(probability, left), probability)


def more_false_alarms(k: Floats, false_alarm: float) -> Floats:
    """Give how many times as many false alarms there are: Pfa' / Pfa = Pfa^(1/r − 1)."""
    return np.asarray(false_alarm ** (1.0 / behind(k) - 1.0))
