"""Labels of a simulated classifier follow its confusion matrix, and stay as long as told."""

import math

import numpy as np
import pytest
from scipy import stats

from fusion.errors import ConfigError
from fusion.messages import CLASSES
from simulators.sensing import detections, scans, view
from simulators.targets import targets
from tests.simulators.scenes import CAMERA, DRONE

SURE = 1e-3
"""A seed is fixed: a right model fails for one seed in a thousand."""

ROWS = {
    "multirotor": {"quadcopter": 0.7, "gull": 0.2, "nothing": 0.1},
    "fixed_wing": {"quadcopter": 0.3, "gull": 0.5, "nothing": 0.2},
    "bird": {"quadcopter": 0.1, "gull": 0.85, "nothing": 0.05},
    "manned": {"quadcopter": 0.05, "nothing": 0.95},
    "other": {"quadcopter": 0.25, "gull": 0.25, "nothing": 0.5},
}
WORDS = ["gull", "nothing", "quadcopter"]
NORTH = DRONE.replace("48.8682", "48.8702").replace("48.8582", "48.8682")
BIRDS = '[[actor]]\nid = "birds"\nkind = "bird_flock"\n' + "\n".join(NORTH.splitlines()[4:]) + "\n"
PLANE = NORTH.replace('"drone"', '"plane"').replace("multirotor", "fixed_wing").replace("speed_mps = 10", "speed_mps = 20")


def told(correlation, rows=ROWS):
    lines = [f"{name} = {{ {', '.join(f'{word} = {share}' for word, share in row.items())} }}" for name, row in rows.items()]
    return '[[sensor]]\nid = "camera"\n[sensor.confusion]\n' + "\n".join(lines) + f"\ncorrelation_s = {correlation}\n"


def shares(name):
    return np.array([ROWS[name].get(word, 0.0) for word in WORDS])


def seen(stage):
    camera = view(stage, stage.site.sensor[0], targets(stage))
    return camera, detections(camera)


def counted(labels):
    return np.bincount(labels.astype(int), minlength=len(WORDS))


@pytest.mark.parametrize(("actor", "name"), [(NORTH, "multirotor"), (PLANE, "fixed_wing"), (BIRDS, "bird")])
def test_labels_fall_as_the_row_of_the_true_class_says(staged, actor, name):
    camera, hits = seen(staged(CAMERA, actor, duration=900.0, behaviour=told(0.0)))
    assert CLASSES[camera.targets[0].class_index] == name
    found = counted(hits.values[hits.source == 0, -1])
    assert found.sum() > 500
    assert stats.chisquare(found, found.sum() * shares(name)).pvalue > SURE


def test_false_alarms_are_named_as_other_things_are(staged):
    _, hits = seen(staged(CAMERA.replace("scan = 0.2", "scan = 2.0"), "", duration=600.0, behaviour=told(3.0)))
    found = counted(hits.values[:, -1])
    assert stats.chisquare(found, found.sum() * shares("other")).pvalue > SURE


def test_a_label_stays_with_its_time_constant_and_the_shares_hold(staged):
    camera, _ = seen(staged(CAMERA, NORTH, duration=20_000.0, behaviour=told(2.0)))
    labels = camera.named(camera.targets[0], len(camera.looks.time))
    p = shares("multirotor")
    stays = math.exp(-0.2 / 2.0)
    same = stays + (1.0 - stays) * (p**2).sum()
    independent = labels[::100]  # ten time constants apart
    assert stats.chisquare(counted(independent), len(independent) * p).pvalue > SURE
    changes = labels[1:] != labels[:-1]
    # Of a two-state view (changed or not) neighbours are nearly independent; the mean's error is taken from batches.
    batches = changes[: len(changes) // 500 * 500].reshape(-1, 500).mean(axis=1)
    assert abs(batches.mean() - (1.0 - same)) < 4.0 * batches.std(ddof=1) / math.sqrt(len(batches))


def test_a_report_is_the_label_alone(staged):
    camera, hits = seen(staged(CAMERA, NORTH, behaviour=told(0.0)))
    said = {tuple(report.classes.items()) for scan in scans(camera, hits, 0) for report in scan.detections}
    assert said == {((word, 1.0),) for word in WORDS}


def test_what_the_site_says_of_a_sensor_is_true_unless_the_scenario_says_otherwise(staged):
    site = CAMERA + told(0.0).replace('[[sensor]]\nid = "camera"\n', "")
    claimed, other = seen(staged(site, NORTH))[0], ROWS | {"multirotor": {"gull": 1.0}}
    assert claimed.labels.confusion.multirotor == ROWS["multirotor"]
    believed = seen(staged(site, NORTH, behaviour=told(0.0, other)))[1]
    assert set(believed.values[believed.source == 0, -1]) == {0.0}
    assert seen(staged(CAMERA, NORTH))[0].classes(-1.0) is None


def test_a_matrix_that_does_not_add_up_or_stands_beside_its_short_form_is_refused(staged):
    wrong = ROWS | {"bird": {"gull": 0.5}}
    with pytest.raises(ConfigError, match=r"sensor\[0\].confusion.bird: its probabilities sum to 0.5; expected 1"):
        staged(CAMERA, NORTH, behaviour=told(0.0, wrong))
    both = told(0.0).replace("[sensor.confusion]", "class_accuracy = 0.8\n[sensor.confusion]")
    with pytest.raises(ConfigError, match=r"sensor\[0\].class_accuracy: is the short form of a confusion matrix"):
        staged(CAMERA, NORTH, behaviour=both)
