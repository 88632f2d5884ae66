"""Cameras: azimuth and elevation; with a laser, a range too."""

from __future__ import annotations

from fusion.messages import Bearing, Polar
from sensors.scan import adapter

ADAPTER = adapter(Bearing, Polar)
