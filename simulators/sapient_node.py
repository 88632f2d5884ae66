"""A simulated sensor as a SAPIENT node: it registers with the site's fusion node, says how it is, and sends what it sees."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any, Self

from fusion.config import Sensor
from fusion.config_edge import Sapient
from fusion.transport.sapient.node import framed
from fusion.ulid import ulid
from sensors.sapient import schema, writing

NODE_TYPES = {"radar": 2, "camera": 4, "rf": 8}
"""NodeType by the kind of sensor: radar, camera, passive RF."""

OK, NEW, PERMANENT, PLOTS, REGION = 1, 1, 1, 1, 1
STATUS_S = 10.0
PATIENCE_S = 10.0


class NodeWire:
    """One node's connection."""

    def __init__(self, sensor: Sensor, settings: Sapient, clock: Callable[[], int] = time.time_ns) -> None:
        self._sensor, self._clock = sensor, clock
        self._node = settings.nodes[sensor.id]
        host, _, port = settings.listen.rpartition(":")
        self._address = host.strip("[]"), int(port)
        self._writer: asyncio.StreamWriter | None = None
        self._beside: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        async with asyncio.timeout(PATIENCE_S):
            reader, self._writer = await asyncio.open_connection(*self._address)
            self._writer.write(framed(self._registration()))
            length = int.from_bytes(await reader.readexactly(4), "little")
            answer = schema.parse(await reader.readexactly(length))
        if not answer.registration_ack.acceptance:
            raise ConnectionRefusedError(
                f"node {self._sensor.id} is refused: {list(answer.registration_ack.ack_response_reason)}"
            )
        self._beside = [asyncio.create_task(self._tell()), asyncio.create_task(_read_away(reader))]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()

    async def send(self, frame: bytes) -> None:
        """Send a detection report, as this node's."""
        assert self._writer is not None  # noqa: S101 - a wire is used as a context
        message = schema.parse(frame)
        message.node_id = self._node
        self._writer.write(framed(message))
        await self._writer.drain()

    async def _tell(self) -> None:
        while self._writer is not None:
            self._writer.write(framed(self._status()))
            await asyncio.sleep(STATUS_S)

    def _registration(self) -> Any:
        message = writing.envelope(self._node, self._clock())
        told, name = message.registration, self._sensor.id
        told.node_definition.add(node_type=NODE_TYPES.get(self._sensor.kind, 1))
        told.icd_version, told.name, told.short_name = schema.ICD, f"simulated {name}", name
        told.capabilities.add(category="Detection", type=self._sensor.kind, value="simulated", units="")
        told.status_definition.status_interval.units, told.status_definition.status_interval.value = 1, STATUS_S
        told.status_definition.location_definition.location_units = writing.LAT_LNG_DEG_M
        told.status_definition.location_definition.location_datum = writing.WGS84_E
        mode = told.mode_definition.add(mode_name="Surveillance", mode_type=PERMANENT, tracking_type=PLOTS)
        mode.settle_time.units, mode.settle_time.value = 1, 1.0
        seen = mode.detection_definition.add().location_type
        seen.range_bearing_units, seen.range_bearing_datum = writing.DEGREES_M, writing.TRUE
        area = mode.task.region_definition
        area.region_type.append(REGION)
        area.region_area.add(location_units=writing.LAT_LNG_DEG_M, location_datum=writing.WGS84_E)
        told.config_data.add(manufacturer="Vigie", model="simulator")
        return message

    def _status(self) -> Any:
        now = self._clock()
        message = writing.envelope(self._node, now)
        report, sensor = message.status_report, self._sensor
        report.report_id, report.system, report.info = ulid(now, self._node, "status"), OK, NEW
        report.mode = "Surveillance"
        where = report.node_location
        where.coordinate_system, where.datum = writing.LAT_LNG_DEG_M, writing.WGS84_E
        where.x, where.y, where.z = sensor.longitude_deg or 0.0, sensor.latitude_deg or 0.0, sensor.altitude_hae_m or 0.0
        return message


async def _read_away(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        while await reader.read(65_536):
            pass
