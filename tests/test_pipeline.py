"""The core as a whole: what comes in is sorted, refused, tracked, judged and published, and its state is a value."""

import itertools
import json

import msgspec
import numpy as np
import pytest

from fusion.errors import SnapshotError
from fusion.intake import Found
from fusion.messages import (
    SECOND,
    AlertMessage,
    PictureMessage,
    RawMessage,
    Rejected,
    StatusMessage,
    Tick,
    TrackMessage,
    TracksMessage,
    ZoneStateMessage,
    utc,
)
from fusion.payload import payload
from fusion.pipeline import Pipeline
from fusion.topics import TopicTree
from fusion.zones.permits import Register
from fusion.zones.plans import Plans
from fusion.zones.zones import ZoneSet
from sensors import BUILT_IN, Station
from tests.scene import CONFIG, FRAME, START, scans, targets
from tests.zones.zone_scenes import circle

TREE = TopicTree("paris")
DELAY = SECOND // 5
STATIONS = {sensor.id: Station(sensor, FRAME) for sensor in CONFIG.sensor}
TARGETS = targets(np.random.default_rng(1), 4)
SCANS = scans(np.random.default_rng(2), TARGETS, 12.0)


def pipeline(*zones, config=CONFIG):
    return Pipeline(config, dict(BUILT_IN), ZoneSet.of(zones, FRAME), Register())


def message(scan, received=None):
    station = STATIONS[scan.sensor]
    body = BUILT_IN[station.sensor.kind].encode(station, scan)
    return RawMessage(topic=TREE.path("scan", sensor=scan.sensor), payload=body, received=received or scan.time + DELAY)


