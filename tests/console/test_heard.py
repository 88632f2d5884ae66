"""What a console remembers of the last hour: how much each sensor reported, in quarter minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.console.heard import HOUR, MINUTE, STEP_S, Heard
from fusion.messages import SensorHealth, StatusMessage

START = datetime(2026, 7, 26, 14, 0, 0, tzinfo=UTC)
HEALTH = {
    "state": "online",
    "scans": 0,
    "rejected": 0,
    "duplicates": 0,
    "gaps": 0,
    "late": 0,
    "age_s": 0.1,
    "latency_s": 0.1,
    "rate_hz": 1.0,
}


def status(after_s: float, **totals: int) -> StatusMessage:
    sensors = {name: SensorHealth(detections=total, **HEALTH) for name, total in totals.items()}
    time = START + timedelta(seconds=after_s)
    return StatusMessage(site="paris", version="0", time=time, tracks={}, alerts=0, sensors=sensors, counters={})


def heard(*said: StatusMessage) -> Heard:
    found = Heard(5.0)
    for one in said:
        found.note(one)
    return found


def test_what_came_between_two_statuses_lies_evenly_between_them():
    told = heard(status(0, radar=100), status(5, radar=110), status(25, radar=150)).told(HOUR)
    assert told == {"from": int(START.timestamp() * 1000), "step_s": STEP_S, "rates_hz": {"radar": [2.0, 2.0]}}


def test_the_first_status_says_nothing_of_what_came_before_it():
    assert heard(status(0, radar=100)).told(HOUR) is None


def test_nobody_knows_when_what_came_in_a_long_silence_was_heard():
    told = heard(status(0, radar=0), status(15, radar=30), status(315, radar=900), status(330, radar=960)).told(HOUR)
    assert told["rates_hz"]["radar"] == [2.0, *[None] * 20, 4.0]


def test_a_core_that_began_anew_counts_from_nought():
    assert heard(status(0, radar=5000), status(15, radar=40)).told(HOUR)["rates_hz"] == {"radar": [2.67]}


def test_a_sensor_that_comes_later_was_not_heard_before():
    told = heard(status(0, radar=0), status(15, radar=30), status(30, radar=60, rf=7)).told(HOUR)
    assert told["rates_hz"] == {"radar": [2.0, 2.0], "rf": [None, 0.47]}


def test_a_recording_that_is_played_from_elsewhere_keeps_what_is_near():
    one = heard(status(0, radar=0), status(15, radar=30), status(1800, radar=900), status(1815, radar=990), status(30, radar=60))
    one.note(status(45, radar=100))
    assert one.told(MINUTE)["rates_hz"]["radar"] == [2.0, None, 2.67]


@given(st.lists(st.tuples(st.floats(0.5, 55.0), st.integers(0, 1000)), min_size=1, max_size=60))
def test_rates_are_the_slopes_of_what_was_counted(steps):
    times, totals = np.cumsum([0.0, *(gap for gap, _ in steps)]).round(3), np.cumsum([0, *(came for _, came in steps)])
    told = heard(*(status(float(time), radar=int(total)) for time, total in zip(times, totals, strict=True))).told(HOUR)
    rates = told["rates_hz"]["radar"]
    edges = np.clip(told["from"] / 1000 - START.timestamp() + STEP_S * np.arange(len(rates) + 1), 0.0, times[-1])
    expected = np.diff(np.interp(edges, times, totals)) / np.diff(edges)
    assert len(rates) <= HOUR
    assert rates == pytest.approx(expected, abs=0.006, rel=1e-4)
