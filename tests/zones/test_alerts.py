"""All alerts of a site: episodes from the first sign to the archive, hysteresis, one id for life, snapshots."""

from datetime import timedelta
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fusion.config_rules import Rules
from fusion.errors import DecodeError
from fusion.messages import SECOND, Track, utc
from fusion.zones.alerts import Alerts
from fusion.zones.commands import Acknowledge, Annotate, Reject, Shelve
from fusion.zones.episodes import AlertsState
from fusion.zones.findings import Finding
from fusion.zones.life import NEXT
from fusion.zones.permits import Register
from fusion.zones.reasons import reason
from fusion.zones.rules import assess
from fusion.zones.zones import ZoneSet
from tests.zones.zone_scenes import FRAME, NOW, circle, table

RULES = Rules(raise_after_s=0.5, clear_after_s=10.0)
ANA = Acknowledge(who="Ana")


def coming(probability=0.7, time=30.0, *, holds=True, track="T1", zone="CORE"):
    return Finding(
        track=track, zone=zone, rule="predicted_entry", severity="warning", holds=holds, probability=probability,
        time_to_entry_s=time, reasons=(reason("entering", zone=zone, seconds=30, percent=70),), cause=NOW,
    )  # fmt: skip


def inside(*, holds=True, track="T1", zone="CORE"):
    return replace(
        coming(0.9, 0.0, holds=holds, track=track, zone=zone),
        rule="intrusion",
        severity="critical",
        reasons=(reason("inside", zone=zone),),
    )


class Story:
    """Tells an Alerts what is found, second by second, and collects what it says."""

    def __init__(self, rules=RULES):
        self.alerts, self.now, self.said = Alerts("paris", rules), 0.0, []

    def see(self, *findings, after=1.0, tracks=None):
        self.now += after
        messages = self.alerts.update(findings, self.time, tracks or {})
        self.said += messages
        return [message.alert.state for message in messages]

    def see_for(self, seconds, *findings):
        return [state for _ in range(round(seconds)) for state in self.see(*findings)]

    def do(self, command):
        messages = self.alerts.command(self.said[-1].alert.alert, command, self.time)
        self.said += messages
        return [message.alert.state for message in messages]

    @property
    def time(self):
        return NOW + round(self.now * SECOND)

    @property
    def last(self):
        return self.said[-1].alert


def raised(*findings):
    story = Story()
    story.see(*(findings or (inside(),)))
    assert story.see(*(findings or (inside(),))) == ["raised"]
    return story


def test_a_condition_must_hold_before_it_is_raised():
    story = Story()
    assert story.see(inside()) == []
    assert story.see(inside(), after=0.4) == []
    assert story.see(inside(), after=0.1) == ["raised"]
    assert story.see(inside(), after=0.1) == []


def test_without_a_wait_it_is_raised_at_once():
    assert Story(Rules(raise_after_s=0.0)).see(inside()) == ["raised"]


@pytest.mark.parametrize("break_", [(), (inside(holds=False),)])
def test_a_break_begins_the_wait_anew(break_):
    story = Story()
    for findings in ([inside()], break_, [inside()], break_, [inside()]):
        assert story.see(*findings, after=0.4) == []
    assert story.see(inside(), after=0.5) == ["raised"]


def test_the_cause_is_the_detection_that_came_since_the_last_look():
    story = Story(Rules(raise_after_s=0.0))
    assert story.see(after=0.1) == []
    learnt = story.time + 60_000_000
    assert story.see(replace(inside(), cause=learnt), after=0.1) == ["raised"]
    assert story.said[-1].cause == learnt


def test_what_never_holds_is_never_raised():
    assert Story().see_for(30, inside(holds=False), coming(0.3, holds=False)) == []


def test_a_raised_alert_tells_what_was_found():
    story = raised(coming())
    assert (story.last.site, story.last.track, story.last.zone, story.last.revision) == ("paris", "T1", "CORE", 1)
    assert (story.last.rule, story.last.severity, story.last.probability) == ("predicted_entry", "warning", 0.7)
    assert story.last.raised == story.last.updated == utc(story.time)
    assert story.said[-1].cause == story.time  # the detection came before the last look: it was time that made the difference
    assert len(story.last.alert) == 26


def test_a_predicted_entry_becomes_an_intrusion_within_the_same_alert():
    story = raised(coming())
    first = story.last
    assert story.see(inside()) == ["updated"]
    assert (story.last.alert, story.last.rule, story.last.severity) == (first.alert, "intrusion", "critical")
    assert (story.last.revision, story.last.raised) == (2, first.raised)


