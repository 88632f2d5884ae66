"""What each sensor says, turned into Scans.

To bring a new kind of sensor: write a module with one `Adapter` (decode and, for the simulator, encode), and put it into
`BUILT_IN` below, or publish it in a package of your own under the entry point group "vigie.sensors". Its name is the
`kind` in the configuration and the `{format}` in `sensor/{sensor}/raw/{format}`.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points

from fusion.errors import ConfigError
from sensors import (
    adsb,
    asterix,
    camera,
    cot,
    dragonsync,
    dronescout,
    mavlink,
    misb,
    odid,
    radar,
    readsb,
    remote_id,
    rf,
    sapient,
    sbs,
    tdoa,
)
from sensors.adapter import Adapter, Station

__all__ = ["BUILT_IN", "GROUP", "Adapter", "Station", "load"]

BUILT_IN: dict[str, Adapter] = {
    "radar": radar.ADAPTER,
    "rf": rf.ADAPTER,
    "tdoa": tdoa.ADAPTER,
    "camera": camera.ADAPTER,
    "adsb": adsb.ADAPTER,
    "remote_id": remote_id.ADAPTER,
    "asterix": asterix.ADAPTER,
    "asterix_015": asterix.INCS,
    "readsb": readsb.ADAPTER,
    "sbs": sbs.ADAPTER,
    "odid": odid.BARE,
    "odid_ble": odid.BLE,
    "odid_wifi": odid.WIFI,
    "sapient": sapient.ADAPTER,
    "cot": cot.ADAPTER,
    "mavlink": mavlink.ADAPTER,
    "misb": misb.ADAPTER,
    "dronescout": dronescout.ADAPTER,
    "dragonsync": dragonsync.ADAPTER,
}

GROUP = "vigie.sensors"


def load(found: Callable[[], list[EntryPoint]] = lambda: list(entry_points(group=GROUP))) -> dict[str, Adapter]:
    """Give every adapter by name: the built-in ones, then the plug-ins; a plug-in that does not load is a ConfigError."""
    adapters = dict(BUILT_IN)
    for entry in sorted(found(), key=lambda entry: entry.name):
        try:
            adapter = entry.load()
        except (ImportError, AttributeError) as error:
            raise ConfigError(f"sensor plug-in {entry.name!r} ({entry.value}) does not load: {error}") from error
        if not isinstance(adapter, Adapter):
            raise ConfigError(
                f"sensor plug-in {entry.name!r} ({entry.value}) is not a sensors.Adapter but {type(adapter).__name__}"
            )
        if entry.name in adapters:
            raise ConfigError(f"sensor plug-in {entry.name!r} ({entry.value}) takes a name that is in use already")
        adapters[entry.name] = adapter
    return adapters
