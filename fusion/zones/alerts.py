"""All alerts of a site: one for one track in one zone, from the first sign to the end, with hysteresis."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from fusion.config import Rules
from fusion.errors import DecodeError
from fusion.messages import SECOND, Alert, AlertMessage, Record, Track, nanoseconds, utc
from fusion.zones.commands import Command, Reject
from fusion.zones.life import STEPS, Event, advanced, commanded, drafted, ended, judged, raised, rank, rank_of, step_of
from fusion.zones.rules import Finding

FORGOTTEN_AFTER = 24 * 3600 * SECOND
"""An alert that ended and that nobody acknowledged waits for a day: every shift has had its hand-over by then."""

CLOSED_FOR = 60 * SECOND
"""A closed alert stays on its topic for a minute, so that a console that was away for a moment sees how it ended."""

NOTHING, GRAVEST = -1, max(step.rank for step in STEPS.values())
"""What an episode has come to before its alert, and what a rejected one counts as having come to."""


class Episode(Record, kw_only=True):
    """One track in one zone, from the first sign on."""

    track: str
    zone: str
    kind: str
    since: int | None = None  # ns, its condition has held without a break since then
    kept: int  # ns, when its condition was last not over
    reached: int  # ns, when its alert's rule, or a graver one, was last met
    alert: Alert | None = None  # as last published; none while it is too young
    muted: bool = False  # its alert was rejected: no other is raised while it lasts

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells it from the others."""
        return (self.track, self.zone, self.kind)


class AlertsState(Record, kw_only=True):
    """All that the alerts remember: a value for the snapshot."""

    episodes: tuple[Episode, ...] = ()
    closed: tuple[Alert, ...] = ()
    looked: int = 0  # ns, when the findings were last looked at


class Alerts:
    """Every episode and every alert of a site."""

    def __init__(self, site: str, rules: Rules, state: AlertsState | None = None) -> None:
        state = state or AlertsState()
        self._site = site
        self._raise_after = round(rules.raise_after_s * SECOND)
        self._clear_after = round(rules.clear_after_s * SECOND)
        self._episodes = {episode.key: episode for episode in state.episodes}
        self._closed = {alert.alert: alert for alert in state.closed}
        self._looked = state.looked

    def snapshot(self) -> AlertsState:
        """Give everything as a value; `Alerts(site, rules, state)` goes on from it."""
        return AlertsState(episodes=tuple(self._episodes.values()), closed=tuple(self._closed.values()), looked=self._looked)

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
                episode = Episode(track=alert.track, zone=alert.zone, kind=kind, kept=time, reached=time, alert=alert)
                self._episodes[episode.key] = episode

    @property
    def open(self) -> tuple[Alert, ...]:
        """Every alert that is not closed, as last published."""
        return tuple(episode.alert for episode in self._episodes.values() if episode.alert)

    def update(self, findings: Iterable[Finding], time: int, tracks: Mapping[str, Track]) -> list[AlertMessage]:
        """Bring every episode to a time (ns). `tracks` gives the wire state of the tracks that there still are."""
        met: dict[tuple[str, str, str], list[Finding]] = {}
        for finding in findings:
            met.setdefault((finding.track, finding.zone, STEPS[finding.rule].episode), []).append(finding)
        messages: list[AlertMessage] = []
        for key in sorted(self._episodes.keys() | met.keys()):
            messages += self._follow(key, met.get(key, []), time, tracks)
        self._looked = time
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
        if episode is None:
            self._closed[alert] = _published(changed, time)
            return [AlertMessage(alert=self._closed[alert], cause=time)]
        return [self._publish(episode, changed, time, time, rejected=isinstance(command, Reject))]

    def _follow(
        self, key: tuple[str, str, str], met: Sequence[Finding], time: int, tracks: Mapping[str, Track]
    ) -> list[AlertMessage]:
        """Bring one episode to a time: see what is met, find what that means, publish it if the table says so."""
        episode, standing = self._seen(key, met, time)
        self._episodes[key] = episode
        best = max(standing, key=rank, default=None)
        if episode.alert is None:
            alert = self._begun(episode, best, time)
        else:
            alert = advanced(episode.alert, *self._event(episode, episode.alert, best, time))
        if alert is None:
            return []
        seen = replace(alert, track_state=tracks.get(episode.track, alert.track_state))
        return [self._publish(episode, seen, self._cause(best, time), time)]

    def _cause(self, best: Finding | None, time: int) -> int:
        """Give when that was learnt which made the difference: since the last look a detection came, or only time passed."""
        return best.cause if best and best.cause > self._looked else time

    def _seen(self, key: tuple[str, str, str], met: Sequence[Finding], time: int) -> tuple[Episode, list[Finding]]:
        """Note what is met, and give the findings that count: those that hold, and those that keep what was reached."""
        track, zone, kind = key
        known = self._episodes.get(key) or Episode(track=track, zone=zone, kind=kind, kept=time, reached=time)
        held = rank_of(known.alert) if known.alert else GRAVEST if known.muted else NOTHING
        standing = [finding for finding in met if finding.holds or STEPS[finding.rule].rank <= held]
        since = (time if known.since is None else known.since) if any(finding.holds for finding in met) else None
        reached = any(STEPS[finding.rule].rank >= held for finding in standing)
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
        elif time - episode.since >= self._raise_after:
            return raised(self._site, best, time)
        return None

    def _event(self, episode: Episode, alert: Alert, best: Finding | None, time: int) -> tuple[Event | None, Alert]:
        """Find what has happened to an alert, and give it with its newest figures."""
        steady = time - episode.reached < self._clear_after
        draft = alert if best is None else drafted(alert, best, steady=steady)
        if alert.state == "cleared":
            if episode.since is not None and time - episode.since >= self._raise_after:
                return "back", draft
            return "forgotten" if time - nanoseconds(alert.updated) >= FORGOTTEN_AFTER else None, alert
        if self._is_over(episode, time):
            return "gone", ended(alert)
        if alert.state == "shelved" and alert.shelved_until is not None and time >= nanoseconds(alert.shelved_until):
            return "shelf_over", draft
        return None if best is None else judged(alert, draft, time), draft

    def _is_over(self, episode: Episode, time: int) -> bool:
        return time - episode.kept >= self._clear_after

    def _publish(self, episode: Episode, alert: Alert, cause: int, time: int, *, rejected: bool = False) -> AlertMessage:
        """Take an alert's new state as published; a closed one makes room for the next, unless a person rejected it."""
        alert = _published(alert, time)
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


def _published(alert: Alert, time: int) -> Alert:
    """Give an alert its next revision: every message about it has one of its own."""
    return replace(alert, revision=alert.revision + 1, updated=utc(time))
