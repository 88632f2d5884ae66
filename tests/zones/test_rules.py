"""The rules: who is inside, who is coming, who is allowed, and why."""

import msgspec
import numpy as np
import pytest

from fusion.config_rules import Rules, Switch
from fusion.messages import SECOND, BearingTrack, Identity, Pilot
from fusion.zones.findings import Finding
from fusion.zones.permits import Register, parse_register
from fusion.zones.rules import assess
from fusion.zones.schedule import Period
from fusion.zones.zones import ZoneSet
from tests.zones.zone_scenes import FRAME, NOW, circle, place, polygon, table

RULES = Rules()
POLICE, HELICOPTER = Identity(serial="POLICE1"), Identity(icao24="39ac45")
REGISTER = parse_register(
    """
    [[permit]]
    serial = "POLICE1"
    issued_by = "the police"
    zones = ["CORE"]
    [[permit]]
    icao24 = "39ac45"
    issued_by = "the SAMU"
    friendly = true
    """,
    "register.toml",
)
CORE = circle("CORE", 250.0, lower=20.0, upper=150.0)
WIDE = circle("WIDE", 800.0)


def judge(*tracks, zones=(CORE,), register=REGISTER, time=NOW, rules=RULES):
    return assess(table(*tracks), ZoneSet.of(zones, FRAME), register, time, rules)


def found(*tracks, **world):
    return [(f.track, f.zone, f.rule, f.holds) for f in judge(*tracks, **world).findings]


def said(reasons):
    return [reason.sentence() for reason in reasons]


def test_a_track_inside_is_an_intrusion():
    (finding,) = judge({"place": (100, 0, 60)}).findings
    assert finding == Finding(
        track="T0",
        zone="CORE",
        rule="intrusion",
        severity="critical",
        holds=True,
        probability=1.0,
        time_to_entry_s=0.0,
        reasons=finding.reasons,
        cause=NOW + 1000,
    )
    assert said(finding.reasons) == ["inside CORE", "no identity received"]


@pytest.mark.parametrize(("height", "inside"), [(10, False), (19, False), (21, True), (149, True), (151, False), (400, False)])
def test_only_between_the_limits_it_is_inside(height, inside):
    held = [
        f.holds for f in judge({"place": (0, 0, height), "sigma": 0.1, "sigma_velocity": 0.0}).findings if f.rule == "intrusion"
    ]
    assert (True in held) == inside


@pytest.mark.parametrize(
    ("east", "up", "state"),
    [(240, 60, [True]), (260, 60, [False]), (274, 60, [False]), (276, 60, []), (0, 170, [False]), (0, 176, []), (0, 10, [False])],
)
def test_a_margin_around_the_zone_keeps_without_raising(east, up, state):
    """25 m by default, to the side, above and below."""
    quiet = {"place": (east, 0, up), "sigma": 0.1, "sigma_velocity": 0.0}
    assert [f.holds for f in judge(quiet).findings if f.rule == "intrusion"] == state


def test_a_margin_says_how_far_outside():
    (finding,) = judge({"place": (262, 0, 60), "sigma": 0.1, "sigma_velocity": 0.0}).findings
    assert said(finding.reasons)[0] == "12 metres outside CORE"
    assert finding.time_to_entry_s == 0.0


def test_a_track_on_its_way_in_is_predicted_with_its_time():
    (finding,) = judge({"place": (-650, 0, 60), "velocity": (10, 0, 0), "sigma_velocity": 0.3}).findings
    assert (finding.rule, finding.holds, finding.severity) == ("predicted_entry", True, "warning")
    assert finding.probability > 0.95
    assert finding.time_to_entry_s == pytest.approx(40, abs=1)
    assert said(finding.reasons)[0] == f"may enter CORE in about 40 seconds ({round(100 * finding.probability)} percent)"


@pytest.mark.parametrize(("severity", "ahead"), [("critical", "warning"), ("warning", "advisory"), ("advisory", "advisory")])
def test_what_is_only_coming_is_a_step_less_severe(severity, ahead):
    coming, inside = {"place": (-650, 0, 60), "velocity": (10, 0, 0)}, {"place": (0, 0, 60)}
    findings = judge(coming, inside, zones=[msgspec.structs.replace(CORE, severity=severity)]).findings
    assert [f.severity for f in findings] == [ahead, severity]


