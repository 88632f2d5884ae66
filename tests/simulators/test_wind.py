"""The wind: a logarithmic mean, and Dryden's gusts with the variances, correlations and spectra of their closed forms."""

import math

import numpy as np
import pytest
from scipy import signal, stats

from simulators import wind
from simulators.scenario import Wind

WEST = Wind(speed_mps=8.0, from_deg=270.0)
STEP = 0.05


def drawn(seeds, seconds=400.0, height=60.0, passing=15.0, told=WEST):
    count = round(seconds / STEP)
    return np.stack([wind.gusts(told, height, passing, count, STEP, np.random.default_rng(seed)) for seed in range(seeds)])


def test_the_mean_blows_to_the_other_side_and_grows_with_the_logarithm_of_height():
    assert wind.mean(WEST, np.array([10.0])) == pytest.approx(np.array([[8.0, 0.0, 0.0]]), abs=1e-12)
    north = Wind(speed_mps=5.0, from_deg=0.0, roughness_m=0.03)
    ten, hundred = wind.mean(north, np.array([10.0, 100.0]))
    assert hundred[1] / ten[1] == pytest.approx(math.log(100.0 / 0.03) / math.log(10.0 / 0.03))
    assert ten == pytest.approx(np.array([0.0, -5.0, 0.0]), abs=1e-12)
    assert (wind.mean(WEST, np.array([0.0, 0.1]))[:, 0] > 0.0).all()


def test_the_law_is_the_handbooks():
    """MIL-HDBK-1797 at 1000 ft: the root of 0.177 + 0.823 = 1 makes all intensities 0.1 W20 and all lengths 1000 ft."""
    told = wind.law(WEST, 1000.0 * 0.3048)
    twenty_feet = 8.0 * math.log(6.096 / 0.6) / math.log(10.0 / 0.6)
    assert told.sigma == pytest.approx((0.1 * twenty_feet,) * 3)
    assert told.length == pytest.approx((304.8,) * 3)
    low = wind.law(WEST, 30.48)  # 100 ft: 0.177 + 0.0823 = 0.2593
    assert low.sigma[0] == pytest.approx(0.1 * twenty_feet / 0.2593**0.4)
    assert low.length == pytest.approx((30.48 / 0.2593**1.2, 30.48 / 0.2593**1.2, 30.48))


def test_gusts_have_their_standard_deviations_at_every_time_and_are_normal():
    told = wind.law(WEST, 60.0)
    found = drawn(1500, seconds=5.0)
    for at in (0, 99):  # begun as they go on
        for axis in range(3):
            assert stats.kstest(found[:, at, axis] / told.sigma[axis], "norm").pvalue > 0.01
    assert abs(np.corrcoef(found[:, 50].T) - np.eye(3)).max() < 0.1


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gusts_are_correlated_as_drydens_closed_form_says(axis):
    """R(t) = exp(−t/τ) along, (1 − t/2τ) exp(−t/τ) across and up (Dryden; Hoblit, "Gust loads on aircraft", 1988)."""
    told = wind.law(WEST, 60.0)
    found = drawn(1500, seconds=40.0)[:, :, axis] / told.sigma[axis]
    tau = told.length[axis] / 15.0
    for seconds in (0.5, 2.0, 6.0, 15.0):
        lag = seconds / tau
        expected = math.exp(-lag) * (1.0 if axis == 0 else 1.0 - lag / 2.0)
        assert (found[:, 0] * found[:, round(seconds / STEP)]).mean() == pytest.approx(expected, abs=0.08)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_gusts_have_drydens_spectra(axis):
    """One-sided Φ(f) = 4 σ² τ / (1 + (τω)²) along, 2 σ² τ (1 + 3 (τω)²) / (1 + (τω)²)² across and up."""
    told = wind.law(WEST, 60.0)
    frequency, power = signal.welch(drawn(40, seconds=800.0)[:, :, axis], 1.0 / STEP, nperseg=4096, detrend=False)
    tau, sigma = told.length[axis] / 15.0, told.sigma[axis]
    turns = (math.tau * tau * frequency) ** 2
    law = 4.0 * sigma**2 * tau / (1.0 + turns) if axis == 0 else 2.0 * sigma**2 * tau * (1.0 + 3.0 * turns) / (1.0 + turns) ** 2
    between = (frequency > 0.03) & (frequency < 2.0)  # below, the window leaks; above, the step aliases
    ratio = power.mean(axis=0)[between] / law[between]
    assert [band.mean() for band in np.array_split(ratio, 8)] == pytest.approx([1.0] * 8, abs=0.05)


def test_a_twice_finer_step_draws_the_same_law():
    fine = np.stack([wind.gusts(WEST, 60.0, 15.0, 81, 0.025, np.random.default_rng(seed))[80] for seed in range(1500)])
    assert stats.ks_2samp(fine[:, 1], drawn(1500, seconds=2.1)[:, 40, 1]).pvalue > 0.01


def test_gusts_times_nothing_are_none():
    assert not drawn(1, seconds=5.0, told=Wind(speed_mps=8.0, from_deg=0.0, gusts=0.0)).any()
