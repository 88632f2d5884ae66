"""The kernels say what the filterpy reference says."""

import math
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion import compiling
from fusion.frame import SiteFrame
from fusion.tracking import kernels, reference
from fusion.tracking.kernels import motion
from fusion.tracking.measurements import strips
from fusion.tracking.modes import HOVER, MODES, RESTING, STILL, steps, transition
from fusion.tracking.reference import Belief, Plot
from fusion.tracking.store import GATES, SPECTRAL

FRAME = SiteFrame.at(48.8582, 2.2945, "EPSG:2154", 33.0, 44.6)
HORIZON = FRAME.horizon(math.radians(48.8611), math.radians(2.2890), 110.0)
OTHERS = [
    FRAME.horizon(math.radians(48.8520), math.radians(2.3050), 95.0),
    FRAME.horizon(math.radians(48.87), math.radians(2.31), 60.0),
]
M = len(MODES)
WHITE = np.zeros((1, M, 0, 6, 6))
seeds = st.integers(0, 2**32 - 1)


def some_belief(rng: np.random.Generator) -> Belief:
    """Any track within a few kilometres: modes apart, correlated covariances, any mode probabilities."""
    place = HORIZON.origin + np.array([*(rng.uniform(80, 3000) * unit(rng)), rng.uniform(-50, 400)])
    centre = np.concatenate([place, rng.normal(0, [10, 10, 2])])
    x = centre + rng.normal(0, 1, (M, 6)) * np.array([8, 8, 5, 3, 3, 1])
    A = rng.normal(0, 1, (M, 6, 6)) * np.array([10, 10, 8, 4, 4, 2])[:, None]
    mu = rng.dirichlet(np.ones(M))
    return Belief(x, A @ A.transpose(0, 2, 1) + np.eye(6) * 0.1, mu)


def unit(rng: np.random.Generator) -> np.ndarray:
    angle = rng.uniform(0, 2 * np.pi)
    return np.array([np.cos(angle), np.sin(angle)])


def some_plot(rng: np.random.Generator, belief: Belief, components: tuple[int, ...], *, is_direction: bool) -> Plot:
    x, P = belief.combined()
    sigma = np.array([8, 0.01, 0.015, 2, 0, 0] if is_direction else [5, 5, 8, 1, 1, 1], float)
    offset = float(rng.choice([0.0, rng.uniform(-1, 1)]))
    seen = Plot(is_direction, np.zeros(6), sigma**2, components, offset).linearise(HORIZON, x, P)
    z = np.zeros(6)
    z[: len(seen.h)] = seen.h + rng.normal(0, 1.5, len(seen.h)) * sigma[: len(seen.h)]
    variance = np.full(6, np.inf)
    variance[list(components)] = sigma[list(components)] ** 2
    return Plot(is_direction, z, variance, components, offset)


def some_difference(rng: np.random.Generator, belief: Belief, sigma: float = 9.0) -> Plot:
    """A time difference of arrival, as a distance, against one of the other receivers."""
    x, P = belief.combined()
    blank = Plot(False, np.zeros(6), np.full(6, sigma**2), (0,), float(rng.choice([0.0, 0.7])), OTHERS[rng.integers(2)])
    z, variance = np.zeros(6), np.full(6, np.inf)
    z[0], variance[0] = blank.linearise(HORIZON, x, P).h[0] + rng.normal(0, 1.5 * sigma), sigma**2
    return Plot(False, z, variance, (0,), blank.offset, blank.reference)


