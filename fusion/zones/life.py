"""One alert's life: the table of its states, what is news of it, and what a person may do about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from msgspec.structs import replace

from fusion.config_rules import ORDER, Rule
from fusion.errors import DecodeError
from fusion.messages import SECOND, Alert, AlertState, nanoseconds, utc
from fusion.ulid import ulid
from fusion.zones.commands import Acknowledge, Annotate, Command, Hostile, NotHostile, Reject, Shelve
from fusion.zones.findings import Finding
from fusion.zones.reasons import SENTENCES
from fusion.zones.severity import SEVERITIES

Event = Literal["changed", "worse", "gone", "back", "shelf_over", "forgotten", "escalate", "acknowledge", "shelve", "reject"]

NEXT: dict[tuple[AlertState, Event], AlertState] = {
    ("raised", "changed"): "updated",
    ("raised", "worse"): "updated",
    ("raised", "gone"): "cleared",
    ("raised", "escalate"): "updated",
    ("raised", "acknowledge"): "acknowledged",
    ("raised", "shelve"): "shelved",
    ("raised", "reject"): "closed",
    ("updated", "changed"): "updated",
    ("updated", "worse"): "updated",
    ("updated", "gone"): "cleared",
    ("updated", "escalate"): "updated",
    ("updated", "acknowledge"): "acknowledged",
    ("updated", "shelve"): "shelved",
    ("updated", "reject"): "closed",
    ("acknowledged", "changed"): "acknowledged",
    ("acknowledged", "worse"): "updated",
    ("acknowledged", "gone"): "closed",
    ("acknowledged", "shelve"): "shelved",
    ("acknowledged", "reject"): "closed",
    ("shelved", "worse"): "updated",
    ("shelved", "shelf_over"): "updated",
    ("shelved", "gone"): "closed",
    ("shelved", "acknowledge"): "acknowledged",
    ("shelved", "shelve"): "shelved",
    ("shelved", "reject"): "closed",
    ("cleared", "back"): "updated",
    ("cleared", "forgotten"): "closed",
    ("cleared", "acknowledge"): "closed",
    ("cleared", "reject"): "closed",
}
"""After ISA-18.2. What is not in the table changes nothing: what is acknowledged asks again only when it gets worse, a shelf
hides all but that, and an alert that ended unseen waits for a person."""


class Step(NamedTuple):
    """Where a rule stands in the story that one alert tells."""

    episode: str  # rules of one episode share one alert
    ahead: bool  # whether it foretells, so that its figures are news; of what has happened they are not


STEPS: dict[Rule, Step] = {
    **dict.fromkeys(ORDER, Step("entry", ahead=False)),
    "predicted_entry": Step("entry", ahead=True),
    "swarm": Step("swarm", ahead=False),
    "contradicted_claim": Step("claim", ahead=False),
    "lost_friendly": Step("friend", ahead=False),
    "sensor_lost": Step("sensor", ahead=False),
    "lost_anchor": Step("anchor", ahead=False),
}

Ranks = Mapping[str, int]
"""The graver a rule, the higher, among those that share an alert. Rules that share none have no rank: nought."""


def ranks_of(ranking: Sequence[Rule]) -> Ranks:
    """Rank rules that stand with the gravest first."""
    return {rule: len(ranking) - place for place, rule in enumerate(ranking)}


RANKS = ranks_of(ORDER)

OTHER_LANGUAGES = tuple(language for language in SENTENCES if language != "en")

QUIET = SECOND
"""Changes of figures are published at most once a second: a person reads no faster."""

PROBABILITY_STEP = 0.1
"""A probability is news when it has moved by this, well above what 256 samples make of it (0.011 rms)."""

ENTRY_STEP_S, ENTRY_SHARE = 2.0, 0.2
"""The moment of entry is news when it has moved by 2 s and by a fifth of the time that is left."""

HALVED_S = 2.0
"""That half of the time to entry has passed is news too, until so little was left."""


def rank(finding: Finding, ranks: Ranks = RANKS) -> tuple[int, bool]:
    """Give what the gravest of an episode's findings has most of."""
    return ranks.get(finding.rule, 0), finding.holds


def rank_of(alert: Alert, ranks: Ranks = RANKS) -> int:
    """Give the rank of the rule that an alert was last raised or updated for."""
    return ranks.get(alert.rule, 0)


def step_of(alert: Alert) -> Step:
    """Give where the rule of an alert stands."""
    return next(step for rule, step in STEPS.items() if rule == alert.rule)


def merged(standing: Sequence[Finding], ranks: Ranks = RANKS) -> Finding | None:
    """Make one finding of all that stand for one episode: the gravest leads, the others that hold say why too."""
    if not standing:
        return None
    best = max(standing, key=lambda finding: rank(finding, ranks))
    others = [one for one in standing if one is not best and one.holds and not STEPS[one.rule].ahead and one.rule != "bearing"]
    more = [one.reasons[0] for one in sorted(others, key=lambda one: -rank(one, ranks)[0])]
    severity = max((one.severity for one in (best, *others)), key=SEVERITIES.index)
    held = tuple(one.rule for one in (best, *others) if one.holds)
    return replace(best, severity=severity, reasons=(*best.reasons[:1], *more, *best.reasons[1:]), rules=held)


