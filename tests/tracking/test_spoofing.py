"""What a spoofer may do to the picture: its claims are marked, stay apart from real tracks, and cost no more than honest ones."""

import time as clocks

import msgspec
import numpy as np
import pytest

from fusion.messages import SECOND, Identity
from tests.tracking.test_claims import DRONE, MIDDLE, Sky, drone

FLOOD = 50


def flood(rng, second, places):
    """Give claimed states of spoofed drones: each on a straight way of its own, or anywhere anew where `places` is None."""
    if places is None:
        places = MIDDLE + np.column_stack([rng.uniform(-2000, 2000, (FLOOD, 2)), rng.uniform(0, 80, FLOOD)])
        return np.column_stack([places, np.zeros((FLOOD, 3))])
    velocity = np.column_stack([np.full(FLOOD, 6.0), np.full(FLOOD, -4.0), np.zeros(FLOOD)])
    return np.column_stack([places + velocity * second, velocity])


def run(seed, seconds, *, spoofed, jumping=False, real_too=False):
    """Let three real drones that say who they are fly through a flood of claims; give the tables and the time of each second."""
    sky, rng = Sky(seed), np.random.default_rng(seed + 100)
    places = None if jumping else MIDDLE + np.column_stack([rng.uniform(-2000, 2000, (FLOOD, 2)), rng.uniform(0, 80, FLOOD)])
    found, took = [], []
    for second in range(seconds):
        begun = clocks.perf_counter()
        flights = [drone(second, east=east) for east in (400.0, 700.0, 1000.0)]
        claims = flood(rng, second, places) if spoofed else []
        told = [sky.told(state, Identity(serial=f"REAL{i}")) for i, state in enumerate(flights)]
        told += [sky.told(state, Identity(serial=f"SPOOF{i}")) for i, state in enumerate(claims)]
        sky.scan("remote", 0.1, told)
        seen = [*flights, *(claims if real_too else [])]
        sky.scan("radar", 0.5, [sky.seen(state) for state in seen if sky.rng.random() < 0.9])
        found.append((sky.tracker.table(sky.time + SECOND // 2), np.array(flights)))
        sky.time += SECOND
        took.append(clocks.perf_counter() - begun)
    return found, took


def words(table, prefix):
    """Give the strength of every shown track whose identity begins so."""
    return [
        strength for strength, name in zip(table.strength, table.identity, strict=True) if name and name.serial.startswith(prefix)
    ]


def off(found):
    """Give how far the real tracks are from their drones (m), by what they say they are; none may be missing."""
    errors = []
    for table, flights in found[6:]:
        for i, flight in enumerate(flights):
            rows = [row for row, name in enumerate(table.identity) if name and name.serial == f"REAL{i}"]
            assert len(rows) == 1
            errors.append(np.linalg.norm(table.state[rows[0], :3] - flight[:3] - 0.5 * flight[3:]))
    return np.array(errors)


@pytest.mark.parametrize("seed", range(3))
def test_fifty_spoofed_drones_are_all_contradicted_and_the_real_ones_stay_what_they_are(seed):
    found, _ = run(seed, 20, spoofed=True)
    alone, _ = run(seed, 20, spoofed=False)
    last = found[-1][0]
    assert len(words(last, "SPOOF")) == FLOOD
    assert (
        words(last, "SPOOF").count("contradicted") >= FLOOD - 2
    )  # one or two fly along with a false plot, or beside a real drone
    assert words(last, "REAL") == ["corroborated"] * 3
    assert np.sqrt((off(found) ** 2).mean()) < 1.15 * np.sqrt((off(alone) ** 2).mean())
    assert len({tuple(t for t, name in zip(table.tracks, table.identity, strict=True) if name and name.serial.startswith("REAL")) for table, _ in found[6:]}) == 1  # fmt: skip


def test_fifty_claims_that_jump_everywhere_are_contradicted_and_real_tracks_stay():
    found, _ = run(5, 20, spoofed=True, jumping=True)
    for table, _ in found[8:]:
        assert set(words(table, "SPOOF")) <= {"contradicted", "claimed"}
        assert words(table, "REAL").count("corroborated") == 3
    jumped = words(found[-1][0], "SPOOF")
    assert jumped.count("contradicted") >= 0.9 * len(jumped)


def test_a_flood_of_spoofed_claims_costs_no_more_than_as_many_honest_drones():
    run(1, 4, spoofed=True)
    _, spoofed = run(1, 14, spoofed=True)
    _, honest = run(1, 14, spoofed=True, real_too=True)
    assert min(spoofed[4:]) < 1.5 * min(honest[4:])


@pytest.mark.parametrize("speed", [150.0, 400.0])
@pytest.mark.parametrize("told", [True, False])
def test_a_drone_that_claims_an_impossible_speed_is_contradicted(speed, told):
    sky = Sky()
    for second in range(12):
        report = sky.told(drone(second, east=5000.0, speed=speed), DRONE)
        sky.scan(
            "remote", 0.1, [report if told else lambda time, report=report: msgspec.structs.replace(report(time), velocity=None)]
        )
        sky.time += SECOND
    assert set(sky.strengths()) == {"contradicted"}


def test_a_fast_drone_may_be_as_fast_as_drones_are():
    sky = Sky()
    for second in range(12):
        sky.second(claimed=[drone(second, east=5000.0, speed=70.0)])
    assert set(sky.strengths()) == {"claimed"}


def test_a_stolen_name_beside_the_real_drone_does_not_move_its_track():
    sky, errors = Sky(3), []
    for second in range(25):
        real = drone(second)
        fake = [drone(second, east=600.0 + 12.0 * second)] if second > 8 else []  # begins at the real one and walks off
        sky.second(claimed=[real, *fake], real=[real], identity=DRONE)
        table = sky.tracker.table(sky.time)
        errors.append(np.linalg.norm(table.state[:, :3] - real[:3] - real[3:], axis=1).min())
    assert max(errors[5:]) < 25.0
    assert "contradicted" in sky.strengths()
