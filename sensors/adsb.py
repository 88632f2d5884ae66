"""ADS-B: positions that aircraft broadcast of themselves."""

from __future__ import annotations

from fusion.messages import Position
from sensors.scan import adapter

ADAPTER = adapter(Position)
