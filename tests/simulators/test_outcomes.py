"""A scenario's expectations against alerts: whom each is truly about, and whether it was told in time."""

import json
import math
from datetime import timedelta

import msgspec
import numpy as np
import pyproj
import pytest

from fusion.errors import RecordingError
from simulators.earth import wgs84_from_ecef
from simulators.outcomes import judge, load_alerts, raised
from simulators.targets import targets
from tests.simulators.scenes import DRONE, RADAR

GEOD = pyproj.Geod(ellps="WGS84")
EXPECT = '[[expect]]\nactor = "drone"\nflagged = {flagged}\n{more}\n'


def alert(stage, flown, name, after, *, aside_deg=0.0, rule="intrusion", zone="RING", state="raised", beside_deg=None):
    """Write the alert that a service would raise about a target, `aside_deg` of latitude away from it."""
    target = next(target for target in flown if target.id == name)
    latitude, longitude, height = wgs84_from_ecef(target.trajectory.position(after))
    time = (stage.scenario.start + timedelta(seconds=after)).isoformat()
    place = {
        "latitude_deg": math.degrees(latitude) + aside_deg,
        "longitude_deg": math.degrees(longitude),
        "altitude_hae_m": float(height),
        "altitude_amsl_m": 0.0,
        "height_agl_m": 0.0,
    }
    track = {
        "track": "T",
        "site": "test",
        "time": time,
        "status": "confirmed",
        "existence": 1,
        "position": place,
        "born": time,
        "updated": time,
    }
    if beside_deg is not None:  # of the bearing alone is known
        (sensor,) = stage.site.sensor
        course = GEOD.inv(sensor.longitude_deg, sensor.latitude_deg, math.degrees(longitude), math.degrees(latitude))[0]
        track["bearing"] = {"sensor": sensor.id, "azimuth_deg": (course + beside_deg) % 360.0, "sigma_deg": 2.0}
        del track["position"]
    return json.dumps(
        {
            "alert": f"A-{name}-{zone}",
            "site": "test",
            "track": "T",
            "zone": zone,
            "rule": rule,
            "severity": "warning",
            "state": state,
            "revision": 1,
            "raised": time,
            "updated": time,
            "track_state": track,
        }
    )


@pytest.fixture
def outcome(staged, tmp_path):
    """Give a function that judges one expectation by alerts (name, seconds after the start, more)."""

    def judged(flagged, more, *alerts):
        other = DRONE.replace('"drone"', '"other"').replace("48.8582", "48.8700")
        expect = EXPECT.format(flagged=flagged, more=more)
        stage = staged(RADAR, DRONE + other, behaviour=expect)
        flown = targets(stage)
        path = tmp_path / "alerts.jsonl"
        path.write_text("".join(alert(stage, flown, name, after, **rest) + "\n" for name, after, rest in alerts))
        (found,) = judge(stage, raised(load_alerts(path), stage, flown))
        return found.met, found.reason

    return judged


def test_an_actor_that_had_to_be_flagged_and_was_in_time_is_met(outcome):
    assert outcome("true", "by_s = 30", ("drone", 20, {})) == (True, "flagged by intrusion in RING at 20.0 s")


def test_an_alert_that_comes_too_late_or_never_is_not(outcome):
    assert outcome("true", "by_s = 30", ("drone", 40, {})) == (False, "flagged by intrusion in RING at 40.0 s")
    assert outcome("true", "") == (False, "never flagged")


def test_an_alert_about_another_rule_zone_or_actor_does_not_count(outcome):
    assert outcome("true", 'rule = "loitering"', ("drone", 20, {}))[0] is False
    assert outcome("true", 'zone = "CORE"', ("drone", 20, {}))[0] is False
    assert outcome("true", 'zone = "CORE"', ("drone", 20, {}), ("drone", 25, {"zone": "CORE"})) == (
        True,
        "flagged by intrusion in CORE at 25.0 s",
    )
    assert outcome("true", "", ("other", 20, {}))[0] is False