def inputs(stream=None):
    """Give the scene as the service would have fed it: messages in order of arrival, ten ticks a second."""
    items = [message(scan) for scan in SCANS] if stream is None else stream
    ticks = [Tick(time=START + i * SECOND // 10) for i in range(1, 130)]
    return sorted([*items, *ticks], key=lambda item: item.time if isinstance(item, Tick) else item.received)


def feed(core, items):
    return [output for item in items for output in core.feed(item)]


def said(outputs, kind):
    return [output for output in outputs if isinstance(output, kind)]


@pytest.fixture(scope="module")
def outputs():
    return feed(pipeline(circle("HERE", 3000.0, upper=500.0)), inputs())


def test_every_target_is_told_where_it_is(outputs):
    last = {
        track.track: track for output in said(outputs, TracksMessage) for track in output.tracks if track.status == "confirmed"
    }
    end = np.array([[*(x[:3] + x[3:] * 12.8)] for x in TARGETS])
    for place in end:
        errors = [np.hypot(track.grid.easting_m - place[0], track.grid.northing_m - place[1]) for track in last.values()]
        assert min(errors) < 30.0


def test_everything_that_leaves_can_be_written(outputs):
    assert all(isinstance(payload(output), bytes) for output in outputs)


def test_tracks_leave_five_times_a_second_the_picture_and_the_status_each_five(outputs):
    assert 55 <= len(said(outputs, TracksMessage)) <= 66
    assert len(said(outputs, PictureMessage)) == len(said(outputs, StatusMessage)) == 3


def test_a_tracks_own_topic_is_written_at_most_once_a_second(outputs):
    told = [output.track for output in said(outputs, TrackMessage) if output.state is not None]
    assert told
    assert max(told.count(track) for track in told) <= 14


def test_a_track_that_is_over_is_told_deleted_and_its_topic_emptied():
    core = pipeline()
    told = feed(core, inputs())
    told += feed(core, [Tick(time=START + (14 + i) * SECOND) for i in range(40)])
    alive = {track.track for output in said(told, TracksMessage) for track in output.tracks}
    deleted = [track.track for output in said(told, TracksMessage) for track in output.tracks if track.status == "deleted"]
    emptied = [output.track for output in said(told, TrackMessage) if output.state is None]
    assert sorted(deleted) == sorted(alive) == sorted(emptied)
    assert said(told, PictureMessage)[-1].tracks == ()


def test_every_target_in_the_zone_raises_one_alert_with_its_track(outputs):
    raised = [output.alert for output in said(outputs, AlertMessage) if output.alert.state == "raised"]
    assert len(raised) >= len(TARGETS)
    assert len({(alert.track, alert.zone) for alert in raised}) == len(raised)
    for alert in raised:
        assert alert.track_state.track == alert.track
        assert alert.track_state.reasons
        assert alert.reasons[0] == "inside HERE"


@pytest.mark.parametrize(
    ("topic", "body", "reason"),
    [
        ("sensor/radar-1/scan", b"{", "truncated"),
        ("sensor/nobody/scan", b"{}", "'nobody' is not configured"),
        ("sensor/radar-1/raw/sonar", b"", "no adapter reads the format 'sonar'"),
        ("sensor/radar-1/status", b'{"state":"tired"}', "tired"),
        ("sensor/radar-1/status", b'{"state":"\xff"}', "utf-8"),
        ("sensor/radar-1/scan", b'{"boot":"\xff"}', "utf-8"),
        ("zone/TOWER", b'{"type":"\xff"}', "utf-8"),
        ("alert/01K1J40A2M5B7C8D9E0F1G2H3J/command", b'{"command":"\xff"}', "utf-8"),
        ("sensor/nobody/status", b'{"state":"online"}', "'nobody' is not configured"),
        ("alert/01K1J40A2M5B7C8D9E0F1G2H3J/command", b'{"command":"acknowledge","who":"a"}', "is not known here"),
        ("alert/01K1J40A2M5B7C8D9E0F1G2H3J/command", b'{"command":"dance"}', "dance"),
        ("zone/TOWER", b"[]", "zone TOWER"),
        ("zone/TOWER", b'{"type":"FeatureCollection","features":[]}', "zone TOWER"),
        ("permit/1", b"x", "nobody may issue permits here"),
        ("tracks", b"[]", "not one that this site hears"),
        ("elsewhere", b"", "not one that this site hears"),
    ],
)
def test_what_is_wrong_is_refused_with_its_reason_and_changes_nothing(topic, body, reason):
    core = pipeline()
    before = core.snapshot()
    (refusal,) = core.feed(RawMessage(topic=TREE.prefix + topic, payload=body, received=START))
    assert isinstance(refusal, Rejected)
    assert reason in refusal.reason
    assert refusal.topic == TREE.prefix + topic
    core.intake.records["radar-1"] = msgspec.structs.replace(core.intake.records["radar-1"], rejected=0)
    core.permits.refused = core.now = 0
    assert core.snapshot() == before


def test_late_and_doubled_scans_are_counted_and_the_late_ones_told():
    core = pipeline()
    old, *rest = [scan for scan in SCANS if scan.sensor == "radar-1"]
    feed(core, [message(scan) for scan in rest])
    assert core.feed(message(rest[-1], rest[-1].time + SECOND)) == []
    (refusal,) = core.feed(message(old, rest[-1].time + SECOND))
    assert "behind the newest look" in refusal.reason
    health = core.intake.health(core.now, Found())["radar-1"]
    assert (health.duplicates, health.late, health.scans) == (1, 1, len(rest))


def test_a_scan_from_the_future_is_refused():
    scan = SCANS[0]
    (refusal,) = pipeline().feed(message(scan, scan.time - 2 * SECOND))
    assert "2.0 s ahead" in refusal.reason


def test_a_silent_sensor_and_one_that_says_so_are_told_apart():
    core = pipeline()
    feed(core, inputs())
    core.feed(RawMessage(topic=TREE.path("sensor_status", sensor="rf-1"), payload=b'{"state":"degraded"}', received=core.now))
    status = said(core.feed(Tick(time=START + 25 * SECOND)), StatusMessage)[0]
    assert status.sensors["radar-1"].state == "silent"
    assert status.sensors["radar-1"].gaps == 0
    assert 0.15 < status.sensors["radar-1"].latency_s < 0.25
    assert status.sensors["rf-1"].state == "silent"


FEATURE = {
    "type": "Feature",
    "properties": {
        "identifier": "TOWER", "country": "FRA", "name": [{"text": "Tower", "lang": "en-GB"}], "type": "PROHIBITED",
        "reason": ["SENSITIVE"], "variant": "COMMON", "zoneAuthority": [{"name": [{"text": "A", "lang": "en-GB"}], "purpose": "AUTHORIZATION"}],
    },
    "geometry": {
        "type": "Point", "coordinates": [2.2945, 48.8582], "extent": {"subType": "Circle", "radius": 3000.0},
        "layer": {"lower": 0, "lowerReference": "AGL", "upper": 900, "upperReference": "AGL", "uom": "m"},
    },
}  # fmt: skip


def zone_message(body, name="TOWER", received=START):
    return RawMessage(topic=TREE.path("zone", zone=name), payload=body, received=received)


def test_a_zone_by_topic_counts_from_the_next_beat_and_can_be_withdrawn():
    core = pipeline()
    body = json.dumps(FEATURE).encode()
    told = feed(core, [zone_message(body), *inputs()])
    assert {output.alert.zone for output in said(told, AlertMessage)} == {"TOWER"}
    core.feed(zone_message(b"", received=core.now))
    assert core.zones.zones == ()
    told = feed(core, [Tick(time=core.now + i * SECOND) for i in range(1, 15)])
    assert {output.alert.state for output in said(told, AlertMessage) if output.alert.zone == "TOWER"} == {"cleared"}


def test_a_zone_on_anothers_topic_is_refused():
    core = pipeline()
    (refusal,) = core.feed(zone_message(json.dumps(FEATURE).encode(), name="OTHER"))
    assert "expected that of the topic" in refusal.reason
    assert core.zones.zones == ()


def test_a_zone_by_topic_goes_before_one_of_a_file_also_after_a_restart():
    core = pipeline(circle("TOWER", 10.0))
    core.feed(zone_message(json.dumps(FEATURE).encode()))
    again = pipeline(circle("TOWER", 10.0))
    again.restore(core.snapshot())
    assert again.zones.zones == core.zones.zones
    assert again.zones.zones[0].volumes[0].outline.radius == 3000.0


@pytest.mark.parametrize("cut", [1, 40, 97, 150])
def test_a_restored_core_goes_on_byte_for_byte(cut):
    items, zone = inputs(), circle("HERE", 3000.0, upper=500.0)
    core, again = pipeline(zone), pipeline(zone)
    feed(core, items[:cut])
    again.restore(core.snapshot())
    assert [payload(output) for output in feed(again, items[cut:])] == [payload(output) for output in feed(core, items[cut:])]


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda snapshot: snapshot[:-1], "damaged"),
        (lambda snapshot: b"", "damaged"),
        (lambda snapshot: b"\x93\x63" + snapshot[2:], "of format 99"),
    ],
)
def test_a_snapshot_that_does_not_fit_is_refused(damage, reason):
    core = pipeline()
    feed(core, inputs()[:50])
    before = core.snapshot()
    with pytest.raises(SnapshotError, match=reason):
        core.restore(damage(before))
    assert core.snapshot() == before