def raised(site: str, finding: Finding, time: int) -> Alert:
    """Make a new alert (ns); its id is made of what it is, so that a replay makes the same one."""
    kind = STEPS[finding.rule].episode
    alert = Alert(
        alert=ulid(time, site, finding.track, finding.zone, kind + finding.sensor, time),
        site=site,
        track=finding.track,
        zone=finding.zone,
        rule=finding.rule,
        severity=finding.severity,
        state="raised",
        revision=0,
        raised=utc(time),
        updated=utc(time),
        sensor=finding.sensor or None,
    )
    return drafted(alert, finding, steady=False)


def drafted(alert: Alert, finding: Finding, *, steady: bool, ranks: Ranks = RANKS) -> Alert:
    """Give an alert with the figures of its newest finding; a steady one steps down to no lesser rule or severity."""
    keeps = steady and ranks.get(finding.rule, 0) < rank_of(alert, ranks)
    milder = steady and SEVERITIES.index(finding.severity) < SEVERITIES.index(alert.severity)
    return replace(
        alert,
        rule=alert.rule if keeps else finding.rule,
        rules=alert.rules if keeps else (*alert.rules, *(rule for rule in finding.rules if rule not in alert.rules)),
        severity=alert.severity if milder else finding.severity,
        probability=round(finding.probability, 3),
        time_to_entry_s=round(finding.time_to_entry_s, 1),
        reasons=tuple(reason.sentence() for reason in finding.reasons),
        reasons_in={tongue: tuple(reason.sentence(tongue) for reason in finding.reasons) for tongue in OTHER_LANGUAGES},
        tracks=finding.tracks,
    )


def ended(alert: Alert) -> Alert:
    """Give an alert whose condition is over: why it was raised stays, the figures go."""
    return replace(alert, probability=None, time_to_entry_s=None)


def judged(published: Alert, draft: Alert, time: int, ranks: Ranks = RANKS) -> Event | None:
    """Tell whether a draft is news against what was last published: worse, changed, or nothing that a person must read."""
    graver = rank_of(draft, ranks) > rank_of(published, ranks)
    if graver or SEVERITIES.index(draft.severity) > SEVERITIES.index(published.severity):
        return "worse"
    if (draft.rule, draft.severity, draft.group) != (published.rule, published.severity, published.group):
        return "changed"
    passed = time - nanoseconds(published.updated)
    more = set(draft.rules) - set(published.rules) or set(draft.tracks) - set(published.tracks)
    moved = step_of(draft).ahead and _moved(published, draft, passed / SECOND)
    return "changed" if passed >= QUIET and (more or moved) else None


def _moved(published: Alert, draft: Alert, passed_s: float) -> bool:
    """Tell whether the figures have moved noticeably in the time since they were published."""
    if published.probability is None or draft.probability is None:
        return published.probability != draft.probability
    if abs(draft.probability - published.probability) >= PROBABILITY_STEP:
        return True
    told, left = published.time_to_entry_s, draft.time_to_entry_s
    if told is None or left is None:
        return told != left
    halved = told > HALVED_S and left <= told / 2
    return halved or abs(passed_s + left - told) >= max(ENTRY_STEP_S, ENTRY_SHARE * left)


def advanced(alert: Alert, event: Event | None, draft: Alert) -> Alert | None:
    """Take an alert along the table with its newest figures; None where the event changes nothing.

    What is updated asks for a person anew: neither the hand that took the old alert nor its shelf counts any longer.
    """
    state = None if event is None else NEXT.get((alert.state, event))
    if state is None:
        return None
    taken_by = None if state == "updated" else alert.acknowledged_by
    shelf = alert.shelved_until if state == "shelved" else None
    louder = alert.escalation + (event == "escalate")
    return replace(draft, state=state, acknowledged_by=taken_by, shelved_until=shelf, escalation=louder)


def commanded(alert: Alert, command: Command, time: int) -> Alert | None:
    """Do to an alert what a person asks (ns); None where it is done already; raise DecodeError where it cannot be."""
    note = f"{command.who}: {_said(command)}"
    noted = replace(alert, notes=(*alert.notes, f"{utc(time):%Y-%m-%dT%H:%M:%SZ} {note}"))
    if isinstance(command, Annotate | Hostile | NotHostile):
        return None if alert.notes and alert.notes[-1].endswith(note) else noted
    if isinstance(command, Shelve) and nanoseconds(command.until) <= time:
        raise DecodeError(f"alert {alert.alert}: until {command.until.isoformat()} is past; expected a time to come")
    event = EVENTS[type(command)]
    state = NEXT.get((alert.state, event))
    if alert.state in {"acknowledged", "closed"} and state is None:
        return None
    if state is None:
        raise DecodeError(f"alert {alert.alert}: is {alert.state}; {event} has no meaning then")
    until = command.until if isinstance(command, Shelve) else None
    if until is not None and until == alert.shelved_until:
        return None
    taken_by = command.who if isinstance(command, Acknowledge) else alert.acknowledged_by
    return replace(noted, state=state, acknowledged_by=taken_by, shelved_until=until, escalation=0)


SAID: dict[type, str] = {
    Acknowledge: "acknowledged",
    Reject: "rejected",
    Annotate: "",
    Hostile: "declared hostile",
    NotHostile: "hostile no longer",
}

EVENTS: dict[type, Event] = {Acknowledge: "acknowledge", Shelve: "shelve", Reject: "reject"}


def _said(command: Command) -> str:
    """Write a command as a note."""
    done = f"shelved until {command.until.isoformat()}" if isinstance(command, Shelve) else SAID[type(command)]
    return " – ".join(part for part in (done, command.why) if part)
