"""A client for integrators: a site's tracks and alerts as an asynchronous iterator of typed records, over MQTT.

    from fusion.client import connect

    async with connect("paris", "broker.example") as vigie:
        async for track in vigie.tracks():
            print(track.track, track.status, track.verdict, track.position)

It connects again by itself, subscribes again, and says what was missed. docs/client.md tells all of it.
"""

from fusion.client.client import Client, connect
from fusion.client.known import News
from fusion.errors import BrokerError, CommandError, ConfigError, DecodeError
from fusion.messages import Alert, StatusMessage, Track
from fusion.zones.commands import Acknowledge, Annotate, Hostile, NotHostile, Reject, Shelve

__all__ = [
    "Acknowledge",
    "Alert",
    "Annotate",
    "BrokerError",
    "Client",
    "CommandError",
    "ConfigError",
    "DecodeError",
    "Hostile",
    "News",
    "NotHostile",
    "Reject",
    "Shelve",
    "StatusMessage",
    "Track",
    "connect",
]
