"""A broker that does what a script says: for brokers that are silent, busy, moody or sick."""

from __future__ import annotations

import asyncio
import contextlib

from fusion.config import Mqtt

CONNECT, PUBLISH, SUBSCRIBE = 0x10, 0x30, 0x80

WELCOME = b"\x20\x02\x00\x00"
"""CONNACK of MQTT 3.1.1: accepted."""


def suback(*answers: int):
    """Answer a SUBSCRIBE of MQTT 3.1.1."""
    return lambda body: bytes([0x90, 2 + len(answers)]) + body[:2] + bytes(answers)


def puback(body: bytes) -> bytes:
    """Answer a PUBLISH at QoS 1 of MQTT 3.1.1."""
    topic = 2 + int.from_bytes(body[:2])
    return b"\x40\x02" + body[topic : topic + 2]


class Scripted:
    """Answers each packet as the script of its connection says: its type's reply, None to hang up, nothing to stay silent."""

    def __init__(self, *scripts) -> None:
        self.scripts = list(scripts)  # one a connection; the last one serves all that follow
        self.connections = 0
        self.writers: list[asyncio.StreamWriter] = []
        self.host, self.port = "127.0.0.1", 0

    @contextlib.asynccontextmanager
    async def running(self):
        visitors: set[asyncio.Task] = set()

        def welcome(reader, writer):
            visitors.add(asyncio.ensure_future(self._serve(reader, writer)))

        server = await asyncio.start_server(welcome, self.host, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for visitor in visitors:
                visitor.cancel()
            await asyncio.gather(*visitors, return_exceptions=True)

    def hang_up(self) -> None:
        """End every connection."""
        for writer in self.writers:
            writer.close()

    def settings(self, **changes) -> Mqtt:
        return Mqtt(host=self.host, port=self.port, **{"protocol": "3.1.1"} | changes)

    async def _serve(self, reader, writer) -> None:
        script = self.scripts[min(self.connections, len(self.scripts) - 1)]
        self.connections += 1
        self.writers.append(writer)
        try:
            while packet := await self._read(reader):
                kind, body = packet
                reply = script.get(kind, b"")
                if reply is None:
                    return
                writer.write(reply(body) if callable(reply) else reply)
        finally:
            writer.close()

    @staticmethod
    async def _read(reader) -> tuple[int, bytes] | None:
        """Read one packet: its type, and what follows its length."""
        with contextlib.suppress(asyncio.IncompleteReadError):
            (head,) = await reader.readexactly(1)
            length, shift, more = 0, 0, True
            while more:
                (part,) = await reader.readexactly(1)
                length, shift, more = length | (part & 0x7F) << shift, shift + 7, part & 0x80
            return head & 0xF0, await reader.readexactly(length)
        return None
