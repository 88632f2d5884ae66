"""The fixed samples against SciPy's Sobol points, and against the normal distribution."""

import numpy as np
import pytest
from scipy.stats import norm, qmc

from fusion.zones import kernels
from fusion.zones.sampling import ORDER, PRIMITIVES, SAMPLES, farthest, ordered_root, sobol, square_root, standard_normal


def covariances(rng, count, size=6):
    root = rng.normal(size=(count, size, size))
    return root @ root.transpose(0, 2, 1)


def deviations(covariance):
    """Give sampled deviations (n, 6, SAMPLES) from states with covariances (n, 6, 6)."""
    sampled = np.empty((len(covariance), 6, SAMPLES))
    for root, own in zip(ordered_root(covariance), sampled, strict=True):
        kernels.futures(np.zeros(6), root, np.array(ORDER), standard_normal(), own)
    return sampled


def test_sobol_points_are_those_of_scipy():
    ours = np.array([sobol(*primitive) for primitive in PRIMITIVES]).T / SAMPLES
    assert ours.tolist() == qmc.Sobol(6, scramble=False).random(SAMPLES).tolist()


def test_each_component_of_the_samples_has_every_quantile_once():
    quantiles = np.sort(norm.cdf(standard_normal()) * SAMPLES - 0.5, axis=1)
    assert quantiles == pytest.approx(np.tile(np.arange(SAMPLES), (6, 1)), abs=1e-9)


def test_probabilities_of_half_spaces_are_as_near_as_promised():
    rng = np.random.default_rng(2)
    directions = rng.normal(size=(500, 6))
    directions /= np.linalg.norm(directions, axis=1)[:, None]
    limits = np.linspace(-2, 2, 21)
    error = (directions @ standard_normal() < limits[:, None, None]).mean(axis=-1) - norm.cdf(limits)[:, None]
    assert np.sqrt((error**2).mean()) <= 0.012
    assert np.abs(error).max() <= 0.065


def test_no_sample_is_farther_than_told():
    assert np.linalg.norm(standard_normal(), axis=0).max() == pytest.approx(farthest())
    assert farthest() < 3.86


def test_square_root_is_that_of_numpy():
    covariance = covariances(np.random.default_rng(1), 50)
    assert square_root(covariance) == pytest.approx(np.linalg.cholesky(covariance), rel=1e-8, abs=1e-8)


def test_what_is_certain_stays_certain():
    covariance = np.diag([4.0, 0.0, 1.0, 0.0, 9.0, -1e-18])[None]
    assert square_root(covariance)[0] == pytest.approx(np.diag([2.0, 0.0, 1.0, 0.0, 3.0, 0.0]))
    assert np.abs(deviations(covariance)[0, [1, 3, 5]]).max() == 0.0


def test_deviations_have_the_covariance_that_was_asked_for():
    covariance = covariances(np.random.default_rng(4), 20)
    sampled = deviations(covariance)
    found = sampled @ sampled.transpose(0, 2, 1) / SAMPLES
    scale = np.sqrt(np.einsum("nii,njj->nij", covariance, covariance))
    assert np.abs((found - covariance) / scale).max() <= 0.05
    assert np.abs(sampled.mean(axis=-1)).max() <= 0.1


def test_a_tracks_deviations_do_not_depend_on_the_others():
    covariance = covariances(np.random.default_rng(5), 30)
    assert deviations(covariance)[17].tolist() == deviations(covariance[17:18])[0].tolist()
