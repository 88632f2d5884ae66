"""Entry probabilities against closed forms, against random futures flown in small steps, and the bounds that spare work."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

from fusion.zones.geometry import circle, joined, polygon
from fusion.zones.kernels.telling import told
from fusion.zones.prediction import Encounters, Reach, forecast, out_of_reach
from tests.zones.zone_scenes import star

HORIZON = 60.0
FAR = 1e6
EAST_HALF = polygon([np.array([[0, -FAR], [FAR, -FAR], [FAR, FAR], [0, FAR]])], -np.inf, np.inf)


def ask(prism, state, covariance, horizon=HORIZON):
    one = Encounters(np.zeros(1, int), np.zeros(1, int), np.zeros(1, int))
    found = forecast(prism, np.array(state, float)[None], np.array(covariance, float)[None], one, horizon)
    return tuple(float(part[0]) for part in found)


def random_covariance(rng, sigma=10.0, sigma_velocity=2.0):
    root = rng.normal(size=(6, 6))
    matrix = root @ root.T
    scale = np.array([sigma] * 3 + [sigma_velocity] * 3) / np.sqrt(np.diag(matrix))
    return matrix * np.outer(scale, scale)


@pytest.mark.parametrize("away", [-20.0, 0.0, 100.0, 250.0, 400.0])
def test_a_known_velocity_leaves_a_normal_distribution_of_the_place(away):
    """Past a straight border at 5 m/s: it is crossed within a minute by whoever is less than 300 m from it."""
    sigma = 80.0
    now, entering, _ = ask(EAST_HALF, [-away, 0, 50, 5, 0, 0], np.diag([sigma**2, 1, 1, 0, 0, 0]))
    assert now == pytest.approx(norm.cdf(-away / sigma), abs=0.005)
    assert entering == pytest.approx(norm.cdf((300 - away) / sigma), abs=0.005)


@pytest.mark.parametrize("speed", [-5.0, 0.0, 2.0, 5.0, 9.0])
def test_a_known_place_leaves_a_normal_distribution_of_the_speed(speed):
    _, entering, _ = ask(EAST_HALF, [-180, 0, 50, speed, 0, 0], np.diag([0, 0, 0, 4.0, 1, 1]))
    assert entering == pytest.approx(norm.cdf((speed - 3.0) / 2.0), abs=0.005)


@pytest.mark.parametrize("seed", range(40))
def test_a_border_is_crossed_as_often_as_the_bivariate_normal_says(seed):
    """Of a straight flight, not (outside now and outside at the end)."""
    rng = np.random.default_rng(seed)
    covariance = random_covariance(rng, rng.uniform(3, 60), rng.uniform(0.3, 3))
    state = np.array([rng.uniform(-300, 50), 0, 50, rng.uniform(-3, 8), 0, 0])
    ends = np.array([[1, 0, 0, 0, 0, 0], [1, 0, 0, HORIZON, 0, 0]], float)
    outside = multivariate_normal.cdf([0, 0], ends @ state, ends @ covariance @ ends.T, allow_singular=True)
    now, entering, _ = ask(EAST_HALF, state, covariance)
    assert entering == pytest.approx(1 - outside, abs=0.03)
    assert now == pytest.approx(norm.cdf(state[0] / np.sqrt(covariance[0, 0])), abs=0.03)


def test_the_time_to_entry_is_the_median_of_those_who_enter():
    _, entering, time = ask(EAST_HALF, [-200, 0, 50, 10, 0, 0], np.diag([20.0**2, 1, 1, 0, 0, 0]))
    assert (entering, time) == pytest.approx((1.0, 20.0), abs=0.05)
    _, entering, time = ask(EAST_HALF, [-600, 0, 50, 10, 0, 0], np.diag([20.0**2, 1, 1, 0, 0, 0]))
    assert entering == pytest.approx(0.5, abs=0.005)
    assert time == pytest.approx(60 + norm.ppf(0.25) * 2.0, abs=0.05)


def test_who_does_not_enter_has_no_time():
    _, entering, time = ask(EAST_HALF, [-2000, 0, 50, -10, 0, 0], np.eye(6))
    assert entering == 0.0
    assert np.isnan(time)


def flown(rng, state, covariance, inside, draws=20_000, steps=241):
    """Give probabilities now and within the horizon, and the median time, of random futures flown in small steps."""
    futures = rng.multivariate_normal(state, covariance, draws)
    first = np.full(draws, np.inf)
    for time in np.linspace(0, HORIZON, steps):
        there = inside(futures[:, :3] + time * futures[:, 3:]) & np.isinf(first)
        first[there] = time
    entered = np.isfinite(first)
    return (first == 0).mean(), entered.mean(), np.median(first[entered]) if entered.any() else np.nan


@pytest.mark.parametrize("seed", range(12))
def test_a_cylinder_is_entered_as_often_as_by_random_futures(seed):
    rng = np.random.default_rng(seed)
    state = np.array([*rng.uniform(-700, 700, 2), rng.uniform(20, 160), *rng.normal(0, 9, 2), rng.normal(0, 1)])
    covariance = random_covariance(rng, rng.uniform(5, 60), rng.uniform(0.5, 3))
    found = ask(circle(np.array([0.0, 0.0, 250.0]), 30, 120), state, covariance)
    expected = flown(rng, state, covariance, lambda p: (np.hypot(p[:, 0], p[:, 1]) <= 250) & (p[:, 2] >= 30) & (p[:, 2] <= 120))
    assert found[:2] == pytest.approx(expected[:2], abs=0.05)
    if expected[1] > 0.2:
        assert found[2] == pytest.approx(expected[2], abs=1.5)


def test_over_many_flights_probabilities_are_far_closer_than_alerts_need():
    rng = np.random.default_rng(99)
    errors = []
    for _ in range(60):
        state = np.array([*rng.uniform(-600, 600, 2), 75, *rng.normal(0, 8, 2), 0])
        covariance = random_covariance(rng, 20, 1.5)
        found = ask(circle(np.array([0.0, 0.0, 250.0]), -np.inf, np.inf), state, covariance)[1]
        expected = flown(rng, state, covariance, lambda p: np.hypot(p[:, 0], p[:, 1]) <= 250, 8000, 121)[1]
        errors.append(found - expected)
    assert np.sqrt(np.mean(np.square(errors))) <= 0.02
    assert abs(np.mean(errors)) <= 0.01


def test_volumes_of_one_zone_are_entered_as_one():
    """Two half-planes that share their border make the plane; one alone is entered half of the time."""
    west = polygon([np.array([[-FAR, -FAR], [0, -FAR], [0, FAR], [-FAR, FAR]])], -np.inf, np.inf)
    both = joined([EAST_HALF, west])
    state, covariance = np.zeros((1, 6)), np.diag([9.0, 9, 9, 0, 0, 0])[None]
    zero = np.zeros(2, int)
    together = forecast(both, state, covariance, Encounters(zero, np.array([0, 1]), np.array([0])), HORIZON)
    apart = forecast(both, state, covariance, Encounters(zero, np.array([0, 1]), np.array([0, 1])), HORIZON)
    assert together.entering.tolist() == [1.0]
    assert apart.entering == pytest.approx([0.5, 0.5], abs=0.005)


def scene(rng, tracks=30, prisms=12):
    shapes = [
        polygon([star(rng, 9, 200.0) + rng.uniform(-900, 900, 2)], 0, 100)
        if k % 2
        else circle(np.array([*rng.uniform(-900, 900, 2), 150.0]), 20, 90)
        for k in range(prisms)
    ]
    state = np.concatenate(
        [rng.uniform([-1500, -1500, 10], [1500, 1500, 130], (tracks, 3)), rng.normal(0, [9, 9, 1], (tracks, 3))], axis=1
    )
    covariance = np.stack([random_covariance(rng, 10, 1) for _ in range(tracks)])
    pairs = np.indices((tracks, prisms)).reshape(2, -1)
    return joined(shapes), state, covariance, Encounters(*pairs, np.arange(tracks * prisms))


@pytest.mark.parametrize("negligible", [0.02, 0.1, 0.3])
@pytest.mark.parametrize("seed", range(10))
def test_what_is_left_out_is_entered_with_a_negligible_probability(seed, negligible):
    prisms, state, covariance, encounters = scene(np.random.default_rng(seed))
    reach = Reach.of(state, covariance, HORIZON, negligible)
    away = out_of_reach(prisms, state, reach, encounters, HORIZON)
    low, high = reach.low[encounters.tracks], reach.high[encounters.tracks]
    boxed = ((low <= prisms.high[encounters.which]) & (prisms.low[encounters.which] <= high)).all(axis=1)
    entering = forecast(prisms, state, covariance, encounters, HORIZON).entering
    assert away.mean() > 0.3
    assert entering[away].max() <= negligible + 0.02
    assert entering[~boxed].max() <= negligible + 0.02
    assert entering.max() > 0.1


def test_the_bound_is_reached_where_both_ends_are_alike_and_independent():
    """Beside a straight border, with place now and place then uncorrelated: d = 1.645 σ leaves 2 × 0.05."""
    sigma = 10.0
    covariance = np.zeros((1, 6, 6))
    covariance[0, 0, 0] = sigma**2
    covariance[0, 0, 3] = covariance[0, 3, 0] = -(sigma**2) / HORIZON
    covariance[0, 3, 3] = 2 * sigma**2 / HORIZON**2
    reach = Reach.of(np.zeros((1, 6)), covariance, HORIZON, 0.1)
    assert reach.high[0, 0] == pytest.approx(norm.ppf(0.95) * sigma)
    entering = ask(EAST_HALF, [-reach.high[0, 0], 0, 0, 0, 0, 0], covariance[0])[1]
    assert entering == pytest.approx(0.1 - 0.05**2, abs=0.02)


def test_a_forecast_does_not_depend_on_what_else_is_asked():
    prisms, state, covariance, encounters = scene(np.random.default_rng(5))
    together = forecast(prisms, state, covariance, encounters, HORIZON)
    ends = np.append(encounters.groups, len(encounters.tracks))
    for group in range(len(encounters.groups)):
        pairs = slice(ends[group], ends[group + 1])
        alone = Encounters(encounters.tracks[pairs], encounters.which[pairs], np.zeros(1, int))
        for whole, part in zip(together, forecast(prisms, state, covariance, alone, HORIZON), strict=True):
            np.testing.assert_array_equal(whole[group : group + 1], part)


def test_pairs_can_be_chosen_with_their_groups():
    every = Encounters(np.array([0, 0, 0, 1, 2]), np.array([0, 1, 2, 0, 3]), np.array([0, 2, 3, 4]))
    some, groups = every.chosen(np.array([False, True, False, True, True]))
    assert [part.tolist() for part in some] == [[0, 1, 2], [1, 0, 3], [0, 1, 2]]
    assert groups.tolist() == [0, 2, 3]
    none, groups = every.chosen(np.zeros(5, bool))
    assert [part.tolist() for part in (*none, groups)] == [[], [], [], []]
    empty = forecast(EAST_HALF, np.zeros((3, 6)), np.zeros((3, 6, 6)), none, HORIZON)
    assert [part.tolist() for part in empty] == [[], [], []]


@given(
    st.lists(
        st.just(0.0) | st.just(math.inf) | st.sampled_from([1.0, 2.5, 2.5 + 2**-50, 60.0, 5e-324]) | st.floats(0.0, 60.0),
        min_size=1,
        max_size=64,
    )
)
@settings(max_examples=300, deadline=None)
def test_what_entry_times_come_to_is_their_shares_and_their_lower_median(times):
    now, entering, median = told(np.array(times * 4))
    finite = sorted(moment for moment in times * 4 if moment < math.inf)
    assert now == finite.count(0.0) / len(times * 4)
    assert entering == len(finite) / len(times * 4)
    assert median == finite[(len(finite) - 1) // 2] if finite else math.isnan(median)
