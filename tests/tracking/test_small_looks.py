"""What small looks are done by, against numpy and brute force: tables in one block, and the kernels for a few rows."""

import math

import numpy as np
import pytest

from fusion.frame import SiteFrame
from fusion.tracking import kernels
from fusion.tracking.bearing_store import BearingTracks
from fusion.tracking.models import direction
from fusion.tracking.store import M, TrackStore, blank
from fusion.tracking.table import Table

HORIZON = SiteFrame.at(48.8582, 2.2945).horizon(math.radians(48.8582), math.radians(2.2945), 110.0)


def covariances(rng, count, size):
    root = rng.normal(size=(count, size, size))
    return root @ root.transpose(0, 2, 1) + np.eye(size)


def some_store(rng, count) -> TrackStore:
    store = blank(
        TrackStore.for_sensors(2, 1), rng.normal(size=(count, M, 6)), covariances(rng, count * M, 6).reshape(count, M, 6, 6)
    )
    store.r[:], store.confirmed[:], store.born[:] = rng.random(count), rng.random(count) < 0.5, np.arange(count)
    store.cross[:] = rng.normal(size=store.cross.shape)
    return store


def same(table: Table, columns: dict[str, np.ndarray]) -> None:
    for name, array in table.arrays().items():
        np.testing.assert_array_equal(array, columns[name], name)
        assert array.flags.c_contiguous, name


@pytest.mark.parametrize("count", [0, 1, 7, 300])
def test_rows_kept_and_added_are_those_of_each_column_for_itself(count):
    rng = np.random.default_rng(count)
    store, more = some_store(rng, count), some_store(rng, 3)
    mask = rng.random(count) < 0.6
    expected = {name: np.concatenate([array[mask], more.arrays()[name]]) for name, array in store.arrays().items()}
    store.keep(mask)
    store.append(more)
    same(store, expected)
    assert len(store) == len(store.claims) == mask.sum() + 3


def test_a_copy_is_a_value_of_its_own_and_knows_of_columns_that_were_replaced():
    store = some_store(np.random.default_rng(5), 4)
    first = store.copy()
    store.r = np.full(4, 0.25)
    store.x[0] = 7.0
    second = store.copy()
    store.r[:] = 0.5
    assert (second.r == 0.25).all()
    assert (second.x[0] == 7.0).all()
    assert not (first.x[0] == 7.0).any()
    assert not (first.r == 0.25).any()
    second.mu = np.zeros((4, M))
    assert (second.x[0] == 7.0).all()
    assert not second.copy().mu.any()


def test_an_empty_table_of_bearings_is_copied_and_added_to():
    tracks = BearingTracks().copy()
    assert len(tracks) == 0
    assert tracks.x.shape == (0, 4, 2, 2)


@pytest.mark.parametrize("seed", range(20))
def test_a_bias_is_trusted_by_the_eigenvalues_that_lapack_finds(seed):
    rng = np.random.default_rng(seed)
    n, count = rng.integers(1, 7), 9
    B, b = covariances(rng, 1, count)[0] / 10.0, rng.normal(size=count)
    places, parts = np.sort(rng.permutation(count)[:n]), np.sort(rng.permutation(6)[:n])
    unit = rng.uniform(0.5, 2.0, n)
    lengths, U = np.linalg.eigh(B[np.ix_(places, places)] / np.outer(unit, unit))
    limit = np.median(lengths) * 1.01
    known = lengths <= limit
    value, covariance = np.empty(6), np.empty((6, 6))
    kernels.trusted(b, B, places, parts, unit, limit, value, covariance)
    expected, spread = np.zeros(6), np.zeros((6, 6))
    expected[parts] = unit * (U[:, known] @ (U[:, known].T @ (b[places] / unit)))
    spread[np.ix_(parts, parts)] = np.outer(unit, unit) * ((U * np.where(known, lengths, 1.0)) @ U.T)
    np.testing.assert_allclose(value, expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(covariance, spread, rtol=1e-9, atol=1e-12)


def test_neighbours_are_those_that_brute_force_finds():
    rng = np.random.default_rng(11)
    store = some_store(rng, 60)
    store.x[:, :, :3] += rng.uniform(0, 60, (60, 1, 3))
    store.mu[:] = rng.dirichlet(np.ones(M), 60)
    rows = np.flatnonzero(store.confirmed)
    state, covariance = store.combined_of(rows)
    expected = {}
    for i, a in enumerate(rows):
        for k, b in enumerate(rows[:i]):
            delta = state[i] - state[k]
            d2 = delta @ np.linalg.solve(covariance[i] + covariance[k] + 4.0 * np.eye(6), delta)
            if np.linalg.norm(delta[:3]) <= 25.0 and d2 <= 200.0:
                expected[int(b), int(a)] = d2
    assert len(expected) > 5
    for room in (2, 1000):
        first, second, distance2 = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
        count = kernels.neighbours(store.x, store.P, store.mu, rows, 25.0, 2.0, 200.0, first, second, distance2)
        assert count == len(expected)
    found = dict(zip(zip(first[:count].tolist(), second[:count].tolist(), strict=True), distance2[:count], strict=True))
    assert found.keys() == expected.keys()
    np.testing.assert_allclose([found[pair] for pair in expected], list(expected.values()), rtol=1e-9)


@pytest.mark.parametrize("parts", [(0, 1, 2), (1, 2), (1,), (0, 1)])
def test_a_direction_misses_a_place_by_what_the_model_says(parts):
    rng = np.random.default_rng(len(parts))
    for _ in range(50):
        place = HORIZON.origin + rng.uniform(-2000, 2000, 3) * [1, 1, 0.1]
        spread = rng.uniform(10, 400, 3)
        state, covariance = np.zeros(6), np.zeros((6, 6))
        state[:3], covariance[[0, 1, 2], [0, 1, 2]] = place, spread
        model = direction(HORIZON, state, covariance)
        chosen = list(parts)
        variance = np.full(6, np.inf)
        variance[chosen] = np.array([25.0, 1e-4, 1e-4])[chosen]
        z = np.concatenate([model.h[:3] + rng.normal(0, [9, 0.02, 0.02]), np.zeros(3)])
        nu = (z[:3] - model.h[:3])[chosen]
        H = model.H[chosen]
        S = H @ covariance @ H.T + np.diag(variance[chosen] + model.curvature_variance[chosen])
        d2, count = kernels.misses(HORIZON.origin, HORIZON.coefficients, place, spread, z, variance)
        assert count == len(chosen)
        assert d2 == pytest.approx(nu @ np.linalg.solve(S, nu), rel=1e-6)


def test_targets_not_seen_yet_are_the_mean_over_the_grid_by_numpy():
    grid = np.geomspace(1e-3, 1e4, 71)
    many = np.where((grid >= 0.5) & (grid <= 2000.0), 1.0, 0.0)
    many /= many.sum()
    for expected, surprise, count, false, pd in (
        (5.0, 0.9, 3.0, 10.0, 0.9),
        (0.01, 0.02, 0.0, 0.2, 0.7),
        (2.0, 0.02, 900.0, 5.0, 0.5),
    ):
        usual = grid * np.exp(-grid / expected)
        prior = (1.0 - surprise) * usual / usual.sum() + surprise * many
        log = np.log(np.maximum(prior, 1e-300)) + count * np.log(false + pd * grid) - (false + pd * grid)
        weight = np.exp(log - log.max())
        assert kernels.unseen(expected, surprise, count, false, pd, grid, many, 1e-300) == pytest.approx(
            weight @ grid / weight.sum(), rel=1e-10
        )