def run(belief: Belief, plots: list[Plot], r: float, w: np.ndarray):
    """Gate, weigh nothing, update with given marginals through the kernels."""
    x, P, mu = belief.x[None].copy(), belief.P[None].copy(), belief.mu[None].copy()
    D = len(plots)
    kind = np.array([2 if plot.reference else 0 if plot.is_direction else 1 for plot in plots])
    base = np.array([1 if plot.reference is OTHERS[1] else 0 for plot in plots])
    origins, coefficients = np.array([one.origin for one in OTHERS]), np.array([one.coefficients for one in OTHERS])
    z, variance = np.array([plot.z for plot in plots]), np.array([plot.variance for plot in plots])
    offset = np.array([plot.offset for plot in plots])
    z[kind == 0, 1] %= 2 * np.pi
    order, key, first, span = strips(np.flatnonzero(kind < 2), kind, z, variance)
    different = np.flatnonzero(kind == 2)
    slack = np.stack(
        [np.where(np.isfinite(variance[kind == k]), variance[kind == k], 0).max(axis=0, initial=0) for k in (0, 1)], 1
    )
    start, inside, pair, logl = np.zeros(2, np.int64), np.empty(1), np.empty(4 * D, np.int64), np.empty((4 * D, M))
    coverage = np.array([0, 2 * np.pi, -0.5, 1.5, 0.0, 1e5])
    wide = np.full(7, 1e9)
    args = (x, P, mu, np.zeros(1, np.int64), 1, HORIZON.origin, HORIZON.coefficients, coverage)
    count = kernels.gate(
        *args,
        z,
        variance,
        offset,
        np.zeros(D, np.int64),
        order,
        key,
        int((kind == 0).sum()),
        first,
        span,
        slack,
        wide,
        WHITE,
        -1,
        inside,
        start,
        pair,
        logl,
    )
    more, more_logl = np.empty(len(different), np.int64), np.empty((len(different), M))
    own = np.zeros(2, np.int64)
    kernels.gate_differences(
        *(x, P, np.zeros(1, np.int64), 1, HORIZON.origin, HORIZON.coefficients, origins, coefficients, base, different),
        *(z, variance, offset, np.zeros(D, np.int64), wide, WHITE, -1, own, more, more_logl),
    )
    assert own[1] == len(different)
    start, pair, logl = start + own, np.concatenate([pair[:count], more]), np.concatenate([logl[:count], more_logl])
    count = D
    assert sorted(pair) == list(range(D))
    best, share = np.empty(1, np.int64), np.empty(1)
    rr = np.array([r])
    kernels.update(
        x,
        P,
        mu,
        rr,
        1,
        HORIZON.origin,
        HORIZON.coefficients,
        origins,
        coefficients,
        base,
        kind,
        z,
        variance,
        offset,
        start,
        pair,
        logl,
        w[pair[:count]],
        np.zeros(1),
        WHITE,
        -1,
        best,
        share,
    )
    by_detection = np.empty((D, M))
    by_detection[pair[:count]] = logl[:count]
    return Belief(x[0], P[0], mu[0]), by_detection, rr[0]


def assert_same(ours: Belief, theirs: Belief) -> None:
    np.testing.assert_allclose(ours.mu, theirs.mu, rtol=1e-6, atol=1e-12)  # exp() of a sum of thousands
    np.testing.assert_allclose(ours.x, theirs.x, rtol=1e-11, atol=1e-7)
    np.testing.assert_allclose(ours.P, theirs.P, rtol=1e-7, atol=1e-7)


@given(seeds, st.floats(0.001, 30.0))
@settings(max_examples=60, deadline=None)
def test_prediction_equals_filterpys_imm(seed, dt):
    belief = some_belief(np.random.default_rng(seed))
    x, P, mu = belief.x[None].copy(), belief.P[None].copy(), belief.mu[None].copy()
    over = np.array([steps(mode, dt) for mode in MODES])
    kernels.predict(x, P, mu, 1, transition(dt), RESTING * dt, HOVER, STILL, over, SPECTRAL, WHITE, np.empty(0))
    assert_same(Belief(x[0], P[0], mu[0]), reference.predict(belief, dt))


DIRECTIONS = [(0, 1), (0, 1, 2), (0, 1, 2, 3), (0, 1, 3), (1,), (1, 2)]
POSITIONS = [(0, 1), (0, 1, 2), (0, 1, 2, 3, 4, 5), (0, 1, 3, 4, 5)]


@pytest.mark.parametrize(("components", "is_direction"), [(c, True) for c in DIRECTIONS] + [(c, False) for c in POSITIONS])
@given(seed=seeds)
@settings(max_examples=25, deadline=None)
def test_an_update_equals_filterpys_ekf_in_every_mode(components, is_direction, seed):
    rng = np.random.default_rng(seed)
    belief = some_belief(rng)
    plot = some_plot(rng, belief, components, is_direction=is_direction)
    ours, logl, r = run(belief, [plot], 0.7, np.array([1.0]))
    np.testing.assert_allclose(logl[0], reference.log_likelihood(belief, plot, HORIZON), rtol=1e-7, atol=1e-7)
    assert_same(ours, reference.update(belief, [plot], np.array([1.0]), 0.0, HORIZON))
    assert r == 1.0


