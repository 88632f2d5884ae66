"""Motion and measurement models against closed forms and numerical derivatives."""

import math

import numpy as np
import pyproj
import pytest
from filterpy.common import Q_continuous_white_noise
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.linalg import expm

from fusion.frame import SiteFrame
from fusion.tracking.models import difference, direction, position
from fusion.tracking.modes import GENERATOR, HOVER, MODES, RESTING, STILL, Mode, matrices, settled, step, transition

FRAME = SiteFrame.at(48.8582, 2.2945, "EPSG:2154", 33.0, 44.6)
HORIZON = FRAME.horizon(math.radians(48.8611), math.radians(2.2890), 110.0)


@given(st.floats(1e-4, 60.0))
def test_mode_transitions_are_the_matrix_exponential(dt):
    np.testing.assert_allclose(transition(dt), expm(GENERATOR * dt), atol=1e-12)


@given(st.floats(0.01, 5.0), st.integers(2, 20), st.sampled_from(MODES))
def test_a_prediction_does_not_depend_on_how_time_is_cut(dt, pieces, mode):
    F, Q = matrices(mode, dt)
    F_piece, Q_piece = matrices(mode, dt / pieces)
    whole_F, whole_Q = np.eye(6), np.zeros((6, 6))
    for _ in range(pieces):
        whole_F, whole_Q = F_piece @ whole_F, F_piece @ whole_Q @ F_piece.T + Q_piece
    np.testing.assert_allclose(whole_F, F, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(whole_Q, Q, rtol=1e-6, atol=1e-12)


@given(st.floats(0.01, 10.0))
def test_constant_velocity_is_filterpys_continuous_white_noise(dt):
    F, Q = matrices(Mode("cv", math.inf, 1.0, 1.0, 1.0, 1.0), dt)
    np.testing.assert_allclose(Q, Q_continuous_white_noise(2, dt, 1.0, block_size=3, order_by_dim=False), rtol=1e-12)
    assert F[0, 3] == dt


@given(st.floats(0.3, 100.0), st.floats(1e-4, 2.0))
def test_a_hover_is_the_integral_of_its_equation(tau, ratio):
    """Van Loan (1978): the exact discretisation of a linear stochastic equation by one matrix exponential."""
    dt = ratio * tau  # the judge itself cancels once Δt ≫ τ
    A, L = np.array([[0, 1], [0, -1 / tau]]), np.diag([0.0, 1.0])
    block = expm(np.block([[-A, L], [np.zeros((2, 2)), A.T]]) * dt)
    F = block[2:, 2:].T
    Q = F @ block[:2, 2:]
    s = step(tau, dt)
    np.testing.assert_allclose([s.a, s.b], F[:, 1], rtol=1e-9, atol=1e-7)
    np.testing.assert_allclose([s.pp, s.pv, s.vv], [Q[0, 0], Q[0, 1], Q[1, 1]], rtol=1e-7, atol=1e-13)


places = st.tuples(st.floats(-4000, 4000), st.floats(-4000, 4000), st.floats(-60, 600)).filter(
    lambda p: math.hypot(p[0], p[1]) > 30
)
speeds = st.tuples(st.floats(-40, 40), st.floats(-40, 40), st.floats(-10, 10))


@given(places, speeds, st.floats(-1.3, 1.3))
def test_the_slopes_of_a_direction_are_its_derivatives(place, speed, offset):
    assume(math.hypot(place[0] + speed[0] * offset, place[1] + speed[1] * offset) > 30)
    s, nothing = np.array([*(HORIZON.origin + place), *speed]), np.zeros((6, 6))
    seen = direction(HORIZON, s, nothing, offset)
    size = np.array([0.01] * 3 + [0.01] * 3)
    for k in range(6):
        d = np.zeros(6)
        d[k] = size[k]
        ahead, behind = direction(HORIZON, s + d, nothing, offset).h, direction(HORIZON, s - d, nothing, offset).h
        slope = (ahead - behind) / (2 * size[k])
        slope[1] = math.remainder(ahead[1] - behind[1], math.tau) / (2 * size[k])
        np.testing.assert_allclose(seen.H[:, k], slope, rtol=2e-4, atol=1e-5)  # the horizon itself bends by 1e-7 per metre


def test_a_direction_is_what_the_horizon_says():
    e = np.array([300.0, -400.0, 120.0])
    s = np.concatenate([HORIZON.grid_from_enu(e), [0, 0, 0]])
    h = direction(HORIZON, s, np.zeros((6, 6))).h
    np.testing.assert_allclose(h, [np.linalg.norm(e), math.atan2(300, -400), math.atan2(120, 500), 0], atol=1e-9)


@pytest.mark.parametrize("sigma", [5.0, 20.0, 40.0])
def test_curvature_is_what_sampling_shows(sigma):
    """Mean and variance of h(s) for a round uncertainty, against a quarter of a million samples."""
    rng = np.random.default_rng(7)
    e = np.array([150.0, 200.0, 60.0])
    s = np.concatenate([HORIZON.grid_from_enu(e), np.zeros(3)])
    P = np.diag([sigma**2] * 3 + [1e-9] * 3)
    seen = direction(HORIZON, s, P)
    samples = e + rng.normal(0, sigma, (250_000, 3))
    rho = np.hypot(samples[:, 0], samples[:, 1])
    ranges, azimuths, elevations = (
        np.linalg.norm(samples, axis=1),
        np.arctan2(samples[:, 0], samples[:, 1]),
        np.arctan2(samples[:, 2], rho),
    )
    linear = np.einsum("ij,jk,ik->i", seen.H, P, seen.H)
    assert ranges.mean() - seen.h[0] == pytest.approx(seen.curvature_mean[0], rel=0.15, abs=0.1)
    for k, values in enumerate((ranges, azimuths, elevations)):
        assert values.var() == pytest.approx(linear[k] + seen.curvature_variance[k], rel=0.06)


@pytest.mark.parametrize(
    ("place", "sigmas", "speeds"),
    [
        pytest.param((300, 390, 80), (5, 4, 60), (12, 12, 2), id="a height that nobody measured"),
        pytest.param((300, 390, 80), (5, 100, 5), (12, 12, 2), id="a coarse azimuth"),
        pytest.param((300, 390, 80), (50, 5, 5), (12, 12, 2), id="another radar's azimuth along the line of sight"),
        pytest.param((60, 70, 40), (5, 10, 10), (35, 35, 6), id="first seen close by: any velocity"),
        pytest.param((20, 28, 94), (5, 8, 8), (3, 3, 1), id="high above the sensor"),
    ],
)
def test_curvature_is_what_sampling_shows_of_a_long_uncertainty_too(place, sigmas, speeds):
    """Means within a tenth of the spread and spreads within a tenth of h(s), against a quarter of a million samples.

    `sigmas` along the line of sight, across it level, and across it upright; the position's error moves with the velocity's.
    """
    rng = np.random.default_rng(7)
    e, w, s = np.array(place, float), np.array([6.0, -3.0, 1.0]), np.concatenate([HORIZON.grid_from_enu(place), np.zeros(3)])
    back = np.linalg.inv(HORIZON.jacobian(s[:3]))
    s[3:] = back @ w
    sight, level = e / np.linalg.norm(e), np.array([e[1], -e[0], 0]) / math.hypot(e[0], e[1])
    axes = np.column_stack([sight, level, np.cross(level, sight)])
    spread = np.block([[axes * sigmas, np.zeros((3, 3))], [0.3 * np.diag(speeds), np.diag(speeds)]])
    P = np.kron(np.eye(2), back) @ spread @ spread.T @ np.kron(np.eye(2), back).T
    seen = direction(HORIZON, s, P)
    samples = np.concatenate([e, w]) + rng.normal(0, 1, (250_000, 6)) @ spread.T
    r, rho = np.linalg.norm(samples[:, :3], axis=1), np.hypot(samples[:, 0], samples[:, 1])
    azimuth = np.remainder(np.arctan2(samples[:, 0], samples[:, 1]) - seen.h[1] + np.pi, 2 * np.pi) - np.pi + seen.h[1]
    rates = (samples[:, :3] * samples[:, 3:]).sum(axis=1) / r
    values = np.stack([r, azimuth, np.arctan2(samples[:, 2], rho), rates])
    sigma = np.sqrt(np.einsum("ij,jk,ik->i", seen.H, P, seen.H) + seen.curvature_variance)
    np.testing.assert_array_less(np.abs(values.mean(axis=1) - seen.h - seen.curvature_mean), 0.1 * values.std(axis=1))
    np.testing.assert_allclose(sigma, values.std(axis=1), rtol=0.1)


REFERENCE = FRAME.horizon(math.radians(48.8520), math.radians(2.3050), 95.0)


@given(places, speeds, st.floats(-1.3, 1.3))
def test_the_slopes_of_a_difference_are_its_derivatives(place, speed, offset):
    s, nothing = np.array([*(HORIZON.origin + place), *speed]), np.zeros((6, 6))
    ahead = HORIZON.enu_from_grid(s[:3] + s[3:] * offset)
    assume(np.linalg.norm(ahead) > 30 and np.linalg.norm(REFERENCE.enu_from_grid(s[:3] + s[3:] * offset)) > 30)
    seen = difference(HORIZON, REFERENCE, s, nothing, offset)
    for k in range(6):
        d = np.zeros(6)
        d[k] = 0.01
        slope = (
            difference(HORIZON, REFERENCE, s + d, nothing, offset).h - difference(HORIZON, REFERENCE, s - d, nothing, offset).h
        ) / 0.02
        np.testing.assert_allclose(seen.H[:, k], slope, rtol=2e-4, atol=1e-5)


def test_a_difference_is_that_of_straight_distances():
    """PROJ's earth-centred coordinates are the judge: no grid, no horizon."""
    earth = pyproj.Transformer.from_pipeline("+proj=cart +ellps=WGS84")
    places = [(2.2890, 48.8611, 110.0), (2.3050, 48.8520, 95.0), (2.3300, 48.8800, 240.0)]
    one, other, drone = (np.array(earth.transform(*place)) for place in places)
    grid = FRAME.grid_from_wgs84(math.radians(48.88), math.radians(2.33), 240.0)
    h = difference(HORIZON, REFERENCE, np.concatenate([grid, np.zeros(3)]), np.zeros((6, 6))).h[0]
    assert h == pytest.approx(np.linalg.norm(drone - one) - np.linalg.norm(drone - other), abs=0.02)


@pytest.mark.parametrize(
    ("place", "sigma"), [((300, 390, 80), 20.0), ((300, 390, 80), 60.0), ((60, 70, 40), 15.0), ((900, -700, 60), 100.0)]
)
def test_curvature_of_a_difference_is_what_sampling_shows(place, sigma):
    """Mean within a tenth of the spread, spread within a tenth, against a quarter of a million samples."""
    rng = np.random.default_rng(7)
    s = np.concatenate([HORIZON.grid_from_enu(np.array(place, float)), np.zeros(3)])
    P = np.diag([sigma**2] * 3 + [1e-9] * 3)
    seen = difference(HORIZON, REFERENCE, s, P)
    samples = s[:3] + rng.normal(0, sigma, (250_000, 3))
    values = np.linalg.norm(HORIZON.enu_from_grid(samples), axis=1) - np.linalg.norm(REFERENCE.enu_from_grid(samples), axis=1)
    spread = math.sqrt((seen.H @ P @ seen.H.T)[0, 0] + seen.curvature_variance[0])
    assert abs(values.mean() - seen.h[0] - seen.curvature_mean[0]) < 0.1 * values.std()
    assert spread == pytest.approx(values.std(), rel=0.1)


@pytest.mark.parametrize("place", [(0.0, 0.0, 0.0), (0.0, 0.0, 120.0), (1e-9, 0.0, -3.0)])
def test_a_target_at_the_sensor_or_straight_above_it_has_a_finite_direction(place):
    s = np.concatenate([HORIZON.origin + np.array(place), [3.0, -2.0, 1.0]])
    P = np.diag([400.0, 400.0, 400.0, 25.0, 25.0, 25.0])
    seen = direction(HORIZON, s, P)
    for values in (seen.h, seen.H, seen.curvature_mean, seen.curvature_variance):
        assert np.isfinite(values).all()
    assert seen.h[0] + seen.curvature_mean[0] <= np.linalg.norm(place) + math.sqrt(1200.0)
    assert abs(seen.h[2] + seen.curvature_mean[2]) <= math.pi / 2 + 1e-9


def test_a_position_report_measures_place_and_velocity():
    s = np.array([1.0, 2, 3, 4, 5, 6])
    np.testing.assert_array_equal(position(s, 0.5).h, [3, 4.5, 6, 4, 5, 6])
    np.testing.assert_array_equal(position(s, 0.5).H @ s, position(s, 0.5).h)


def hovering(v, spread):
    """Give Π of a second, and of a track whose modes all move with v (2) ± √spread in plan."""
    x, P = np.zeros((len(MODES), 6)), np.tile(np.diag([1.0, 1.0, 1.0, spread, spread, 1.0]), (len(MODES), 1, 1))
    x[:, 3:5] = v
    return transition(1.0), settled(transition(1.0), x, P, 1.0)


@given(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), st.floats(1e-4, 100.0))
def test_who_comes_to_rest_is_somewhere_all_the_same(v, spread):
    usual, own = hovering(v, spread)
    np.testing.assert_allclose(own.sum(axis=1), 1.0, atol=1e-12)
    assert (own >= 0.0).all()
    np.testing.assert_array_equal(own[RESTING == 0.0], usual[RESTING == 0.0])


def test_what_stands_still_hovers_and_what_flies_does_not():
    """The share of a normal belief that is as slow as a hover is that of draws from it, weighed as a hover's speed is."""
    v, spread, rng = np.array([0.6, -0.3]), 0.4, np.random.default_rng(1)
    drawn = v + math.sqrt(spread) * rng.standard_normal((200_000, 2))
    slow = np.exp(-0.5 * (drawn**2).sum(axis=1) / STILL).mean()
    usual, own = hovering(v, spread)
    np.testing.assert_allclose(own[0, 0], usual[0, 0] * math.exp(-RESTING[0] * slow), rtol=0.03)
    still, flying = hovering([0.0, 0.0], 1e-4)[1], hovering([5.0, 0.0], 0.1)[1]
    assert still[0, HOVER] > 0.98
    np.testing.assert_allclose(flying, usual, atol=1e-9)
