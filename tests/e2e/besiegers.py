"""Peers that mean no good, at every socket of a running service; each attack leaves when the service has had enough of it."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import random
import socket
import struct

MEBI = 1 << 20
GARBAGE = random.Random(7).randbytes(4096).replace(b"\n", b"")
BOMB = gzip.compress(bytes(256 * MEBI), 9)
"""A quarter of a mebibyte that unpacks to a thousand times as much."""


async def dial(port: int, host: str = "127.0.0.2"):
    """Connect from an address that nobody else has."""
    return await asyncio.open_connection("127.0.0.1", port, local_addr=(host, 0))


async def pour(port: int, *pieces: bytes) -> None:
    """Write it all as fast as it is taken, and wait until the other side has had enough or answered all."""
    reader, writer = await dial(port)
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(6):
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            writer.write_eof()
            while await reader.read(65_536):
                pass
    writer.close()


async def drip(port: int, begin: bytes = b"", drop: bytes = b".", every_s: float = 0.25) -> float:
    """Write a byte now and then until it is sent away; give after how long (s)."""
    clock = asyncio.get_running_loop().time
    reader, writer = await dial(port)
    begun = clock()
    ended = asyncio.ensure_future(reader.read())
    writer.write(begin)
    with contextlib.suppress(OSError):
        while not ended.done():
            writer.write(drop)
            await writer.drain()
            await asyncio.wait([ended], timeout=every_s)
    writer.close()
    with contextlib.suppress(OSError):
        await ended
    return clock() - begun


async def crowd(port: int, count: int) -> None:
    """Connect many times and say nothing, then leave."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.bind(("127.0.0.2", 0))
            with contextlib.suppress(BlockingIOError):
                one.connect(("127.0.0.1", port))
        await asyncio.sleep(1.0)  # how long they stand in the door


def datagrams(port: int, *payloads: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        for payload in payloads:
            mouth.sendto(payload, ("127.0.0.1", port))


class Server:
    """A server that the service connects to, whose manners can be changed; `good` is how it is when it means well."""

    def __init__(self, good) -> None:
        self.behave = self.good = good
        self.came = 0
        self._talking: set[asyncio.StreamWriter] = set()

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self._server.close()

    async def _serve(self, reader, writer) -> None:
        self.came += 1
        self._talking.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await self.behave(reader, writer)
        self._talking.discard(writer)
        writer.close()

    @contextlib.contextmanager
    def behaving(self, manners):
        self.behave = manners
        self._hang_up()
        try:
            yield
        finally:
            self.behave = self.good
            self._hang_up()

    def _hang_up(self) -> None:
        for writer in self._talking:
            writer.transport.abort()


def says(*pieces: bytes):
    """Say it at once, then listen until the other side leaves: a reset would take back what is not read yet."""

    async def manners(reader, writer):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        while await reader.read(65_536):
            pass

    return manners


def babbles(piece: bytes, mebibytes: int = 64):
    """Say it again and again as fast as it is taken."""
    return says(*[piece * (MEBI // len(piece) + 1)] * mebibytes)


def drips(begin: bytes = b"", drop: bytes = b"."):
    """Begin, and go on a byte at a time until the other side leaves."""

    async def manners(_reader, writer):
        writer.write(begin)
        while True:
            writer.write(drop)
            await writer.drain()
            await asyncio.sleep(0.25)

    return manners


async def deaf(reader, writer):
    """Take nothing and say nothing until the other side leaves."""
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    reader._transport.pause_reading()
    await asyncio.sleep(60)


def answers(body: bytes, *headers: str, status: str = "200 OK"):
    """Answer any request over HTTP."""
    head = "\r\n".join([f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers]).encode()

    async def manners(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head + b"\r\n\r\n" + body)
        await writer.drain()

    return manners


def framed(frame: bytes) -> bytes:
    return struct.pack("<I", len(frame)) + frame


# --- WebSocket, by RFC 6455 ---------------------------------------------------------------------------------------

TEXT, PING, NOTHING = 1, 9, 3


def frame(opcode: int, payload: bytes, *, more: bool = False, masked: bool = True, announced: int | None = None) -> bytes:
    """Write a frame as a browser does, or as it must not; the mask of zeros leaves the payload as it is."""
    size = len(payload) if announced is None else announced
    length = (
        bytes([size]) if size < 126 else b"\x7e" + size.to_bytes(2, "big") if size < 65_536 else b"\x7f" + size.to_bytes(8, "big")
    )
    length = bytes([length[0] | (0x80 if masked else 0)]) + length[1:]
    return bytes([opcode | (0 if more else 0x80)]) + length + (bytes(4) if masked else b"") + payload


def handshake(token: str) -> bytes:
    """Ask for the stream as a program with a token does."""
    head = {"host": "x", "upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==", "authorization": f"Bearer {token}"}  # fmt: skip
    lines = ["GET /api/v1/stream HTTP/1.1", *(f"{name}: {value}" for name, value in head.items()), "", ""]
    return "\r\n".join(lines).encode()


async def on_stream(port: int, token: str, *pieces: bytes, reads: bool = True) -> None:
    """Open a stream, wait for the answer, and write it all until the other side has had enough."""
    reader, writer = await dial(port)
    with contextlib.suppress(OSError, TimeoutError):
        async with asyncio.timeout(6):
            writer.write(handshake(token))
            assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
            if not reads:
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                reader._transport.pause_reading()
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            while reads and await reader.read(65_536):
                pass
    writer.transport.abort()


async def crowd_of_streams(port: int, token: str, count: int) -> None:
    """Open many streams and keep them."""
    writers = []
    for _ in range(count):
        with contextlib.suppress(OSError):
            writers.append((await dial(port))[1])
            writers[-1].write(handshake(token))
    await asyncio.sleep(1.0)  # how long they stand in the door
    for writer in writers:
        writer.transport.abort()