def test_a_snapshot_of_another_configuration_is_refused():
    other = msgspec.structs.replace(CONFIG, sensor=CONFIG.sensor[:-1])
    with pytest.raises(SnapshotError, match="another configuration"):
        pipeline(config=other).restore(pipeline().snapshot())


def test_time_does_not_run_backwards():
    core = pipeline()
    feed(core, inputs())
    now = core.now
    core.feed(Tick(time=START))
    assert core.now == now


MOVING = b"""{"type": "Feature", "properties": {"identifier": "FLO-1", "country": "FRA", "type": "PROHIBITED",
  "extendedProperties": {"vigie": {"moving": {"speed_mps": 20, "fresh_s": 2, "stale_s": 5}}}},
  "geometry": {"type": "Point", "coordinates": [2.2945, 48.8582], "extent": {"subType": "Circle", "radius": 400},
  "layer": {"uom": "m", "upper": 3000, "upperReference": "AGL"}}}"""


def convoy():
    """Give a moving zone and where its anchor is, by topic, among the scene's scans; it falls silent after 4 s."""
    items = [RawMessage(topic=TREE.path("zone", zone="FLO-1"), payload=MOVING, received=START + 1)]
    for second in (1, 2, 3, 4):
        said_at = utc(START + second * SECOND).isoformat()
        where = {"time": said_at, "latitude_deg": 48.8582, "longitude_deg": 2.2945 + 2e-4 * second}
        topic = TREE.path("zone_position", zone="FLO-1")
        items.append(RawMessage(topic=topic, payload=json.dumps(where).encode(), received=START + second * SECOND + 7))
    return inputs([*map(message, SCANS), *items])