def test_between_the_two_probabilities_it_keeps_without_raising():
    """Half of the futures of a track that passes the edge at its own radius enter."""
    passing = {"place": (-600, 250, 60), "velocity": (12, 0, 0), "sigma": 5.0, "sigma_velocity": 0.5}
    (finding,) = judge(passing).findings
    assert finding.rule == "predicted_entry"
    assert 0.3 < finding.probability < 0.6
    assert found(passing, rules=Rules(entry_probability=0.8)) == [("T0", "CORE", "predicted_entry", False)]
    assert found(passing, rules=Rules(entry_probability=0.25)) == [("T0", "CORE", "predicted_entry", True)]
    assert found(passing, rules=Rules(entry_probability=0.9, release_probability=0.8)) == []


@pytest.mark.parametrize(
    "track",
    [
        {"place": (-650, 0, 60), "velocity": (-10, 0, 0)},
        {"place": (-650, 0, 60)},
        {"place": (-650, 0, 400), "velocity": (10, 0, 0)},
        {"place": (-5000, 0, 60), "velocity": (10, 0, 0)},
        {"place": (0, 0, 500)},
    ],
)
def test_away_high_above_or_too_far_is_nothing(track):
    entries = {"intrusion", "predicted_entry"}
    assert not entries & {rule for _, _, rule, _ in found(track)}


@pytest.mark.parametrize(("bird", "expected"), [(0.6, 0), (0.5, 1), (0.2, 1)])
def test_what_is_more_likely_a_bird_raises_nothing(bird, expected):
    assessment = judge({"place": (0, 0, 60), "bird": bird})
    assert len(assessment.findings) == expected
    assert ("looks like a bird (60 percent)" in said(assessment.standings["T0"].reasons)) == (bird == 0.6)


@pytest.mark.parametrize(("status", "expected"), [("confirmed", 1), ("coasting", 1), ("tentative", 0), ("deleted", 0)])
def test_only_confirmed_and_coasting_tracks_are_judged(status, expected):
    assert len(found({"place": (0, 0, 60), "status": status})) == expected


def test_who_is_allowed_raises_nothing_and_still_has_a_verdict():
    assessment = judge(
        {"place": (0, 0, 60), "identity": POLICE}, {"place": (-650, 0, 60), "velocity": (10, 0, 0), "identity": HELICOPTER}
    )
    assert assessment.findings == []
    assert [assessment.standings[track].verdict for track in ("T0", "T1")] == ["authorised", "friendly"]
    assert said(assessment.standings["T0"].reasons) == [
        "POLICE1 has a permit from the police",
        "no sensor has confirmed that claim",
        "inside CORE",
    ]


@pytest.mark.parametrize("identity", [POLICE, HELICOPTER])
def test_a_contradicted_claim_is_an_intruder(identity):
    assessment = judge({"place": (0, 0, 60), "identity": identity, "strength": "contradicted"})
    assert [(f.zone, f.rule) for f in assessment.findings] == [("", "contradicted_claim"), ("CORE", "intrusion")]
    assert assessment.standings["T0"].verdict == "unauthorised"


def test_a_permit_for_one_zone_does_not_help_in_another():
    zones = [CORE, circle("RING", 1250.0)]
    assessment = judge({"place": (0, 0, 60), "identity": POLICE}, zones=zones)
    assert [(f.zone, f.rule) for f in assessment.findings] == [("RING", "intrusion")]
    assert assessment.standings["T0"].verdict == "unauthorised"
    assert said(assessment.standings["T0"].reasons) == ["the permit of POLICE1 is not for RING", "inside CORE", "inside RING"]
    assert judge({"place": (0, 0, 600), "identity": POLICE}, zones=zones).standings["T0"].verdict == "authorised"


def test_a_stranger_with_a_name_is_unauthorised_and_without_one_unknown():
    standings = judge({"place": (0, 0, 60), "identity": Identity(serial="X")}, {"place": (9000, 0, 60)}).standings
    assert [(stands.verdict, said(stands.reasons)) for stands in standings.values()] == [
        ("unauthorised", ["X has no permit", "inside CORE"]),
        ("unknown", ["no identity received"]),
    ]


