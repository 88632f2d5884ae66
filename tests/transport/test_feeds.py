"""Sensors that are heard without MQTT, over real sockets of this machine: whole frames, and nobody the worse for a bad peer."""

import asyncio
import contextlib
import gzip
import http.server
import logging
import socket
import struct
import threading
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fusion.config_edge import Source, faults_of
from fusion.errors import ConfigError
from fusion.transport.feeds import Feed, documents, hear, streams
from fusion.transport.feeds.feed import MOST_BYTES, Trouble
from fusion.transport.feeds.framing import TooLongError, cutter
from fusion.transport.inbox import Inbox

TOPIC = "vigie/v1/paris/sensor/s/raw/sbs"


def free(kind=socket.SOCK_STREAM) -> int:
    with socket.socket(socket.AF_INET, kind) as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


class Station:
    """A feed that is heard, and what came of it."""

    def __init__(self, url: str, **more) -> None:
        self.inbox = Inbox(10_000)
        self.feed = Feed("s", Source(url=url, **more), TOPIC, self.inbox)

    async def __aenter__(self):
        self.task = asyncio.create_task(hear(self.feed))
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def next(self) -> bytes:
        async with asyncio.timeout(10):
            item = await self.inbox.get()
        assert item.input.topic == TOPIC
        return item.input.payload

    async def until(self, condition):
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 - a counter has no event
                await asyncio.sleep(0.01)


def run(body):
    async def bounded():
        async with asyncio.timeout(30):
            return await body

    return asyncio.run(bounded())


async def connected(port: int):
    while True:
        with contextlib.suppress(OSError):
            return await asyncio.open_connection("127.0.0.1", port)
        await asyncio.sleep(0.01)


# --- Framing -----------------------------------------------------------------------------------------------------------

FRAMES = st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=10)
WRITTEN = {
    "length-le32": lambda frame: struct.pack("<I", len(frame)) + frame,
    "length-be32": lambda frame: struct.pack(">I", len(frame)) + frame,
    "asterix": lambda frame: bytes([48]) + struct.pack(">H", 3 + len(frame)) + frame,
}


@pytest.mark.parametrize("framing", WRITTEN)
@given(frames=FRAMES, size=st.integers(1, 50))
def test_a_stream_gives_the_frames_that_went_in_whatever_pieces_it_comes_in(framing, frames, size):
    written = [WRITTEN[framing](frame) for frame in frames]
    stream, way = b"".join(written), cutter(framing)
    got = [frame for at in range(0, len(stream), size) for frame in way.cut(stream[at : at + size])]
    assert got == (written if framing == "asterix" else frames)
    assert not way.begun


@given(text=st.binary(max_size=200), size=st.integers(1, 50))
def test_lines_come_whole_and_none_is_lost(text, size):
    way = cutter("lines")
    got = b"".join(frame for at in range(0, len(text), size) for frame in way.cut(text[at : at + size]))
    assert got == text[: text.rfind(b"\n") + 1]
    assert way.begun == (got != text)


@pytest.mark.parametrize(
    ("framing", "stream"),
    [
        ("lines", b"x" * (MOST_BYTES + 1)),
        ("length-le32", b"\xff\xff\xff\xff"),
        ("length-be32", struct.pack(">I", MOST_BYTES + 1)),
        ("asterix", b"\x30\x00\x02"),
    ],
)
def test_what_is_longer_than_any_frame_is_not_waited_for(framing, stream):
    with pytest.raises(TooLongError):
        cutter(framing).cut(stream)


# --- Datagrams ---------------------------------------------------------------------------------------------------------


def test_each_datagram_is_a_message_of_the_sensor():
    async def body():
        port = free(socket.SOCK_DGRAM)
        async with Station(f"udp://127.0.0.1:{port}") as station:
            await station.until(lambda: station.feed.state == "listening")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
                for word in (b"one", b"two"):
                    mouth.sendto(word, ("127.0.0.1", port))
                assert [await station.next(), await station.next()] == [b"one", b"two"]
            assert (station.feed.health().frames, station.feed.health().bytes) == (2, 6)

    run(body())


def test_a_multicast_group_is_joined():
    async def body():
        port = free(socket.SOCK_DGRAM)
        async with Station(f"udp://239.255.77.1:{port}", interface="127.0.0.1") as station:
            await station.until(lambda: station.feed.state == "listening")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
                mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
                mouth.sendto(b"to all", ("239.255.77.1", port))
            assert await station.next() == b"to all"

    run(body())


