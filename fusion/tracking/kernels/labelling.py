"""What labels say of a track's class."""

from __future__ import annotations

import math

from fusion.compiling import bare


@bare
def label(start, pair, p, told, likely, time, number, lasts, temper, apart, last, last_at, classes):
    """Let the labels of a look speak, each as loudly as its detection is likely to be the track's (`TrackStore.learn_labels`).

    start, pair, p: who caused what; told (D) the labels' codes, 0 for none, likely (D, C), time (D) ns; number: the sensor's
    place; lasts, temper, apart as in `weigh_label`; last, last_at (N, sensors) each track's newest label and its time.
    Changed in place: classes (N, C), the greatest 0.
    """
    for t in range(len(start) - 1):
        for k in range(start[t], start[t + 1]):
            j = pair[k]
            if told[j] == 0:
                continue
            gap = max(time[j] - last_at[t, number], 0) / 1e9 if last_at[t, number] > 0 else math.inf
            same = last[t, number] == told[j]
            for c in range(classes.shape[1]):
                classes[t, c] += p[k] * weigh_label(likely[j, c], gap, same, lasts, temper, apart)
        top = -math.inf
        for c in range(classes.shape[1]):
            top = max(top, classes[t, c])
        for c in range(classes.shape[1]):
            classes[t, c] -= top


@bare
def weigh_labels(likely, gap, same, lasts, temper, apart, logs):
    """Give the log likelihoods of labels by class: logs (n, C); likely (n, C), gap, same (n) as in `weigh_label`."""
    for k in range(logs.shape[0]):
        for c in range(logs.shape[1]):
            logs[k, c] = weigh_label(likely[k, c], gap[k], same[k], lasts, temper, apart)


@bare
def weigh_label(likely, gap, same, lasts, temper, apart):
    """Give what one label says of one class (`classification.Labels.weigh`).

    likely: P(l | class); gap (s) after the sensor's last label of the target, which was the same or not; lasts (s) how long its
    errors do, below 0 where nobody measured them.
    """
    if lasts < 0.0:
        return temper * min(gap / apart, 1.0) * math.log(likely)
    stays = math.exp(-gap / lasts) if lasts > 0.0 else 0.0
    return math.log(max((stays if same else 0.0) + (1.0 - stays) * likely, 1e-300))