def test_an_escalation_waits_for_nothing():
    story = raised(coming())
    assert story.see(inside(), after=0.01) == ["updated"]


def test_figures_that_move_little_are_not_published_again():
    story = raised(coming(0.70, 30.0))
    assert [state for left in range(29, 16, -1) for state in story.see(coming(0.74, left))] == []
    assert story.see(coming(0.9, 16.0), after=1.0) == ["updated"]
    assert story.see(coming(0.5, 10.0), after=0.9) == []
    assert story.see(coming(0.5, 10.0), after=0.1) == ["updated"]


def test_it_is_cleared_only_when_the_condition_has_been_gone_long_enough():
    story = raised()
    assert (
        story.see_for(
            9,
        )
        == []
    )
    assert story.see(inside(holds=False)) == []
    assert story.see_for(9) == []
    assert story.see(after=1.0) == ["cleared"]
    assert (story.last.revision, story.last.probability, story.last.time_to_entry_s) == (2, None, None)
    assert story.last.reasons == ("inside CORE",)
    assert story.see_for(100) == []


def test_the_margin_keeps_an_intrusion_but_not_what_was_only_predicted():
    story = raised(inside())
    assert story.see_for(59, inside(holds=False)) == []
    story = raised(coming())
    assert story.see_for(10, inside(holds=False)) == ["cleared"]


def test_an_intrusion_that_only_might_return_steps_down_after_a_while():
    story = raised(inside())
    assert story.see_for(9, coming(0.9, 30.0)) == []
    assert story.see_for(1, coming(0.9, 30.0)) == ["updated"]
    assert (story.last.rule, story.last.severity) == ("predicted_entry", "warning")


def test_an_alert_that_ended_unseen_waits_for_a_person():
    story = raised()
    assert story.see_for(20) == ["cleared"]
    assert story.do(ANA) == ["closed"]
    assert story.last.acknowledged_by == "Ana"


def test_an_alert_that_a_person_has_taken_closes_by_itself():
    story = raised()
    assert story.do(ANA) == ["acknowledged"]
    assert story.see_for(20) == ["closed"]
    assert story.last.acknowledged_by == "Ana"


def test_an_alert_that_nobody_ever_takes_is_closed_after_a_day():
    story = raised()
    story.see_for(20)
    assert story.see(after=24 * 3600 - 30) == []
    assert story.see(after=30) == ["closed"]


def test_a_closed_alert_leaves_its_topic_after_a_minute_and_is_forgotten():
    story = raised()
    story.do(ANA)
    assert story.see_for(10) == ["closed"]
    revision = story.last.revision
    assert story.see_for(59) == []
    assert story.see() == ["closed"]
    assert (story.said[-1].archived, story.last.revision) == (True, revision + 1)
    assert [message.archived for message in story.said[:-1]] == [False] * (len(story.said) - 1)
    assert story.see_for(100) == []
    with pytest.raises(DecodeError, match="is not known here"):
        story.do(ANA)
    assert story.alerts.snapshot() == AlertsState(looked=story.time, rate=story.alerts.snapshot().rate)


def test_a_condition_that_returns_before_anybody_saw_it_is_the_same_alert():
    story = raised()
    first = story.last.alert
    story.see_for(20)
    assert story.see(inside()) == []
    assert story.see(inside()) == ["updated"]
    assert (story.last.alert, story.last.severity) == (first, "critical")


def test_after_it_is_closed_the_next_one_is_new():
    story = raised()
    first = story.last.alert
    story.do(ANA)
    story.see_for(10)
    story.see(inside())
    assert story.see(inside()) == ["raised"]
    assert story.last.alert != first
    assert story.last.revision == 1


def test_acknowledging_what_is_about_to_return_mutes_nothing():
    story = raised()
    story.see_for(20)
    story.see(inside(), after=0.1)
    assert story.do(ANA) == ["closed"]
    assert story.see(inside(), after=0.5) == ["raised"]


def test_a_rejected_alert_is_not_raised_again_while_it_lasts():
    story = raised(coming())
    assert story.do(Reject(who="Ana", why="a kite")) == ["closed"]
    assert story.see_for(30, inside()) == []
    assert story.see_for(31, coming(0.3, holds=False)) == ["closed"]  # leaves its topic
    assert story.said[-1].archived
    assert story.see_for(10) == []
    story.see(inside())
    assert story.see(inside()) == ["raised"]


def test_an_acknowledged_alert_is_quiet_until_it_gets_worse():
    story = raised(coming())
    story.do(ANA)
    assert story.see(coming(0.95, 29.0)) == ["acknowledged"]
    assert story.see(inside()) == ["updated"]
    assert story.last.acknowledged_by is None