def test_a_zone_follows_its_position_topic_grows_when_that_falls_silent_and_is_told_as_lost():
    outputs = feed(pipeline(), convoy())
    states = [output.state for output in said(outputs, ZoneStateMessage)]
    assert [state for state, _ in itertools.groupby(one.state for one in states)] == ["held", "following", "held", "lost"]
    assert states[-1].grown_m == 100.0
    assert states[-1].position.longitude_deg == pytest.approx(2.2953)
    alerts = [output.alert for output in said(outputs, AlertMessage) if output.alert.rule == "lost_anchor"]
    assert [(alert.state, alert.zone, alert.track, alert.severity) for alert in alerts] == [("raised", "FLO-1", "", "warning")]
    assert all(isinstance(payload(output), bytes) for output in outputs)


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.8])
def test_a_moving_zone_goes_on_after_a_restart_as_if_there_had_been_none(cut):
    items, core, other = convoy(), pipeline(), pipeline()
    half = round(cut * len(items))
    feed(core, items[:half])
    other.restore(core.snapshot())
    assert [payload(one) for one in feed(other, items[half:])] == [payload(one) for one in feed(core, items[half:])]


def crowd(count, second, **more):
    cell = {"cell": "stand", "latitude_deg": 48.8582, "longitude_deg": 2.2945, "radius_m": 40, "count": count, "confidence": 0.8}
    said = {"time": utc(START + second * SECOND).isoformat(), "cells": [cell | more]}
    topic = TREE.path("crowd", sensor=CONFIG.sensor[0].id)
    return RawMessage(topic=topic, payload=json.dumps(said).encode(), received=START + second * SECOND + DELAY)


def test_crowd_counts_are_kept_told_in_the_status_and_outlive_a_restart():
    core, other, sensor = pipeline(), pipeline(), CONFIG.sensor[0].id
    assert feed(core, [crowd(340, 1), crowd(320, 3), crowd(10, 2)]) == []
    other.restore(core.snapshot())
    for one in (core, other):
        status = said(one.feed(Tick(time=START + 51 * SECOND)), StatusMessage)[0]
        state = status.crowds[f"{sensor}/stand"]
        assert (state.count, state.age_s, state.at_least, state.full) == (320, 48.0, 288, True)
        assert (status.sensors[sensor].crowds, status.sensors[sensor].late) == (3, 1)


