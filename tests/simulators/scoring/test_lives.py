"""Times, tables and requirements on one small run worked out by hand."""

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.stats import binom, chi2

from fusion.messages import Track, WireIdentity
from simulators.scoring.courageous import bears, names, tables
from simulators.scoring.ed87e import _lower, _upper, requirements
from simulators.scoring.errors import axes, course_error, nees
from simulators.scoring.pairing import pairs_of
from simulators.scoring.reading import Facts, Reports, Truth
from simulators.scoring.scene import Scene
from simulators.scoring.times import times

SECONDS = np.arange(0.0, 20.5)
EAST = np.stack([10 * SECONDS, 0 * SECONDS, 0 * SECONDS], axis=-1)


def truth(facts, offset=(0, 0, 0)):
    return Truth(SECONDS, EAST + offset, np.tile([10.0, 0.0, 0.0], (21, 1)), facts)


def said(name, seconds, *, offset=(0, 0, 0), velocity=(10.0, 0.0, 0.0), **more):
    """Report at some seconds; between two that are not neighbours the track is gone."""
    gone = [not seconds[0] <= second <= seconds[-1] or second not in seconds for second in SECONDS]
    zero = datetime(1970, 1, 1, tzinfo=UTC)
    told = [
        Track(track=name, site="s", time=(at := zero + timedelta(seconds=float(t))), status="confirmed", existence=0.9, born=at,
              updated=at - timedelta(seconds=0.25), **more)
        for t in SECONDS
    ]  # fmt: skip
    return Reports(SECONDS.tolist(), EAST + offset, np.tile(velocity, (21, 1)), gone, [np.eye(3)] * 21, [np.eye(3)] * 21, told)


DRONE = Facts("multirotor", "1588EPN26PP75000017", True)
BIRD = Facts("bird", None, False)
TRUTHS = {"drone": truth(DRONE), "bird": truth(BIRD, (0, 500, 0))}


def run(tracks, indifferent=("bird",)):
    whole = Scene.of(tracks, TRUTHS)
    scene = whole.sparing(indifferent)
    return whole, scene, pairs_of(scene)


def test_a_life_is_told_with_its_gaps_and_switches():
    _, scene, pairs = run({"a": said("a", [2, 3, 4, 8, 9]), "b": said("b", [10, 11, 12, 13, 14, 15])})
    life = times(scene, pairs).lives[0]
    assert (life.confirmed_after, life.tracks, life.switches) == (2.0, 2, 1)
    assert life.gaps == (3.0, 5.0)  # 5, 6, 7 between two hits of one track; 16 to 20 to the end
    assert life.kept == 1
    assert life.tracked == pytest.approx(11 / 21)
    assert life.longest == pytest.approx(6 / 21)
    summed = times(scene, pairs)
    assert (summed.never, summed.gaps, summed.longest_gap, summed.kept) == (0, 2, 5.0, 0.5)
    assert summed.age_median == pytest.approx(0.25)


def test_who_is_never_tracked_is_counted_and_has_no_time_to_confirm():
    _, scene, pairs = run({})
    found = times(scene, pairs)
    assert found.never == 1
    assert math.isnan(found.confirmed_median)


def test_errors_are_told_along_the_flight_and_across():
    _, scene, pairs = run({"a": said("a", range(21), offset=(-3, -4, 2), velocity=(8.0, 0.0, 0.0))})
    found = {one.name: one for one in axes(scene, pairs)}
    assert found["along the flight"].bias == pytest.approx(3.0)
    assert found["across it, to the right"].bias == pytest.approx(-4.0)
    assert found["up"].bias == pytest.approx(-2.0)
    assert found["speed"].bias == pytest.approx(2.0)
    assert found["east"].sigma == pytest.approx(0.0, abs=1e-9)


def test_courses_differ_by_half_a_turn_at_most():
    north, east, south_west = np.array([[0.0, 1, 0], [1, 0, 0], [-1, -1, 0]])
    found = course_error(np.array([east, north, south_west]), np.array([north, east, north]))
    assert np.abs(found) == pytest.approx([90, 90, 135])
    assert found[:2] == pytest.approx([90, -90])


