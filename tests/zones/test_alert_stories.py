"""The life of alerts as a machine that hypothesis plays: what holds of every story, told apart from the code that writes it."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fusion.config_rules import Escalation, Flood, Rules
from fusion.messages import SECOND, utc
from fusion.zones.alerts import Alerts
from fusion.zones.commands import Acknowledge, Annotate, Hostile, NotHostile, Reject, Shelve
from fusion.zones.episodes import AlertsState
from fusion.zones.findings import Finding
from fusion.zones.reasons import reason
from tests.zones.zone_scenes import NOW

RULES = Rules(
    raise_after_s=0.5,
    clear_after_s=10.0,
    escalation=Escalation(critical_s=20.0, warning_s=60.0, steps=2),
    flood=Flood(operators=1, begins=6, ends=3, warnings=9),
)

STEP = SECOND // 2
"""ns between two looks: the least that any figure of RULES is a multiple of."""

TRACKS = [f"T{n}" for n in range(9)]
ASKING = {"raised", "updated"}
SEVERITIES = ("advisory", "warning", "critical")

LAWFUL = {
    "raised": {"updated", "cleared", "acknowledged", "shelved", "closed"},
    "updated": {"updated", "cleared", "acknowledged", "shelved", "closed"},
    "acknowledged": {"acknowledged", "updated", "shelved", "closed"},
    "shelved": {"shelved", "updated", "acknowledged", "closed"},
    "cleared": {"updated", "closed"},
    "closed": set(),
}
"""ISA-18.2's states and what may follow each: unacknowledged, acknowledged, returned to normal unacknowledged, shelved, normal."""


def found(track, severity, *, rule=None, group=""):
    rule = rule or {"advisory": "predicted_entry", "warning": "loitering", "critical": "intrusion"}[severity]
    return Finding(
        track=track, zone="" if rule == "swarm" else "CORE", rule=rule, severity=severity, holds=True, probability=0.9,
        time_to_entry_s=0.0, reasons=(reason("inside", zone="CORE"),), cause=NOW, group=group,
    )  # fmt: skip


