"""UDP: each datagram is a frame; a multicast group is joined."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import struct

from fusion.transport.feeds.feed import Allowance, Feed

ANY = "0.0.0.0"  # noqa: S104 - only where the site's file says so: a group may come in by any interface


async def hear(feed: Feed) -> None:
    """Listen for ever; raise ConfigError where the address cannot be had."""
    loop = asyncio.get_running_loop()
    try:
        transport, _ = await loop.create_datagram_endpoint(lambda: _Ear(feed), sock=_socket(feed))
    except OSError as error:
        raise feed.cannot("cannot be listened on", error) from error
    feed.well("listening")
    try:
        await loop.create_future()
    finally:
        transport.close()


class _Ear(asyncio.DatagramProtocol):
    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._clock = asyncio.get_running_loop().time
        self._allowance = Allowance(feed.source.frames_hz, self._clock())

    def datagram_received(self, data: bytes, _: object) -> None:
        """Take a datagram, or leave it where there are too many."""
        if self._allowance.take(self._clock()) > 0.0:
            self._allowance.give_back()
            self._feed.drop()
        else:
            self._feed.hear(data)


def _socket(feed: Feed) -> socket.socket:
    host, port, group = feed.place.host, feed.place.port, _group(feed.place.host)
    if group is None:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE)[0]
        ear = socket.socket(family, socket.SOCK_DGRAM)
        return _bound(ear, address)
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # several programs of one machine may hear a group
    joined = struct.pack("4s4s", group.packed, socket.inet_aton(feed.source.interface or ANY))
    try:
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, joined)
    except OSError:
        ear.close()
        raise
    return _bound(ear, (host, port))


def _bound(ear: socket.socket, address: tuple[object, ...]) -> socket.socket:
    try:
        ear.setblocking(False)
        ear.bind(address)
    except OSError:
        ear.close()
        raise
    return ear


def _group(host: str) -> ipaddress.IPv4Address | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return address if isinstance(address, ipaddress.IPv4Address) and address.is_multicast else None
