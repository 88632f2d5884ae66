"""Latencies: quantiles of the newest, as numpy reckons them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fusion.metrics import KEPT, Latencies


def test_nothing_measured_is_nothing_said():
    assert Latencies().counters() == {"alerts_raised": 0}


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=50))
def test_the_quantiles_are_those_of_what_was_noted(nanoseconds):
    latencies = Latencies()
    for value in nanoseconds:
        latencies.note(5, 5 + value)
    expected = np.quantile(np.array(nanoseconds) / 1e6, [0.5, 0.99])
    told = latencies.counters()
    assert told["alerts_raised"] == len(nanoseconds)
    np.testing.assert_allclose([told["alert_latency_p50_ms"], told["alert_latency_p99_ms"]], np.ceil(expected), atol=1.0)


def test_only_the_newest_count():
    latencies = Latencies()
    for value in [10**12] * 5 + [10**6] * KEPT:
        latencies.note(0, value)
    assert latencies.counters() == {"alerts_raised": KEPT + 5, "alert_latency_p50_ms": 1, "alert_latency_p99_ms": 1}
