"""A sensor with a tracker of its own beside a radar: its reports are no news twice, and its numbers are hints, not truth."""

import math

import numpy as np
import pytest
from msgspec.structs import replace

from fusion.config import Config
from fusion.messages import SECOND, Scan
from fusion.tracking.tracker import Tracker
from tests.scene import FRAME, SITE, START
from tests.tracking.test_correlated import CENTRE, CLEAN, PLOTS, SMART, Upstream, fly, report, seen

BESIDE = replace(PLOTS, period_s=1.0, **CLEAN)
SECONDS, SETTLED, STEP = 30.0, 8.0, 0.5


def inverse_covariance_intersection(xa, A, xb, B):
    """Fuse two estimates whose correlation is not known (Noack, Sijs, Reinhardt & Hanebeck, Automatica 79, 2017).

    P⁻¹ = A⁻¹ + B⁻¹ − (ωA + (1−ω)B)⁻¹, x = P ((A⁻¹ − ω Γ) x_a + (B⁻¹ − (1−ω) Γ) x_b), Γ = (ωA + (1−ω)B)⁻¹; the ω of least trace.
    """
    best = None
    for w in np.linspace(0.02, 0.98, 25):
        common = np.linalg.inv(w * A + (1 - w) * B)
        P = np.linalg.inv(np.linalg.inv(A) + np.linalg.inv(B) - common)
        if best is None or np.trace(P[:3, :3]) < np.trace(best[1][:3, :3]):
            Ka, Kb = P @ (np.linalg.inv(A) - w * common), P @ (np.linalg.inv(B) - (1 - w) * common)
            best = (Ka @ xa + Kb @ xb, P)
    return best


class Judged:
    """Squared position errors and NEES of six."""

    def __init__(self) -> None:
        self.squares, self.nees = [], []

    def add(self, x, P, state) -> None:
        e = x - state
        self.squares.append(float(e[:3] @ e[:3]))
        self.nees.append(float(e @ np.linalg.solve(P, e)) / 6.0)

    @property
    def rmse(self) -> float:
        return math.sqrt(np.mean(self.squares))

    @property
    def anees(self) -> float:
        return float(np.mean(self.nees))


def nearest(tracker, state):
    table = tracker.table(tracker.time)
    if not len(table.tracks):
        return None
    row = int(((table.state[:, :3] - state[:3]) ** 2).sum(axis=1).argmin())
    return table.state[row], table.covariance[row]


def with_velocity(x, P, time, name):
    """The report of a smart sensor that also tells how fast."""
    velocity = FRAME.enu_from_grid_matrix(x[None, :3])[0] @ x[3:]
    return replace(
        report(x, P, time, name), velocity=tuple(velocity.tolist()), sigma_velocity=math.sqrt((P[3, 3] + P[4, 4]) / 2.0)
    )


def together(runs: int, q: float, said=report, seed: int = 3) -> dict[str, Judged]:
    """Fly, and judge: the reports decorrelated, the reports as if each were new, and inverse covariance intersection."""
    rng, found = np.random.default_rng(seed), {name: Judged() for name in ("ours", "naive", "intersection")}
    smart, plots = (Config(site=SITE, sensor=(replace(SMART, output=output), BESIDE)) for output in ("tracks", "plots"))
    alone = Config(site=SITE, sensor=(BESIDE,))
    for _ in range(runs):
        states, upstream = fly(rng, SECONDS, STEP), Upstream(rng, q, 8.0, STEP)
        trackers = {"ours": Tracker(smart, FRAME), "naive": Tracker(plots, FRAME), "alone": Tracker(alone, FRAME)}
        for k, state in enumerate(states):
            time = START + round(k * STEP * SECOND)
            x, P = upstream.see(state)
            told = Scan(sensor="smart", time=time, received=time, sequence=k, boot="b", detections=(said(x, P, time, "17"),))
            plot = seen(BESIDE, state, rng.standard_normal(3), time)
            plots_scan = Scan(sensor=BESIDE.id, time=time, received=time, sequence=k, boot="b", detections=(plot,))
            for name, tracker in trackers.items():
                if name != "alone":
                    tracker.step(told)
                if k % 2 == 0:
                    tracker.step(plots_scan)
            if k * STEP < SETTLED or k % 2:
                continue
            known = {name: nearest(tracker, state) for name, tracker in trackers.items()}
            if any(one is None for one in known.values()):
                continue
            for name in ("ours", "naive"):
                found[name].add(*known[name], state)
            found["intersection"].add(*inverse_covariance_intersection(*known["alone"], x, P), state)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("said", [report, with_velocity], ids=["places", "velocities too"])
