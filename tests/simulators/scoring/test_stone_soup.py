"""The measures against Stone Soup's own metric generators, on random scenes."""

import warnings
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import assume, given, settings

from simulators.scoring import gospa, ospa
from simulators.scoring.clear_mot import _matched as clear_matched
from simulators.scoring.clear_mot import clear_mot
from simulators.scoring.pairing import pairs_of
from simulators.scoring.siap import associated, associations, attributes
from tests.simulators.scoring.scenes import C, scenes, there

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from stonesoup.measures import Euclidean
    from stonesoup.metricgenerator.clearmotmetrics import ClearMotMetrics
    from stonesoup.metricgenerator.manager import MultiManager
    from stonesoup.metricgenerator.ospametric import GOSPAMetric, OSPAMetric
    from stonesoup.metricgenerator.tracktotruthmetrics import SIAPMetrics
    from stonesoup.types.association import AssociationSet, TimeRangeAssociation
    from stonesoup.types.groundtruth import GroundTruthPath, GroundTruthState
    from stonesoup.types.state import State
    from stonesoup.types.time import TimeRange
    from stonesoup.types.track import Track

START = datetime(2026, 7, 26)  # noqa: DTZ001 - Stone Soup's times are naive
EXACTLY = {"rel": 1e-9, "abs": 1e-9}


def at(step):
    return START + timedelta(seconds=float(step))


def states(rows, step):
    return [State(place, timestamp=at(step)) for place in there(rows, step)[1]]


@settings(max_examples=150, deadline=None)
@given(scenes)
def test_gospa_and_its_parts_are_stone_soups(scene):
    ours, theirs = gospa.over_time(pairs_of(scene), C), GOSPAMetric(p=2, c=C)
    for step in range(len(scene.time)):
        said, true = states(scene.said, step), states(scene.true, step)
        if said or true:
            value = theirs.compute_gospa_metric(said, true)[0].value
            assert ours.distance()[step] == pytest.approx(value["distance"], **EXACTLY)
            parts = (ours.localisation[step], ours.missed[step], ours.false[step])
            assert parts == pytest.approx([abs(value[part]) for part in ("localisation", "missed", "false")], **EXACTLY)


@settings(max_examples=150, deadline=None)
@given(scenes)
def test_ospa_of_order_one_is_stone_soups(scene):
    theirs = OSPAMetric(p=1, c=C)  # of higher orders it does not assign by the powers that it then sums up
    for step in range(len(scene.time)):
        said, true = states(scene.said, step), states(scene.true, step)
        if said or true:
            value = theirs.compute_OSPA_distance(said, true).value
            assert ospa.ospa(there(scene.true, step)[1], there(scene.said, step)[1], C, p=1) == pytest.approx(value, **EXACTLY)


@settings(max_examples=100, deadline=None)
@given(scenes)
def test_ospa_of_order_two_is_stone_soups_where_one_is_alone(scene):
    theirs, ours = OSPAMetric(p=2, c=C), ospa.over_time(scene, pairs_of(scene))
    for step in range(len(scene.time)):
        said, true = states(scene.said, step), states(scene.true, step)
        if min(len(said), len(true)) == 1:
            assert ours[step] == pytest.approx(theirs.compute_OSPA_distance(said, true).value, **EXACTLY)


def assume_it_lasts(scene):
    """Stone Soup cannot judge a time range of one instant."""
    assume(len(set(scene.true.step.tolist()) | set(scene.said.step.tolist())) > 1)


def lasting(scene, true, said):
    """Leave out what Stone Soup does not tell apart; give rows, rows and associations.

    Its associations are of no single instant, and it makes one of two that the same track has with the same truth.
    """
    together = [one for one in associations(scene, true, said) if one.first < one.last]
    together = [one for i, one in enumerate(together) if one[:2] not in [other[:2] for other in together[:i]]]
    truth, track, step = scene.true.who[true], scene.said.who[said], scene.true.step[true]
    kept = np.array([any((i, j) == one[:2] and one.first <= k <= one.last for one in together)
                     for i, j, k in zip(truth, track, step, strict=True)], bool)  # fmt: skip
    return true[kept], said[kept], together


class Played:
    """A scene as Stone Soup holds it."""

    def __init__(self, scene):
        self.truths = [GroundTruthPath(self.path(scene.true, j, GroundTruthState)) for j in range(len(scene.truths))]
        self.tracks = [Track(self.path(scene.said, j, State)) for j in range(len(scene.tracks))]

    @staticmethod
    def path(rows, who, kind):
        mine = np.flatnonzero(rows.who == who)
        return [kind(np.concatenate([rows.place[i], rows.velocity[i]]), timestamp=at(rows.step[i])) for i in mine]

    def manager(self, generator, together):
        manager = MultiManager([generator])
        manager.add_data({"tracks": {t for t in self.tracks if len(t)}, "groundtruth_paths": {t for t in self.truths if len(t)}})
        manager.association_set = AssociationSet(
            {
                TimeRangeAssociation({self.truths[truth], self.tracks[track]}, TimeRange(at(first), at(last)))
                for truth, track, first, last in together
            }
        )
        return manager


@settings(max_examples=200, deadline=None)
@given(scenes)
def test_the_attributes_of_the_air_picture_are_stone_soups(scene):
    assume_it_lasts(scene)
    true, said, together = lasting(scene, *associated(scene))
    generator = SIAPMetrics(position_measure=Euclidean((0, 1, 2)), velocity_measure=Euclidean((3, 4, 5)))
    metrics = generator.compute_metric(Played(scene).manager(generator, together))
    value = {metric.title: metric.value for metric in metrics}
    names = ["Completeness", "Ambiguity", "Spuriousness", "Position Accuracy", "Velocity Accuracy"]
    names += ["Rate of Track Number Change", "Longest Track Segment"]
    assert np.nan_to_num(attributes(scene, true, said)).tolist() == pytest.approx(
        [value[f"SIAP {name}"] for name in names], **EXACTLY
    )


@settings(max_examples=200, deadline=None)
@given(scenes)
def test_precision_misses_and_false_positives_of_clear_mot_are_stone_soups(scene):
    assume_it_lasts(scene)
    true, said, _ = clear_matched(scene)
    together = associations(scene, true, said)
    assume(all(one.first < one.last for one in together))
    ours = clear_mot(scene)
    generator = ClearMotMetrics(distance_measure=Euclidean((0, 1, 2)))
    value = {m.title: m.value for m in generator.compute_metric(Played(scene).manager(generator, together))}
    motp = value["MOTP"]
    assert ours.motp == pytest.approx(motp, **EXACTLY) if np.isfinite(motp) else np.isnan(ours.motp)
    truths = len(scene.true.step)  # it forgets who was matched before a miss, and counts no mismatch after one
    mismatches = round((1 - value["MOTA"]) * truths) - ours.misses - ours.false_positives
    assert 0 <= mismatches <= ours.mismatches
    assert value["MOTA"] == pytest.approx(1 - (ours.misses + ours.false_positives + mismatches) / truths, **EXACTLY)
