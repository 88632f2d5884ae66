"""The measures against all that could be: every pairing tried, every definition written out in plain loops."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.scoring import gospa, ospa, ospa2
from simulators.scoring.assign import match
from simulators.scoring.clear_mot import clear_mot
from simulators.scoring.identity import identity
from simulators.scoring.pairing import pairs_of
from simulators.scoring.scene import FEW, Scene, close
from simulators.scoring.siap import associated
from tests.simulators.scoring.scenes import C, drawn, scenes, there


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 3))
def test_a_tree_finds_whom_comparing_all_finds(seed, dimensions):
    rng = np.random.default_rng(seed)
    truths, tracks = rng.uniform(-60, 60, (70, dimensions)), rng.uniform(-60, 60, (80, dimensions))
    tracks[:5] = truths[:5]
    assert len(truths) * len(tracks) > FEW
    row, column, distance = close(truths, tracks, C)
    every = np.linalg.norm(truths[:, None] - tracks[None], axis=-1)
    assert np.array_equal(np.stack([row, column]), np.nonzero(every < C))
    assert np.array_equal(distance, every[row, column])


def matchings(rows, columns):
    """Every way to pair some of so many rows with some of so many columns."""
    for size in range(min(rows, columns) + 1):
        for chosen in itertools.combinations(range(rows), size):
            for others in itertools.permutations(range(columns), size):
                yield list(zip(chosen, others, strict=True))


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_other_matching_gains_more(seed):
    rng = np.random.default_rng(seed)
    table = rng.uniform(-1, 3, (rng.integers(1, 5), rng.integers(1, 5))) * (rng.random() < 0.9)
    rows, columns = np.nonzero(rng.random(table.shape) < rng.choice([0.3, 0.7, 1.0]))
    chosen = match(rows, columns, table[rows, columns])
    there = set(zip(rows.tolist(), columns.tolist(), strict=True))
    best = max(sum(table[pair] for pair in pairs) for pairs in matchings(*table.shape) if set(pairs) <= there)
    assert table[rows[chosen], columns[chosen]].sum() == pytest.approx(best)
    assert len(set(rows[chosen])) == len(set(columns[chosen])) == len(chosen)


def apart(scene, step):
    true, said = there(scene.true, step)[1], there(scene.said, step)[1]
    return np.linalg.norm(true[:, None] - said[None], axis=-1).reshape(len(true), len(said))


@settings(max_examples=100, deadline=None)
@given(scenes, st.sampled_from([1.0, 2.0, 3.0]))
def test_ospa_and_gospa_are_the_least_over_every_pairing(scene, p):
    for step in range(len(scene.time)):
        d = np.minimum(apart(scene, step), C)
        n, m = d.shape
        costs = [(sum(d[pair] ** p for pair in pairs), len(pairs)) for pairs in matchings(n, m)]
        truths, said = there(scene.true, step)[1], there(scene.said, step)[1]
        least = min(cost + C**p / 2 * (n + m - 2 * count) for cost, count in costs)
        assert gospa.gospa(truths, said, C, p).distance(p) == pytest.approx(least ** (1 / p))
        whole = min(cost for cost, count in costs if count == min(n, m)) + C**p * abs(n - m)
        expected = (whole / max(n, m)) ** (1 / p) if max(n, m) else 0.0
        assert ospa.ospa(truths, said, C, p) == pytest.approx(expected)
        if p == 2.0:
            assert ospa.over_time(scene, pairs_of(scene))[step] == pytest.approx(expected)


def mean_apart(scene, truth, track, window):
    """d̃ of Beard et al.: the mean over the steps where either is there; None where neither ever is."""
    found = []
    for step in window:
        a = scene.true.place[(scene.true.step == step) & (scene.true.who == truth)]
        b = scene.said.place[(scene.said.step == step) & (scene.said.who == track)]
        if len(a) or len(b):
            found.append(min(float(np.linalg.norm(a[0] - b[0])), C) if len(a) and len(b) else C)
    return sum(found) / len(found) if found else None


@settings(max_examples=60, deadline=None)
@given(scenes, st.integers(1, 5), st.sampled_from([1.0, 2.0]))
def test_ospa2_is_the_ospa_of_mean_distances_between_tracks(scene, length, p):
    found = ospa2.over_time(scene, length, p)
    for step in range(len(scene.time)):
        window = range(max(0, step + 1 - length), step + 1)
        truths = sorted(set(scene.true.who[np.isin(scene.true.step, window)].tolist()))
        tracks = sorted(set(scene.said.who[np.isin(scene.said.step, window)].tolist()))
        n, m = len(truths), len(tracks)
        d = np.array([[mean_apart(scene, i, j, window) for j in tracks] for i in truths], float).reshape(n, m)
        costs = [sum(d[pair] ** p for pair in pairs) for pairs in matchings(n, m) if len(pairs) == min(n, m)]
        expected = ((min(costs) + C**p * abs(n - m)) / max(n, m)) ** (1 / p) if max(n, m) else 0.0
        assert found[step] == pytest.approx(expected)


@settings(max_examples=100, deadline=None)
@given(scenes)
def test_no_other_choice_of_tracks_has_more_identity_true_positives(scene):
    near = np.zeros((len(scene.truths), len(scene.tracks)))
    for step in range(len(scene.time)):
        true, said = there(scene.true, step)[0], there(scene.said, step)[0]
        for (i, truth), (j, track) in itertools.product(enumerate(true), enumerate(said)):
            near[truth, track] += apart(scene, step)[i, j] < C
    idtp = max(sum(near[pair] for pair in pairs) for pairs in matchings(*near.shape))
    found, truths, tracks = identity(scene), len(scene.true.step), len(scene.said.step)
    assert found.idtp == idtp
    false_negatives, false_positives = truths - idtp, tracks - idtp
    assert found.idf1 == pytest.approx(2 * idtp / (2 * idtp + false_negatives + false_positives))
    assert found.idr == pytest.approx(idtp / truths)
    assert found.idp == pytest.approx(idtp / tracks) if tracks else math.isnan(found.idp)


def clear_by_hand(scene):
    """The procedure of Bernardin and Stiefelhagen, step by step, in loops."""
    last, misses, false, mismatches, distances = {}, 0, 0, 0, []
    for step in range(len(scene.time)):
        (true, _), (said, _), d = there(scene.true, step), there(scene.said, step), apart(scene, step)
        kept = {}
        for i, truth in enumerate(true):
            track = last.get(truth)
            if track in said and track not in kept.values() and d[i, said.index(track)] < C:
                kept[truth] = track
        left = [i for i, truth in enumerate(true) if truth not in kept]
        free = [j for j, track in enumerate(said) if track not in kept.values()]
        ways = [[(left[a], free[b]) for a, b in pairs] for pairs in matchings(len(left), len(free))]
        ways = [pairs for pairs in ways if all(d[pair] < C for pair in pairs)]
        most = max(len(pairs) for pairs in ways)
        best = min((pairs for pairs in ways if len(pairs) == most), key=lambda pairs: sum(d[pair] for pair in pairs))
        new = {true[i]: said[j] for i, j in best}
        mismatches += sum(truth in last and last[truth] != track for truth, track in new.items())
        matched = kept | new
        distances += [d[true.index(truth), said.index(track)] for truth, track in matched.items()]
        misses, false = misses + len(true) - len(matched), false + len(said) - len(matched)
        last |= matched
    return misses, false, mismatches, distances


@settings(max_examples=150, deadline=None)
@given(scenes)
def test_clear_mot_is_its_procedure_written_out(scene):
    found, (misses, false, mismatches, distances) = clear_mot(scene), clear_by_hand(scene)
    assert (found.misses, found.false_positives, found.mismatches) == (misses, false, mismatches)
    assert found.mota == pytest.approx(1 - (misses + false + mismatches) / len(scene.true.step))
    assert found.motp == pytest.approx(np.mean(distances)) if distances else math.isnan(found.motp)


@settings(max_examples=60, deadline=None)
@given(scenes)
def test_a_track_is_associated_with_the_nearest_truth(scene):
    true, said = associated(scene)
    expected = []
    for row, (step, place) in enumerate(zip(scene.said.step, scene.said.place, strict=True)):
        here = np.flatnonzero(scene.true.step == step)
        d = np.linalg.norm(scene.true.place[here] - place, axis=1)
        if len(d) and d.min() < C:
            expected.append((int(here[d.argmin()]), row))
    assert list(zip(true.tolist(), said.tolist(), strict=True)) == expected


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_leaving_out_who_is_indifferent_leaves_the_other_pairs_as_they_are(seed):
    tracks, truths = drawn(seed)
    whole, without = Scene.of(tracks, truths, c=C), Scene.of(tracks, truths, c=C, indifferent=["truth-0"])
    pairs, left = pairs_of(whole), pairs_of(without)
    kept = pairs.truth != 0
    assert np.array_equal(left.step, pairs.step[kept])
    assert np.array_equal(left.track, pairs.track[kept])
    assert left.distance == pytest.approx(pairs.distance[kept])
    assert np.array_equal(left.false, pairs.false)
