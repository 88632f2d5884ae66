"""Rules beside entry: what a track does near a zone, who moves as one, whose claim is false, who and what is lost."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fusion.config_rules import Loitering, NoIdentification, Rules, Swarm, Switch
from fusion.messages import SECOND, Identity, Pilot
from fusion.zones.findings import Circumstances, Crowded
from fusion.zones.permits import Register, parse_register
from fusion.zones.rules import assess
from fusion.zones.severity import graded
from fusion.zones.watch import Movers, Pair, groups, lingering, together
from fusion.zones.zones import ZoneSet
from tests.zones.zone_scenes import FRAME, NOW, circle, place, table

CORE = circle("CORE", 250.0, upper=100.0)
RULES = Rules()
HEARING = Circumstances(cooperative=frozenset({"remote-id"}))
FRIENDS = parse_register('[[permit]]\nserial = "POLICE1"\nissued_by = "the police"\n', "register.toml")


def judge(*tracks, around=HEARING, rules=RULES, zones=(CORE,), time=NOW, register=Register(), **fields):  # noqa: B008
    picture = replace(table(*tracks), **fields)
    return assess(picture, ZoneSet.of(zones, FRAME), register, time, rules, around)


def rules_of(assessment):
    return [finding.rule for finding in assessment.findings]


@pytest.mark.parametrize(
    ("east", "height", "speed", "found"),
    [(-900, 20, 25, True), (-900, 60, 25, False), (-900, 20, 10, False), (-2000, 20, 25, False), (900, 20, 25, False)],
)
def test_low_and_fast_is_low_fast_near_and_coming(east, height, speed, found):
    told = judge({"place": (east, 0, height), "velocity": (speed, 0, 0)}).findings
    assert any(one.rule == "low_and_fast" and one.holds for one in told) == found


@settings(max_examples=60)
@given(st.lists(st.tuples(st.floats(-90, 90), st.floats(-90, 90)), min_size=2, max_size=40))
def test_who_lingers_was_in_the_circle_all_the_time_and_who_stays_in_half_of_it_lingers(way):
    """Shapely's smallest enclosing circle judges."""
    known = {}
    for second, here in enumerate(way):
        known = lingering(known, ("T",), np.array([here]), 100.0, second)
    stay = shapely.MultiPoint(way[known["T"].since :])
    assert shapely.minimum_bounding_radius(stay) <= 100.0 + 1e-6
    if shapely.minimum_bounding_radius(shapely.MultiPoint(way)) < 50.0:
        assert known["T"].since == 0


def test_loitering_is_told_after_its_time_and_only_near_a_zone():
    for east, expected in ((-600, ["loitering"]), (-3000, [])):
        around, told = HEARING, []
        for second in range(70):
            assessment = judge({"place": (east, second % 20, 60)}, around=around, time=NOW + second * SECOND)
            around = around._replace(watch=assessment.watch)
            told.append(rules_of(assessment))
        assert told[59] == []
        assert told[60] == told[-1] == expected
    assert rules_of(judge({"place": (-600, 0, 60)}, around=around, rules=Rules(loitering=Loitering(enabled=False)))) == []


def test_a_pilot_inside_is_told_wherever_the_drone_is():
    latitude, longitude = place(0, 0)
    told = judge({"place": (3000, 0, 60)}, pilot=(Pilot(latitude=latitude, longitude=longitude),))
    assert [(one.rule, one.zone, one.severity) for one in told.findings] == [("pilot_inside", "CORE", "warning")]
    away = place(300, 0)
    assert rules_of(judge({"place": (3000, 0, 60)}, pilot=(Pilot(latitude=away[0], longitude=away[1]),))) == []


@pytest.mark.parametrize(("height", "sigma", "found"), [(119, 0.1, []), (122, 0.1, ["altitude_limit"]), (135, 10.0, [])])
def test_too_high_is_so_beyond_doubt(height, sigma, found):
    told = judge({"place": (0, 0, height), "sigma": sigma, "sigma_velocity": 0.0}).findings
    assert [one.rule for one in told if one.holds and one.rule == "altitude_limit"] == found


def test_silence_is_told_where_identification_is_compulsory_and_somebody_listens():
    rules = Rules(no_identification=NoIdentification(zones=("CORE",)))
    inside = {"place": (0, 0, 60)}
    assert rules_of(judge(inside, rules=rules)) == ["intrusion", "no_identification"]
    assert rules_of(judge(inside)) == ["intrusion"]
    assert rules_of(judge(inside, rules=rules, around=Circumstances())) == ["intrusion"]
    assert rules_of(judge(inside | {"identity": Identity(serial="X")}, rules=rules)) == ["intrusion"]
    assert rules_of(judge(inside | {"age": 9.0}, rules=rules)) == ["intrusion"]


