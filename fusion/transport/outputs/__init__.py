"""Who is told in the field's own formats: each output has a writer, which knows the format, and a wire.

`outlet` holds what waits and sends it, `wires` are UDP, TCP and TLS, `hiding` is what is withheld; `cot` writes Cursor on Target,
`asterix` CAT062 and CAT065.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fusion import config_edge
from fusion.config import Config
from fusion.transport.outputs.asterix import AsterixWriter
from fusion.transport.outputs.cot import CotWriter
from fusion.transport.outputs.outlet import Outlet
from fusion.transport.outputs.wires import wire_of
from fusion.zones.zones import Zone

__all__ = ["Outlet", "outlets_of"]


def outlets_of(config: Config, base: Path, zones: Callable[[], tuple[Zone, ...]]) -> list[Outlet]:
    """Build a site's outputs, not yet connected; ConfigError where one cannot be. `zones`: those that are known now."""
    return [_outlet(one, config, base, zones) for one in config.output]


def _outlet(one: config_edge.Outlet, config: Config, base: Path, zones: Callable[[], tuple[Zone, ...]]) -> Outlet:
    match one.kind:
        case "cot":
            return Outlet(one, CotWriter(one, config, zones), wire_of(one, base))
        case "asterix":
            return Outlet(one, AsterixWriter(one, config), wire_of(one, base))