@pytest.mark.parametrize("q", [2.0, 4.0])
def test_a_smart_sensor_beside_a_radar_is_believed_as_far_as_it_goes(q, said):
    """No worse than the intersection, which is told the whole covariance; two per cent are chance in thirty-two flights."""
    found = together(32, q, said)
    assert 0.85 < found["ours"].anees < 1.25
    assert found["naive"].anees > 1.45
    assert found["ours"].rmse < 1.02 * found["intersection"].rmse


# --- Its numbers ------------------------------------------------------------------------------------------------------

OTHER = replace(SMART, id="smart-2", latitude_deg=48.8560, longitude_deg=2.3010)


def watch(targets, numbers, seconds: float = 20.0, sensors=(SMART,), sigma: float = 5.0, seed: int = 1):
    """Let smart sensors tell of targets that fly straight on; give the id nearest to each target after each look, and how many
    tracks are confirmed. numbers(sensor, target, t): the number it is told under; None where it is not told."""
    rng, tracker, told = np.random.default_rng(seed), Tracker(Config(site=SITE, sensor=sensors), FRAME), []
    rho = math.exp(-0.5 / 1.5)  # a sensor's own filter errs the same way for three looks
    errors = {(one.id, i): rng.standard_normal(3) for one in sensors for i in range(len(targets))}
    for k in range(round(seconds / 0.5)):
        time, places = START + k * SECOND // 2, targets[:, :3] + targets[:, 3:] * k * 0.5
        for one in sensors:
            reports = []
            for i, place in enumerate(places):
                errors[one.id, i] = rho * errors[one.id, i] + math.sqrt(1 - rho**2) * rng.standard_normal(3)
                number = numbers(one.id, i, k * 0.5)
                if number is not None:
                    x = np.concatenate([place + sigma * errors[one.id, i], targets[i, 3:]])
                    reports.append(report(x, sigma**2 * np.eye(6), time, number))
            tracker.step(Scan(sensor=one.id, time=time, received=time, sequence=k, boot="b", detections=tuple(reports)))
        table = tracker.table(time)
        apart = (
            np.linalg.norm(places[:, None] - table.state[None, :, :3], axis=2)
            if len(table.tracks)
            else np.empty((len(places), 0))
        )
        told.append(([table.tracks[row.argmin()] if row.size and row.min() < 30.0 else None for row in apart], len(table.tracks)))
    return told


def abreast(*aside: float) -> np.ndarray:
    return np.array([[*(CENTRE + [0.0, off, 0.0]), 8.0, 0.0, 0.0] for off in aside])


def ids_of(told, i: int) -> set[str]:
    return {ids[i] for ids, _ in told if ids[i] is not None}


@pytest.mark.parametrize("aside", [40.0, 80.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_numbers_that_a_sensor_swaps_swap_no_tracks(aside, seed):
    told = watch(abreast(0.0, aside), lambda _, i, t: str(i if t < 10.0 else 1 - i), seed=seed)
    assert [len(ids_of(told, i)) for i in (0, 1)] == [1, 1]
    assert told[-1][1] == 2
    assert ids_of(told, 0) != ids_of(told, 1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_number_that_is_used_again_begins_a_track_of_its_own(seed):
    """Target 0 is lost for two looks; its number goes to target 1, 300 m away, and 0 comes back under another."""

    def numbers(_, i, t):
        if i == 0:
            return "7" if t < 8.0 else None if t < 9.0 else "9"
        return "7" if t >= 8.5 else None

    told = watch(abreast(0.0, 300.0), numbers, seed=seed)
    first, second = ids_of(told[:16], 0), ids_of(told[20:], 1)
    assert len(first) == len(second) == 1
    assert first != second
    assert ids_of(told[20:], 0) == first


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_two_sensors_that_use_the_same_numbers_for_different_targets_do_not_mix_them(seed):
    told = watch(abreast(0.0, 60.0), lambda who, i, _: str(i if who == "smart" else 1 - i), sensors=(SMART, OTHER), seed=seed)
    assert [len(ids_of(told, i)) for i in (0, 1)] == [1, 1]
    assert told[-1][1] == 2


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_number_for_two_targets_hides_neither(seed):
    """A sensor that numbers by sector, or does not number at all but writes 0."""
    told = watch(abreast(0.0, 60.0), lambda *_: "0", seed=seed)
    assert [len(ids_of(told, i)) for i in (0, 1)] == [1, 1]
    assert told[-1][1] == 2
