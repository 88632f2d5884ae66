"""All alerts of a site: one for one track in one zone, from the first sign to the end, with hysteresis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from fusion.config_rules import Escalation, Rules
from fusion.errors import DecodeError
from fusion.messages import SECOND, AlarmRate, Alert, AlertMessage, LastPilot, Severity, Track, nanoseconds, utc
from fusion.zones.commands import Acknowledge, Command, Hostile, NotHostile, Reject, Shelve
from fusion.zones.episodes import AlertsState, Declared, Episode, Key, begun_by
from fusion.zones.findings import Finding
from fusion.zones.life import (
    NEXT,
    QUIET,
    Event,
    advanced,
    commanded,
    drafted,
    ended,
    judged,
    merged,
    raised,
    rank_of,
    ranks_of,
    step_of,
)
from fusion.zones.rate import ASKING, counted, holds_back, told, watched
from fusion.zones.reasons import Reason, reason
from fusion.zones.severity import SEVERITIES

FORGOTTEN_AFTER = 24 * 3600 * SECOND
"""An alert that ended and that nobody acknowledged waits for a day: every shift has had its hand-over by then."""

CLOSED_FOR = 60 * SECOND
"""A closed alert stays on its topic for a minute, so that a console that was away for a moment sees how it ended."""

NOTHING, GRAVEST = -1, 1_000_000
"""What an episode has come to before its alert, and what a rejected one counts as having come to."""

THREATS = frozenset({"entry", "swarm", "claim"})
"""Episodes that are threats, beside those that are about what is ours."""


class Alerts:
    """Every episode and every alert of a site."""

    def __init__(self, site: str, rules: Rules, state: AlertsState | None = None) -> None:
        state = state or AlertsState()
        self._site, self._rules, self._ranks = site, rules, ranks_of(rules.ranking)
        self._raise_after = round(rules.raise_after_s * SECOND)
        self._clear_after = round(rules.clear_after_s * SECOND)
        self._episodes = {episode.key: episode for episode in state.episodes}
        self._closed = {alert.alert: alert for alert in state.closed}
        self._looked, self._rate, self._hostile = state.looked, state.rate, dict(state.hostile)

    def snapshot(self) -> AlertsState:
        """Give everything as a value; `Alerts(site, rules, state)` goes on from it."""
        return AlertsState(
            episodes=tuple(self._episodes.values()),
            closed=tuple(self._closed.values()),
            looked=self._looked,
            rate=self._rate,
            hostile=self._hostile,
        )

    def adopt(self, alerts: Iterable[Alert], time: int) -> None:
        """Take over alerts that were published and are not remembered here, as if last seen at a time (ns).

        A service that had to start afresh goes on with what the world was told: whatever nobody finds again is over in time.
        """
        known = {alert.alert for alert in self.open} | self._closed.keys()
        for alert in alerts:
            if alert.alert in known:
                continue
            if alert.state == "closed":
                self._closed[alert.alert] = alert
            else:
                kind = step_of(alert).episode
                told = Episode(track=alert.track, zone=alert.zone, kind=kind, sensor=alert.sensor or "", kept=time, reached=time)
                episode = replace(told, asked=time, alert=alert)
                self._episodes[episode.key] = episode

    @property
    def open(self) -> tuple[Alert, ...]:
        """Every alert that is not closed, as last published."""
        return tuple(episode.alert for episode in self._episodes.values() if episode.alert)

    @property
    def hostile(self) -> dict[str, Reason]:
        """The tracks that a person has called hostile, and the sentence that says so."""
        return {
            track: reason("hostile", who=one.who, why=one.why, time=f"{utc(one.time):%H:%M:%S} UTC")
            for track, one in self._hostile.items()
        }

    @property
    def threatened(self) -> bool:
        """Whether an alert of more than an advisory is open about somebody, and not over."""
        return any(
            alert.severity != "advisory" and alert.state != "cleared" and step_of(alert).episode in THREATS for alert in self.open
        )

    def rate(self, time: int) -> AlarmRate:
        """Say how much the operators are asked at a time (ns)."""
        held = sum(
            episode.alert is None and not episode.muted and episode.since is not None for episode in self._episodes.values()
        )
        return told(self._rate, self.open, held, time, self._rules.flood)

    def update(self, findings: Iterable[Finding], time: int, tracks: Mapping[str, Track]) -> list[AlertMessage]:
        """Bring every episode to a time (ns). `tracks` gives the wire state of the tracks that there still are."""
        met: dict[Key, list[Finding]] = {}
        for finding in findings:
            met.setdefault(begun_by(finding, time).key, []).append(finding)
        self._rate = watched(self._rate, time, self._rules.flood)
        messages: list[AlertMessage] = []
        for key in sorted(self._episodes.keys() | met.keys()):
            messages += self._follow(key, met.get(key, []), time, tracks)
        self._looked = time
        named = {track for alert in self.open for track in (alert.track, *alert.tracks)}
        self._hostile = {track: word for track, word in self._hostile.items() if track in named or track in tracks}
        return messages + self._archive(time)

    def command(self, alert: str, command: Command, time: int) -> list[AlertMessage]:
        """Do what a person asks of an alert at a time (ns); raise DecodeError where that cannot be."""
        episode = next((episode for episode in self._episodes.values() if episode.alert and episode.alert.alert == alert), None)
        known = episode.alert if episode else self._closed.get(alert)
        if known is None:
            raise DecodeError(f"alert {alert}: is not known here; it may have been archived")
        changed = commanded(known, command, time)
        if changed is None:
            return []
        self._declare(known, command, time)
        if episode is None:
            self._closed[alert] = _published(changed, time)
            return [AlertMessage(alert=self._closed[alert], cause=time)]
        messages = [self._publish(episode, changed, time, time, rejected=isinstance(command, Reject))]
        return messages + (self._command_members(known, command, time) if isinstance(command, Acknowledge | Shelve) else [])

    def _command_members(self, swarm: Alert, command: Command, time: int) -> list[AlertMessage]:
        """Do to the alerts of a swarm's members what was asked of the swarm's, where that has a meaning."""
        messages = []
        for member in [one for one in self._episodes.values() if one.alert and one.alert.group == swarm.alert]:
            event: Event = "acknowledge" if isinstance(command, Acknowledge) else "shelve"
            if member.alert and (member.alert.state, event) in NEXT and (changed := commanded(member.alert, command, time)):
                messages.append(self._publish(member, changed, time, time))
        return messages

    def _declare(self, alert: Alert, command: Command, time: int) -> None:
        """Take a person's word for tracks being hostile, or take it back."""
        about = tuple(track for track in dict.fromkeys((alert.track, *alert.tracks)) if track)
        if isinstance(command, Hostile):
            self._hostile |= dict.fromkeys(about, Declared(who=command.who, why=command.why, time=time))
        elif isinstance(command, NotHostile):
            self._hostile = {track: word for track, word in self._hostile.items() if track not in about}

    def _follow(self, key: Key, met: Sequence[Finding], time: int, tracks: Mapping[str, Track]) -> list[AlertMessage]:
        """Bring one episode to a time: see what is met, find what that means, publish it if the table says so."""
        episode, standing = self._seen(key, met, time)
        self._episodes[key] = episode
        best = merged(standing, self._ranks)
        if episode.alert is None:
            alert = self._begun(episode, best, time)
        else:
            alert = advanced(episode.alert, *self._event(episode, episode.alert, best, time))
        if alert is None:
            return []
        return [self._publish(episode, _with_track(alert, tracks), self._cause(best, time), time)]

    def _cause(self, best: Finding | None, time: int) -> int:
        """Give when that was learnt which made the difference: since the last look a detection came, or only time passed."""
        return best.cause if best and best.cause > self._looked else time

    def _seen(self, key: Key, met: Sequence[Finding], time: int) -> tuple[Episode, list[Finding]]:
        """Note what is met, and give the findings that count: those that hold, and those that keep what was reached."""
        known = self._episodes.get(key) or begun_by(met[0], time)
        ranks, alert = self._ranks, known.alert
        held = rank_of(alert, ranks) if alert else GRAVEST if known.muted else NOTHING
        standing = [finding for finding in met if finding.holds or ranks.get(finding.rule, 0) <= held]
        since = (time if known.since is None else known.since) if any(finding.holds for finding in met) else None
        graver = [finding for finding in standing if ranks.get(finding.rule, 0) >= held]
        reached = any(alert is None or not _is_milder(finding.severity, alert.severity) for finding in graver)
        return replace(
            known,
            since=since,
            kept=time if standing else known.kept,
            reached=time if reached else known.reached,
        ), standing

    def _begun(self, episode: Episode, best: Finding | None, time: int) -> Alert | None:
        """Raise an alert once its condition has held long enough; forget an episode that came to nothing."""
        if episode.muted:
            if self._is_over(episode, time):
                del self._episodes[episode.key]
        elif episode.since is None or best is None:
            del self._episodes[episode.key]
        elif time - episode.since >= self._raise_after and not self._held_back(best, time):
            return replace(raised(self._site, best, time), group=self._group(best))
        return None

    def _held_back(self, finding: Finding, time: int) -> bool:
        """Tell whether something else stands for it: its swarm's alert, or the many that are asking already.

        Nothing stands for a critical one but its swarm's own critical alert, which names it, and not from a shelf.
        """
        swarm = self._swarm(finding)
        if finding.severity == "critical":
            return swarm is not None and swarm.severity == "critical" and swarm.state != "shelved"
        return swarm is not None or holds_back(self._rate, finding.severity, time, self._rules.flood)

    def _group(self, finding: Finding | None) -> str | None:
        """Give the id of the open alert of the swarm that a finding's track belongs to."""
        swarm = self._swarm(finding)
        return None if swarm is None else swarm.alert

    def _swarm(self, finding: Finding | None) -> Alert | None:
        """Give the open alert of the swarm that a finding's track belongs to."""
        if finding is None or not finding.group:
            return None
        swarm = self._episodes.get(("", finding.group, "", ""))
        return swarm.alert if swarm and swarm.alert and swarm.alert.state != "cleared" else None

    def _event(self, episode: Episode, alert: Alert, best: Finding | None, time: int) -> tuple[Event | None, Alert]:
        """Find what has happened to an alert, and give it with its newest figures."""
        steady = time - episode.reached < self._clear_after
        draft = alert if best is None else drafted(alert, best, steady=steady, ranks=self._ranks)
        draft = replace(draft, group=self._group(best) or alert.group)
        if alert.state == "cleared":
            if episode.since is not None and time - episode.since >= self._raise_after:
                return "back", draft
            return "forgotten" if time - nanoseconds(alert.updated) >= FORGOTTEN_AFTER else None, alert
        if self._is_over(episode, time):
            return "gone", ended(alert)
        if alert.state == "shelved" and alert.shelved_until is not None and time >= nanoseconds(alert.shelved_until):
            return "shelf_over", draft
        news = None if best is None else judged(alert, draft, time, self._ranks)
        if news != "worse" and alert.state in ASKING and _asks_louder(alert, time, episode.asked, self._rules.escalation):
            return "escalate", draft
        return news, draft

    def _is_over(self, episode: Episode, time: int) -> bool:
        return time - episode.kept >= self._clear_after

    def _publish(self, episode: Episode, alert: Alert, cause: int, time: int, *, rejected: bool = False) -> AlertMessage:
        """Take an alert's new state as published; a closed one makes room for the next, unless a person rejected it."""
        alert, before = _published(alert, time), episode.alert.state if episode.alert else None
        asks_anew = alert.state in ASKING and before not in ASKING
        if asks_anew or (episode.alert is not None and _asks_more(episode.alert, alert)):
            episode = replace(episode, asked=time)
        if asks_anew and alert.group is None:
            self._rate = counted(self._rate, time, self._rules.flood)
        if alert.state == "closed":
            self._closed[alert.alert] = alert
            self._episodes[episode.key] = replace(episode, alert=None, muted=rejected)
        else:
            self._episodes[episode.key] = replace(episode, alert=alert)
        return AlertMessage(alert=alert, cause=cause)

    def _archive(self, time: int) -> list[AlertMessage]:
        """Take closed alerts off their topics."""
        old = [alert for alert in self._closed.values() if time - nanoseconds(alert.updated) >= CLOSED_FOR]
        for alert in old:
            del self._closed[alert.alert]
        return [AlertMessage(alert=_published(alert, time), cause=time, archived=True) for alert in old]


