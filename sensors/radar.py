"""Radars: range and azimuth, with elevation and radial speed where they have them; some report positions."""

from __future__ import annotations

from fusion.messages import Polar, Position
from sensors.scan import adapter

ADAPTER = adapter(Polar, Position)
