"""What a node says of itself, as a sensor: kind and accuracy by its registration, place and coverage by its status report."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from fusion.config import Accuracy, CoverageTable, Sensor
from fusion.errors import DecodeError
from fusion.frame import SiteFrame
from sensors.adapter import Station
from sensors.sapient import placing, schema

KINDS = {2: "radar", 3: "radar", 4: "camera", 8: "rf"}
"""Of NodeType: RADAR and LIDAR, CAMERA, PASSIVE_RF. Any other that senses is a `sapient`."""

EFFECTORS = {13: "KINETIC", 14: "JAMMER", 15: "CYBER", 16: "LDEW", 17: "RFDEW"}
"""Of NodeType: what acts. Vigie observes and advises; it takes no such node."""

ACCURACY = {
    "radar": Accuracy(range_m=10.0, azimuth_deg=1.0, elevation_deg=1.5, horizontal_m=20.0, vertical_m=30.0),
    "camera": Accuracy(azimuth_deg=0.5, elevation_deg=0.5, horizontal_m=50.0, vertical_m=50.0),
    "rf": Accuracy(azimuth_deg=5.0, elevation_deg=10.0, horizontal_m=150.0, vertical_m=100.0),
    "sapient": Accuracy(range_m=50.0, azimuth_deg=5.0, elevation_deg=5.0, horizontal_m=50.0, vertical_m=50.0),
}
"""Where neither a report nor a registration tells its errors: what middling sensors of each kind do; assumed."""

MEASURED = (
    ("azimuth", "azimuth_deg"),
    ("bearing", "azimuth_deg"),
    ("elevation", "elevation_deg"),
    ("range", "range_m"),
    ("horizontal", "horizontal_m"),
    ("easting", "horizontal_m"),
    ("longitude", "horizontal_m"),
    ("vertical", "vertical_m"),
    ("altitude", "vertical_m"),
    ("height", "vertical_m"),
)
"""A word in a geometric error's type, and which of our accuracies it is; the first that is there."""

UNITS = {"": 1.0, "m": 1.0, "metre": 1.0, "metres": 1.0, "meters": 1.0, "km": 1000.0, "kilometres": 1000.0}
ANGLES = {
    "": 1.0,
    "deg": 1.0,
    "degree": 1.0,
    "degrees": 1.0,
    "rad": 180.0 / math.pi,
    "radian": 180.0 / math.pi,
    "radians": 180.0 / math.pi,
}

TRACKS = 2
"""From this TrackingType on (TRACKLET) an object_id lasts: what is reported went through the sensor's own filter."""

PLOTTED, TRACKED = 1.0, 0.1
"""False alarms a report, of a sensor that reports plots and of one that reports tracks; assumed."""

FARTHEST_COVERAGE = 100_000.0
"""m that a coverage is believed to reach."""


def refusals(registration: Any) -> list[str]:
    """Say why a node cannot be taken, each reason by itself; none: it can."""
    found = []
    if _plain(registration.icd_version) != _plain(schema.ICD):
        found.append(f"icd_version: is {registration.icd_version[:60]!r}; expected {schema.ICD!r}")
    for i, one in enumerate(registration.node_definition):
        if one.node_type in EFFECTORS:
            found.append(f"node_definition[{i}].node_type: is {EFFECTORS[one.node_type]}; effectors are not taken")
    for i, mode in enumerate(registration.mode_definition):
        for j, told in enumerate(mode.detection_definition):
            units = told.velocity_type.enu_velocity_units
            if 2 in {units.east_north_rate_units, units.up_rate_units}:  # KPH
                path = f"mode_definition[{i}].detection_definition[{j}].velocity_type"
                found.append(f"{path}: velocities are in KPH; expected SPEED_UNITS_MS")
    return found