def test_many_contradicted_claims_are_one():
    liars = [
        {"place": (2000 + 300 * k, 0, 60), "identity": Identity(serial=f"F{k}"), "strength": "contradicted"} for k in range(5)
    ]
    assert [(one.track, one.rule) for one in judge(*liars[:3]).findings] == [(f"T{k}", "contradicted_claim") for k in range(3)]
    (one,) = judge(*liars).findings
    assert (one.track, one.tracks) == ("", ("T0", "T1", "T2", "T3", "T4"))


def formation(seconds, *, count=4, spread=60.0, speed=10.0, headings=None):
    rng = np.random.default_rng(5)
    start = np.stack([np.full(count, -1500.0), spread * np.arange(count)], axis=-1)
    angle = np.zeros(count) if headings is None else headings
    velocity = speed * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    for second in range(seconds):
        yield second, start + velocity * second, velocity + rng.normal(0, 0.5, (count, 2))


def swarm_after(seconds, **how):
    around = HEARING
    for second, spot, velocity in formation(seconds, **how):
        told = [{"place": (*p, 60), "velocity": (*v, 0)} for p, v in zip(spot, velocity, strict=True)]
        assessment = judge(*told, around=around, time=NOW + second * SECOND)
        around = around._replace(watch=assessment.watch)
    return [one for one in assessment.findings if one.rule == "swarm"], assessment


def test_a_group_with_one_motion_is_a_swarm_and_as_many_that_only_meet_are_none():
    (one,), assessment = swarm_after(12)
    assert one.tracks == ("T0", "T1", "T2", "T3")
    assert {finding.group for finding in assessment.findings if finding.rule != "swarm"} <= {one.track}
    assert swarm_after(8)[0] == []  # not long enough
    assert swarm_after(12, count=2)[0] == []
    assert swarm_after(12, headings=np.array([0.0, 2.0, 4.0, 5.5]))[0] == []
    assert swarm_after(12, speed=0.0)[0] == []  # they hover


def test_a_group_keeps_its_name_while_members_come_and_go():
    swarm = Swarm()
    pairs = tuple(Pair(one=f"T{k}", other=f"T{k + 1}", since=0, last=NOW) for k in range(4))
    before = groups((), pairs, swarm, NOW)
    assert [group.name for group in before] == ["T0"]
    (after,) = groups(before, pairs[1:], swarm, NOW)
    assert (after.name, after.members) == ("T0", ("T1", "T2", "T3", "T4"))


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_neighbours_are_those_that_a_comparison_of_all_pairs_finds(seed):
    rng = np.random.default_rng(seed)
    movers = Movers(tuple(f"T{k:03}" for k in range(40)), rng.uniform(0, 800, (40, 2)), rng.normal(0, 6, (40, 2)))
    found = {(pair.one, pair.other) for pair in together((), movers, Swarm(), NOW)}
    speed = np.hypot(*movers.velocity.T)
    expected = {
        (movers.tracks[i], movers.tracks[j])
        for i in range(40)
        for j in range(i + 1, 40)
        if np.hypot(*(movers.place[i] - movers.place[j])) <= 150
        and np.hypot(*(movers.velocity[i] - movers.velocity[j])) <= 3
        and min(speed[i], speed[j]) >= 4
    }
    assert found == expected


def test_a_friend_that_vanishes_in_the_air_is_lost_and_one_that_lands_is_not():
    police = {"place": (0, 0, 60), "identity": Identity(serial="POLICE1")}
    for last, expected in ((60, ["lost_friendly"]), (5, [])):
        around = HEARING
        for second, there in enumerate([60, last]):
            seen = judge(police | {"place": (0, 0, there)}, around=around, register=FRIENDS, time=NOW + second * SECOND)
            around = around._replace(watch=seen.watch)
        assert rules_of(judge(around=around, register=FRIENDS, time=NOW + 5 * SECOND)) == []
        assert rules_of(judge(around=around, register=FRIENDS, time=NOW + 20 * SECOND)) == expected
        assert rules_of(judge(around=around, register=FRIENDS, time=NOW + 200 * SECOND)) == []


def test_a_lost_sensor_is_told_while_there_is_a_threat():
    lost = HEARING._replace(lost=(("radar-1", 7),))
    assert judge(around=lost).findings == []
    (one,) = judge(around=lost._replace(threatened=True)).findings
    assert (one.rule, one.sensor) == ("sensor_lost", "radar-1")


def test_a_full_stand_below_makes_an_alert_a_step_graver():
    middle = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, 0.0)
    crowd = Crowded("north", float(middle[0]), float(middle[1]), 40.0, 340)
    zone = replace(CORE, severity="warning")
    for east, severity in ((90, "critical"), (150, "warning")):  # 60 m high: it may come down 60 m aside of 40 m
        (one,) = judge({"place": (east, 0, 60)}, zones=(zone,), around=HEARING._replace(crowds=(crowd,))).findings
        assert one.severity == severity
    assert graded("advisory", "ahead", "doubtful") == "advisory"
    assert graded("advisory", hostile=True) == "critical"


def test_a_switched_off_rule_is_not_judged():
    assert rules_of(judge({"place": (0, 0, 60)}, rules=Rules(intrusion=Switch(enabled=False)))) == []
