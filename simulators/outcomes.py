"""Judges the alerts of a run by what the scenario expects: who had to be flagged, when and by which rule, and who must not be."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple, get_args

import msgspec
import numpy as np

from fusion.errors import RecordingError
from fusion.messages import SECOND, Alert, Floats, Severity, WireBearing, WirePosition, nanoseconds
from simulators.earth import ecef_from_wgs84
from simulators.scenario import Expectation
from simulators.scenario_file import Stage
from simulators.sensing import place_of
from simulators.targets import Target

REACH = 100.0
"""m from an alert's track to the target that it is about: beyond any gate, and drones of a scenario fly further apart."""

SIGMAS = 4.0
"""Sigmas from an alert's bearing to the target that it is about: one in fifteen thousand is further off by chance."""

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
"""Severities, the gravest last."""


class Raised(NamedTuple):
    """One alert when it was first told for a rule, and whom it is truly about."""

    alert: str
    rule: str
    zone: str
    severity: Severity
    after_s: float  # since the start
    actor: str | None  # None: nobody is there


class Outcome(NamedTuple):
    """What became of one expectation."""

    what: str
    met: bool
    reason: str


def load_alerts(path: Path) -> list[Alert]:
    """Read alerts, one a line, as a replay writes them."""
    decoder = msgspec.json.Decoder(Alert)
    try:
        with path.open("rb") as file:
            return [decoder.decode(line) for line in file]
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise RecordingError(f"{path}: cannot be read as alerts: {error}") from error


def raised(alerts: list[Alert], stage: Stage, flown: tuple[Target, ...]) -> list[Raised]:
    """Give each alert when it was first told, and again when another rule or a graver severity took it over, in that order.

    One that only became milder flags nobody anew, and what is about a sensor is about nobody in the air.
    """
    first: dict[tuple[str, str, str], Alert] = {}
    gravest: dict[tuple[str, str], int] = {}
    for alert in alerts:
        told, grave = (alert.alert, alert.rule), SEVERITIES.index(alert.severity)
        if alert.sensor is None and grave > gravest.get(told, -1):
            gravest[told] = grave
            first.setdefault((*told, alert.severity), alert)
    return [
        Raised(
            one.alert,
            one.rule,
            one.zone,
            one.severity,
            (nanoseconds(one.updated) - stage.start) / SECOND,
            _about(one, stage, flown),
        )
        for one in first.values()
    ]


def judge(stage: Stage, told: list[Raised]) -> list[Outcome]:
    """Tell of every expectation of a scenario whether it was met, and why."""
    outcomes = [_outcome(expectation, told) for expectation in stage.scenario.expect]
    if (most := stage.scenario.most_alerts_about_nobody) is not None:
        about = {one.alert for one in told if one.actor is not None}
        count = len({one.alert for one in told} - about)
        outcomes.append(Outcome(f"{most} alerts about nobody at most", count <= most, f"{count} alerts about nobody"))
    return outcomes


def _about(alert: Alert, stage: Stage, flown: tuple[Target, ...]) -> str | None:
    """Find the actor that an alert's track truly is: the nearest in the air then, if it is within REACH of place or bearing."""
    track = alert.track_state
    if track is None:
        return None
    after = (nanoseconds(track.time) - stage.start) / SECOND
    there = [(target.trajectory.position(after), target.actor) for target in flown if target.trajectory.flying(after)]
    if track.position is not None:
        here = _ecef(track.position)
        away = [(float(np.linalg.norm(place - here)) / REACH, actor) for place, actor in there]
    else:
        away = [(_beside(track.bearing, place, stage), actor) for place, actor in there] if track.bearing else []
    share, actor = min(away, default=(np.inf, ""))
    return actor if share <= 1.0 else None


def _beside(bearing: WireBearing, place: Floats, stage: Stage) -> float:
    """Give how far a place (earth-centred) lies beside a bearing, as a share of what is near enough, SIGMAS of its sigma."""
    (sensor,) = (one for one in stage.site.sensor if one.id == bearing.sensor)
    east, north, _ = place_of(stage, sensor).enu(place[None])[0]
    beside = math.remainder(math.atan2(east, north) - math.radians(bearing.azimuth_deg), math.tau)
    return abs(beside) / (SIGMAS * math.radians(bearing.sigma_deg))


def _ecef(position: WirePosition) -> Floats:
    return ecef_from_wgs84(np.radians(position.latitude_deg), np.radians(position.longitude_deg), position.altitude_hae_m)


def _outcome(expectation: Expectation, told: list[Raised]) -> Outcome:
    alerts = sorted((one for one in told if _meant(expectation, one)), key=lambda one: one.after_s)
    what = expectation.said
    if not expectation.flagged:
        first = alerts[0] if alerts else None
        return Outcome(what, not alerts, f"flagged by {first.rule} at {first.after_s:.1f} s" if first else "not flagged")
    if not alerts:
        return Outcome(what, met=False, reason="never flagged")
    soonest = alerts[0]
    in_time = (expectation.not_before_s or 0.0) <= soonest.after_s <= (math.inf if expectation.by_s is None else expectation.by_s)
    return Outcome(what, in_time, f"flagged by {soonest.rule} in {soonest.zone} at {soonest.after_s:.1f} s")


def _meant(expectation: Expectation, one: Raised) -> bool:
    return (
        one.actor == expectation.actor
        and expectation.rule in {None, one.rule}
        and expectation.zone in {None, one.zone}
        and (expectation.severity is None or SEVERITIES.index(one.severity) >= SEVERITIES.index(expectation.severity))
    )