def test_bearing_tracks_have_a_verdict_too():
    bearing = BearingTrack(
        track="B1", status="confirmed", existence=0.9, sensor="rf-1", azimuth=1.0, elevation=None, sigma_azimuth=0.1,
        identity=HELICOPTER, born=NOW, updated=NOW,
    )  # fmt: skip
    tracks = msgspec.structs.replace(table(), bearings=(bearing,))
    assert assess(tracks, ZoneSet.of([CORE], FRAME), REGISTER, NOW, RULES).standings["B1"].verdict == "friendly"


def heard(azimuth_deg=0.0, **fields):
    """Give a bearing from 1 km south of the middle, and places that it may mean: 100 m apart to 2 km, 60 m high."""
    middle = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground)
    origin, azimuth = middle + [0.0, -1000.0, 0.0], np.radians(azimuth_deg)
    places = [tuple((origin + [r * np.sin(azimuth), r * np.cos(azimuth), 60.0]).tolist()) for r in np.arange(50.0, 2000.0, 100.0)]
    whole = {"track": "B1", "status": "confirmed", "existence": 0.99, "sensor": "rf-1", "elevation": None, "sigma_azimuth": 0.08}
    whole |= {"identity": None, "born": NOW - 60 * SECOND, "updated": NOW, "received": NOW + 1000}
    return BearingTrack(azimuth=float(azimuth), origin=tuple(origin.tolist()), places=tuple(places), **whole | fields)


def towards(bearing, *tracks, zones=(WIDE,), rules=RULES):
    told = msgspec.structs.replace(table(*tracks), bearings=(bearing,))
    return [f for f in assess(told, ZoneSet.of(zones, FRAME), REGISTER, NOW, rules).findings if f.rule == "bearing"]


def test_what_is_probably_in_a_zone_by_its_direction_alone_is_an_advisory_that_says_why():
    (finding,) = towards(heard())
    assert (finding.track, finding.zone, finding.severity, finding.holds) == ("B1", "WIDE", "advisory", True)
    assert finding.probability == 0.8  # 16 of 20 places
    assert said(finding.reasons) == [
        "seen by rf-1 alone at 0 degrees, place unknown, probably inside WIDE (80 percent)",
        "no identity received",
    ]


def test_a_direction_away_from_every_zone_is_nothing_and_one_that_grazes_it_does_not_raise():
    assert towards(heard(180.0)) == []
    assert [finding.holds for finding in towards(heard(), zones=[circle("SMALL", 250.0)])] == [False]


def test_of_nested_zones_the_likeliest_is_told_and_no_other():
    assert [f.zone for f in towards(heard(), zones=[circle("A", 500.0), circle("B", 900.0), circle("C", 700.0)])] == ["B"]


@pytest.mark.parametrize(
    "fields",
    [
        {"identity": HELICOPTER},  # has a permit for everywhere
        {"status": "tentative"},
        {"sigma_azimuth": np.radians(16.0)},
        {"classes": (0.1, 0.0, 0.9, 0.0, 0.0)},  # a bird
        {"born": NOW - 2 * SECOND},  # may still say who it is
    ],
)
def test_a_bearing_of_who_is_allowed_or_not_known_well_enough_raises_nothing(fields):
    assert [finding for finding in towards(heard(**fields)) if finding.holds] == []


def test_a_bearing_to_a_pilot_whose_drone_says_where_is_that_pilot_s_controller():
    latitude, longitude = place(30.0, 200.0)
    pilot = msgspec.structs.replace(table({"place": (2000, 0, 60)}), pilot=(Pilot(latitude=latitude, longitude=longitude),))
    told = [msgspec.structs.replace(pilot, bearings=(heard(azimuth),)) for azimuth in (0.0, 20.0)]
    found = [assess(one, ZoneSet.of([circle("WIDE", 900.0)], FRAME), REGISTER, NOW, RULES).findings for one in told]
    assert [[f.rule for f in findings if f.track == "B1"] for findings in found] == [[], ["bearing"]]


@pytest.mark.parametrize(("east", "sigma", "rules"), [(0, 5.0, []), (400, 5.0, ["bearing"]), (400, 300.0, [])])
def test_a_bearing_to_a_track_with_a_place_is_that_track_s_concern(east, sigma, rules):
    assert [f.rule for f in towards(heard(), {"place": (east, 500, 60), "sigma": sigma})] == rules


