"""What we tell a higher SAPIENT node: who we are, how we are, and our tracks and alerts as its messages (BSI Flex 335 v2.0)."""

from __future__ import annotations

import math
import re
from typing import Any

from fusion import __version__
from fusion.config import Config
from fusion.messages import Alert, Identity, StatusMessage, Track, nanoseconds
from fusion.ulid import ulid
from sensors.sapient import claims, schema, taxonomy, writing
from sensors.sapient.placing import metres_a_radian

FUSION_NODE, DEFAULT_MODE, TRACK, SECONDS, REQUEST, AREA_OF_INTEREST = 20, 1, 3, 4, 1, 1
OK, WARNING, NEW = 1, 2, 1
DEGREES_M, WGS84_E, METRES_A_SECOND = 1, 1, 1
MODE = "Surveillance"

ACTIVE, ACKNOWLEDGE, REJECT, IGNORE, CLEAR = 1, 2, 3, 4, 5
STATES = {"raised": ACTIVE, "updated": ACTIVE, "acknowledged": ACKNOWLEDGE, "shelved": IGNORE, "cleared": CLEAR, "closed": CLEAR}
"""AlertStatus by our alert's state; a closed one that a person rejected is REJECT."""

REJECTED = re.compile(": rejected( – |$)")
"""In the note that a person's rejection leaves."""

SEVERITY = {"advisory": 1, "warning": 2, "critical": 3}
"""AlertType (INFORMATION, WARNING, CRITICAL) and priority (LOW, MEDIUM, HIGH) alike."""

RANKING = {"advisory": 0.2, "warning": 0.6, "critical": 1.0}
"""Where an alert stands among all, 0–1; within a severity by its probability (`_ranking`)."""

MOST_UNWELL = 20
"""Sensors that are not well of which a status report says so."""


def registration(node: str, time: int, config: Config) -> Any:
    """Say who we are: a fusion node that reports tracks by latitude and longitude, and does requests alone."""
    message = writing.envelope(node, time)
    told, site = message.registration, config.site.name
    told.node_definition.add(node_type=FUSION_NODE)
    told.icd_version, told.name, told.short_name = schema.ICD, f"Vigie {site}", site
    told.capabilities.add(category="Fusion", type="Sensors", value=str(len(config.sensor)), units="")
    _seconds(told.status_definition.status_interval, config.publish.status_s)
    told.status_definition.location_definition.location_units = DEGREES_M
    told.status_definition.location_definition.location_datum = WGS84_E
    mode = told.mode_definition.add(mode_name=MODE, mode_type=DEFAULT_MODE, tracking_type=TRACK)
    _seconds(mode.settle_time, 0.0)
    _detections(mode.detection_definition.add())
    area = mode.task.region_definition
    area.region_type.append(AREA_OF_INTEREST)
    area.region_area.add(location_units=DEGREES_M, location_datum=WGS84_E)
    _seconds(mode.task.command.add(units="Registration, Status", type=REQUEST).completion_time, 1.0)
    told.config_data.add(manufacturer="Vigie", model="vigie", software_version=__version__)
    return message


def _detections(told: Any) -> None:
    told.location_type.location_units, told.location_type.location_datum = DEGREES_M, WGS84_E
    told.velocity_type.enu_velocity_units.east_north_rate_units = METRES_A_SECOND
    told.velocity_type.enu_velocity_units.up_rate_units = METRES_A_SECOND
    told.velocity_type.location_datum = WGS84_E
    classes = told.detection_class_definition.add(confidence_definition=2)  # of every class
    known: dict[str, Any] = {}
    for name, sub in taxonomy.OUTWARD.values():
        if name not in known:
            known[name] = classes.class_definition.add(type=name)
        if sub is not None:
            known[name].sub_class.add(type=sub, level=1)


def _seconds(into: Any, value: float) -> None:
    into.units, into.value = SECONDS, value


