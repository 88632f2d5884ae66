"""Who is told in the field's own formats: each output has a writer, which knows the format, and a wire.

`outlet` holds what waits and sends it, `wires` are UDP, TCP and TLS, `cot` writes Cursor on Target.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fusion.config import Config
from fusion.transport.outputs.cot import CotWriter
from fusion.transport.outputs.outlet import Outlet
from fusion.transport.outputs.wires import wire_of
from fusion.zones.zones import Zone

__all__ = ["Outlet", "outlets_of"]


def outlets_of(config: Config, base: Path, zones: Callable[[], tuple[Zone, ...]]) -> list[Outlet]:
    """Build a site's outputs, not yet connected; ConfigError where one cannot be. `zones`: those that are known now."""
    return [Outlet(one, CotWriter(one, config, zones), wire_of(one, base)) for one in config.output]
