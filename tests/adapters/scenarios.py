"""The Eiffel Tower's scenario with one sensor speaking a native format, and the alerts that come of it."""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from fusion.assembly import assemble
from fusion.messages import Alert, AlertMessage, RawMessage
from fusion.replay import fed
from simulators import scenario_file
from simulators.outcomes import Outcome, judge, raised
from simulators.publish import messages
from simulators.scenario_file import Stage
from simulators.targets import targets


class Told(NamedTuple):
    """What came of a scenario."""

    outcomes: list[Outcome]
    alerts: set[tuple[str, str, str, str | None]]
    """Of each alert about an actor: rule, zone, severity, actor."""


def eiffel(sensor: str | None = None, format_: str | None = None) -> Stage:
    """Give the scenario, with one sensor's format changed."""
    stage = scenario_file.load(scenario_file.find("eiffel_tower"))
    if sensor is None:
        return stage
    behaviours = [one for one in stage.scenario.sensor if one.id != sensor]
    changed = replace(stage.behaviour(sensor), format=format_)
    return stage._replace(scenario=replace(stage.scenario, sensor=(*behaviours, changed)))


def over_sapient() -> Stage:
    """Give the scenario with its radars and cameras speaking SAPIENT, whose silence says nothing: false alarms are one a report."""
    stage = eiffel()
    told = {sensor.id for sensor in stage.site.sensor if sensor.kind in {"radar", "camera"}}
    behaviours = tuple(replace(one, format="sapient") if one.id in told else one for one in stage.scenario.sensor)
    site = tuple(
        replace(one, reports="detections-only", false_alarms_per_scan=min(one.false_alarms_per_scan, 1.0))
        if one.id in told
        else one
        for one in stage.site.sensor
    )
    return stage._replace(scenario=replace(stage.scenario, sensor=behaviours), site=replace(stage.site, sensor=site))


def flown(stage: Stage, stream: list[RawMessage] | None = None) -> Told:
    """Run what a scenario's sensors say, or another stream of it, through the core, and give what it tells."""
    actors = targets(stage)
    core = assemble(stage.site, stage.site_path.parent)
    alerts: list[Alert] = []
    for _, outputs in fed(iter(stream) if stream is not None else messages(stage, actors), core):
        alerts += [one.alert for one in outputs if isinstance(one, AlertMessage) and not one.archived]
    told = raised(alerts, stage, actors)
    return Told(judge(stage, told), {(one.rule, one.zone, one.severity, one.actor) for one in told if one.actor is not None})