def test_a_flood_of_datagrams_is_dropped_counted_and_named():
    async def body():
        port = free(socket.SOCK_DGRAM)
        async with Station(f"udp://127.0.0.1:{port}", frames_hz=5) as station:
            await station.until(lambda: station.feed.state == "listening")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
                for _ in range(100):
                    mouth.sendto(b"x", ("127.0.0.1", port))
            await station.until(lambda: station.feed.health().dropped + station.feed.health().frames == 100)
            health = station.feed.health()
            assert health.frames <= 10
            assert "more than 5 frames a second" in health.trouble

    run(body())


def test_an_address_that_is_in_use_is_said_before_anything_runs():
    async def body():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            url = f"udp://127.0.0.1:{taken.getsockname()[1]}"
            with pytest.raises(
                ConfigError, match=f"sensor 's': source.url: {url}: cannot be listened on: Address already in use"
            ):
                await hear(Station(url).feed)

    run(body())


# --- Streams -----------------------------------------------------------------------------------------------------------


def test_sensors_connect_and_their_frames_come_whole():
    async def body():
        port = free()
        async with Station(f"tcp-listen://127.0.0.1:{port}", framing="length-le32") as station:
            (_, first), (_, second) = await connected(port), await connected(port)
            first.write(WRITTEN["length-le32"](b"of the first")[:7])
            second.write(WRITTEN["length-le32"](b"of the second"))
            assert await station.next() == b"of the second"
            first.write(WRITTEN["length-le32"](b"of the first")[7:])
            assert await station.next() == b"of the first"
            assert station.feed.health().peers == 2
            first.close()
            second.close()

    run(body())


def test_one_peer_too_many_is_sent_away_and_the_others_go_on():
    async def body():
        port = free()
        async with Station(f"tcp-listen://127.0.0.1:{port}", peers=1) as station:
            _, first = await connected(port)
            await station.until(lambda: station.feed.peers == 1)
            reader, second = await connected(port)
            assert await reader.read() == b""
            first.write(b"still here\n")
            assert await station.next() == b"still here\n"
            assert (station.feed.health().refused, "sent away" in station.feed.health().trouble) == (1, True)
            first.close()
            second.close()

    run(body())


def test_a_peer_that_never_finishes_a_frame_is_sent_away_while_it_drips(monkeypatch):
    monkeypatch.setattr(streams, "WHOLE_S", 0.3)

    async def body():
        port = free()
        async with Station(f"tcp-listen://127.0.0.1:{port}") as station:
            reader, slow = await connected(port)
            _, good = await connected(port)
            ended = asyncio.create_task(reader.read())
            with contextlib.suppress(ConnectionError):
                while not ended.done():
                    slow.write(b".")
                    await slow.drain()
                    await asyncio.sleep(0.02)
            good.write(b"a line\n")
            assert await station.next() == b"a line\n"
            await station.until(lambda: station.feed.peers == 1)
            assert "did not come within" in station.feed.health().trouble
            slow.close()
            good.close()

    run(body())


def test_a_stream_that_is_no_such_stream_is_cut_off_and_its_frames_are_not_half_taken():
    async def body():
        port = free()
        async with Station(f"tcp-listen://127.0.0.1:{port}", framing="length-be32") as station:
            reader, bad = await connected(port)
            bad.write(WRITTEN["length-be32"](b"good") + b"\xff" * 100)
            assert await reader.read() == b""
            await station.until(lambda: station.feed.health().refused == 1)
            assert "was announced; expected" in station.feed.health().trouble
            bad.close()

    run(body())


def test_a_flooding_peer_waits_and_loses_nothing():
    async def body():
        port = free()
        async with Station(f"tcp-listen://127.0.0.1:{port}", framing="length-le32", frames_hz=50) as station:
            _, mouth = await connected(port)
            mouth.write(b"".join(WRITTEN["length-le32"](bytes([number])) for number in range(60)))
            assert [await station.next() for _ in range(60)] == [bytes([number]) for number in range(60)]
            assert station.feed.health().dropped == 0
            mouth.close()

    run(body())