def test_a_shelf_hides_all_but_what_is_worse_and_has_an_end():
    shelf = Shelve(who="Ana", why="filming", until=utc(NOW) + timedelta(seconds=60))
    story = raised(coming())
    assert story.do(shelf) == ["shelved"]
    assert story.see_for(20, coming(0.95, 5.0)) == []
    assert story.see(inside()) == ["updated"]
    story = raised(coming())
    story.do(shelf)
    assert story.see_for(58, coming()) == ["updated"]
    assert story.last.shelved_until is None
    story = raised(coming())
    story.do(shelf)
    assert story.see_for(20) == ["closed"]


def test_notes_stay_with_an_alert_even_when_it_is_closed():
    story = raised()
    story.do(Annotate(who="Ana", why="patrol sent"))
    assert story.do(Annotate(who="Ana", why="patrol sent")) == []
    story.do(ANA)
    story.see_for(10)
    assert story.do(Annotate(who="Bob", why="pilot found")) == ["closed"]
    assert [note[21:] for note in story.last.notes] == ["Ana: patrol sent", "Ana: acknowledged", "Bob: pilot found"]
    assert story.do(ANA) == []


def test_a_command_to_an_unknown_alert_is_refused():
    with pytest.raises(DecodeError, match="alert 01X: is not known here; it may have been archived"):
        Alerts("paris", RULES).command("01X", ANA, NOW)


def test_each_track_and_zone_has_an_alert_of_its_own_told_in_order():
    story = Story()
    pairs = [("T2", "B"), ("T1", "B"), ("T2", "A"), ("T1", "A")]
    findings = [inside(track=track, zone=zone) for track, zone in pairs]
    story.see(*findings)
    story.see(*findings)
    assert [(m.alert.track, m.alert.zone) for m in story.said] == sorted(pairs)
    assert len({m.alert.alert for m in story.said}) == 4
    assert [alert.track for alert in story.alerts.open] == ["T1", "T1", "T2", "T2"]


def wire_track(time):
    return Track(track="T1", site="paris", time=utc(time), status="confirmed", existence=1.0, born=utc(NOW), updated=utc(time))


def test_an_alert_carries_the_track_as_it_was_and_keeps_it_when_the_track_is_gone():
    story = Story(Rules(raise_after_s=0.0))
    story.see(inside(), tracks={"T1": wire_track(NOW)})
    assert story.last.track_state == wire_track(NOW)
    assert story.see_for(10) == ["cleared"]
    assert story.last.track_state == wire_track(NOW)


def random_story(seed, steps=120):
    """Give random things to see and do: (seconds, findings, command or None, which of the open alerts)."""
    rng = np.random.default_rng(seed)
    for _ in range(steps):
        findings = []
        for track in ("T1", "T2"):
            roll = rng.random()
            if roll < 0.35:
                findings.append(inside(holds=bool(rng.random() < 0.7), track=track))
            if 0.2 < roll < 0.6:
                findings.append(
                    coming(float(rng.uniform(0.2, 1)), float(rng.uniform(0, 60)), holds=bool(rng.random() < 0.6), track=track)
                )
        yield float(rng.choice([0.1, 0.5, 1.0, 4.0, 12.0, 70.0])), findings, rng.random(), int(rng.integers(6))


def tell(alerts, seed, now=NOW, skip=0):
    """Play a random story to an Alerts; give each step's messages as bytes, and its state after each as bytes."""
    steps = []
    for i, (seconds, findings, luck, choice) in enumerate(random_story(seed)):
        now += round(seconds * SECOND)
        if i < skip:
            continue
        messages = alerts.update(findings, now, {"T1": wire_track(now)})
        if luck < 0.3 and alerts.open:
            command = [
                ANA,
                ANA,
                Reject(who="Bob", why="bird"),
                Annotate(who="Bob", why=str(i)),
                Shelve(who="Ana", why="x", until=utc(now + 5 * SECOND)),
                Shelve(who="Ana", why="y", until=utc(now + 50 * SECOND)),
            ][choice]
            alert = alerts.open[i % len(alerts.open)]
            if not (alert.state == "cleared" and isinstance(command, Shelve)):
                messages += alerts.command(alert.alert, command, now)
        steps.append((messages, msgspec.msgpack.encode(alerts.snapshot())))
    return steps