def test_honest_covariances_lie_in_the_band():
    rng = np.random.default_rng(1)
    P = np.array([[4.0, 1.5], [1.5, 2.0]])
    found = nees(rng.multivariate_normal([0, 0], P, 4000), np.tile(P, (4000, 1, 1)))
    assert found.band[0] < found.mean < found.band[1]
    assert found.band == pytest.approx((chi2.ppf(0.025, 8000) / 8000, chi2.ppf(0.975, 8000) / 8000))
    assert nees(np.zeros((2, 2)), np.array([P, np.full((2, 2), np.nan)])).samples == 1


def test_the_tables_say_who_was_called_what():
    police = WireIdentity(serial="1588EPN26PP75000017", strength="claimed")
    a = said("a", range(1, 21), class_="multirotor", identity=police, verdict="authorised")
    b = said("b", range(21), offset=(0, 500, 0), class_="bird", verdict="unknown")
    ghost = said("c", range(5), offset=(0, -900, 0))
    whole, scene, pairs = run({"a": a, "b": b, "c": ghost})
    found = tables(scene, pairs, times(scene, pairs), whole, pairs_of(whole))
    value = {row.what: row.value for table in found for row in table}
    assert (value["targets detected"], value["time to detect, median"], value["at once"]) == (1, 1.0, 1)
    assert value["probability of detection"] == pytest.approx(20 / 21)
    assert value["false tracks"] == pytest.approx(1 / (21 / 60))
    assert value["bird immunity"] == 1.0
    assert (value["class right"], value["friends tagged as such"], value["identity right, where one is told"]) == (1.0, 1.0, 1.0)
    assert math.isnan(value["others not taken for friends"])


def test_a_wrong_name_is_a_false_identification():
    wrong = WireIdentity(serial="1581F5FH7245R00A1B2C", strength="claimed")
    _, scene, pairs = run({"a": said("a", range(21), identity=wrong, class_="bird", verdict="unknown")})
    named = names(scene, pairs)
    assert (named.identity_right == 0).all()
    assert (named.class_right == 0).all()
    rows = {row.what: row for row in requirements(scene, pairs, times(scene, pairs), named)}
    assert rows["false identification"].passed is False
    assert rows["false identification"].measured == 1.0


def test_an_identity_is_known_under_any_of_its_names():
    helicopter = WireIdentity(icao24="39ac45", callsign="SAMU31", strength="claimed")
    assert bears(helicopter, "39AC45")
    assert bears(helicopter, "samu31")
    assert not bears(helicopter, "39ac46")
    assert not bears(helicopter, None)


def test_requirements_pass_and_fail_at_their_limits():
    _, scene, pairs = run({"a": said("a", range(21), offset=(0, 11.9, 0), velocity=(10.0, 2.0, 0.0))})
    rows = {row.what: row for row in requirements(scene, pairs, times(scene, pairs), names(scene, pairs))}
    assert (rows["position, 95 %"].passed, rows["velocity, 90 %"].passed, rows["course, 90 %"].passed) == (True, True, True)
    assert rows["report within 1 s"].measured == 1.0
    assert rows["false identification"].passed is None
    _, scene, pairs = run({"a": said("a", [0, 1, 8, 9, 10], offset=(0, 12.1, 0), velocity=(10.0, 5.1, 0.0))})
    rows = {row.what: row for row in requirements(scene, pairs, times(scene, pairs), names(scene, pairs))}
    assert (rows["position, 95 %"].passed, rows["velocity, 90 %"].passed, rows["course, 90 %"].passed) == (False, False, False)
    assert rows["gap over 5 s, of all reports"].measured == pytest.approx(2 / 5)  # 2 to 7, and 11 to the end


def test_what_is_shown_is_the_exact_bound_of_a_share():
    for count, total in ((0, 300), (3, 50), (40, 40)):
        upper, lower = _upper(count, total), _lower(count, total)
        assert upper == 1.0 or binom.cdf(count, total, upper) == pytest.approx(0.05)
        assert lower == 0.0 or binom.sf(count - 1, total, lower) == pytest.approx(0.05)
    assert _upper(0, 1000) == pytest.approx(3 / 1000, rel=0.01)