@given(seeds, st.floats(0.5, 40.0))
@settings(max_examples=40, deadline=None)
def test_an_update_with_a_difference_equals_filterpys_ekf_in_every_mode(seed, sigma):
    rng = np.random.default_rng(seed)
    belief = some_belief(rng)
    plot = some_difference(rng, belief, sigma)
    ours, logl, r = run(belief, [plot], 0.7, np.array([1.0]))
    np.testing.assert_allclose(logl[0], reference.log_likelihood(belief, plot, HORIZON), rtol=1e-7, atol=1e-7)
    assert_same(ours, reference.update(belief, [plot], np.array([1.0]), 0.0, HORIZON))
    assert r == 1.0


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_a_mixture_of_detections_and_a_miss_equals_the_reference(seed):
    rng = np.random.default_rng(seed)
    belief = some_belief(rng)
    kinds = [DIRECTIONS[i] for i in rng.integers(0, len(DIRECTIONS), 2)]
    plots = [some_plot(rng, belief, components, is_direction=True) for components in kinds]
    plots.append(some_plot(rng, belief, (0, 1, 2), is_direction=False))
    plots.append(some_difference(rng, belief))
    p = rng.dirichlet(np.ones(5))[:4]
    existence = 0.6
    ours, _, r = run(belief, plots, existence, p)
    missed = (1 - p.sum()) * existence
    assert_same(ours, reference.update(belief, plots, p, missed, HORIZON))
    assert r == pytest.approx(p.sum() + missed)


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_the_modes_combine_as_filterpy_combines_them(seed):
    belief = some_belief(np.random.default_rng(seed))
    x, P = np.empty((1, 6)), np.empty((1, 6, 6))
    motion.combine_all(belief.x[None], belief.P[None], belief.mu[None], np.arange(1), x, P)
    theirs = belief.combined()
    np.testing.assert_allclose(x[0], theirs[0], rtol=1e-12)
    np.testing.assert_allclose(P[0], theirs[1], rtol=1e-9, atol=1e-8)


def weights(seed: int, N: int, D: int) -> np.ndarray:
    """Association weights as tracks in a plane would have them: some far apart, some contested, over many decades."""
    rng = np.random.default_rng(seed)
    tracks, plots = rng.uniform(0, 6, (N, 2)), rng.uniform(0, 6, (D, 2))
    distance2 = ((tracks[:, None] - plots[None]) ** 2).sum(axis=2)
    return np.where(distance2 < 16, 10 ** rng.uniform(-1, 4) * np.exp(-distance2 / 2), 0.0)


