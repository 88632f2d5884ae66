"""SAPIENT's nodes for tests: their messages made with sapient-msg, and a node that speaks over a socket."""

from __future__ import annotations

import asyncio
import struct
import time

from google.protobuf.json_format import ParseDict
from sapient_msg.bsi_flex_335_v2_0.sapient_message_pb2 import SapientMessage

from fusion.messages import SECOND

NODE = "11111111-2222-4333-8444-555555555555"
REPORT, OBJECT = "01KYFQKZE0JKJVF9A96KTJQ546", "01KYFQKZE0JKJVF9A96KTJQ547"
ABOVE = {"locationUnits": "LOCATION_COORDINATE_SYSTEM_LAT_LNG_DEG_M", "locationDatum": "LOCATION_DATUM_WGS84_E"}
POLAR = {"rangeBearingUnits": "RANGE_BEARING_COORDINATE_SYSTEM_DEGREES_M", "rangeBearingDatum": "RANGE_BEARING_DATUM_TRUE"}
SOON = {"units": "TIME_UNITS_SECONDS", "value": 1.0}
AROUND = {"coordinateSystem": "RANGE_BEARING_COORDINATE_SYSTEM_DEGREES_M", "datum": "RANGE_BEARING_DATUM_TRUE"}
STANDS = {"coordinateSystem": ABOVE["locationUnits"], "datum": ABOVE["locationDatum"], "x": 2.3035, "y": 48.8521, "z": 105.0}


def content(now: int | None = None, node: str = NODE, **told) -> SapientMessage:
    """Make a message of a node: `content(registration={…})`."""
    message = ParseDict({"nodeId": node} | told, SapientMessage())
    message.timestamp.seconds, message.timestamp.nanos = divmod(time.time_ns() if now is None else now, SECOND)
    return message


def registration(kind="RADAR", tracking="TRACKING_TYPE_TRACK", icd="BSI Flex 335 v2.0", errors=(), **more) -> dict:
    """Describe a node: what every one must say, and a radar's errors."""
    geometric = {"type": "Standard Deviation", "units": "", "variationType": "Fixed", "performanceValue": [{"type": name, "units": unit, "unitValue": str(value)} for name, value, unit in errors]}  # fmt: skip
    mode = {
        "modeName": "Surveillance", "modeType": "MODE_TYPE_PERMANENT", "settleTime": SOON, "trackingType": tracking,
        "detectionDefinition": [{"locationType": POLAR, "geometricError": geometric}],
        "task": {"regionDefinition": {"regionType": ["REGION_TYPE_AREA_OF_INTEREST"], "regionArea": [ABOVE]}},
    }  # fmt: skip
    return {
        "nodeDefinition": [{"nodeType": f"NODE_TYPE_{kind}"}], "icdVersion": icd, "name": "Roof radar", "shortName": "Roof",
        "capabilities": [{"category": "Radar", "type": "Range", "value": "5000", "units": "m"}],
        "statusDefinition": {"statusInterval": SOON, "locationDefinition": ABOVE}, "modeDefinition": [mode],
        "configData": [{"manufacturer": "ACME", "model": "R1"}],
    } | more  # fmt: skip


def status(system="OK", **more) -> dict:
    """Say that a node is well, and where it stands."""
    return {
        "reportId": REPORT,
        "system": f"SYSTEM_{system}",
        "info": "INFO_NEW",
        "mode": "Surveillance",
        "nodeLocation": STANDS,
    } | more


def seen(azimuth=211.7, distance=1523.4, obj=OBJECT, **more) -> dict:
    """See an object."""
    where = AROUND | {
        "azimuth": azimuth,
        "range": distance,
        "elevation": 4.2,
        "azimuthError": 0.5,
        "rangeError": 5.0,
        "elevationError": 0.7,
    }
    return {"reportId": REPORT, "objectId": obj, "rangeBearing": where | more}


class Peer:
    """A node at the other end of a socket."""

    def __init__(self, port: int, tls=None) -> None:
        self._port, self._tls = port, tls

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port, ssl=self._tls)
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    def say(self, message: SapientMessage) -> None:
        self.raw(message.SerializeToString())

    def raw(self, frame: bytes) -> None:
        self.writer.write(struct.pack("<I", len(frame)) + frame)

    async def next(self) -> SapientMessage:
        async with asyncio.timeout(10):
            (length,) = struct.unpack("<I", await self.reader.readexactly(4))
            return SapientMessage.FromString(await self.reader.readexactly(length))

    async def ended(self) -> bool:
        async with asyncio.timeout(20):
            while await self.reader.read(65_536):
                pass
        return True
