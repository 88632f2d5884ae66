"""What labels teach: by a measured confusion matrix calibrated, else tempered; shared by likelihood; correlated in time."""

import math

import msgspec
import numpy as np
import pytest

from fusion.config import Accuracy, Confusion, CoverageTable, Sensor
from fusion.messages import CLASSES, SECOND, Polar, Scan
from fusion.tracking.classification import FLOOR, PRIOR, TEMPER, Labels, probabilities
from fusion.tracking.store import Association, Gated, TrackStore, blank
from fusion.tracking.tracker import Tracker
from tests.scene import CONFIG, FRAME, START

BIRD = {"bird": 0.8, "multirotor": 0.05, "fixed_wing": 0.05, "manned": 0.05, "other": 0.05}
WORDS = ("drone", "bird", "aircraft")
MATRIX = np.array([[0.80, 0.17, 0.03], [0.45, 0.15, 0.40], [0.20, 0.79, 0.01], [0.05, 0.05, 0.90], [0.40, 0.40, 0.20]])
"""P(label | class): rows in the order of CLASSES."""


def confusion(tau: float) -> Confusion:
    rows = {name: dict(zip(WORDS, row.tolist(), strict=True)) for name, row in zip(CLASSES, MATRIX, strict=True)}
    return msgspec.convert(rows | {"correlation_s": tau}, Confusion)


class Said:
    """A look's labels and times, as `Measurements` has them."""

    def __init__(self, labels: Labels, told: list[dict], time: int = START):
        read = [labels.read(one) for one in told]
        self.label, self.labels = np.array([code for code, _ in read]), np.array([row for _, row in read])
        self.time, self.labelled = np.full(len(told), time), True


def learnt(p, told, looks=1, period=1.0, labels=Labels(None)):  # noqa: B008
    store = blank(TrackStore.for_sensors(1), 1)
    gated = Gated(np.array([0, len(p)]), np.arange(len(p)), np.zeros((len(p), 3)), np.ones(1), np.ones(1))
    for look in range(looks):
        seen = Said(labels, told, START + round(look * period * SECOND))
        store.learn_labels(seen, labels, Association(gated, np.array(p), np.zeros(len(p))), np.zeros(1, np.int64), 0)
    return probabilities(store.classes)[0]


def test_nothing_said_is_the_prior():
    np.testing.assert_allclose(learnt([1.0], [{}]), np.exp(PRIOR))
    np.testing.assert_allclose(learnt([1.0], [{"balloon": 1.0}], labels=Labels(confusion(0.0))), np.exp(PRIOR))


def test_a_flock_in_which_no_detection_is_surely_a_members_is_learnt_as_from_one_that_is():
    one, many = learnt([1.0], [BIRD]), learnt([0.1] * 10, [BIRD] * 10)
    np.testing.assert_allclose(many, one, rtol=1e-12)
    assert CLASSES[int(one.argmax())] == "bird"


def test_a_label_of_an_unmeasured_sensor_counts_as_its_likelihood_to_the_power_of_the_temper():
    expected = np.exp(PRIOR) * np.array([0.05, 0.05, 0.8, 0.05, 0.05]) ** TEMPER
    np.testing.assert_allclose(learnt([1.0], [BIRD]), expected / expected.sum(), rtol=1e-12)
    sure = learnt([1.0], [{"bird": 1.0}])
    assert sure[0] / sure[2] == pytest.approx(FLOOR**TEMPER * 0.4 / 0.35)


def test_ten_labels_in_a_second_say_hardly_more_than_one_and_ten_in_ten_seconds_as_three():
    one, fast, slow = (learnt([1.0], [BIRD], looks, period) for looks, period in ((1, 1.0), (10, 0.1), (11, 1.0)))
    evidence = [math.log(p[2] / p[0]) - math.log(0.35 / 0.4) for p in (one, fast, slow)]
    assert evidence[1] / evidence[0] == pytest.approx(1.9)
    assert evidence[2] / evidence[0] == pytest.approx(11.0)


