"""RF direction finders and decoders: a bearing, or the position that a decoded broadcast claims."""

from __future__ import annotations

from fusion.messages import Bearing, Position
from sensors.scan import adapter

ADAPTER = adapter(Bearing, Position)
