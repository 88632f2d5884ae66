"""What labels teach: tempered, shared by likelihood, and nothing where nothing was said."""

import numpy as np

from fusion.messages import CLASSES
from fusion.tracking.classification import PRIOR, label_weights, learn_classes, probabilities

BIRD = {"bird": 0.8, "multirotor": 0.05, "fixed_wing": 0.05, "manned": 0.05, "other": 0.05}


def learnt(p, labels, looks=1):
    logs = np.tile(PRIOR, (1, 1))
    for _ in range(looks):
        learn_classes(logs, np.array([0, len(p)]), np.arange(len(p)), np.array(p), np.array(labels))
    return probabilities(logs)[0]


def test_nothing_said_is_the_prior():
    np.testing.assert_allclose(learnt([1.0], [label_weights(None)]), np.exp(PRIOR))


def test_a_flock_in_which_no_detection_is_surely_a_members_is_learnt_as_from_one_that_is():
    one, many = learnt([1.0], [label_weights(BIRD)]), learnt([0.1] * 10, [label_weights(BIRD)] * 10)
    np.testing.assert_allclose(many, one, rtol=1e-12)
    assert CLASSES[int(one.argmax())] == "bird"


def test_a_label_counts_as_its_likelihood_to_the_power_of_the_temper():
    expected = np.exp(PRIOR) * np.array([0.05, 0.05, 0.8, 0.05, 0.05]) ** 0.3
    np.testing.assert_allclose(learnt([1.0], [label_weights(BIRD)]), expected / expected.sum(), rtol=1e-12)


def test_a_sensor_that_is_sure_is_not_believed_to_the_end():
    sure = learnt([1.0], [label_weights({"bird": 1.0})])
    assert 0.02**0.3 * 0.4 / 0.35 * sure[2] <= sure[0] * (1 + 1e-12)