def test_a_sensor_that_goes_away_is_connected_to_again():
    async def body():
        port, spoken = free(), []

        async def speak(_, writer):
            spoken.append(1)
            writer.write(f"line {len(spoken)}\n".encode())
            await writer.drain()
            writer.close()

        async with Station(f"tcp://127.0.0.1:{port}") as station:
            await station.until(lambda: station.feed.state == "failing")
            assert "no connection" in station.feed.health().trouble
            async with await asyncio.start_server(speak, "127.0.0.1", port):
                assert await station.next() == b"line 1\n"
                assert await station.next() == b"line 2\n"

    run(body())


# --- Documents ---------------------------------------------------------------------------------------------------------


def test_a_file_is_taken_whenever_it_says_something_new(tmp_path):
    path = tmp_path / "aircraft.json"

    async def body():
        async with Station(f"file://{path}", period_s=0.05) as station:
            await station.until(lambda: station.feed.state == "failing")
            path.write_text("first")
            assert await station.next() == b"first"
            (tmp_path / "new").write_text("second")
            (tmp_path / "new").rename(path)
            assert await station.next() == b"second"
            assert station.feed.health().frames == 2

    run(body())


class Receiver(http.server.BaseHTTPRequestHandler):
    answers: typing.ClassVar = []

    def do_GET(self):
        status, body, *coding = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        self.send_response(status)
        if coding:
            self.send_header("content-encoding", *coding)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def receiver():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_receiver_is_asked_by_http_and_its_faults_are_told(receiver):
    Receiver.answers = [(200, b"a"), (503, b""), (200, b"a"), (200, b"x" * (MOST_BYTES + 1)), (200, b"b")]

    async def body():
        async with Station(f"http://127.0.0.1:{receiver}/data/aircraft.json", period_s=0.05) as station:
            assert [await station.next(), await station.next()] == [b"a", b"b"]
            health = station.feed.health()
            assert (health.frames, health.refused) == (2, 1)
            assert f"at most {MOST_BYTES} are read" in health.trouble

    run(body())


def test_a_packed_answer_is_unpacked_as_far_as_is_read_and_no_further(receiver):
    bomb, whole = gzip.compress(bytes(64 * MOST_BYTES)), gzip.compress(b"packed")
    Receiver.answers = [
        (200, whole, "gzip"), (200, bomb, "gzip"), (200, whole[:-9], "gzip"), (200, b"no gzip", "gzip"), (200, b"?", "br"), (200, b"plain"),
    ]  # fmt: skip

    async def body():
        async with Station(f"http://127.0.0.1:{receiver}/", period_s=0.05) as station:
            assert [await station.next(), await station.next()] == [b"packed", b"plain"]
            health = station.feed.health()
            assert (health.frames, health.refused) == (2, 4)
            assert "expected gzip, or none" in health.trouble

    run(body())


def test_the_log_is_not_filled_by_troubles_that_are_new_each_time(caplog):
    now = [0.0]
    trouble = Trouble(logging.getLogger("peers"), "the door", lambda: now[0])
    for port in range(1000):
        trouble.note(f"peer {port} babbles")
    now[0] = Trouble.EVERY_S
    trouble.note("peer 1000 babbles")
    assert trouble.last == "peer 1000 babbles"
    assert [record.getMessage() for record in caplog.records] == [
        "the door: peer 0 babbles",
        "the door: peer 1000 babbles (and 999 more before it)",
    ]


def test_a_receiver_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr(documents, "ANSWER_S", 1.0)

    async def body():
        async with Station(f"http://127.0.0.1:{free()}/", period_s=0.05) as station:
            await station.until(lambda: station.feed.state == "failing")
            assert "no answer" in station.feed.health().trouble

    run(body())


# --- The site's file ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "more", "key", "said"),
    [
        ("serial:///dev/ttyUSB0", {}, "url", "has no scheme that is known; expected udp://"),
        ("udp://127.0.0.1", {}, "url", "names no host and port; expected udp://host:port"),
        ("tcp://user:secret@127.0.0.1:30003", {}, "url", "carries a user or password"),
        ("file://relative", {}, "url", "names no file; expected file:///path"),
        ("udp://127.0.0.1:99999", {}, "url", "Port out of range"),
        ("udp://127.0.0.1:30003", {"framing": "lines"}, "framing", "does not go with udp://; expected datagram"),
    ],
)
def test_a_source_that_cannot_be_is_named_by_its_key(url, more, key, said):
    ((where, text),) = faults_of(Source(url=url, **more))
    assert where == key
    assert said in text
