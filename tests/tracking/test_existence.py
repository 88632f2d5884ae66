"""The probability of existence is one: of the tracks that say r, a share r is of something that is still there.

Two hundred targets fly straight about the edge of a radar's reach, and vanish at the tracker's own rate. The radar sees 60 % of what is
in its coverage and nothing else. Of every look and confirmed track: r, and whether there is a target. A miss that counts where nobody
looked, or is worth more or less than it says, shows in the bins.
"""

import math

import numpy as np
import pytest
from msgspec.structs import replace

from fusion.config import Config, CoverageTable
from fusion.messages import SECOND, Coverage, Polar, Scan
from fusion.tracking.tracker import SURVIVAL, Tracker
from tests.scene import FRAME, HORIZONS, RADAR, SITE, START

PD, FALSE, LOOKS = 0.6, 2.0, 90
REACH = 2000.0
ONE = replace(RADAR, detection_probability=PD, false_alarms_per_scan=FALSE, coverage=CoverageTable(elevation_deg=(-5.0, 70.0), range_m=(50.0, REACH)))  # fmt: skip
HORIZON = HORIZONS["radar-1"]
SIGMA = np.array([5.0, math.radians(0.5), math.radians(0.7)])
EDGES = np.array([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.995, 1.0])


def ring(rng) -> np.ndarray:
    """Two hundred states (n, 6) about the edge, 300 m apart, flying outwards or inwards."""
    states = []
    for distance in (1400.0, 1700.0, 2000.0, 2300.0, 2600.0):
        for turn in np.arange(0, math.tau, 300.0 / distance):
            way = np.array([math.sin(turn), math.cos(turn), 0.0])
            states.append([*(HORIZON.origin + distance * way + [0, 0, 60.0]), *(way * rng.choice([-4.0, 4.0]))])
    return np.array(states)


def polar(place: np.ndarray) -> np.ndarray:
    e = HORIZON.enu_from_grid(place)
    r = float(np.linalg.norm(e))
    return np.array([r, math.atan2(e[0], e[1]) % math.tau, math.asin(e[2] / r)])


def plot(z, time: int) -> Polar:
    sigmas = {"sigma_range": SIGMA[0], "sigma_azimuth": SIGMA[1], "sigma_elevation": SIGMA[2]}
    return Polar(time=time, range=max(float(z[0]), 1.0), azimuth=float(z[1]) % math.tau, elevation=float(z[2]), **sigmas)


def bursts(rng, count: int) -> np.ndarray:
    """Who talks when (looks, n): some ten seconds at a time, then silent for longer than any track is kept."""
    talks = np.empty((LOOKS, count), bool)
    now = rng.random(count) < 0.5
    for k in range(LOOKS):
        now = np.where(now, rng.random(count) > 0.1, rng.random(count) < 0.02)
        talks[k] = now
    return talks


def watch(seed: int, one, *, sectors: int = 1, told: bool = True):
    """Give (row's r, whether its target is there, which) for each confirmed track after each look (k, 3)."""
    rng, tracker = np.random.default_rng(seed), Tracker(Config(site=SITE, sensor=(one,)), FRAME)
    states = ring(rng)
    gone = rng.exponential(SURVIVAL, len(states))
    talks = bursts(rng, len(states))
    whose: dict[str, int | None] = {}  # a track is of whom it was nearest to when it was confirmed
    found = []
    for k in range(LOOKS):
        time, t = START + k * SECOND, float(k)
        places = states[:, :3] + states[:, 3:] * t
        z = np.array([polar(place) for place in places])
        first = (k % sectors) * math.tau / sectors
        width = math.tau / sectors
        covered = (z[:, 0] < REACH) & ((z[:, 1] - first) % math.tau < width) & (gone > t)
        seen = covered & (rng.random(len(z)) < PD) if one.reports == "scans" else (gone > t) & talks[k]
        plots = [plot(one_z + SIGMA * rng.standard_normal(3), time) for one_z in z[seen]]
        nothing = [(rng.uniform(50, REACH), first + rng.uniform(0, width), math.radians(rng.uniform(-5, 70)))
                   for _ in range(rng.poisson(FALSE / sectors))]  # fmt: skip
        plots += [plot(one_z, time) for one_z in nothing]
        coverage = Coverage(azimuth=(first, first + width)) if sectors > 1 and told else None
        tracker.step(
            Scan(sensor=one.id, time=time, received=time, sequence=k, boot="b", detections=tuple(plots), coverage=coverage)
        )
        table = tracker.table(time)
        for name, place, r in zip(table.tracks, table.state[:, :3], table.existence, strict=True):
            apart = np.where(gone > t, np.linalg.norm(places - place, axis=1), np.inf)
            if whose.get(name) is None:
                whose[name] = int(apart.argmin()) if apart.min() < 60.0 else None
            target = whose[name]
            found.append((r, target is not None and gone[target] > t, seed * 1000 + (999 if target is None else target)))
    return np.array(found, float)