def status(node: str, time: int, config: Config, told: StatusMessage | None) -> Any:
    """Say how we are: WARNING where something of ours is degraded, with each sensor that is not well."""
    message = writing.envelope(node, time)
    report, site = message.status_report, config.site
    unwell = [f"{name}: {one.state}" for name, one in told.sensors.items() if one.state != "online"] if told else []
    report.report_id = ulid(time, node, "status")
    report.system = WARNING if unwell or (told is not None and told.state != "online") else OK
    report.info, report.mode = NEW, MODE
    where = report.node_location
    where.x, where.y, where.z = site.longitude_deg, site.latitude_deg, site.ground_amsl_m + site.geoid_undulation_m
    where.coordinate_system, where.datum = DEGREES_M, WGS84_E
    for text in unwell[:MOST_UNWELL]:
        report.status.add(status_level=3, status_type=2, status_value=text)  # WARNING_STATUS, EXTERNAL_FAULT
    return message


def track(node: str, told: Track, *, lost: bool = False) -> Any:
    """Write a track as a detection at its own time; None for one that has no place. `lost`: it is told for the last time."""
    if told.position is None:
        return None
    time = nanoseconds(told.time)
    message = writing.envelope(node, time)
    report = message.detection_report
    report.report_id, report.object_id = ulid(time, node, told.track, "lost" if lost else "track"), told.track
    report.state = "lost" if lost else told.status
    report.detection_confidence = min(max(told.existence, 0.0), 1.0)
    _place(report.location, told)
    if told.velocity is not None:
        _velocity(report.enu_velocity, told)
    if told.classes:
        taxonomy.write(told.classes, report.classification)
    if told.identity is not None:
        parts = {name: getattr(told.identity, name) for name in Identity.__struct_fields__}
        claims.write(Identity(**parts), report)
    if told.verdict is not None:
        report.object_info.add(type="verdict", value=told.verdict)
    return message


def _place(into: Any, told: Track) -> None:
    if (place := told.position) is None:
        return
    into.coordinate_system, into.datum = DEGREES_M, WGS84_E
    into.x, into.y, into.z = place.longitude_deg, place.latitude_deg, place.altitude_hae_m
    if told.covariance is not None:
        metres = metres_a_radian(math.radians(place.latitude_deg))
        (xx, _, _), (_, yy, _), (_, _, zz) = told.covariance.position_m2
        into.x_error, into.y_error = math.degrees(math.sqrt(xx) / metres[0]), math.degrees(math.sqrt(yy) / metres[1])
        into.z_error = math.sqrt(zz)


def _velocity(into: Any, told: Track) -> None:
    if told.velocity is not None:
        into.east_rate, into.north_rate, into.up_rate = told.velocity.east_mps, told.velocity.north_mps, told.velocity.up_mps
    if told.covariance is not None:
        rates = [math.sqrt(row[i]) for i, row in enumerate(told.covariance.velocity_m2ps2)]
        into.east_rate_error, into.north_rate_error, into.up_rate_error = rates


def alert(node: str, time: int, told: Alert) -> Any:
    """Write an alert's newest state, told at a time (ns), with the tracks that it is about."""
    message = writing.envelope(node, time)
    into = message.alert
    into.alert_id, into.alert_type, into.priority = told.alert, SEVERITY[told.severity], SEVERITY[told.severity]
    rejected = told.state == "closed" and bool(told.notes) and REJECTED.search(told.notes[-1]) is not None
    into.status = REJECT if rejected else STATES[told.state]
    into.description = f"{told.rule.replace('_', ' ')} {told.zone}: {'; '.join(told.reasons)}"
    into.ranking = _ranking(told)
    if told.track_state is not None:
        into.confidence = min(max(told.track_state.existence, 0.0), 1.0)
        if told.track_state.position is not None:
            _place(into.location, told.track_state)
    for name in dict.fromkeys((told.track, *told.tracks)):
        if name:
            into.associated_detection.add(node_id=node, object_id=name)
    return message


def _ranking(told: Alert) -> float:
    return RANKING[told.severity] - 0.2 * (1.0 - (1.0 if told.probability is None else told.probability))
