"""Stone Soup's own trackers on a case, put together as its documentation does and told the true figures of noise.

Its states are x, vx, y, vy, z, vz in the east, north, up of the site's middle. What is ours here only speeds it up or lets it tell
sensors apart: `Near` spares it detections that its gate would refuse, `BySensor` gives every sensor its own detection probability and
clutter density.
"""

from __future__ import annotations

import math
import time as clock
import warnings
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # rtree, which nothing here uses
    from stonesoup.base import Property
    from stonesoup.dataassociator.neighbour import GNNWith2DAssignment
    from stonesoup.dataassociator.probability import JPDAwithEHM2, JPDAwithLBP
    from stonesoup.deleter.error import CovarianceBasedDeleter
    from stonesoup.deleter.multi import CompositeDeleter
    from stonesoup.deleter.time import UpdateTimeDeleter
    from stonesoup.hypothesiser.base import Hypothesiser
    from stonesoup.hypothesiser.distance import DistanceHypothesiser
    from stonesoup.hypothesiser.gaussianmixture import GaussianMixtureHypothesiser
    from stonesoup.hypothesiser.probability import PDAHypothesiser
    from stonesoup.initiator.simple import MultiMeasurementInitiator
    from stonesoup.measures import Mahalanobis
    from stonesoup.mixturereducer.gaussianmixture import GaussianMixtureReducer
    from stonesoup.models.measurement.linear import LinearGaussian
    from stonesoup.models.measurement.nonlinear import (
        Cartesian2DToBearing,
        CartesianToElevationBearing,
        CartesianToElevationBearingRange,
    )
    from stonesoup.models.transition.linear import CombinedLinearGaussianTransitionModel, ConstantVelocity
    from stonesoup.predictor.kalman import KalmanPredictor
    from stonesoup.tracker.pointprocess import PointProcessMultiTargetTracker
    from stonesoup.tracker.simple import MultiTargetMixtureTracker, MultiTargetTracker
    from stonesoup.types.angle import Bearing, Elevation
    from stonesoup.types.array import StateVector
    from stonesoup.types.detection import Detection
    from stonesoup.types.state import GaussianState, TaggedWeightedGaussianState
    from stonesoup.updater.kalman import ExtendedKalmanUpdater
    from stonesoup.updater.pointprocess import LCCUpdater, PHDUpdater

PLACE, SPEED = [0, 2, 4], [1, 3, 5]
REACH = 5.0
"""Sigmas beyond which a detection is spared: its gates are at 3 to 4."""


class Tuning(NamedTuple):
    """What suits a scenario, found by trying on siblings of other seeds: the peer is to be at its best."""

    q: float  # m²/s³, white noise acceleration in plan
    points: int = 3  # detections that make a track
    coast: float = 60.0  # m, root of the trace of a position's covariance at which it is given up
    silent: float = 5.0  # s without an update after which it is given up, too
    gate: float = 4.0  # sigmas, nearest neighbour
    births: float = 0.1  # a scan, PHD


class Seen(NamedTuple):
    """One look, in the peer's words."""

    time: datetime
    sensor: str
    detections: set
    count: int


class Run(NamedTuple):
    """What a tracker said: name -> rows of (s, x, y, z, vx, vy, vz, gone); and CPU µs a detection, each look with any."""

    tracks: dict
    costs: list


class Near(Hypothesiser):
    """Leaves out detections far from a track before the hypothesiser behind it looks at them one by one."""

    hypothesiser: Hypothesiser = Property()

    def hypothesise(self, track, detections, timestamp, **kwargs):
        if detections is not getattr(self, "_of", None):
            self._of, self._list = detections, list(detections)
            self._places = np.array([one.metadata["place"] for one in self._list]).reshape(-1, 3)
            self._variance = np.array([one.metadata["variance"] for one in self._list])
        if len(self._list) and not np.isnan(self._places[0, 0]):
            predicted = self.hypothesiser.predictor.predict(track, timestamp=timestamp)
            apart = ((self._places - np.asarray(predicted.mean, float)[PLACE, 0]) ** 2).sum(axis=1)
            spread = np.trace(np.asarray(predicted.covar, float)[np.ix_(PLACE, PLACE)]) + self._variance
            detections = {self._list[i] for i in np.flatnonzero(apart <= REACH**2 * spread)}
        return self.hypothesiser.hypothesise(track, detections, timestamp, **kwargs)