def test_bearings_are_left_in_peace_where_a_site_says_so():
    assert towards(heard(), rules=msgspec.structs.replace(RULES, bearing=Switch(enabled=False))) == []


def test_a_zone_out_of_force_or_without_restriction_raises_nothing():
    later = msgspec.structs.replace(CORE, periods=(Period(start=NOW + SECOND),))
    assert found({"place": (0, 0, 60)}, zones=[later]) == []
    assert len(found({"place": (0, 0, 60)}, zones=[later], time=NOW + SECOND)) == 1
    assert found({"place": (0, 0, 60)}, zones=[msgspec.structs.replace(CORE, severity=None)]) == []


def test_findings_come_by_track_then_zone():
    zones = [circle("B", 300.0), circle("A", 200.0)]
    tracks = [{"place": (0, 0, 60), "track": name} for name in ("Z", "M", "A")]
    assert [(f.track, f.zone) for f in judge(*tracks, zones=zones).findings] == [
        (track, zone) for track in ("Z", "M", "A") for zone in ("A", "B")
    ]


def test_a_zone_of_two_volumes_is_entered_and_left_as_one():
    east, west = (polygon(side, [(x, -200), (x + 200, -200), (x + 200, 200), (x, 200)]) for side, x in (("E", 0), ("W", -200)))
    whole = msgspec.structs.replace(east, volumes=(*east.volumes, *west.volumes))
    assert found({"place": (5, 0, 60)}, {"place": (-5, 0, 60)}, zones=[whole]) == [
        ("T0", "E", "intrusion", True),
        ("T1", "E", "intrusion", True),
    ]
    assert [f.probability for f in judge({"place": (5, 0, 60)}, zones=[whole]).findings] == [1.0]


def test_the_probability_of_an_intrusion_is_that_of_being_inside():
    (finding,) = judge({"place": (250, 0, 60), "sigma": 8.0}, zones=[circle("CORE", 250.5, lower=None, upper=None)]).findings
    assert finding.rule == "intrusion"
    assert finding.probability == pytest.approx(0.52, abs=0.03)


def test_a_doubtful_place_in_a_zone_counts_by_its_probability():
    """Its middle is outside the margin and hardly moves, but most of its futures are in there at some time."""
    doubtful = {"place": (300, 0, 60), "velocity": (-1, 0, 0), "sigma": 40.0, "sigma_velocity": 0.5}
    (finding,) = judge(doubtful, zones=[circle("CORE", 250.0, upper=None)]).findings
    assert finding.rule == "predicted_entry"
    assert finding.probability > 0.5


def test_a_finding_does_not_depend_on_the_other_tracks():
    rng = np.random.default_rng(8)
    zones = [circle(f"Z{k}", 200.0, *rng.uniform(-1500, 1500, 2)) for k in range(15)]
    tracks = [
        {"place": (*rng.uniform(-2000, 2000, 2), 60), "velocity": (*rng.normal(0, 9, 2), 0), "track": f"T{k}"} for k in range(40)
    ]
    together = judge(*tracks, zones=zones).findings
    alone = [finding for track in tracks for finding in judge(track, zones=zones).findings]
    assert len(together) > 10
    assert together == alone


def test_nobody_and_nothing_can_be_judged():
    assert judge()[:2] == ([], {})
    assert judge(zones=())[:2] == ([], {})
    assert judge({"place": (0, 0, 60)}, zones=(), register=Register()).findings == []


@pytest.mark.parametrize(
    ("track", "count"),
    [({"age": 2.9}, 0), ({"age": 3.0}, 1), ({"age": 0.0, "identity": Identity(serial="STRANGER1")}, 1)],
)
def test_a_new_track_has_time_to_say_who_it_is(track, count):
    assert len(found({"place": (0, 0, 60)} | track)) == count


def test_the_end_of_that_time_is_the_cause_where_it_came_last():
    (finding,) = judge({"place": (0, 0, 60), "age": 2.5}, time=NOW + SECOND).findings
    assert finding.cause == NOW + SECOND // 2


@pytest.mark.parametrize(("existence", "holds"), [(0.49, False), (0.5, True)])
def test_what_is_probably_not_there_raises_nothing_new(existence, holds):
    assert found({"place": (0, 0, 60), "existence": existence}) == [("T0", "CORE", "intrusion", holds)]
