"""SAPIENT over TCP: `node` is the server that sensors register with, `session` what one peer's messages mean."""

from __future__ import annotations

from fusion.transport.sapient.node import FusionNode

__all__ = ["FusionNode"]