def test_a_label_that_stays_is_the_markov_chain_s_likelihood():
    """Two equal labels, and two that differ: the joint distribution of the chain, summed by hand."""
    labels = Labels(confusion(3.0))
    rho = math.exp(-1.0 / 3.0)
    for first, second in ((0, 0), (0, 1)):
        store = blank(TrackStore.for_sensors(1), 1)
        gated = Gated(np.array([0, 1]), np.arange(1), np.zeros((1, 3)), np.ones(1), np.ones(1))
        for look, word in enumerate((first, second)):
            seen = Said(labels, [{WORDS[word]: 1.0}], START + look * SECOND)
            store.learn_labels(seen, labels, Association(gated, np.ones(1), np.zeros(1)), np.zeros(1, np.int64), 0)
        joint = np.exp(PRIOR) * MATRIX[:, first] * (rho * (first == second) + (1.0 - rho) * MATRIX[:, second])
        np.testing.assert_allclose(probabilities(store.classes)[0], joint / joint.sum(), rtol=1e-9)


def test_a_label_from_before_the_last_one_says_nothing():
    labels, store = Labels(confusion(3.0)), blank(TrackStore.for_sensors(1), 1)
    gated, told = Gated(np.array([0, 1]), np.arange(1), np.zeros((1, 3)), np.ones(1), np.ones(1)), []
    for time in (START + SECOND, START):
        seen = Said(labels, [{WORDS[0]: 1.0}], time)
        store.learn_labels(seen, labels, Association(gated, np.ones(1), np.zeros(1)), np.zeros(1, np.int64), 0)
        told.append(probabilities(store.classes))
    np.testing.assert_allclose(told[1], told[0], atol=1e-12)
    np.testing.assert_allclose(labels.weigh(MATRIX[:1, :1].repeat(5, 1), np.zeros(1), np.ones(1, bool)), 0.0, atol=1e-12)


def flown(rng, kind: int, tau: float, sensor: Sensor) -> np.ndarray:
    """Let the whole tracker see one target with labels drawn by the matrix; give its class probabilities."""
    config = msgspec.structs.replace(CONFIG, sensor=(sensor,))
    tracker, word = Tracker(config, FRAME), -1
    for k in range(int(rng.integers(2, 9))):
        if word < 0 or tau == 0.0 or rng.random() >= math.exp(-1.0 / tau):
            word = int(rng.choice(3, p=MATRIX[kind]))
        time = START + k * SECOND
        plot = Polar(
            time=time, range=900.0 + rng.normal(0, 5), azimuth=1.0 + rng.normal(0, 0.009), elevation=0.1 + rng.normal(0, 0.012),
            sigma_range=5.0, sigma_azimuth=0.009, sigma_elevation=0.012, classes={WORDS[word]: 1.0},
        )  # fmt: skip
        tracker.step(Scan(sensor="radar", time=time, received=time, sequence=k, detections=(plot,)))
    store = tracker.store
    return probabilities(store.classes[[int(store.r.argmax())]])[0]


@pytest.mark.parametrize("tau", [0.0, 3.0])
def test_the_posterior_is_calibrated_where_the_matrix_is_true(tau):
    """Reliability: of targets given p, a share p is of the class. Brier: as the posterior itself expects, and less than the prior's."""
    sensor = Sensor(
        id="radar", kind="radar", altitude_hae_m=90.0, period_s=1.0, detection_probability=0.99, false_alarms_per_scan=1e-3,
        accuracy=Accuracy(range_m=5.0, azimuth_deg=0.5, elevation_deg=0.7), coverage=CoverageTable(range_m=(50.0, 3000.0)),
        confusion=confusion(tau),
    )  # fmt: skip
    rng = np.random.default_rng(17)
    kinds = rng.choice(len(CLASSES), size=400, p=np.exp(PRIOR))
    told = np.array([flown(rng, int(kind), tau, sensor) for kind in kinds])
    truth = np.eye(len(CLASSES))[kinds]
    p, hit = told.ravel(), truth.ravel()
    for low in np.arange(0.0, 1.0, 0.2):
        inside = (p >= low) & (p < low + 0.2)
        if inside.sum() >= 30:
            spread = math.sqrt((p[inside] * (1 - p[inside])).mean() / inside.sum())
            assert abs(hit[inside].mean() - p[inside].mean()) < 3.5 * spread
    brier, expected = ((told - truth) ** 2).sum(axis=1), (told * (1 - told)).sum(axis=1)
    assert abs((brier - expected).mean()) < 3.5 * (brier - expected).std() / math.sqrt(len(kinds))
    assert brier.mean() < 0.8 * ((np.exp(PRIOR) - truth) ** 2).sum(axis=1).mean()