def reliability(rows):
    """Give for each bin of r: mean r, share there, samples, and the standard error of their difference.

    A target's looks are not independent: the error is of the sums of each target.
    """
    bins = np.clip(np.digitize(rows[:, 0], EDGES) - 1, 0, len(EDGES) - 2)
    lines = []
    for b in range(len(EDGES) - 1):
        part = rows[bins == b]
        if len(part) < 30:
            continue
        sums = np.bincount(np.unique(part[:, 2], return_inverse=True)[1], weights=part[:, 0] - part[:, 1])
        lines.append((part[:, 0].mean(), part[:, 1].mean(), len(part), math.sqrt((sums**2).sum()) / len(part)))
    return lines


def many(one, **how):
    return np.concatenate([watch(seed, one, **how) for seed in (1, 2, 3)])


def calibrated(lines) -> bool:
    """Tell whether every bin is right within three standard errors, or a hundredth: of rare deaths the error itself is rough."""
    return all(abs(said - true) < max(3.0 * error, 0.01) for said, true, _, error in lines)


@pytest.mark.slow
@pytest.mark.parametrize("sectors", [1, 3])
def test_existence_is_a_probability_at_the_edge_of_a_coverage_and_where_a_look_is_of_a_sector(sectors):
    lines = reliability(many(ONE, sectors=sectors))
    assert len(lines) >= 5
    assert calibrated(lines)


@pytest.mark.slow
def test_silence_of_one_that_reports_at_will_says_nothing():
    assert calibrated(reliability(many(replace(ONE, reports="detections-only"))))


@pytest.mark.slow
def test_sectors_that_are_not_told_are_taken_for_misses():
    """Else the tests above would prove nothing."""
    assert not calibrated(reliability(many(ONE, sectors=3, told=False)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reports", "period", "most"), [("scans", 1.0, 0), ("detections-only", 1.0, 3), ("detections-only", None, 20)]
)
def test_false_detections_alone_make_hardly_a_track_also_where_silence_says_nothing(reports, period, most):
    """Half an hour each of a sky that is empty. Two false detections agree by chance the more often the longer the first one waits."""
    for false in (0.2, 1.0, 3.0):
        one, shown = replace(RADAR, false_alarms_per_scan=false, reports=reports, period_s=period), set()
        for seed in range(6):
            rng, tracker = np.random.default_rng(seed), Tracker(Config(site=SITE, sensor=(one,)), FRAME)
            for k in range(300):
                time = START + k * SECOND
                places = zip(
                    rng.uniform(50, 6000, n := rng.poisson(false)),
                    rng.uniform(0, math.tau, n),
                    rng.uniform(-0.09, 1.22, n),
                    strict=True,
                )
                plots = tuple(plot(place, time) for place in places)
                tracker.step(Scan(sensor=one.id, time=time, received=time, sequence=k, boot="b", detections=plots))
                shown |= {(false, seed, name) for name in tracker.table(time).tracks}
        assert len(shown) <= most, false
