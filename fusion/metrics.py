"""How long alerts take, measured where it counts: from the detection's arrival to the broker's confirmation."""

from __future__ import annotations

from collections import deque

import numpy as np

KEPT = 1000
"""Newest latencies that the quantiles are of: an hour of a busy evening."""

QUANTILES = {"alert_latency_p50_ms": 0.50, "alert_latency_p99_ms": 0.99}


class Latencies:
    """The newest latencies, and how many there ever were."""

    def __init__(self) -> None:
        self.count = 0
        self._newest: deque[float] = deque(maxlen=KEPT)

    def note(self, cause: int, published: int) -> None:
        """Note one: when its cause was learnt, and when the broker had it (ns)."""
        self.count += 1
        self._newest.append(max(published - cause, 0) / 1e6)

    def counters(self) -> dict[str, int]:
        """Give how many alerts were raised, and the quantiles of their latency, rounded up to the millisecond."""
        quantiles = {name: int(np.ceil(np.quantile(self._newest, q))) for name, q in QUANTILES.items()} if self._newest else {}
        return {"alerts_raised": self.count} | quantiles
