"""What the edge counts, in one table: nothing is lost and nothing is hidden."""

from __future__ import annotations

from collections.abc import Mapping

COUNTERS = {
    "received": "messages that came over MQTT",
    "dropped_scans": "scans and raw payloads at QoS 0 that gave way to newer ones because the core could not keep up",
    "dropped_other": "other messages at QoS 0 that did; senders that follow the contract use QoS 1 and lose none",
    "dropped_malformed": "messages whose topic is not UTF-8",
    "dropped_foreign": "messages on topics that were not asked for",
    "ticks_merged": "beats of the service that made way for the next one",
    "inbox_full": "times that reading from the broker stopped until the core had caught up",
    "inbox_waiting": "messages and ticks that wait for the core now",
    "published": "messages that the broker has confirmed, or at QoS 0 that have left",
    "publish_refused": "messages that the broker refused by name (MQTT 5 only); alerts are tried again on the next connection",
    "already_retained": "alerts not repeated because the broker turned out to have them",
    "outbox_dropped": "outgoing messages of passing interest that were dropped or lost while the broker was away or slow",
    "outbox_replaced": "outgoing messages that a newer one of the same topic replaced while they waited",
    "outbox_waiting": "outgoing messages that wait, or that the broker has not confirmed, now",
    "journal_lost": "alerts and notes that were dropped because the journal could not be written for too long",
    "inputs_unwritten": "inputs that could not be written down for a restart",
    "inputs_unrecorded": "inputs that are missing in the recording (`state.record`) because it could not be written",
    "connections": "connections to the broker that came about",
    "connections_lost": "connections that ended without our wish",
    "connection_failures": "attempts to connect that came to nothing",
}
"""Every counter and what it counts. The two `_waiting` are lengths; all others only grow."""


def totals(*parts: Mapping[str, int]) -> dict[str, int]:
    """Add up what the parts of the edge have counted, with a nought for what none of them did."""
    if unexplained := {name for part in parts for name in part} - COUNTERS.keys():
        raise KeyError(f"not in COUNTERS: {', '.join(sorted(unexplained))}")
    return {name: sum(part.get(name, 0) for part in parts) for name in COUNTERS}
