"""What one peer's messages mean: who it is, what it is answered, and what of it goes to the core. Without any socket."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from fusion.config import Sensor
from fusion.errors import DecodeError
from fusion.frame import SiteFrame
from fusion.messages import SECOND, RawMessage
from fusion.topics import TopicTree
from fusion.ulid import ulid
from sensors.adapter import Station
from sensors.sapient import reading, registering, schema, validating, writing

APART_NS = 80_000_000
"""ns that lie between two detections of one object at least."""

SLACK_NS = 1_000_000
"""ns by which senders round their times."""

MOST_NODES = 50
"""Nodes that may register over one connection: a gateway's."""

MOST_OBJECTS = 10_000
"""Objects of a node of which it is known when each was told last; beyond, the oldest are forgotten."""

QUOTED_BYTES = 4096
"""Of a packet that is sent back in an error: enough to find it by."""


class House(NamedTuple):
    """What every session knows of the site."""

    node: str  # our own UUID
    frame: SiteFrame
    tree: TopicTree
    known: dict[str, Sensor]  # configured sensors by their node's UUID
    newcomers: bool


class Heard(NamedTuple):
    """What comes of a message: answers for the peer, inputs for the core, and what was wrong."""

    answers: tuple[Any, ...] = ()
    inputs: tuple[RawMessage, ...] = ()
    faults: tuple[str, ...] = ()


class Node:
    """A registered node."""

    def __init__(self, sensor: Sensor, registration: Any, *, configured: bool) -> None:
        self.sensor, self.registration, self.configured = sensor, registration, configured
        self.status: Any | None = None
        self.announced: Sensor | None = None
        self._told: dict[str, int] = {}

    def too_soon(self, object_id: str, time: int) -> bool:
        """Tell whether an object was told a moment ago, and remember when it is told now."""
        last = self._told.pop(object_id, None)
        soon = last is not None and time - last < APART_NS - SLACK_NS
        self._told[object_id] = last if soon and last is not None else time
        if len(self._told) > MOST_OBJECTS:
            del self._told[next(iter(self._told))]
        return soon