@pytest.mark.parametrize("seed", range(30))
def test_every_alert_of_a_random_story_lives_by_the_table(seed):
    by_alert = {}
    for messages, _ in tell(Alerts("paris", RULES), seed):
        for message in messages:
            by_alert.setdefault(message.alert.alert, []).append(message)
    assert by_alert
    followers = {(state, after) for (state, _), after in NEXT.items()}
    for life in by_alert.values():
        assert [message.alert.revision for message in life] == list(range(1, len(life) + 1))
        assert life[0].alert.state == "raised"
        assert not any(message.archived for message in life[:-1])
        for before, after in pairwise(life):
            noted = len(after.alert.notes) > len(before.alert.notes) and before.alert.state == after.alert.state
            assert noted or after.archived or (before.alert.state, after.alert.state) in followers
            if before.alert.state == after.alert.state == "updated" and not noted:
                told = [(one.rule, one.severity, one.escalation) for one in (before.alert, after.alert)]
                same = told[0] == told[1]
                assert not same or (after.alert.updated - before.alert.updated) >= timedelta(seconds=1)


@pytest.mark.parametrize("seed", range(10))
def test_a_track_never_has_two_alerts_in_one_zone(seed):
    alerts = Alerts("paris", RULES)
    for _ in tell(alerts, seed):
        keys = [(alert.track, alert.zone) for alert in alerts.open]
        assert len(keys) == len(set(keys))


@given(st.integers(0, 10_000), st.integers(0, 119))
@settings(max_examples=60)
def test_a_snapshot_anywhere_goes_on_to_the_same_messages_byte_for_byte(seed, cut):
    whole = tell(Alerts("paris", RULES), seed)
    state = msgspec.msgpack.decode(whole[cut][1], type=AlertsState)
    rest = tell(Alerts("paris", RULES, state), seed, skip=cut + 1)
    assert [(msgspec.json.encode(messages), after) for messages, after in rest] == [
        (msgspec.json.encode(messages), after) for messages, after in whole[cut + 1 :]
    ]


def test_a_drone_that_flies_to_the_tower_and_on_has_one_alert_from_warning_to_end():
    """The whole way of a flight through rules and alerts: 10 m/s from 800 m west to 800 m east, noise and all."""
    zones, alerts = ZoneSet.of([circle("CORE", 250.0)], FRAME), Alerts("paris", Rules())
    rng = np.random.default_rng(1)
    messages = []
    for tick in range(5 * 200):
        time = NOW + tick * SECOND // 5
        east = -800 + 2.0 * tick
        flight = {
            "place": (east + rng.normal(0, 3), rng.normal(0, 3), 60),
            "velocity": rng.normal([10, 0, 0], 0.5),
            "sigma": 3.0,
            "sigma_velocity": 0.5,
        }
        found = assess(table(*[flight] if east < 800 else [], time=time), zones, Register(), time, Rules()).findings
        messages += [(round((time - NOW) / SECOND, 1), message.alert) for message in alerts.update(found, time, {})]
    assert len({alert.alert for _, alert in messages}) == 1
    assert [alert.state for _, alert in messages][:: len(messages) - 1] == ["raised", "cleared"]
    escalation = next(time for time, alert in messages if alert.rule == "intrusion")
    assert messages[0][0] <= 5.0  # 50 s and more ahead
    assert escalation == pytest.approx(55.0, abs=1.0)
    # at 250 m east it is out, 2.5 s later out of the margin, and ten seconds after that it is over
    assert messages[-1][0] == pytest.approx(117.5, abs=1.5)
    assert len(messages) < 20


def test_alerts_that_were_told_and_forgotten_are_taken_over_and_end_in_time():
    before = raised()
    told, fresh = before.last, Story()
    fresh.now = before.now + 60.0
    fresh.alerts.adopt([told], fresh.time)
    fresh.alerts.adopt([told], fresh.time)
    assert fresh.alerts.open == (told,)
    assert fresh.see_for(9) == []
    assert fresh.see_for(2) == ["cleared"]
    assert (fresh.last.alert, fresh.last.revision) == (told.alert, told.revision + 1)


def test_an_alert_that_is_taken_over_goes_on_where_its_condition_does():
    before = raised()
    fresh = Story()
    fresh.now = before.now + 60.0
    fresh.alerts.adopt([before.last], fresh.time)
    assert fresh.see_for(20, inside()) == []
    assert fresh.alerts.open == (before.last,)


def test_a_closed_alert_that_is_taken_over_leaves_its_topic():
    closed = replace(raised().last, state="closed")
    fresh = Story()
    fresh.alerts.adopt([closed], fresh.time)
    assert fresh.see_for(70) == ["closed"]
    assert fresh.said[-1].archived