def name_of(node: str, registration: Any) -> str:
    """Give a sensor's id that a person knows it by and no other node has."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", registration.short_name or registration.name).strip("-")[:40]
    return f"{words or 'sapient'}-{node[:8]}"


def sensor_of(name: str, registration: Any, status: Any | None, frame: SiteFrame) -> Sensor:
    """Give the sensor that a node is; `status`: its newest status report, which says where it stands."""
    kind = next((KINDS[one.node_type] for one in registration.node_definition if one.node_type in KINDS), "sapient")
    tracks = any(mode.tracking_type >= TRACKS for mode in registration.mode_definition)
    sensor = Sensor(
        id=name,
        kind=kind,
        accuracy=accuracy_of(registration, ACCURACY[kind]),
        reports="detections-only",
        output="tracks" if tracks else "plots",
        false_alarms_per_scan=TRACKED if tracks else PLOTTED,
    )
    if status is None:
        return sensor
    if status.HasField("node_location"):
        stands = placing.place(Station(sensor, frame), status.node_location)
        sensor = msgspec.structs.replace(
            sensor,
            latitude_deg=round(math.degrees(stands.latitude), 7),
            longitude_deg=round(math.degrees(stands.longitude), 7),
            altitude_hae_m=None if stands.altitude is None else round(stands.altitude, 1),
        )
    cones = [one.range_bearing for one in status.coverage if one.WhichOneof("fov_oneof") == "range_bearing"]
    return sensor if not cones else msgspec.structs.replace(sensor, coverage=_coverage(Station(sensor, frame), cones))


def accuracy_of(registration: Any, otherwise: Accuracy) -> Accuracy:
    """Read the geometric errors of a registration, as far as they are standard deviations in words that are known."""
    found: dict[str, float] = {}
    for mode in registration.mode_definition:
        for definition in mode.detection_definition:
            for one in definition.geometric_error.performance_value:
                if (read := _error(one, definition.geometric_error.units)) is not None:
                    found.setdefault(*read)
    return msgspec.structs.replace(otherwise, **found)


def _error(one: Any, units: str) -> tuple[str, float] | None:
    name = next((name for word, name in MEASURED if word in one.type.lower()), None)
    if name is None:
        return None
    scale = (ANGLES if name.endswith("_deg") else UNITS).get((one.units or units).strip().lower())
    try:
        value = float(one.unit_value)
    except ValueError:
        return None
    if scale is None or not 0.0 < value * scale <= (180.0 if name.endswith("_deg") else 1e4):
        return None
    return name, round(value * scale, 6)


def _coverage(station: Station, cones: list[Any]) -> CoverageTable:
    """Give where a node looks: of one cone its sector; of several all around, and as far as the farthest."""
    metre = [placing.POLAR_UNITS[cone.coordinate_system][1] for cone in cones]
    reach = max(cone.range * scale for cone, scale in zip(cones, metre, strict=True))
    limits = (0.0, min(reach, FARTHEST_COVERAGE)) if reach > 0.0 else CoverageTable().range_m
    if len(cones) > 1:
        return CoverageTable(range_m=limits)
    (cone,) = cones
    angle = math.degrees(placing.POLAR_UNITS[cone.coordinate_system][0])
    elevation = None
    if 0.0 < cone.vertical_extent < 180.0:  # degrees, whatever the rest is in
        middle, half = cone.elevation * angle, cone.vertical_extent / 2.0
        elevation = (round(max(middle - half, -90.0), 3), round(min(middle + half, 90.0), 3))
        if elevation[0] >= elevation[1]:
            raise DecodeError(f"coverage.elevation: {middle:g}° ± {half:g}° is empty")
    if not 0.0 < cone.horizontal_extent < 360.0:
        return CoverageTable(elevation_deg=elevation, range_m=limits)
    turned = math.degrees(placing.north(station, cone.datum))
    middle, half = (cone.azimuth * angle + turned) % 360.0, cone.horizontal_extent / 2.0
    azimuth = (round((middle - half) % 360.0, 3), round((middle + half) % 360.0, 3))
    return CoverageTable(azimuth_deg=azimuth, elevation_deg=elevation, range_m=limits)


def _plain(text: str) -> str:
    """Give a version's name without what is written in ten ways: case, blanks, underscores."""
    return re.sub(r"[\s_-]+", "", text).lower()