def _is_milder(one: Severity, other: Severity) -> bool:
    return SEVERITIES.index(one) < SEVERITIES.index(other)


def _asks_more(before: Alert, now: Alert) -> bool:
    """Tell whether an alert that asked already asks with more weight: its next step of escalation is then reckoned anew."""
    return now.escalation > before.escalation or _is_milder(before.severity, now.severity)


def _asks_louder(alert: Alert, time: int, asked: int, escalation: Escalation) -> bool:
    """Tell whether an alert has asked for so long since `asked` (ns) that its next step of escalation is due."""
    after = {"critical": escalation.critical_s, "warning": escalation.warning_s}.get(alert.severity, 0.0)
    due = after > 0.0 and time - asked >= after * SECOND and time - nanoseconds(alert.updated) >= QUIET
    return due and alert.escalation < escalation.steps


def _with_track(alert: Alert, tracks: Mapping[str, Track]) -> Alert:
    """Give an alert with its track as it is now, or was last; of a swarm whose first is gone, another member."""
    state = next((tracks[track] for track in (alert.track, *alert.tracks) if track in tracks), alert.track_state)
    stands = state.pilot if state else None
    if state is None or stands is None:
        return replace(alert, track_state=state)
    pilot = LastPilot(latitude_deg=stands.latitude_deg, longitude_deg=stands.longitude_deg, time=state.time)
    return replace(alert, track_state=state, pilot=pilot)


def _published(alert: Alert, time: int) -> Alert:
    """Give an alert its next revision: every message about it has one of its own."""
    return replace(alert, revision=alert.revision + 1, updated=utc(time))
