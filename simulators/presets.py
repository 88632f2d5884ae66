"""Sensors of known make-up: how each kind errs, with the source of every figure; a scenario names one and overrides keys."""

from __future__ import annotations

from typing import Any, NamedTuple


class Preset(NamedTuple):
    """How one sensor behaves, in the keys of a scenario's [[sensor]]."""

    kind: str
    behaviour: dict[str, Any]


PRESETS = {
    # A rotating 2-D drone radar at a trial (Vredepeel 2020), its plots judged by the drones' own satellite positions: noise,
    # a bias that lasts all day and differs from day to day (0.9–2.6° and 5–11 m seen), reports by bins of 150 m that
    # begin at 150 m (nearer, as in the first). Period 1.31 s.
    "drone-radar-2d": Preset(
        "radar",
        {
            "rotating": True,
            "accuracy": {"range_m": 9.0, "azimuth_deg": 1.4},
            "bias": {"range_m": 8.0},
            "bias_sigma": {"azimuth_deg": 2.5},
            "detection_by_range": [[300, 0.65], [450, 0.44], [600, 0.35], [750, 0.16], [900, 0.08], [1050, 0.02]],
        },
    ),
    # A small electronically scanned 3-D radar of the EchoGuard class. All figures are assumed, of the order that makers claim
    # for it, measured by nobody here: a small quadcopter (−20 dBsm) at 1 km, 1° and 1.5°, some metres; a claimed range is
    # taken for an even chance of detection (13 dB at Pfa 1e-6, Swerling 1).
    "aesa-radar": Preset(
        "radar",
        {
            "accuracy": {"range_m": 3.25, "azimuth_deg": 1.0, "elevation_deg": 1.5},
            "bias_sigma": {"azimuth_deg": 0.5, "elevation_deg": 0.5},
            "echo": {"range_m": 1000.0, "snr_db": 13.0, "rcs_dbsm": -20.0, "false_alarm": 1e-6},
        },
    ),
    # Two finders of the same trial: 5–15° of noise, biases up to 10° (2 sigma here), one folds. The folded share is assumed.
    "rf-finder": Preset(
        "rf", {"accuracy": {"azimuth_deg": 10.0}, "bias_sigma": {"azimuth_deg": 5.0}, "folds": 0.05, "gap_s": 5.0}
    ),
    # Receivers that locate by time: 30 m (1e-7 s) typical, and the heavy tail that every time-difference sensor here has.
    "tdoa-net": Preset("tdoa", {"accuracy": {"tdoa_s": 1e-7}}),
    # Six consumer cameras (ETH data set 3, RTK-GNSS beside): 0.04–0.9° of error, the middle on a log scale about 0.2°;
    # errors and drop-outs last for seconds.
    "consumer-camera": Preset(
        "camera", {"accuracy": {"azimuth_deg": 0.2, "elevation_deg": 0.2}, "correlation_s": 2.0, "gap_s": 2.0}
    ),
}


def filled(tree: dict[str, Any]) -> dict[str, Any]:
    """Give a scenario's parsed tree with each named preset under what the scenario says itself, key by key."""
    sensors = tree.get("sensor")
    if not isinstance(sensors, list):
        return tree
    return {**tree, "sensor": [_filled(told) if isinstance(told, dict) else told for told in sensors]}


def _filled(told: dict[str, Any]) -> dict[str, Any]:
    preset = PRESETS.get(told["preset"]) if isinstance(told.get("preset"), str) else None
    if preset is None:
        return told
    return {**preset.behaviour, **{key: _over(preset.behaviour.get(key), value) for key, value in told.items()}}


def _over(base: object, value: object) -> object:
    """Give a table of the preset with single keys overridden; anything else as the scenario says it."""
    return {**base, **value} if isinstance(base, dict) and isinstance(value, dict) else value
