"""A station for each format, and how a payload is read as the service reads it."""

from __future__ import annotations

import sensors
from fusion.config import Accuracy, Sensor
from fusion.frame import SiteFrame
from fusion.messages import SECOND, RawMessage, Scan

FRAME = SiteFrame.at(48.8582, 2.2945, "auto", 33.0, 44.6)
NOW = 1_785_087_000 * SECOND
"""2026-07-26T17:30:00Z."""

ACCURACY = Accuracy(range_m=15.0, azimuth_deg=0.3, horizontal_m=8.0, vertical_m=12.0)


class Ear:
    """Reads payloads of one format, one after the other, with what the adapter keeps between them."""

    def __init__(self, format_: str, accuracy: Accuracy = ACCURACY, **more) -> None:
        self.adapter = sensors.BUILT_IN[format_]
        sensor = Sensor(id="s", kind=format_, accuracy=accuracy, reports="detections-only", **more)
        memory = self.adapter.memory() if self.adapter.memory else None
        self.station = sensors.Station(sensor, FRAME, memory=memory)

    def hear(self, payload: bytes, received: int = NOW) -> Scan:
        return self.adapter.decode(self.station, RawMessage(topic="t", payload=payload, received=received), False)