class BySensor(Hypothesiser):
    """Asks the hypothesiser of the sensor that looks now."""

    every: dict = Property()
    now: str = Property()

    @property
    def predictor(self):
        return self.every[self.now].predictor

    def hypothesise(self, track, detections, timestamp, **kwargs):
        return self.every[self.now].hypothesise(track, detections, timestamp, **kwargs)


# --- Detections in its words ---------------------------------------------------------------------------------------------


def looks(scans, sensors, places):
    """Give looks in the order of time. `scans`: (s, sensor, [detection as a dict of SI figures]); `places`: sensor -> (3,) m."""
    return [
        Seen(at := datetime.fromtimestamp(time, UTC), name, {_detection(at, name, sensors[name], places[name], one) for one in found}, len(found))
        for time, name, found in sorted(scans, key=lambda scan: scan[:2])
    ]  # fmt: skip


def _detection(at, name, sensor, origin, one):
    """Word one detection: its place (NaN where it has none) and the largest variance of that go along for `Near`."""
    accuracy, offset = sensor.accuracy, StateVector(origin)
    place, variance = np.full(3, np.nan), 0.0
    if "place" in one:
        place, variance = np.array(one["place"]), max(accuracy.horizontal_m, accuracy.vertical_m) ** 2
        z, model = StateVector(place), _model(sensor, offset)
    elif "range" in one:
        r, a, e = one["range"], one["azimuth"], one["elevation"]
        place = origin + r * np.array([math.cos(e) * math.sin(a), math.cos(e) * math.cos(a), math.sin(e)])
        variance = max(accuracy.range_m, r * math.radians(max(accuracy.azimuth_deg, accuracy.elevation_deg))) ** 2
        z, model = StateVector([Elevation(e), Bearing(math.pi / 2 - a), r]), _model(sensor, offset)
    else:
        bearing = Bearing(math.pi / 2 - one["azimuth"])
        z = StateVector([Elevation(one["elevation"]), bearing] if "elevation" in one else [bearing])
        model = _model(sensor, offset)
    return Detection(z, timestamp=at, measurement_model=model, metadata={"sensor": name, "place": place, "variance": variance})


_models: dict = {}


def _model(sensor, offset):
    """Give a sensor's measurement model; one object a sensor, which lets the peer's caches work."""
    key = (sensor.id, *offset.ravel().tolist())
    if key not in _models:
        _models[key] = _new_model(sensor.accuracy, offset)
    return _models[key]


def _new_model(accuracy, offset):
    if accuracy.horizontal_m:
        return LinearGaussian(6, PLACE, np.diag([accuracy.horizontal_m**2, accuracy.horizontal_m**2, accuracy.vertical_m**2]))
    azimuth, elevation = (math.radians(value) ** 2 if value else None for value in (accuracy.azimuth_deg, accuracy.elevation_deg))
    if accuracy.range_m:
        noise = np.diag([elevation, azimuth, accuracy.range_m**2])
        return CartesianToElevationBearingRange(6, PLACE, noise, translation_offset=offset)
    if elevation:
        return CartesianToElevationBearing(6, PLACE, np.diag([elevation, azimuth]), translation_offset=offset)
    return Cartesian2DToBearing(6, [0, 2], np.diag([azimuth]), translation_offset=offset[:2])


def _density(sensor, heights):
    """Give false alarms a unit of what a sensor measures: its box, or its coverage in the components measured."""
    low, high = (math.radians(value) for value in sensor.coverage.elevation_deg or (-90, 90))
    near, far = sensor.coverage.range_m
    if sensor.accuracy.horizontal_m:
        return sensor.false_alarms_per_scan / (2.0 * far**2 * heights)
    extent = math.tau * (high - low if sensor.accuracy.elevation_deg else 1.0) * (far - near if sensor.accuracy.range_m else 1.0)
    return sensor.false_alarms_per_scan / extent


# --- Trackers ------------------------------------------------------------------------------------------------------------


def _parts(tuning):
    motion = CombinedLinearGaussianTransitionModel(
        [ConstantVelocity(tuning.q), ConstantVelocity(tuning.q), ConstantVelocity(0.001)]
    )
    return KalmanPredictor(motion), ExtendedKalmanUpdater(None)


def _nearest(predictor, updater, gate):
    return GNNWith2DAssignment(Near(DistanceHypothesiser(predictor, updater, Mahalanobis(), missed_distance=gate)))


def _initiator(predictor, updater, tuning, deleter):
    prior = GaussianState(np.zeros((6, 1)), np.diag([0, 12.0**2, 0, 12.0**2, 0, 0.5**2]))
    return MultiMeasurementInitiator(
        prior, deleter, _nearest(predictor, updater, tuning.gate), updater, min_points=tuning.points, skip_non_reversible=True
    )


