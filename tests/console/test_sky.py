"""The sky as rows: ellipses by another way, and that what changed, from anywhere to anywhere, gives the whole."""

import itertools
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from fusion.console.columns import RAYS, TRACKS, rows_of
from fusion.console.permissions import EVERYTHING, Sight
from fusion.console.sky import KEPT, REMEMBERED_MS, Sky
from fusion.messages import Track as TrackRecord
from fusion.messages import WireBearing
from tests.console.stage import track
from tests.scene import START

T0 = START // 10**6
BLIND = Sight(pilot=False, friendly=False)


def with_covariance(matrix):
    one = track()
    whole = [list(map(float, row)) for row in matrix]
    return TrackRecord(
        **{name: getattr(one, name) for name in one.__struct_fields__ if name != "covariance"},
        covariance=type(one.covariance)(position_m2=whole, velocity_m2ps2=whole),
    )


@given(st.integers(0, 2**32 - 1))
def test_an_ellipse_holds_95_percent_and_points_where_the_error_is_largest(seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(0, 20, (3, 3))
    matrix = root @ root.T
    row = dict(zip(TRACKS, rows_of([with_covariance(matrix)], [1], T0)[0], strict=True))
    values, vectors = np.linalg.eigh(matrix[:2, :2])
    half = np.sqrt(chi2.ppf(0.95, 2) * values) * 10
    assert row["minor"] == pytest.approx(half[0], abs=0.51)
    assert row["major"] == pytest.approx(half[1], abs=0.51)
    assert row["sh"] == pytest.approx(math.sqrt(matrix[2, 2]) * 10, abs=0.51)
    assert 0 <= row["turn"] < 1800
    if values[1] > 1.001 * values[0]:
        turn = math.radians(row["turn"] / 10)
        assert abs(np.dot([math.sin(turn), math.cos(turn)], vectors[:, 1])) == pytest.approx(1.0, abs=2e-6)


def bearing(name, at):
    one = track(name, at)
    fields = {
        field: getattr(one, field)
        for field in ("track", "site", "time", "status", "existence", "born", "updated", "verdict", "sensors")
    }
    return TrackRecord(**fields, bearing=WireBearing(sensor="rf-1", azimuth_deg=208.0, sigma_deg=2.0))


class Page:
    """A page that keeps what it was told, written from docs/console.md."""

    def __init__(self, sight):
        self.sight, self.version, self.rows, self.info = sight, 0, {}, {}

    def take(self, sky):
        change = sky.since(self.version, self.sight)
        self.version = change.version
        if change.key:
            self.rows, self.info = {}, {}
        self.info |= dict(change.info)
        self.rows |= {row[0]: row for row in change.up + change.rays}
        for n in change.gone:
            self.rows.pop(n, None)
            self.info.pop(n, None)

    def named(self):
        return {self.info[n]["track"]: (len(row), row[1]) for n, row in self.rows.items()}


@pytest.mark.parametrize("seed", range(20))
def test_pages_that_look_when_they_like_agree_with_what_there_is(seed):
    chance = random.Random(seed)
    sky, pages, truth = Sky(("radar-1", "rf-1"), T0), [Page(EVERYTHING), Page(EVERYTHING), Page(BLIND)], {}
    for step in range(200):
        changed = []
        for name in chance.sample([f"T{i}" for i in range(12)], 4):
            what = chance.choice(["place", "place", "ray", "gone", "friendly", "pilot"])
            one = bearing(name, step) if what == "ray" else track(name, step, status="deleted" if what == "gone" else "confirmed", verdict="friendly" if what == "friendly" else "unknown", pilot=(48.8, 2.3) if what == "pilot" else None)  # fmt: skip
            changed.append(one)
            truth.pop(name, None)
            if what != "gone":
                truth[name] = (len(RAYS) if what == "ray" else len(TRACKS), step * 1000, what)
        if chance.random() < 0.1:
            sky.replace([one for one in changed if one.status != "deleted"] + [t for t in sky.tracks(EVERYTHING) if t.track in truth and t.track not in {c.track for c in changed}], T0 + step * 1000)  # fmt: skip
        else:
            sky.take(changed, T0 + step * 1000)
        for page in pages:
            if chance.random() < 0.3 or step == 199:
                page.take(sky)
                seen = {name: one[:2] for name, one in truth.items() if page.sight.friendly or one[2] != "friendly"}
                assert page.named() == seen
                pilots = {info["track"] for info in page.info.values() if "pilot" in info}
                assert pilots == ({name for name, one in truth.items() if one[2] == "pilot"} if page.sight.pilot else set())


def test_history_keeps_a_point_a_second_for_five_minutes_and_what_is_gone_for_ten():
    sky = Sky(("radar-1",), T0)
    for step in range(5000):
        sky.take([track("T1", step / 5)], T0 + step * 200)
    rows = sky.history("T1", EVERYTHING, 3600.0)
    assert len(rows) == KEPT
    assert {after[0] - before[0] for before, after in itertools.pairwise(rows)} == {1000}
    assert len(sky.history("T1", EVERYTHING, 60.0)) == 61
    sky.take([track("T1", 1000.0, status="deleted")], T0 + 1_000_000)
    assert sky.history("T1", EVERYTHING, 60.0)
    sky.take([track("T2", 1001.0)], 0)
    sky.take([track("T2", 1001.0 + REMEMBERED_MS / 1000 + 1, status="deleted")], 0)
    assert sky.history("T1", EVERYTHING, 60.0) is None


def test_a_page_that_was_away_for_too_long_is_told_everything_anew(monkeypatch):
    monkeypatch.setattr("fusion.console.sky.FORGOTTEN", 10)
    sky, page = Sky(("radar-1",), T0), Page(EVERYTHING)
    sky.take([track("OLD")], T0)
    page.take(sky)
    for step in range(40):
        sky.take([track(f"T{step}", step), track(f"T{step - 1}", step, status="deleted")], T0)
    sky.take([track("OLD", 50.0, status="deleted")], T0)
    page.take(sky)
    assert set(page.named()) == {"T39"}