def test_a_crowd_with_an_image_is_refused_and_nothing_of_it_is_quoted():
    core, sensor = pipeline(), CONFIG.sensor[0].id
    (note,) = core.feed(crowd(5, 1, image="iVBORw0KGgo"))
    assert isinstance(note, Rejected)
    assert "unknown field `image`" in note.reason
    assert note.first_bytes == ""
    assert "iVBOR" not in payload(note).decode()
    (note,) = core.feed(msgspec.structs.replace(crowd(5, 1), topic=TREE.path("crowd", sensor="nobody")))
    assert "'nobody' is not configured" in note.reason
    status = said(core.feed(Tick(time=START + 60 * SECOND)), StatusMessage)[0]
    assert (status.crowds, status.sensors[sensor].rejected) == ({}, 1)


def escort():
    """Give a zone around the aircraft that the scene's second target says to be."""
    extended = {
        "vigie": {"moving": {"anchor": {"icao24": "39ac01"}, "speed_mps": 40, "course_deg": 0, "fresh_s": 3, "stale_s": 9}}
    }
    feature = json.loads(MOVING)
    return feature | {"properties": feature["properties"] | {"extendedProperties": extended}}


def test_a_zone_goes_with_a_track_and_late_scans_leave_it_where_it_would_have_been():
    came = RawMessage(topic=TREE.path("zone", zone="FLO-1"), payload=json.dumps(escort()).encode(), received=START + 1)
    late = [message(scan, scan.time + DELAY + (i % 7 == 0) * 2 * SECOND) for i, scan in enumerate(SCANS)]
    ticks = [Tick(time=START + i * SECOND // 10) for i in range(130, 150)]
    cores = pipeline(), pipeline()
    for core, scans_ in zip(cores, ([*map(message, SCANS)], late), strict=True):
        feed(core, [*inputs([came, *scans_]), *ticks])
    fix, other = (core.following.state.fixes["FLO-1"] for core in cores)
    assert fix.place == other.place
    assert fix.time == other.time
    end = TARGETS[1, :3] + TARGETS[1, 3:] * (fix.time - START) / SECOND
    there = FRAME.grid_from_wgs84(*fix.place, 0.0)
    assert np.hypot(*(there - end)[:2]) < 30.0
    assert fix.time > START + 11 * SECOND


def window(*periods):
    body = {
        "periods": [{"start": utc(START + a).isoformat(), "end": utc(START + b).isoformat()} for a, b in periods],
        "who": "me",
        "why": "late",
    }
    return json.dumps(body).encode()


def tell(core, topic, payload_, at=START + 1):
    return core.feed(RawMessage(topic=TREE.path(topic, zone="HERE"), payload=payload_, received=at))


def test_a_window_changes_when_a_zone_is_in_force_until_it_is_undone():
    core = pipeline(circle("HERE", 3000.0, upper=500.0))

    def in_force(second):
        return core.zones.applying(START + second * SECOND).tolist()

    assert in_force(5) == [True]
    assert tell(core, "zone_window", window((10 * SECOND, 20 * SECOND), (30 * SECOND, 40 * SECOND))) == []
    assert [in_force(s) for s in (5, 10, 20, 35)] == [[False], [True], [False], [True]]
    again = pipeline(circle("HERE", 3000.0, upper=500.0))
    again.restore(core.snapshot())
    assert again.zones.applying(START + 12 * SECOND).tolist() == [True]
    assert again.zones.applying(START).tolist() == [False]
    tell(core, "zone_window", window())
    assert in_force(35) == [False]
    tell(core, "zone_window", b"")
    assert in_force(5) == [True]


def test_a_window_that_comes_before_its_zone_is_kept_and_told():
    core = pipeline()
    (note,) = tell(core, "zone_window", window((10 * SECOND, 20 * SECOND)))
    assert "not known yet" in note.reason
    feature = json.loads(MOVING)
    feature["properties"] |= {"identifier": "HERE"}
    assert tell(core, "zone", json.dumps(feature).encode()) == []
    assert [core.zones.applying(START + s * SECOND).tolist() for s in (5, 15)] == [[False], [True]]


@pytest.mark.parametrize(
    ("payload_", "why"),
    [
        (b'{"periods": [], "who": "me"}', "why"),
        (b'{"periods": [], "who": " ", "why": "x"}', "who"),
        (window((20 * SECOND, 10 * SECOND)), "periods[0].end"),
        (b'{"periods": [{"start": "2026-07-26T17:30:00"}], "who": "me", "why": "x"}', "start"),
        (b"[" * 9999, "zone window"),
    ],
)
def test_a_window_that_makes_no_sense_is_refused_with_the_reason(payload_, why):
    (refusal,) = tell(pipeline(circle("HERE", 3000.0)), "zone_window", payload_)
    assert why in refusal.reason


def planned():
    sets = {"A": ZoneSet.of([circle("HERE", 3000.0)], FRAME), "B": ZoneSet.of([circle("THERE", 100.0)], FRAME)}
    return Pipeline(CONFIG, dict(BUILT_IN), Plans(sets, CONFIG.site.name, {}), Register())


def plan_message(plan):
    body = json.dumps({"plan": plan, "who": "m.durand", "why": "storm"}).encode() if plan else b""
    return RawMessage(topic=TREE.path("zone_plan"), payload=body, received=START + SECOND)


def test_a_plan_puts_all_its_zones_in_the_place_of_the_others_and_what_came_by_topic_stays():
    core = planned()
    core.feed(RawMessage(topic=TREE.path("zone", zone="FLO-1"), payload=MOVING, received=START + 1))
    assert [zone.identifier for zone in core.zones.zones] == ["FLO-1", "HERE"]
    assert core.feed(plan_message("B")) == []
    assert [zone.identifier for zone in core.zones.zones] == ["FLO-1", "THERE"]
    (status,) = said(core.feed(Tick(time=START + SECOND)), StatusMessage)
    assert status.plan == "B"
    again = planned()
    again.restore(core.snapshot())
    assert [zone.identifier for zone in again.zones.zones] == ["FLO-1", "THERE"]
    again.feed(plan_message(""))
    assert [zone.identifier for zone in again.zones.zones] == ["FLO-1", "HERE"]


@pytest.mark.parametrize(("core", "plan"), [(planned, "C"), (pipeline, "A"), (planned, " ")])
def test_a_plan_that_is_not_the_sites_is_refused_and_changes_nothing(core, plan):
    core = core()
    before = core.zones.zones
    (refusal,) = core.feed(plan_message(plan))
    assert "zone plan" in refusal.reason
    assert core.zones.zones == before


def test_the_status_names_a_sensor_that_floods_us_over_a_restart_too():
    rng = np.random.default_rng(8)
    radar = [scan for scan in SCANS if scan.sensor == "radar-1" and scan.time < START + 9.7 * SECOND]
    last = max(radar, key=lambda scan: scan.time)
    plot = next(one for scan in radar for one in scan.detections)
    plots = tuple(
        msgspec.structs.replace(plot, time=last.time, range=rng.uniform(100, 5000), azimuth=rng.uniform(0, 6))
        for _ in range(2000)
    )
    flood = message(msgspec.structs.replace(last, detections=plots))
    jammed, quiet = pipeline(), pipeline()
    told = feed(jammed, inputs([flood if item == message(last) else item for item in map(message, SCANS)]))
    health = [one.sensors["radar-1"] for one in told if isinstance(one, StatusMessage)][-1]
    calm = [one.sensors["radar-1"] for one in feed(quiet, inputs()) if isinstance(one, StatusMessage)][-1]
    assert (health.flooded, health.floods, health.state) == (True, 1, "degraded")
    assert (calm.flooded, calm.floods, calm.state) == (False, 0, "online")
    again = pipeline()
    again.restore(jammed.snapshot())
    assert again.timeline.tracker.floods() == jammed.timeline.tracker.floods()
    assert jammed.timeline.tracker.floods()["radar-1"][1] == 1
    assert len(jammed.timeline.tracker.table(jammed.now).tracks) <= len(quiet.timeline.tracker.table(quiet.now).tracks) + 1
