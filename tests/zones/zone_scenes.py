"""Zones, tracks and flights for the tests."""

import math

import numpy as np

from fusion.frame import SiteFrame
from fusion.messages import SECOND, TrackTable
from fusion.zones.zones import CircleOutline, Limit, PolygonOutline, Volume, Zone

NOW = 1_784_000_000 * SECOND  # 14 July 2026, 03:33:20 UTC

FRAME = SiteFrame.at(48.8582, 2.2945, "auto", 33.0, 44.6)


def place(east, north, frame=FRAME):
    """Give (latitude, longitude) in rad of a point some metres from the middle of the grid."""
    middle = frame.grid_from_wgs84(frame.latitude, frame.longitude, 0.0)
    latitude, longitude, _ = frame.wgs84_from_grid(middle + np.array([east, north, 0.0]))
    return float(latitude), float(longitude)


def circle(identifier, radius=250.0, east=0.0, north=0.0, lower=None, upper=150.0, **fields):
    """Make a zone that is a circle; heights in metres above ground."""
    latitude, longitude = place(east, north)
    return zone(identifier, CircleOutline(latitude=latitude, longitude=longitude, radius=radius), lower, upper, **fields)


def polygon(identifier, corners, *holes, lower=None, upper=150.0, **fields):
    """Make a zone of corners in metres from the middle of the grid."""
    rings = tuple(tuple(place(*corner) for corner in (*ring, ring[0])) for ring in (corners, *holes))
    return zone(identifier, PolygonOutline(rings=rings), lower, upper, **fields)


def zone(identifier, outline, lower=None, upper=150.0, **fields):
    """Make a zone of one volume."""
    volume = Volume(outline=outline, lower=agl(lower), upper=agl(upper))
    whole = {"country": "FRA", "type": "PROHIBITED", "kind": "zone", "severity": "critical", "volumes": (volume,)} | fields
    return Zone(identifier=identifier, **whole)


def agl(height):
    return None if height is None else Limit(height=height, datum="agl")


def table(*tracks, time=NOW):
    """Make a track table of dicts: place and velocity in metres from the middle at ground level, sigmas, and what else."""
    n = len(tracks)
    middle = FRAME.grid_from_wgs84(FRAME.latitude, FRAME.longitude, FRAME.ground)
    state = np.array([[*(middle + t["place"]), *t.get("velocity", (0, 0, 0))] for t in tracks], float).reshape(n, 6)
    sigma = np.array([[t.get("sigma", 5.0)] * 3 + [t.get("sigma_velocity", 1.0)] * 3 for t in tracks], float).reshape(n, 6)
    bird = np.array([t.get("bird", 0.0) for t in tracks], float)
    times = np.full(n, time)
    return TrackTable(
        time=time,
        tracks=tuple(t.get("track", f"T{i}") for i, t in enumerate(tracks)),
        status=tuple(t.get("status", "confirmed") for t in tracks),
        existence=np.array([t.get("existence", 1.0) for t in tracks], float),
        state=state,
        covariance=np.einsum("ni,ij->nij", sigma**2, np.eye(6)),
        classes=np.stack([1 - bird, 0 * bird, bird, 0 * bird, 0 * bird], axis=-1),
        identity=tuple(t.get("identity") for t in tracks),
        strength=tuple(t.get("strength", "claimed") for t in tracks),
        pilot=(None,) * n,
        sensors=("radar-a",),
        seen=times[:, None],
        born=times - np.array([round(t.get("age", 60.0) * SECOND) for t in tracks], np.int64),
        updated=times,
        received=times + 1000,
    )


def star(rng, corners, radius):
    """Give corners (k, 2) of a polygon around 0 that does not cross itself."""
    angle = (np.arange(corners) + rng.uniform(0.05, 0.95, corners)) * 2 * math.pi / corners
    return np.stack([np.cos(angle), np.sin(angle)], axis=-1) * rng.uniform(0.3, 1.0, (corners, 1)) * radius
