"""Where a track may be of which only a direction is known: which zone it is most probably in, and what is known to be there."""

from __future__ import annotations

import math

import numpy as np

from fusion.frame import SiteFrame
from fusion.messages import BearingTrack, Floats, TrackTable
from fusion.zones.geometry import Mask
from fusion.zones.zones import ZoneSet

TOWARDS = 2.0
"""Sigmas that something known may be beside a bearing that is taken to be of it: 95 % of them are within."""

VAGUE = math.radians(15.0)
"""rad, one sigma: a direction known no better is none to send anybody to. A direction finder's fifth bearing is well within."""


def likeliest_zone(bearing: BearingTrack, zones: ZoneSet, applying: Mask) -> tuple[int, float]:
    """Give which near zone a target is most probably in, and how probably; (−1, 0) where in none. Of equals the first.

    The share of the places that stand for where it may be: one zone a bearing, for nested zones all lie in one direction.
    """
    if not bearing.places or not applying.any():
        return -1, 0.0
    places = np.array(bearing.places)
    point, which = zones.index.meeting(places[:, :2], places[:, :2])
    kept = applying[zones.zone_of[which]]
    point, which = point[kept], which[kept]
    inside = (zones.prisms.distance(places[point, :2], which) <= 0.0) & (
        zones.prisms.outside_height(places[point, 2], which) <= 0.0
    )
    within = np.zeros((len(zones.near), len(places)), np.bool_)
    within[zones.zone_of[which[inside]], point[inside]] = True
    share = within.mean(axis=1)
    best = int(share.argmax())
    return (best, float(share[best])) if share[best] > 0.0 else (-1, 0.0)


def points_at_known(bearing: BearingTrack, known: Floats) -> bool:
    """Tell whether a bearing points at one of the places (n, 3: easting, northing, sigma) where something known is."""
    if not bearing.places or not len(known):
        return False
    origin = np.array(bearing.origin[:2])
    way, there = (np.array(bearing.places)[:, :2] - origin).mean(axis=0), known[:, :2] - origin
    along, across = there @ way, there[:, 1] * way[0] - there[:, 0] * way[1]
    spread = np.hypot(bearing.sigma_azimuth, known[:, 2] / np.maximum(np.hypot(there[:, 0], there[:, 1]), 1.0))
    return bool((np.abs(np.arctan2(across, along)) <= TOWARDS * spread).any())


def known_places(table: TrackTable, frame: SiteFrame) -> Floats:
    """Give where confirmed tracks are, and where their pilots say to stand: (n, 3) easting, northing and one sigma, m."""
    shown = np.array([status == "confirmed" for status in table.status], bool)
    spread = np.sqrt(np.trace(table.covariance[shown, :2, :2], axis1=1, axis2=2))
    tracks = np.column_stack([table.state[shown, :2], spread])
    pilots = [(pilot.latitude, pilot.longitude) for pilot in table.pilot if pilot is not None]
    if not pilots:
        return tracks
    latitude, longitude = np.array(pilots).T
    places = frame.grid_from_wgs84(latitude, longitude, np.zeros(len(pilots)))
    return np.concatenate([tracks, places * [1.0, 1.0, 0.0]])
