"""The judge against closed forms and cases worked out by hand."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.config import Site
from fusion.errors import RecordingError
from simulators.scoring.errors import spread
from simulators.scoring.pairing import paired
from simulators.scoring.reading import Reports, Truth, load_tracks, load_truths, origin
from simulators.scoring.score import score

SITE = Site(name="test", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
TIMES = np.arange(0.0, 10.5, 1.0)


def still(*place):
    return Truth(TIMES, np.tile(np.array(place, float), (len(TIMES), 1)))


def said(*place, times=TIMES, velocity=(0.0, 0.0, 0.0), covariance=None, gone=None):
    count = len(times)
    return Reports(
        list(times),
        np.tile(np.array(place, float), (count, 1)),
        np.tile(np.array(velocity, float), (count, 1)),
        gone or [False] * count,
        [covariance] * count,
    )


def test_a_perfect_track_scores_nought():
    result = score({"t": said(1, 2, 3)}, {"a": still(1, 2, 3)})
    assert result.spread == (0.0, 0.0, 0.0)
    assert (result.gospa, result.missed, result.false_per_step, result.switches) == (0.0, 0.0, 0.0, 0)


def test_errors_are_told_across_upright_and_in_space():
    result = score({"t": said(3, 4, 12)}, {"a": still(0, 0, 0)})
    assert (result.horizontal.rmse, result.vertical.rmse, result.three.rmse) == pytest.approx((5.0, 12.0, 13.0))
    assert result.spread == result.three
    assert score({"t": said(3, 4, 12)}, {"a": still(0, 0, 0)}, horizontal=True).spread == result.horizontal


def test_gospa_counts_each_missed_and_each_false_one_as_half_the_square_of_c():
    result = score({"t": said(3, 4, 0), "ghost": said(500, 0, 0)}, {"a": still(0, 0, 0), "b": still(-900, 0, 0)}, c=20.0)
    assert result.gospa == pytest.approx(math.sqrt(25.0 + 200.0 + 200.0))
    assert (result.gospa_localisation, result.gospa_missed, result.gospa_false) == pytest.approx((25.0, 200.0, 200.0))
    assert (result.missed, result.false_per_step) == (0.5, 1.0)


def test_a_track_at_c_or_beyond_is_a_miss_and_a_false_track():
    result = score({"t": said(20, 0, 0)}, {"a": still(0, 0, 0)}, c=20.0)
    assert (result.missed, result.false_per_step) == (1.0, 1.0)
    assert math.isnan(result.spread.rmse)


def test_a_track_is_carried_forward_with_its_velocity_and_forgotten_when_it_is_old():
    moving = Truth(TIMES, np.stack([10.0 * TIMES, 0 * TIMES, 0 * TIMES], axis=-1))
    result = score({"t": said(0, 0, 0, times=[0.0], velocity=(10.0, 0.0, 0.0))}, {"a": moving})
    assert result.spread.rmse == 0.0
    assert result.missed == pytest.approx(8 / 11)  # there at 0, 1 and 2 s; at 3 s its report is older than 2.5 s


def test_a_report_from_the_future_is_not_used():
    assert score({"t": said(0, 0, 0, times=[5.5])}, {"a": still(0, 0, 0)}).missed == pytest.approx(8 / 11)


def test_a_deleted_track_is_gone():
    gone = [time > 3.5 for time in TIMES]
    assert score({"t": said(0, 0, 0, gone=gone)}, {"a": still(0, 0, 0)}).missed == pytest.approx(7 / 11)


def test_a_switch_is_counted_when_another_track_takes_over_and_when_it_comes_back():
    first, second = (
        said(0, 0, 0, gone=[3.5 < time < 6.5 for time in TIMES]),
        said(1, 0, 0, gone=[not 3.5 < time < 6.5 for time in TIMES]),
    )
    result = score({"one": first, "two": second}, {"a": still(0, 0, 0)})
    assert result.switches == 2
    assert result.switches_per_target_minute == pytest.approx(2 / (11 / 60))


def test_nees_is_the_error_measured_by_the_claimed_covariance():
    result = score({"t": said(2, 0, 3, covariance=np.diag([4.0, 1.0, 9.0]))}, {"a": still(0, 0, 0)})
    assert result.nees == pytest.approx(2.0 / 3.0)
    assert score(
        {"t": said(2, 0, 3, covariance=np.diag([4.0, 1.0, 9.0]))}, {"a": still(0, 0, 0)}, horizontal=True
    ).nees == pytest.approx(0.5)


def test_honest_estimates_lie_in_the_nees_band():
    random = np.random.default_rng(0)
    shape = np.array([[30.0, 12.0, 0.0], [12.0, 20.0, -4.0], [0.0, -4.0, 50.0]])
    times = np.arange(0.0, 2000.0)
    reports = said(0, 0, 0, times=times, covariance=shape)._replace(
        place=random.multivariate_normal(np.zeros(3), shape, len(times))
    )
    result = score({"t": reports}, {"a": Truth(times, np.zeros((len(times), 3)))}, c=1000.0)
    assert result.nees_band[0] < result.nees < result.nees_band[1]
    assert result.nees_band == pytest.approx((0.964, 1.037), abs=0.002)


def test_what_is_indifferent_may_be_tracked_or_not():
    truths = {"a": still(0, 0, 0), "bird-1": still(300, 0, 0), "bird-2": still(600, 0, 0)}
    result = score({"t": said(1, 0, 0), "on a bird": said(301, 0, 0)}, truths, indifferent=["bird-1", "bird-2"])
    assert (result.missed, result.false_per_step, result.truth_steps) == (0.0, 0.0, 11)
    assert result.spread.rmse == pytest.approx(1.0)


def test_percentiles_are_those_of_the_lengths():
    assert spread(np.array([[3.0, 4.0], [0.0, 1.0], [6.0, 8.0]])) == pytest.approx((math.sqrt(126 / 3), 5.0, 9.5))


places = st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), max_size=4)


@settings(max_examples=100, deadline=None)
@given(places, places)
def test_no_other_pairing_has_a_lesser_sum_of_squares(truths, estimates):
    a, b, c = np.array(truths).reshape(-1, 2), np.array(estimates).reshape(-1, 2), 50.0
    cost = lambda pairs: sum(np.linalg.norm(a[i] - b[j]) ** 2 for i, j in pairs) + c * c / 2 * (len(a) + len(b) - 2 * len(pairs))  # noqa: E731
    best = min(
        cost(list(zip(rows, columns, strict=True)))
        for size in range(min(len(a), len(b)) + 1)
        for rows in itertools.combinations(range(len(a)), size)
        for columns in itertools.permutations(range(len(b)), size)
    )
    assert cost(paired(a, b, c)) == pytest.approx(best, abs=1e-6)


def track(time, status="confirmed", **more):
    place = {
        "latitude_deg": 48.8582,
        "longitude_deg": 2.2945,
        "altitude_hae_m": 177.6,
        "altitude_amsl_m": 133.0,
        "height_agl_m": 100.0,
    }
    plain = {"track": "T", "site": "test", "time": time, "status": status, "existence": 0.9, "born": time, "updated": time}
    return json.dumps(plain | {"position": place} | more) + "\n"


def test_tracks_are_read_as_a_replay_writes_them(tmp_path):
    path = tmp_path / "tracks.jsonl"
    bearing = {"position": None, "bearing": {"sensor": "rf", "azimuth_deg": 1.0, "sigma_deg": 5.0}}
    path.write_text(
        track("2026-07-26T17:30:01Z", velocity={"east_mps": 1, "north_mps": 2, "up_mps": 3})
        + track("2026-07-26T17:30:00.5Z")
        + track("2026-07-26T17:30:02Z", "tentative")
        + track("2026-07-26T17:30:03Z", **bearing)
        + track("2026-07-26T17:30:04Z", "deleted")
    )
    (reports,) = load_tracks(path, origin(SITE)).values()
    assert reports.time == [1785087000.5, 1785087001.0, 1785087004.0]
    assert reports.gone == [False, False, True]
    assert reports.place == pytest.approx(np.tile([0.0, 0.0, 100.0], (3, 1)), abs=1e-6)
    assert reports.velocity[1].tolist() == [1.0, 2.0, 3.0]
    assert load_tracks(path, origin(SITE), min_existence=0.95)["T"].gone == [True, True, True]


def test_truth_is_read_plain_or_packed_and_nonsense_is_refused(tmp_path):
    import gzip

    text = "time_unix_s,truth,latitude_deg,longitude_deg,altitude_hae_m\n1.5,a,48.8582,2.2945,77.6\n0.5,a,48.8582,2.2945,87.6\n"
    with gzip.open(tmp_path / "truth.csv.gz", "wt") as file:
        file.write(text)
    truth = load_truths(tmp_path / "truth.csv", origin(SITE))["a"]
    assert truth.time.tolist() == [0.5, 1.5]
    assert truth.place[:, 2] == pytest.approx([10.0, 0.0], abs=1e-6)
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    with pytest.raises(RecordingError, match="cannot be read as truth"):
        load_truths(tmp_path / "bad.csv", origin(SITE))
    (tmp_path / "bad.jsonl").write_text("{}\n")
    with pytest.raises(RecordingError, match="cannot be read as tracks"):
        load_tracks(tmp_path / "bad.jsonl", origin(SITE))