def propagate(w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    N, D = w.shape
    pairs = [(i, j) for i in range(N) for j in range(D) if w[i, j] > 0]
    start = np.array([sum(i < t for i, _ in pairs) for t in range(N + 1)])
    pair = np.array([j for _, j in pairs], np.int64)
    p, p_new = np.empty(len(pairs)), np.empty(D)
    kernels.marginals(N, D, start, pair, np.array([w[i, j] for i, j in pairs]), p, p_new)
    full = np.zeros((N, D))
    for (i, j), value in zip(pairs, p, strict=True):
        full[i, j] = value
    return full, p_new


@given(seeds, st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_belief_propagation_is_exact_where_one_track_or_one_detection_is_alone(seed, size):
    for shape in ((1, size), (size, 1)):
        w = weights(seed, *shape)
        np.testing.assert_allclose(propagate(w)[0], reference.marginals(w), atol=1e-5)


def test_belief_propagation_keeps_close_to_the_exact_marginals():
    errors = []
    for seed in range(300):
        w = weights(seed, 2 + seed % 3, 2 + seed // 3 % 3)
        ours, p_new = propagate(w)
        np.testing.assert_allclose(ours.sum(axis=0) + p_new, 1.0, atol=2e-3)
        assert np.all(ours.sum(axis=1) <= 1 + 1e-9)
        errors.append(np.abs(ours - reference.marginals(w)).max())
    # Williams & Lau (2014, fig. 4): mostly exact to a few percent; worst where several tracks contest several detections.
    assert np.median(errors) < 0.01
    assert np.quantile(errors, 0.9) < 0.15


def test_belief_propagation_survives_weights_of_any_size():
    w = np.array([[1e17, 1e-3], [1e16, 1e15]])
    ours, _ = propagate(w)
    np.testing.assert_allclose(ours, reference.marginals(w), atol=2e-2)


@given(seeds, st.sampled_from([(0, 1), (0, 1, 2), (0, 1, 2, 3), (1, 2)]), st.floats(0.0, 30.0))
@settings(max_examples=40)
def test_above_the_sensor_too_a_likelihood_is_the_references(seed, components, away):
    """Where azimuth and elevation may be anything, and just beside."""
    rng = np.random.default_rng(seed)
    belief = some_belief(rng)
    middle = belief.combined()[0]
    belief.x[:, :3] += HORIZON.origin + np.array([away, 0.0, rng.uniform(-5, 150)]) - middle[:3]
    plot = some_plot(rng, belief, components, is_direction=True)
    _, logl, _ = run(belief, [plot], 0.7, np.array([1.0]))
    np.testing.assert_allclose(logl[0], reference.log_likelihood(belief, plot, HORIZON), rtol=1e-6, atol=1e-6)


def test_every_kernel_sees_a_change_in_another_file(tmp_path):
    package = tmp_path / "made"
    package.mkdir()
    text = Path(compiling.__file__).read_text(encoding="utf-8")
    (package / "__init__.py").touch()
    (package / "jit.py").write_text(text, encoding="utf-8")
    (package / "outer.py").write_text(
        "from made.inner import one\nfrom made.jit import jit\n\n\n@jit\ndef two():\n    return 2 * one()\n"
    )
    command = [sys.executable, "-c", "from made.outer import two; print(two())"]
    said = []
    for value in (1, 5):
        (package / "inner.py").write_text(f"from made.jit import jit\n\n\n@jit\ndef one():\n    return {value}\n")
        said.append(subprocess.run(command, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, check=True).stdout.strip())  # fmt: skip
    assert said == [b"2", b"10"]


@pytest.mark.parametrize("seed", range(3))
def test_the_gate_finds_every_pair_that_asking_each_one_finds(seed):
    """Of hundreds of detections in strips: with ranges and without, positions, and offsets; the distances by numpy."""
    rng = np.random.default_rng(seed)
    beliefs = [some_belief(rng) for _ in range(20)]
    plots = []
    for k in range(600):
        is_direction = bool(k % 3)
        components = DIRECTIONS[k % len(DIRECTIONS)] if is_direction else POSITIONS[k % len(POSITIONS)]
        plot = some_plot(rng, beliefs[k % 20], components, is_direction=is_direction)
        plots.append(replace(plot, offset=plot.offset if k % 10 else 0.3))
    kind, offset = np.array([0 if plot.is_direction else 1 for plot in plots]), np.array([plot.offset for plot in plots])
    z, variance = np.array([plot.z for plot in plots]), np.array([plot.variance for plot in plots])
    z[kind == 0, 1] %= 2 * np.pi
    order, key, first, span = strips(np.arange(len(kind)), kind, z, variance)
    assert len(first) > 10
    slack = np.stack([np.where(np.isfinite(variance[kind == k]), variance[kind == k], 0).max(axis=0) for k in (0, 1)], 1)
    x, P, mu = (np.array([getattr(belief, name) for belief in beliefs]) for name in ("x", "P", "mu"))
    start, pair, logl = np.zeros(21, np.int64), np.empty(12_000, np.int64), np.empty((12_000, M))
    kernels.gate(
        *(x, P, mu, np.zeros(20, np.int64), 20, HORIZON.origin, HORIZON.coefficients, np.array([0, 6.3, -0.5, 1.5, 0.0, 1e5])),
        *(z, variance, offset, np.zeros(600, np.int64), order, key, int((kind == 0).sum()), first, span, slack, GATES),
        *(np.zeros((20, M, 0, 6, 6)), -1, np.empty(20), start, pair, logl),
    )
    for t, belief in enumerate(beliefs):
        near = [j for j, plot in enumerate(plots) if nearest(belief, plot) <= GATES[len(plot.components)]]
        assert sorted(pair[start[t] : start[t + 1]]) == near
    assert 600 < start[-1] < 12_000


def nearest(belief: Belief, plot: Plot) -> float:
    """Give the least squared Mahalanobis distance of any mode."""
    rows, found = list(plot.components), []
    for x, P in zip(belief.x, belief.P, strict=True):
        seen = plot.linearise(HORIZON, x, P)
        nu = (plot.z[: len(seen.h)] - seen.h - seen.curvature_mean)[rows]
        if plot.is_direction:
            nu = np.array([math.remainder(value, math.tau) if i == 1 else value for i, value in zip(rows, nu, strict=True)])
        S = (seen.H @ P @ seen.H.T)[np.ix_(rows, rows)] + np.diag(plot.variance[rows] + seen.curvature_variance[rows])
        found.append(float(nu @ np.linalg.solve(S, nu)))
    return min(found)