class Session:
    """One connection."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.nodes: dict[str, Node] = {}
        self._asked: set[str] = set()

    def hear(self, frame: bytes, received: int) -> Heard:
        """Take a message."""
        try:
            message = schema.parse(frame)
        except DecodeError as error:
            return self._error(frame, received, (str(error),))
        faults = validating.faults(message)
        if untimely := validating.untimely(message, received):
            faults.append(untimely)
        if faults:
            return self._error(frame, received, tuple(faults), message.node_id)
        try:
            return self._content(message, frame, received)
        except DecodeError as error:
            return self._error(frame, received, (str(error),), message.node_id)

    def _content(self, message: Any, frame: bytes, received: int) -> Heard:
        content, node = message.WhichOneof("content"), self.nodes.get(message.node_id)
        if content == "registration":
            return self._register(message, received)
        if content == "error":
            return Heard(faults=tuple(f"the node says: {text[:200]}" for text in message.error.error_message[:5]))
        if node is None:
            return self._strange(message, frame, received)
        return self._of_node(node, content, message, frame, received)

    def _of_node(self, node: Node, content: str, message: Any, frame: bytes, received: int) -> Heard:
        match content:
            case "status_report":
                return self._status(node, message.status_report, received)
            case "detection_report":
                return self._detection(node, message, frame, received)
            case "task_ack":
                return Heard(faults=_of_task(message.task_ack))
        if content != "alert":  # an alert is heard and left at that: an answer to it would be a person's
            raise DecodeError(f"content: is a {content}, which a node does not send to its fusion node")
        return Heard()

    # --- Who it is ------------------------------------------------------------------------------------------------

    def _register(self, message: Any, received: int) -> Heard:
        registration, node = message.registration, message.node_id
        reasons = registering.refusals(registration)
        sensor = self._house.known.get(node)
        if sensor is None and not self._house.newcomers:
            reasons.append(f"node_id: {node} is not a node of this site")
        if node not in self.nodes and len(self.nodes) >= MOST_NODES:
            reasons.append(f"{MOST_NODES} nodes are registered over this connection already")
        answer = self._answer(received, node)
        answer.registration_ack.acceptance = not reasons
        answer.registration_ack.ack_response_reason.extend(reasons)
        if reasons:
            return Heard(answers=(answer,), faults=tuple(reasons))
        name = registering.name_of(node, registration)
        made = sensor or registering.sensor_of(name, registration, None, self._house.frame)
        self.nodes[node] = Node(made, registration, configured=sensor is not None)
        self._asked.discard(node)
        return Heard(answers=(answer,))

    def _strange(self, message: Any, frame: bytes, received: int) -> Heard:
        """Ask a node once to register that has not."""
        found = self._error(frame, received, (f"node_id: {message.node_id} is not registered",), message.node_id)
        if message.node_id in self._asked or len(self._asked) >= MOST_NODES:
            return found
        self._asked.add(message.node_id)
        return found._replace(answers=(*found.answers, self.task(message.node_id, received, request="Registration")))

    # --- What it says ---------------------------------------------------------------------------------------------

    def _status(self, node: Node, status: Any, received: int) -> Heard:
        inputs = self._announce(node, status, received)  # raises where it cannot stand there, and nothing of it is kept
        node.status = status
        return Heard(inputs=(*inputs, self._state(node, reading.SAID[status.system], received)))

    def _detection(self, node: Node, message: Any, frame: bytes, received: int) -> Heard:
        report, time = message.detection_report, validating.time_of(message) or received
        if node.status is None:
            raise DecodeError("detection_report: came before the first status_report, which says where the node stands")
        if reading.nothing_there(report) is None:
            reading.measurement(Station(node.sensor, self._house.frame), report, time)
        if node.too_soon(report.object_id, time):
            raise DecodeError(f"timestamp: object {report.object_id} was reported less than {APART_NS / SECOND:g} s before")
        topic = self._house.tree.path("raw", sensor=node.sensor.id, format="sapient")
        return Heard(inputs=(RawMessage(topic=topic, payload=frame, received=received),))

    def _announce(self, node: Node, status: Any, received: int) -> tuple[RawMessage, ...]:
        """Tell the core of a sensor that the site's file does not name, and of what has changed of it."""
        if node.configured:
            return ()
        node.sensor = registering.sensor_of(node.sensor.id, node.registration, status, self._house.frame)
        if node.sensor == node.announced:
            return ()
        node.announced = node.sensor
        topic = self._house.tree.path("registration", sensor=node.sensor.id)
        return (RawMessage(topic=topic, payload=msgspec.json.encode(node.sensor), received=received),)

    def _state(self, node: Node, state: str, received: int) -> RawMessage:
        topic = self._house.tree.path("sensor_status", sensor=node.sensor.id)
        return RawMessage(topic=topic, payload=msgspec.json.encode({"state": state}), received=received)

    def gone(self, received: int) -> tuple[RawMessage, ...]:
        """Say that a connection's nodes are not there any more."""
        return tuple(
            self._state(node, "offline", received)
            for node in self.nodes.values()
            if node.configured or node.announced is not None
        )

    # --- What we say ----------------------------------------------------------------------------------------------

    def task(self, node: str, time: int, **command: Any) -> Any:
        """Write a task that starts now: request="Registration", mode_change="…", or look_at=(azimuth, elevation) in degrees."""
        answer = self._answer(time, node)
        answer.task.task_id, answer.task.control = ulid(time, self._house.node, node, repr(sorted(command.items()))), 1  # START
        for name, value in command.items():
            if name == "look_at":
                cone = answer.task.command.look_at.range_bearing
                cone.azimuth, cone.elevation = value
                cone.coordinate_system, cone.datum = writing.DEGREES_M, writing.TRUE
            else:
                setattr(answer.task.command, name, value)
        return answer

    def _answer(self, time: int, node: str) -> Any:
        return writing.envelope(self._house.node, time, node)

    def _error(self, frame: bytes, received: int, faults: tuple[str, ...], node: str = "") -> Heard:
        answer = writing.envelope(self._house.node, received, node if validating.UUID.fullmatch(node) else None)
        answer.error.packet = frame[:QUOTED_BYTES]
        answer.error.error_message.extend(faults)
        return Heard(answers=(answer,), faults=faults)


def _of_task(ack: Any) -> tuple[str, ...]:
    """Say what became of a task where it was not done."""
    if ack.task_status not in {2, 4}:  # REJECTED, FAILED
        return ()
    return (f"task {ack.task_id}: {'; '.join(ack.reason)[:200] or 'was not done'}",)