class Stories(RuleBasedStateMachine):
    """Tracks come, get worse and go; people act; the service restarts."""

    @initialize()
    def begin(self):
        self.alerts, self.now = Alerts("paris", RULES), NOW
        self.does = {}  # what each track does now, by severity
        self.since = {}  # when it began to do anything at all, without a break
        self.gravest_since = {}  # when it began to do what is critical
        self.met = {}  # when it last did anything
        self.rejected = set()  # tracks whose alert was rejected while they went on
        self.told = {}  # by alert: its last message
        self.asked = []  # when alarms asked anew
        self.flooded = False

    # --- What happens ---------------------------------------------------------------------------------------------

    @rule(track=st.sampled_from(TRACKS), severity=st.sampled_from([None, *SEVERITIES]))
    def changes(self, track, severity):
        before = self.does.get(track)
        if severity is None:
            self.does.pop(track, None)
            self.since.pop(track, None)
        else:
            self.does[track] = severity
            self.since.setdefault(track, self.now + STEP)
        if severity != "critical":
            self.gravest_since.pop(track, None)
        elif before != "critical":
            self.gravest_since[track] = self.now + STEP

    @rule(looks=st.sampled_from([1, 2, 5, 25, 50, 150]))
    def time_passes(self, looks):
        for _ in range(looks):
            self.now += STEP
            self.flooded = self.alerts.rate(self.now).flood is not None
            self.hear(self.alerts.update([found(track, severity) for track, severity in self.does.items()], self.now, {}))
            self.met |= dict.fromkeys(self.does, self.now)
            for track in self.rejected - self.does.keys():
                if self.now - self.met[track] >= RULES.clear_after_s * SECOND:
                    self.rejected.discard(track)

    @precondition(lambda self: self.alerts.open)
    @rule(data=st.data(), kind=st.sampled_from(["acknowledge", "shelve", "reject", "annotate", "hostile", "not_hostile"]))
    def a_person_acts(self, data, kind):
        alert = data.draw(st.sampled_from(self.alerts.open))
        command = {
            "acknowledge": Acknowledge(who="Ana"),
            "shelve": Shelve(who="Ana", why="x", until=utc(self.now + 30 * SECOND)),
            "reject": Reject(who="Bob", why="a kite"),
            "annotate": Annotate(who="Bob", why=str(self.now)),
            "hostile": Hostile(who="Ana", why="it dropped something"),
            "not_hostile": NotHostile(who="Ana", why="a toy"),
        }[kind]
        if kind == "shelve" and alert.state == "cleared":
            return
        self.hear(self.alerts.command(alert.alert, command, self.now), by_hand=True)
        if kind == "reject" and alert.alert not in {one.alert for one in self.alerts.open}:
            self.rejected.add(alert.track)
            self.met.setdefault(alert.track, self.now)

    @rule()
    def the_service_restarts(self):
        state = msgspec.msgpack.decode(msgspec.msgpack.encode(self.alerts.snapshot()), type=AlertsState)
        self.alerts = Alerts("paris", RULES, state)

    # --- What holds of every message --------------------------------------------------------------------------------

    def hear(self, messages, *, by_hand=False):
        for message in messages:
            now, before = message.alert, self.told.get(message.alert.alert)
            assert now.revision == (1 if before is None else before.revision + 1)
            if before is None:
                assert now.state == "raised", "an alert begins by being raised"
                assert now.track not in self.rejected, "what a person rejected is not raised again while it lasts"
                assert now.severity == self.does[now.track]
                if self.flooded:
                    assert now.severity != "advisory", "in a flood no advisory asks"
            else:
                self.compare(before, now, message.archived, by_hand=by_hand)
            if now.state in ASKING and (before is None or before.state not in ASKING):
                self.asked.append(self.now)
            self.told[now.alert] = now

    def compare(self, before, now, archived, *, by_hand):
        assert (now.track, now.zone, now.raised) == (before.track, before.zone, before.raised), "one id is one thing for life"
        noted = len(now.notes) > len(before.notes) and now.state == before.state
        assert archived or noted or now.state in LAWFUL[before.state], f"{before.state} → {now.state}"
        if now.state in {"cleared", "closed"} and before.state not in {"cleared", "closed"} and not by_hand:
            assert self.now - self.met[now.track] >= RULES.clear_after_s * SECOND, "hysteresis: it must be gone for long"
        if now.escalation > before.escalation:
            assert now.escalation == before.escalation + 1
            assert before.state in ASKING, "only what nobody took asks louder"
            least = RULES.escalation.critical_s if now.severity == "critical" else RULES.escalation.warning_s
            assert now.updated - now.raised >= timedelta(seconds=least)
        if now.state == "acknowledged" and before.state != "acknowledged":
            assert by_hand, "only a person acknowledges"

    # --- What holds at every moment ---------------------------------------------------------------------------------

    @invariant()
    def one_alert_for_one_thing(self):
        keys = [(alert.track, alert.zone) for alert in self.alerts.open]
        assert len(keys) == len(set(keys))
        assert {alert.alert: alert for alert in self.alerts.open}.items() <= self.told.items()

    @invariant()
    def a_critical_one_is_never_hidden(self):
        """Flood, shelf of a milder one, restart: whoever does what is critical has an alert that says so."""
        for track, since in self.gravest_since.items():
            if track in self.rejected or self.now < since + RULES.raise_after_s * SECOND:
                continue
            alert = next((one for one in self.alerts.open if one.track == track), None)
            assert alert is not None, f"{track} is critical and has no alert"
            assert alert.severity == "critical"
            assert alert.state != "cleared"

    @invariant()
    def a_shelf_has_an_end(self):
        for alert in self.alerts.open:
            if alert.state == "shelved":
                assert alert.shelved_until > utc(self.now - STEP)

    @invariant()
    def who_is_not_answered_asks_louder(self):
        steps = RULES.escalation.steps
        for alert in self.alerts.open:
            assert alert.escalation <= steps
            quiet = self.now - max((at for at in self.asked), default=self.now)
            if alert.state in ASKING and alert.severity == "critical" and quiet >= (steps * 20 + 2) * SECOND:
                assert alert.escalation == steps or self.told[alert.alert].updated > utc(self.now - 21 * SECOND)

    @invariant()
    def a_flood_is_told(self):
        lately = sum(at > self.now - 590 * SECOND for at in self.asked)
        rate = self.alerts.rate(self.now)
        assert rate.last_10_min >= lately
        if lately >= RULES.flood.begins:
            assert rate.flood is not None


TestStories = Stories.TestCase
TestStories.settings = settings(max_examples=60, stateful_step_count=30, deadline=None, derandomize=True)


def test_in_a_flood_advisories_wait_and_warnings_in_a_great_one_and_come_when_it_is_over():
    alerts, now = Alerts("paris", RULES), NOW
    six = [found(f"T{n}", "warning") for n in range(6)]
    for _ in range(3):
        now += STEP
        alerts.update(six, now, {})
    assert alerts.rate(now).flood is not None
    milder = [found("A", "advisory"), found("W", "warning"), found("C", "critical")]
    for _ in range(3):
        now += STEP
        alerts.update(six + milder, now, {})
    assert {one.track for one in alerts.open} == {*(f"T{n}" for n in range(6)), "W", "C"}
    assert alerts.rate(now).held == 1
    more = [found("X", "critical"), found("Y", "warning")]  # with X there are nine: Y waits
    for _ in range(3):
        now += STEP
        alerts.update(six + milder + more, now, {})
    assert {one.track for one in alerts.open} == {*(f"T{n}" for n in range(6)), "W", "C", "X"}
    for _ in range(1300):  # ten minutes and some: nothing new asked
        now += STEP
        alerts.update(six + milder + more, now, {})
    assert {"A", "Y"} <= {one.track for one in alerts.open}


