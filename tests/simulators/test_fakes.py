"""Made-up broadcasts say identities where nothing flies, or who flies elsewhere; stale ones are the last one again."""

import numpy as np
import pyproj
import pytest
from scipy import stats

from fusion.errors import ConfigError
from simulators.earth import Place, ecef_from_wgs84
from simulators.sensing import detections, scans, view
from simulators.targets import targets
from tests.simulators.scenes import DRONE, RADAR, RECEIVERS

FLOOD = (
    '[[sensor]]\nid = "remote-id"\nfakes = { count = 50, middle = { latitude_deg = 48.858, longitude_deg = 2.30 }, radius_m = 400, '
    "speed_mps = 8, between_s = [10, 40] }\n"
)
TELLING = DRONE.replace(
    "speed_mps = 10", 'speed_mps = 10\nidentity = { serial = "1581F45T7229DMK001AB" }\nbroadcasts = ["remote_id"]'
)
SURE = 1e-3
"""A seed is fixed: a right model fails for one seed in a thousand."""


def received(stage, index=1):
    receiver = view(stage, stage.site.sensor[index], targets(stage))
    return receiver, detections(receiver)


def test_fifty_identities_are_said_from_places_within_the_circle(staged):
    receiver, hits = received(staged(RECEIVERS, TELLING, behaviour=FLOOD))
    told = [report for scan in scans(receiver, hits, 0) for report in scan.detections]
    lies = [report for report in told if report.identity.serial.startswith("1581FAKE")]
    assert len({report.identity.serial for report in lies}) == 50
    assert len(lies) in {50 * 29, 50 * 30, 50 * 31}
    _, _, away = pyproj.Geod(ellps="WGS84").inv(
        np.full(len(lies), 2.30),
        np.full(len(lies), 48.858),
        *np.degrees([[r.longitude for r in lies], [r.latitude for r in lies]]),
    )
    assert 200.0 < away.max() < 402.0
    heights = np.array([report.altitude for report in lies]) - 77.6
    assert 29.0 < heights.min() < heights.max() < 121.0


def test_a_fakes_velocity_is_the_change_of_its_place(staged):
    _, hits = received(staged(RECEIVERS, TELLING, behaviour=FLOOD))
    one = hits.values[hits.source == -7]
    time = hits.time[hits.source == -7]
    middle = Place(*one[0, :3])
    path = middle.enu(ecef_from_wgs84(*one[:, :3].T))
    moved = (path[2:] - path[:-2]) / (time[2:] - time[:-2])[:, None]
    assert np.abs(moved[:, :2] - one[1:-1, 3:5]).max() < 1.0
    assert abs(np.hypot(one[:, 3], one[:, 4]).mean() - 8.0) < 0.2


def test_the_honest_are_heard_as_without_them(staged):
    plain, flooded = received(staged(RECEIVERS, TELLING))[1], received(staged(RECEIVERS, TELLING, behaviour=FLOOD))[1]
    assert np.array_equal(plain.values, flooded.values[flooded.source >= 0])


def test_a_stale_broadcast_is_the_last_one_again_as_often_as_told(staged):
    stage = staged(RECEIVERS, TELLING, duration=600.0, behaviour='[[sensor]]\nid = "remote-id"\nrepeats = 0.3\n')
    receiver, hits = received(stage)
    again = (hits.time[1:] == hits.time[:-1]) & (hits.values[1:] == hits.values[:-1]).all(axis=1)
    follows = np.diff(hits.look) == 1  # a missed broadcast hides whose repeat it was
    assert stats.binomtest(int(again[follows].sum()), int(follows.sum()), 0.3).pvalue > SURE
    assert np.array_equal(again, hits.time[1:] == hits.time[:-1])
    age = receiver.looks.time[hits.look] - hits.time
    assert 1.1 < age.max() < 20.0


def test_a_receiver_of_adsb_is_lied_to_by_addresses_that_are_nobodys(staged):
    stage = staged(RECEIVERS, TELLING, behaviour=FLOOD.replace('"remote-id"', '"adsb"'))
    receiver, hits = received(stage, 0)
    told = [report for scan in scans(receiver, hits, 0) for report in scan.detections]
    addresses = {int(report.identity.icao24, 16) for report in told}
    assert len(addresses) == 50
    assert min(addresses) >= 0xF00000
    assert max(addresses) < 0xF08000
    feet = hits.values[:, 2] / (25 * 0.3048)
    assert np.abs(feet - np.round(feet)).max() < 1e-6


def test_one_fake_may_pretend_to_be_somebody_and_only_one(staged):
    one = FLOOD.replace("count = 50", 'count = 1, identity = { serial = "1588EPN26PP75000017" }')
    receiver, hits = received(staged(RECEIVERS, TELLING, behaviour=one))
    told = [report for scan in scans(receiver, hits, 0) for report in scan.detections]
    assert {report.identity.serial for report in told} == {"1581F45T7229DMK001AB", "1588EPN26PP75000017"}
    with pytest.raises(ConfigError, match=r"sensor\[0\].fakes.count: 2 cannot pretend to be one"):
        staged(RECEIVERS, TELLING, behaviour=one.replace("count = 1", "count = 2"))
    with pytest.raises(ConfigError, match=r"sensor\[0\].fakes.identity: says no icao24"):
        staged(RECEIVERS, TELLING, behaviour=one.replace('"remote-id"', '"adsb"'))


def test_a_drone_may_tell_a_place_where_it_is_not(staged):
    lying = TELLING.replace("speed_mps = 10\n", "speed_mps = 10\ntells_off_m = [300, -400, 20]\n")
    receiver, hits = received(staged(RECEIVERS, lying, duration=300.0))
    place = Place(*hits.values[0, :3])
    true = receiver.targets[0].trajectory.position(hits.time)
    off = place.enu(ecef_from_wgs84(*hits.values[:, :3].T)) - place.enu(true)
    assert off.mean(axis=0) == pytest.approx([300.0, -400.0, 20.0], abs=1.5)


def test_only_a_receiver_of_broadcasts_is_lied_to(staged):
    with pytest.raises(
        ConfigError, match=r"sensor\[0\].fakes: is for a sensor of kind 'remote_id' or 'adsb'; 'radar' is of kind 'radar'"
    ):
        staged(RADAR, TELLING, behaviour=FLOOD.replace('"remote-id"', '"radar"'))
