"""Whatever the contract lets through, what is believed stays a belief: finite, symmetric, positive, between nought and one."""

import math

import numpy as np
import pytest

from fusion.messages import SECOND, Polar, Scan
from fusion.tracking import initiation
from fusion.tracking.measurements import measure
from fusion.tracking.multilateration import Clue, solve
from fusion.tracking.reading import FINEST
from fusion.tracking.tracker import Tracker
from tests.scene import RADAR, START
from tests.tracking.hostile import CONFIG, FRAME, PLACES, looks


def least_correlation(P: np.ndarray) -> float:
    """Give the least eigenvalue of covariances (…, n, n) with their diagonals made 1."""
    sigma = np.sqrt(np.diagonal(P, axis1=-2, axis2=-1))
    return float(np.linalg.eigvalsh(P / sigma[..., None] / sigma[..., None, :]).min(initial=1.0))


def believe(tracker: Tracker) -> None:
    """Assert that the tracker's state is one that can be believed."""
    store, bearings, biases = tracker.store, tracker.hearing.tracks, tracker.registration.state
    for array in (
        store.x,
        store.P,
        store.mu,
        store.r,
        store.cross,
        store.classes,
        store.motion,
        bearings.x,
        bearings.P,
        bearings.r,
    ):
        assert np.isfinite(array).all()
    assert (store.r >= 0.0).all() and (store.r <= 1.0 + 1e-12).all()  # noqa: PT018
    assert np.abs(store.mu.sum(axis=1) - 1.0).max(initial=0.0) < 1e-9
    assert np.array_equal(store.P, store.P.transpose(0, 1, 3, 2))
    assert (np.diagonal(store.P, axis1=2, axis2=3) > 0.0).all()
    assert least_correlation(store.P) > -1e-9
    sigma = np.sqrt(np.diag(tracker.registration.prior))
    of_prior = np.linalg.eigvalsh(biases.B / np.outer(sigma, sigma))
    assert of_prior.min(initial=0.0) > -1e-9 and of_prior.max(initial=0.0) < 1.0 + 1e-6  # noqa: PT018
    assert all(math.isfinite(one.expected) and math.isfinite(one.fresh) for one in tracker.expecting.undetected.values())


@pytest.mark.parametrize("seed", range(len(PLACES)))
@pytest.mark.filterwarnings("error")
def test_nothing_that_the_contract_takes_makes_an_estimate_that_is_none(seed):
    tracker = Tracker(CONFIG, FRAME)
    for scan in looks(seed, 150):
        tracker.step(scan)
        believe(tracker)
        tracker.table(tracker.time + SECOND // 2)


def test_an_accuracy_finer_than_anything_measures_is_not_believed():
    plot = Polar(
        time=START, range=1500.0, azimuth=1.0, elevation=0.1, sigma_range=1e-300, sigma_azimuth=1e-12, sigma_elevation=0.01
    )
    seen = measure(
        Scan(sensor=RADAR.id, time=START, received=START, sequence=0, detections=(plot,)),
        Tracker(CONFIG, FRAME).sensors[RADAR.id],
        FRAME,
    )
    assert np.array_equal(seen.variance[0, :3], [*FINEST[0, :2], 1e-4])


@pytest.mark.parametrize("sigma", [1e-12, 1e-5, 1.0])
def test_clues_of_one_line_make_no_place_and_no_error(sigma):
    """Receivers in one line, an emitter on it beyond them: each difference is its baseline, whose slope is nought."""
    models = Tracker(CONFIG, FRAME).sensors
    ears = [models[f"net-{n}"].horizon.origin for n in range(4)]
    along = [Clue(START, f"net-{n}", "net-0", float(-np.linalg.norm(ears[n] - ears[0])), sigma**2, 0, n) for n in (1, 2, 3)]
    assert solve([tuple(along)], models, (100.0, 50.0)) == {}


def test_a_matrix_that_arithmetic_cannot_tell_from_a_singular_one_has_no_inverse():
    a, b = np.array([1e7, 2.6e6, -1.0]), np.array([0.0, 0.0, 0.02])
    assert initiation.inverse(np.outer(a, a) + np.outer(b, b)) is None
    good = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]])
    assert np.allclose(initiation.inverse(good), np.linalg.inv(good), rtol=1e-12)