@pytest.mark.parametrize(("severity", "after"), [("critical", 20.0), ("warning", 60.0)])
def test_an_alert_that_nobody_takes_asks_louder_so_often_and_no_more(severity, after):
    alerts, now, said = Alerts("paris", RULES), NOW, []
    for _ in range(round(2 * (3 * after + 10))):
        now += STEP
        said += alerts.update([found("T", severity)], now, {})
    assert [one.alert.escalation for one in said] == [0, 1, 2]
    times = [(one.alert.updated - said[0].alert.updated).total_seconds() for one in said]
    assert times == pytest.approx([0.0, after, 2 * after], abs=1.0)
    (taken,) = alerts.command(said[-1].alert.alert, Acknowledge(who="Ana"), now)
    assert (taken.alert.state, taken.alert.escalation) == ("acknowledged", 0)


def test_an_advisory_never_asks_louder():
    alerts, now, said = Alerts("paris", RULES), NOW, []
    for _ in range(600):
        now += STEP
        said += alerts.update([found("T", "advisory")], now, {})
    assert {one.alert.escalation for one in said} == {0}


def swarmed(severity, *, swarm="critical", members=5):
    told = [found("swarm-1", swarm, rule="swarm")]
    told[0] = msgspec.structs.replace(told[0], tracks=tuple(f"M{n}" for n in range(members)))
    return told + [found(f"M{n}", severity, group="swarm-1") for n in range(members)]


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_swarm_is_one_alarm_whatever_its_members_do(severity):
    alerts, now = Alerts("paris", RULES), NOW
    for _ in range(4):
        now += STEP
        alerts.update(swarmed(severity), now, {})
    (only,) = alerts.open
    assert only.rule == "swarm"
    assert only.severity == "critical"
    assert only.tracks == tuple(f"M{n}" for n in range(5))
    assert alerts.rate(now).last_10_min == 1


def test_nothing_milder_and_nothing_shelved_stands_for_a_critical_member():
    alerts, now = Alerts("paris", RULES), NOW
    for _ in range(4):
        now += STEP
        alerts.update(swarmed("critical", swarm="warning"), now, {})
    assert len(alerts.open) == 6
    alerts, now = Alerts("paris", RULES), NOW
    for _ in range(4):
        now += STEP
        alerts.update(swarmed("critical", members=3)[:1], now, {})
    (only,) = alerts.open
    alerts.command(only.alert, Shelve(who="Ana", why="a show", until=utc(now + 600 * SECOND)), now)
    for _ in range(4):
        now += STEP
        alerts.update(swarmed("critical", members=3), now, {})
    assert len(alerts.open) == 4


def test_members_speak_for_themselves_when_the_swarm_is_no_more():
    alerts, now = Alerts("paris", RULES), NOW
    for _ in range(4):
        now += STEP
        alerts.update(swarmed("critical"), now, {})
    parted = [msgspec.structs.replace(one, group="") for one in swarmed("critical")[1:]]
    for _ in range(2):
        now += STEP
        alerts.update(parted, now, {})
    assert {one.track for one in alerts.open} == {"swarm-1", *(f"M{n}" for n in range(5))}


def test_only_a_person_calls_a_track_hostile_and_takes_it_back():
    alerts, now = Alerts("paris", RULES), NOW
    for _ in range(4):
        now += STEP
        alerts.update([found("T", "critical")], now, {})
    assert alerts.hostile == {}
    (alert,) = alerts.open
    alerts.command(alert.alert, Hostile(who="Ana", why="it dropped something"), now)
    assert set(alerts.hostile) == {"T"}
    assert "Ana" in alerts.hostile["T"].sentence()
    alerts.command(alert.alert, NotHostile(who="Ana", why="a kite"), now)
    assert alerts.hostile == {}


def test_a_site_says_which_rule_leads():
    both = [found("T", "warning", rule="loitering"), found("T", "critical", rule="intrusion")]
    for order, leads in (((), "intrusion"), (("loitering",), "loitering")):
        alerts, now = Alerts("paris", Rules(order=order)), NOW
        for _ in range(3):
            now += STEP
            alerts.update(both, now, {})
        (alert,) = alerts.open
        assert alert.rule == leads
        assert alert.severity == "critical", "whichever leads, the gravest severity counts"