def _usual(kind, associator, seen, sensors, tuning, heights):
    """Build a tracker of one hypothesis or one mixture a track."""
    predictor, updater = _parts(tuning)
    vague, silent = CovarianceBasedDeleter(tuning.coast**2, PLACE), UpdateTimeDeleter(timedelta(seconds=tuning.silent))
    deleter = CompositeDeleter([vague, silent], intersect=False)
    probable = BySensor(
        {
            name: Near(PDAHypothesiser(predictor, updater, _density(sensor, heights), sensor.detection_probability, 0.999))
            for name, sensor in sensors.items()
        },
        seen[0].sensor,
    )
    chosen = associator(probable) if associator else _nearest(predictor, updater, tuning.gate)
    initiator = _initiator(predictor, updater, tuning, deleter)
    tracker = kind(initiator, deleter, _feed(seen, probable), chosen, updater)
    return tracker, lambda: [(one.id, one.state) for one in tracker.tracks]


def _point_process(kind, seen, sensors, tuning, heights):
    """Build a PHD or LCC filter for a sensor that measures places; what weighs more than a half is a target."""
    (sensor,) = sensors.values()
    predictor, updater = _parts(tuning)
    reach = sensor.coverage.range_m[1]
    figures = {
        "clutter_spatial_density": _density(sensor, heights),
        "prob_detection": sensor.detection_probability,
        "prob_survival": 0.999,
    }
    if kind is LCCUpdater:
        figures |= {
            "mean_number_of_false_alarms": sensor.false_alarms_per_scan,
            "variance_of_false_alarms": sensor.false_alarms_per_scan,
        }
    covariance = np.diag([(reach / 2) ** 2, 12.0**2, (reach / 2) ** 2, 12.0**2, heights**2 / 4, 0.5**2])
    middle = StateVector([0, 0, 0, 0, heights / 2, 0])
    birth = TaggedWeightedGaussianState(middle, covariance, timestamp=seen[0].time, weight=tuning.births, tag="birth")
    distance = Near(DistanceHypothesiser(predictor, updater, Mahalanobis(), missed_distance=tuning.gate))
    tracker = PointProcessMultiTargetTracker(
        _feed(seen),
        kind(updater, **figures),
        GaussianMixtureHypothesiser(distance, order_by_detection=True),
        GaussianMixtureReducer(prune_threshold=1e-3, merge_threshold=9.0, max_number_components=1000, kdtree_max_distance=200.0),
        0.5,
        birth,
    )

    def said():
        best = {}
        for one in tracker.gaussian_mixture.components:
            if one.weight > 0.5 and one.tag != "birth" and one.weight > best.get(one.tag, (0.0,))[0]:
                best[one.tag] = (one.weight, one)
        return [(tag, one) for tag, (_, one) in best.items()]

    return tracker, said


def _feed(seen, by_sensor=None):
    """Give looks one by one, telling who looks."""
    for one in seen:
        if by_sensor is not None:
            by_sensor.now = one.sensor
        yield one.time, one.detections


PEERS = {
    "GNN": partial(_usual, MultiTargetTracker, None),
    "JPDA": partial(_usual, MultiTargetMixtureTracker, JPDAwithEHM2),
    "JPDA-LBP": partial(_usual, MultiTargetMixtureTracker, JPDAwithLBP),
    "PHD": partial(_point_process, PHDUpdater),
    "LCC": partial(_point_process, LCCUpdater),
}
"""JPDA by efficient hypothesis management: exact, and the fastest that the peer has."""


def run(peer, seen, sensors, tuning, heights):
    """Run one of its trackers over all looks."""
    tracker, said = PEERS[peer](seen, sensors, tuning, heights)
    steps, tracks, costs, before = iter(tracker), defaultdict(list), [], set()
    for look in seen:
        begin = clock.process_time()
        next(steps)
        if look.count:
            costs.append(1e6 * (clock.process_time() - begin) / look.count)
        now, found = look.time.timestamp(), said()
        for name, state in found:
            mean = np.asarray(state.mean, float)[:, 0]
            tracks[name].append((now, *mean[PLACE], *mean[SPEED], False))
        names = {name for name, _ in found}
        for name in before - names:
            tracks[name].append((now, *tracks[name][-1][1:7], True))
        before = names
    return Run(dict(tracks), costs)
