"""What small looks are done by, against numpy and brute force: tables in one block, and the kernels for a few rows."""

import math

import numpy as np
import pytest

from fusion.frame import SiteFrame
from fusion.messages import SECOND
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
    store = TrackStore.for_sensors(2, 1)
    blank(store, count)
    store.x[:], store.P[:] = rng.normal(size=(count, M, 6)), covariances(rng, count * M, 6).reshape(count, M, 6, 6)
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


def pairs(rng, tracks, detections):
    """Give who could have caused what: start, pair, p and, for numpy, the track of each pair."""
    many = rng.integers(0, 4, tracks)
    start = np.concatenate([[0], np.cumsum(many)])
    pair = np.concatenate([rng.permutation(detections)[:n] for n in many] or [np.zeros(0, np.int64)]).astype(np.int64)
    return start, pair, rng.random(len(pair)), np.repeat(np.arange(tracks), many)


@pytest.mark.parametrize("seed", range(10))
def test_who_is_shown_given_up_and_seen_is_what_numpy_says(seed):
    rng = np.random.default_rng(seed)
    store, D, now = some_store(rng, 40), 25, 60 * SECOND
    store.updated[:] = rng.integers(0, 60, 40) * SECOND
    store.seen = rng.integers(0, 2, (40, 2)) * store.updated[:, None]
    store.name[:] = rng.integers(0, 2, 40)
    before, shown, alive, patience = store.copy(), np.empty(40, np.int64), np.empty(40, np.bool_), np.array([5.0, np.inf])
    marks = store.r, store.confirmed, store.updated, store.seen, store.name
    fresh, gone = kernels.judge(*marks, patience, now, 0.7, 0.2, 0.4, 30.0, shown, alive)
    assert shown[:fresh].tolist() == np.flatnonzero(~before.confirmed & (before.r >= 0.7)).tolist()
    assert (store.confirmed == (before.confirmed | (before.r >= 0.7))).all()
    longest = np.where(store.seen > 0, patience, 0.0).max(axis=1)
    waits = np.where(store.confirmed | (store.name > 0), 30.0, np.minimum(longest, 30.0))
    stays = np.where(store.confirmed, before.r >= 0.2, before.r >= 0.4) & ((now - before.updated) / SECOND <= waits)
    assert (alive == stays).all()
    assert gone == (~stays).sum()
    best, share = rng.integers(-1, D, 40), rng.random(40)
    time, numbers, names = rng.integers(0, 90, D) * SECOND, rng.integers(0, 9, D), rng.integers(0, 3, D)
    rows, speaking = np.empty(40, np.int64), np.empty(40, np.int64)
    many, told = kernels.note(
        *(best, time, now, numbers, names, share, 1, store.updated, store.received, store.seen, store.numbers, rows, speaking)
    )
    hit = np.flatnonzero(best >= 0)
    assert rows[:many].tolist() == hit.tolist()
    assert speaking[:told].tolist() == [t for t in hit.tolist() if names[best[t]] and share[t] > 0.5]
    assert (store.updated[hit] == np.maximum(before.updated[hit], time[best[hit]])).all()
    assert (store.seen[hit, 1] == time[best[hit]]).all()
    assert (store.numbers[hit, 1] == numbers[best[hit]]).all()
    assert (store.seen[:, 0] == before.seen[:, 0]).all()
    assert (store.received[best < 0] == before.received[best < 0]).all()


