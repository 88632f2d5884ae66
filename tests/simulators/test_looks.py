"""When sensors look, and what becomes of their messages."""

import numpy as np
import pytest
from scipy import stats

from simulators.behaviour import Dropouts
from simulators.looks import arrivals, dropped, looks
from simulators.sensing import arrived, detections, scans, view
from simulators.targets import targets
from tests.simulators.scenes import DRONE, RADAR


def at_work(stage):
    return view(stage, stage.site.sensor[0], targets(stage))


def told(extra, staged, duration=600.0):
    return at_work(staged(RADAR, "", duration=duration, behaviour=f'[[sensor]]\nid = "radar"\n{extra}\n'))


def test_a_sensor_looks_once_a_period_from_a_phase_of_its_own(staged):
    time = told("", staged).looks.time
    assert 0.0 <= time[0] < 0.5
    assert np.diff(time) == pytest.approx(0.5, abs=2e-6)
    assert 599.0 < time[-1] < 600.0


def test_an_outage_silences_a_sensor_and_it_comes_back_with_a_new_boot_counting_from_nought(staged):
    radar = told("outages = [[100, 150], [300, 310.5]]", staged)
    time = radar.looks.time
    assert not ((time >= 100) & (time < 150)).any()
    assert len(dict.fromkeys(radar.looks.boot)) == 3
    for boot in dict.fromkeys(radar.looks.boot):
        sequence = radar.looks.sequence[[b == boot for b in radar.looks.boot]]
        assert sequence.tolist() == list(range(len(sequence)))


def test_messages_come_after_their_delay_with_an_exponential_tail(staged):
    radar = told("delay_s = 0.2\njitter_s = 0.1", staged, 5000.0)
    came = arrived(radar)
    late = came.received / 1e9 - radar.looks.time[came.look]
    assert stats.kstest((late - 0.2) / 0.1, "expon").pvalue > 1e-3
    assert (np.diff(came.received) >= 0).all()


def test_jitter_above_the_period_reorders(staged):
    assert (np.diff(arrived(told("jitter_s = 1.0", staged)).look) < 0).any()
    assert (np.diff(arrived(told("delay_s = 3.0", staged)).look) == 1).all()


def test_messages_are_lost_and_doubled_as_often_as_told(staged):
    radar = told("loss = 0.1\nduplicates = 0.2", staged, 5000.0)
    look, count = np.unique(arrived(radar).look, return_counts=True)
    assert stats.binomtest(len(look), len(radar.looks.time), 0.9).pvalue > 1e-3
    assert stats.binomtest(int((count == 2).sum()), len(look), 0.2).pvalue > 1e-3


def test_a_clock_that_is_ahead_shifts_the_times_that_are_told_and_nothing_else(staged):
    behaviour = '[[sensor]]\nid = "radar"\nbias = { time_s = 0.25 }\n'
    late = at_work(staged(RADAR, DRONE, behaviour=behaviour))
    true = at_work(staged(RADAR, DRONE))
    for said, right in zip(scans(late, detections(late), 0), scans(true, detections(true), 0), strict=True):
        assert said.time - right.time == 250_000_000
        assert said.received == right.received
        assert [plot.time for plot in said.detections] == [plot.time + 250_000_000 for plot in right.detections]


def test_a_sensor_without_a_period_reports_once_a_second(staged):
    stage = staged(RADAR.replace("period_s = 0.5\n", ""), "")
    chance = lambda *_: np.random.default_rng(0)  # noqa: E731
    seen = looks(stage.site.sensor[0], stage.behaviour("radar"), 10.0, chance)
    assert len(seen.time) == 10
    assert len(arrivals(seen, stage.behaviour("radar"), chance).look) == 10


def test_drop_outs_come_and_last_exponentially_and_lose_whole_runs_of_messages(staged):
    radar = told("dropouts = { every_s = 60, for_s = 3 }", staged, 80_000.0)
    times = dropped(radar.behaviour.dropouts, 80_000.0, radar.chance("dropouts"))
    assert stats.kstest((times[:, 1] - times[:, 0]) / 3.0, "expon").pvalue > 1e-3
    assert stats.kstest((times[1:, 0] - times[:-1, 1]) / 60.0, "expon").pvalue > 1e-3
    came = np.zeros(len(radar.looks.time), bool)
    came[arrived(radar).look] = True
    inside = ((radar.looks.time[:, None] >= times[:, 0]) & (radar.looks.time[:, None] < times[:, 1])).any(axis=1)
    assert np.array_equal(came, ~inside)
    assert abs((~came).mean() - 3.0 / 63.0) < 4.0 * 3.0 / 63.0 / len(times) ** 0.5


def test_a_sensor_may_be_dropped_from_the_beginning_as_often_as_at_any_time():
    random = np.random.default_rng(5)
    begun = [
        len(d) > 0 and d[0, 0] == 0.0 for d in (dropped(Dropouts(every_s=6.0, for_s=4.0), 50.0, random) for _ in range(2000))
    ]
    assert stats.binomtest(sum(begun), 2000, 0.4).pvalue > 1e-3
