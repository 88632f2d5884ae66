"""Receivers of a net that locates by time: how much later a transmission arrived here than at a reference receiver."""

from __future__ import annotations

from fusion.messages import Tdoa
from sensors.scan import adapter

ADAPTER = adapter(Tdoa)
