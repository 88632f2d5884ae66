"""The running score by hand: a step of which everything is known."""

import math

import numpy as np
import pytest

from simulators.earth import ecef_from_wgs84
from simulators.scoring.running import RunningScore
from tests.console.stage import track
from tests.scene import SITE, START

BEGIN = START / 1e9


def here(north_m=0.0):
    """Give a place north of where the stage's track is, and how it gets there."""
    return ecef_from_wgs84(math.radians(48.8582) + north_m / 6.3669e6, math.radians(2.2945), 165.0)


def scored(places, *tracks, indifferent=(), now=1.5):
    score = RunningScore(SITE, lambda _time: places, BEGIN, indifferent)
    score.take(tracks)
    return score.score(BEGIN + now)


def test_nothing_is_scored_before_its_reports_are_out():
    assert scored({}, now=1.4) is None


@pytest.mark.parametrize(
    ("places", "tracks", "gospa_m", "missed", "false"),
    [
        ({}, 0, 0.0, 0, 0),
        ({}, 1, 50.0 / math.sqrt(2), 0, 1),  # nobody flies, and something is tracked
        ({"A": here()}, 0, 50.0 / math.sqrt(2), 1, 0),
        ({"A": here()}, 1, 0.0, 0, 0),
        ({"A": here(20.0)}, 1, 20.0, 0, 0),
        ({"A": here(60.0)}, 1, 50.0, 1, 1),
        ({"A": here(), "B": here(500.0)}, 1, 50.0 / math.sqrt(2), 1, 0),
    ],
)
def test_a_step_has_the_figures_that_it_has_by_hand(places, tracks, gospa_m, missed, false):
    time, figures = scored(places, *[track("T1")][:tracks])
    assert time == BEGIN
    assert figures == {"gospa_m": pytest.approx(gospa_m, abs=0.1), "missed": missed, "false": false, "identity_switches": 0}


def test_a_bird_is_held_against_nobody():
    for tracks in ([], [track("T1")]):
        _, figures = scored({"pigeon": here()}, *tracks, indifferent=("pigeon",))
        assert (figures["gospa_m"], figures["missed"], figures["false"]) == (0.0, 0, 0)


def test_what_was_published_too_long_ago_or_is_only_tentative_does_not_count():
    assert scored({"A": here()}, track("T1", -2.6))[1]["missed"] == 1
    assert scored({"A": here()}, track("T1", status="tentative"))[1] == scored({"A": here()})[1]


def test_a_switch_is_a_hit_by_another_track_than_at_the_last_hit():
    score = RunningScore(SITE, lambda _time: {"A": here()}, BEGIN)
    score.take([track("T1", 0.0), track("T1", 1.5, status="deleted"), track("T2", 4.0), track("T2", 4.5)])
    found = [score.score(BEGIN + 1.5 + step)[1] for step in range(6)]
    assert [one["missed"] for one in found] == [0, 0, 1, 1, 0, 0]
    assert [one["identity_switches"] for one in found] == [0, 0, 0, 0, 1, 1]
    assert np.isclose(found[0]["gospa_m"], 0.0, atol=0.1)