@pytest.mark.parametrize("seed", range(10))
def test_what_is_owed_and_what_surely_is_whose_is_what_numpy_says(seed):
    rng = np.random.default_rng(seed)
    store, D = some_store(rng, 40), 25
    start, pair, p, track = pairs(rng, 40, D)
    hit, miss = rng.random(40), rng.random(40)
    known, likely = kernels.owed(store.r, store.confirmed, start, hit, miss)
    assert known == pytest.approx(miss @ (store.r * store.confirmed))
    assert likely == pytest.approx(hit @ (store.r * ~store.confirmed * (np.diff(start) > 0)))
    rows, chosen, kind = np.empty(40, np.int64), np.empty(40, np.int64), rng.integers(0, 3, D)
    many = kernels.choose(store.confirmed, start, pair, p, kind, 0.5, np.zeros(D, np.int64), rows, chosen)
    wanted = np.bincount(pair[store.confirmed[track]], minlength=D)
    sure = [
        (t, pair[k])
        for t, k in zip(range(40), start[:-1].tolist(), strict=True)
        if store.confirmed[t]
        and start[t + 1] == k + 1
        and p[k] > 0.5
        and wanted[pair[k]] == 1
        and kind[pair[k]] != kernels.DIFFERENCE
    ]
    assert list(zip(rows[:many].tolist(), chosen[:many].tolist(), strict=True)) == sure


@pytest.mark.parametrize("lasts", [-1.0, 0.0, 3.0])
def test_labels_say_what_the_formula_says(lasts):
    rng = np.random.default_rng(3)
    store, D, now = some_store(rng, 40), 25, 60 * SECOND
    start, pair, p, track = pairs(rng, 40, D)
    told, likely = rng.integers(0, 3, D), rng.uniform(0.01, 1.0, (D, store.classes.shape[1]))
    store.label[:], store.labelled[:] = (
        rng.integers(0, 3, (40, 2)),
        rng.integers(50, 60, (40, 2)) * SECOND * (rng.random((40, 2)) < 0.7),
    )
    time, expected = np.full(D, now), store.classes.copy()
    for t, j, weight in zip(track.tolist(), pair.tolist(), p.tolist(), strict=True):
        gap = (now - store.labelled[t, 1]) / SECOND if store.labelled[t, 1] else math.inf
        stays = math.exp(-gap / lasts) if lasts > 0.0 else 0.0
        log = 0.3 * min(gap / 1.5, 1.0) * np.log(likely[j])
        if lasts >= 0.0:
            log = np.log(np.maximum(stays * (store.label[t, 1] == told[j]) + (1.0 - stays) * likely[j], 1e-300))
        expected[t] += weight * log * (told[j] != 0)
    kernels.label(start, pair, p, told, likely, time, 1, lasts, 0.3, 1.5, store.label, store.labelled, store.classes)
    np.testing.assert_allclose(store.classes, expected - expected.max(axis=1, keepdims=True), rtol=1e-9, atol=1e-9)


def test_the_density_of_a_false_alarm_is_the_product_over_what_was_measured():
    rng = np.random.default_rng(4)
    kind, variance, one = rng.integers(0, 2, 30), np.where(rng.random((30, 6)) < 0.5, 1.0, np.inf), rng.uniform(0.1, 2.0, 7)
    density, told = np.empty(30), np.isfinite(variance)
    kernels.spread(kind, variance, one, density)
    direction = one[1] * np.where(told[:, [0, 2, 3]], one[[0, 2, 3]], 1.0).prod(axis=1)
    place = one[4] * np.where(told[:, [2, 3]], one[[5, 6]], 1.0).prod(axis=1)
    np.testing.assert_allclose(density, np.where(kind == kernels.DIRECTION, direction, place))


def test_a_born_track_is_found_among_those_that_are_followed():
    rng = np.random.default_rng(6)
    among, rows = rng.integers(0, 3, (20, 4)), np.array([3, 1, 7])
    columns = [np.ascontiguousarray(rng.integers(0, 3, 10)) for _ in range(4)]
    births, found = np.empty((3, 4), np.int64), np.empty(3, np.int64)
    kernels.born(*columns, rows, births)
    assert (births == np.stack(columns, axis=1)[rows]).all()
    kernels.find(births, among, found)
    same = (births[:, None] == among).all(axis=2)
    assert found.tolist() == np.where(same.any(axis=1), same.argmax(axis=1), -1).tolist()
