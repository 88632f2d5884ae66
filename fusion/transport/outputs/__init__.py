"""Who is told in the field's own formats: each output has a writer, which knows the format, and a wire.

`outlet` holds what waits and sends it, `wires` are UDP, TCP and TLS, `hiding` is what is withheld; `cot` writes Cursor on Target,
`asterix` CAT062 and CAT065, `sapient` to a higher SAPIENT node.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fusion import config_edge
from fusion.config import Config
from fusion.messages import RawMessage
from fusion.transport.outputs.asterix import AsterixWriter
from fusion.transport.outputs.cot import CotWriter
from fusion.transport.outputs.outlet import Outlet
from fusion.transport.outputs.sapient import HigherNode, SapientWriter
from fusion.transport.outputs.wires import context_of, wire_of
from fusion.zones.zones import Zone

__all__ = ["Outlet", "outlets_of"]


def outlets_of(
    config: Config, base: Path, zones: Callable[[], tuple[Zone, ...]], hear: Callable[[RawMessage], None] = lambda _: None
) -> list[Outlet]:
    """Build a site's outputs, not yet connected; ConfigError where one cannot be.

    `zones`: those that are known now; `hear`: takes the commands that come back.
    """
    return [_outlet(one, config, base, zones, hear) for one in config.output]


def _outlet(
    one: config_edge.Outlet,
    config: Config,
    base: Path,
    zones: Callable[[], tuple[Zone, ...]],
    hear: Callable[[RawMessage], None],
) -> Outlet:
    match one.kind:
        case "cot":
            return Outlet(one, CotWriter(one, config, zones), wire_of(one, base))
        case "asterix":
            return Outlet(one, AsterixWriter(one, config), wire_of(one, base))
        case "sapient":
            writer = SapientWriter(one, config)
            tls = context_of(one, base) if one.url.startswith("tls:") else None
            return Outlet(one, writer, HigherNode(one, writer, tls, hear))
