"""Places of groups of bearings against scipy and Monte Carlo, partitions against every partition there is."""

import math
from itertools import combinations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from fusion.tracking import kernels
from fusion.tracking.partitions import CROWD, clusters, partition
from tests.tracking.hearing_scene import MIDDLE, finder, horizon

SPEED, Q, HEIGHT = np.array([10.0, 3.0]), 1.0, np.array([MIDDLE[2] + 80.0, 60.0])
TRUE = np.array([*(MIDDLE + [250.0, 100.0, 70.0]), 5.0, -3.0, 0.0])
BIAS, SIGMA = math.radians(2.0), math.radians(4.0)


def looks_of(rng, sensors, count):
    """Give ages (n, H) and looks (n, H, 4) of straight flight, each sensor off by a bias."""
    ages, looks = np.zeros((len(sensors), 32)), np.full((len(sensors), 32, 4), np.nan)
    for n, here in enumerate(sensors):
        ages[n, :count] = -np.arange(count) - 0.3 * n
        e = here.enu_from_grid(TRUE[:3] + ages[n, :count, None] * TRUE[3:])
        azimuth = np.arctan2(e[:, 0], e[:, 1]) + BIAS * rng.standard_normal() + SIGMA * rng.standard_normal(count)
        looks[n, :count, 0], looks[n, :count, 2], looks[n, :count, 3] = azimuth, SIGMA**2, 1.0
    return ages, looks


def log_joint(s, sensors, ages, looks, count, middle, spread):
    """log p(looks, s) with the bias integrated out: a normal with all of a sensor's looks correlated."""
    total = 0.0
    for n, here in enumerate(sensors):
        e = here.enu_from_grid(s[:3] + ages[n, :count, None] * s[3:])
        nu = np.remainder(looks[n, :count, 0] - np.arctan2(e[:, 0], e[:, 1]) + math.pi, math.tau) - math.pi
        S = np.diag(SIGMA**2 + Q * np.abs(ages[n, :count]) ** 3 / 3.0 / (e[:, 0] ** 2 + e[:, 1] ** 2)) + BIAS**2
        total += -0.5 * (nu @ np.linalg.solve(S, nu) + np.linalg.slogdet(math.tau * S)[1])
    rho = np.hypot(*(s[:2] - sensors[0].origin[:2]))
    sigmas = np.array([spread, HEIGHT[1], SPEED[0], SPEED[0], SPEED[1]])
    residual = np.array([rho - middle, s[2] - HEIGHT[0], *s[3:]])
    return total - 0.5 * ((residual / sigmas) ** 2 + np.log(math.tau * sigmas**2)).sum() - math.log(math.tau * rho)


@pytest.fixture(scope="module")
def fitted():
    sensors, count = [horizon(finder(number)) for number in (1, 2, 3)], 8
    ages, looks = looks_of(np.random.default_rng(4), sensors, count)
    x, P, logs, chi2 = np.empty((1, 1, 6)), np.empty((1, 1, 6, 6)), np.empty((1, 1)), np.empty((1, 1))
    middle, spread = 1500.0, 500.0
    kernels.fit(
        np.array([one.origin for one in sensors]), np.array([one.coefficients for one in sensors]), np.arange(3), ages, looks,
        np.full(3, count), np.tile([BIAS**2, 0.0], (3, 1)), np.array([[0, 1, 2, -1]]), np.zeros((1, 4), np.int64),
        np.array([middle]), np.array([spread]), HEIGHT[None], SPEED, Q, 8, x, P, logs, chi2,
    )  # fmt: skip
    return (sensors, ages, looks, count, middle, spread), x[0, 0], P[0, 0], float(logs[0, 0]), float(chi2[0, 0])


def test_the_place_of_some_bearings_is_the_likeliest_one(fitted):
    world, x, P, _, _ = fitted
    scale = np.sqrt(np.diag(P))
    best = minimize(lambda u: -log_joint(x + u * scale, *world), np.zeros(6), method="BFGS").x
    assert np.abs(best).max() < 0.1  # sigmas: a density over the plane and Gauss–Newton's slopes move it by a little
    assert np.linalg.norm(x[:2] - TRUE[:2]) < 4 * math.sqrt(P[0, 0] + P[1, 1])


def test_the_evidence_is_the_integral_over_all_places(fitted):
    world, x, P, log, chi2 = fitted
    rng, factor = np.random.default_rng(1), np.linalg.cholesky(1.5 * P)
    draws = rng.standard_normal((20_000, 6))
    proposal = -0.5 * (draws**2).sum(axis=1) - 3 * math.log(math.tau) - np.log(np.diag(factor)).sum()
    joint = np.array([log_joint(x + factor @ draw, *world) for draw in draws])
    assert log == pytest.approx(logsumexp(joint - proposal) - math.log(len(draws)), abs=0.15)
    assert 5.0 < chi2 < 50.0  # of 24 looks


def every_partition(rows, groups):
    """Give every set of groups without a track in common."""
    if not groups:
        return [[]]
    head, *rest = groups
    without = every_partition(rows, rest)
    return without + [[head, *others] for others in without if not any(set(head) & set(other) for other in others)]


@pytest.mark.parametrize("seed", range(10))
def test_a_group_s_probability_is_its_share_of_every_partition(seed):
    rng = np.random.default_rng(seed)
    rows = list(range(6))
    groups = [members for size in (2, 3) for members in combinations(rows, size) if rng.random() < 0.4]
    odds = {members: float(rng.normal(0.0, 3.0)) for members in groups}
    ways = every_partition(rows, groups)
    weights = np.array([math.exp(sum(odds[members] for members in way)) for way in ways])
    for members, probability in partition(odds).items():
        expected = sum(w for way, w in zip(ways, weights, strict=True) if members in way) / weights.sum()
        assert probability == pytest.approx(expected, rel=1e-9)


def test_two_ways_to_pair_that_are_as_good_leave_both_in_doubt():
    even = partition({(0, 2): 5.0, (1, 3): 5.0, (0, 3): 5.0, (1, 2): 5.0})
    assert max(even.values()) < 0.51
    assert partition({(0, 2): 5.0, (1, 3): 5.0, (0, 3): -3.0, (1, 2): -3.0})[0, 2] > 0.98


def test_a_crowd_is_cut_where_least_is_lost_and_the_cut_is_told():
    odds = {(a, a + 1): 10.0 - a for a in range(2 * CROWD)}
    parts = clusters(odds)
    assert all(len({row for members in cluster for row in members}) <= CROWD for cluster, _ in parts)
    kept = {members for cluster, _ in parts for members in cluster}
    assert parts[0][1] == {row for members in odds.keys() - kept for row in members}