def test_an_actor_that_must_not_be_flagged_is_met_by_silence_about_it(outcome):
    assert outcome("false", "", ("other", 20, {})) == (True, "not flagged")
    assert outcome("false", "", ("drone", 20, {})) == (False, "flagged by intrusion at 20.0 s")


def test_an_alert_where_nobody_is_is_about_nobody(outcome):
    assert outcome("true", "", ("drone", 20, {"aside_deg": 0.0005}))[0] is True  # 56 m off
    assert outcome("true", "", ("drone", 20, {"aside_deg": 0.0015}))[0] is False  # 167 m off


@pytest.mark.parametrize(
    ("beside_deg", "met"), [(0.0, True), (-2.0, True), (2.0, True), (30.0, False), (-30.0, False), (180.0, False)]
)
def test_an_alert_about_a_bearing_is_about_who_flies_along_it(outcome, beside_deg, met):
    assert outcome("true", "", ("drone", 20, {"beside_deg": beside_deg}))[0] is met


def test_an_alert_that_grows_from_a_prediction_to_an_intrusion_is_an_intrusion_from_then_on(outcome):
    grown = ("drone", 10, {"rule": "predicted_entry"}), ("drone", 30, {"rule": "intrusion", "state": "updated"})
    assert outcome("true", 'rule = "predicted_entry"', *grown) == (True, "flagged by predicted_entry in RING at 10.0 s")
    assert outcome("true", 'rule = "intrusion"', *grown) == (True, "flagged by intrusion in RING at 30.0 s")
    assert outcome("true", 'rule = "intrusion"\nby_s = 20', *grown)[0] is False


def test_an_alert_is_counted_once_at_its_first_word(staged, tmp_path):
    stage = staged(RADAR, DRONE)
    flown = targets(stage)
    path = tmp_path / "alerts.jsonl"
    path.write_text(alert(stage, flown, "drone", 10) + "\n" + alert(stage, flown, "drone", 30, state="updated") + "\n")
    (told,) = raised(load_alerts(path), stage, flown)
    assert (told.actor, told.after_s) == ("drone", 10.0)
    bare = msgspec.structs.replace(load_alerts(path)[0], track_state=None)
    assert raised([bare], stage, flown)[0].actor is None
    assert np.isfinite(told.after_s)
    (tmp_path / "bad.jsonl").write_text("[]\n")
    with pytest.raises(RecordingError, match="cannot be read as alerts"):
        load_alerts(tmp_path / "bad.jsonl")


def test_an_alert_less_grave_than_expected_does_not_count(outcome):
    assert outcome("true", 'severity = "critical"', ("drone", 20, {})) == (False, "never flagged")
    assert outcome("true", 'severity = "advisory"', ("drone", 20, {}))[0] is True


def test_alerts_about_nobody_are_counted_where_the_scenario_limits_them(staged, tmp_path):
    stage = staged(RADAR, "most_alerts_about_nobody = 1\n" + DRONE)
    flown = targets(stage)
    path = tmp_path / "alerts.jsonl"
    lines = [alert(stage, flown, "drone", at, aside_deg=0.01, zone=f"Z{at}") + "\n" for at in (10, 20)]
    for count, met in ((1, True), (2, False)):
        path.write_text("".join(lines[:count]))
        (found,) = judge(stage, raised(load_alerts(path), stage, flown))
        assert (found.met, found.reason) == (met, f"{count} alerts about nobody")


@pytest.mark.parametrize(("strength", "met"), [("claimed", False), ("corroborated", True), ("contradicted", True)])
def test_what_only_a_made_up_name_says_is_about_nobody(staged, tmp_path, strength, met):
    stage = staged(RADAR, DRONE)
    flown = targets(stage)
    path = tmp_path / "alerts.jsonl"
    told = json.loads(alert(stage, flown, "drone", 20))
    told["track_state"]["identity"] = {"serial": "1581FAKE000000000015", "strength": strength}
    path.write_text(json.dumps(told) + "\n")
    assert (raised(load_alerts(path), stage, flown)[0].actor == "drone") is met
