"""A higher SAPIENT node is told: valid messages, what comes back of it, and our own fusion node as the higher one."""

from __future__ import annotations

import asyncio
import contextlib
import math
import struct
import time
from datetime import timedelta

import pytest
from google.protobuf.json_format import ParseDict
from msgspec.structs import replace
from sapient_msg.bsi_flex_335_v2_0.sapient_message_pb2 import SapientMessage

from fusion.config import Config, Site
from fusion.config_edge import Outlet as Settings
from fusion.config_edge import Sapient, faults_of_outlet
from fusion.messages import (
    SECOND,
    AlertMessage,
    Identity,
    SensorHealth,
    StatusMessage,
    TrackMessage,
    nanoseconds,
    utc,
)
from fusion.transport.inbox import Inbox
from fusion.transport.outputs import outlets_of
from fusion.transport.outputs.sapient import SapientWriter
from fusion.transport.sapient import FusionNode
from fusion.zones.commands import Acknowledge, Annotate, Reject, decode_command
from sensors.sapient import validating
from tests.adapters.stations import Ear
from tests.scene import CONFIG
from tests.transport.test_cot import ALERT, NOW, TRACK

HIGHER = "99999999-2222-4333-8444-555555555555"
ULID = "01KYFQKZE0JKJVF9A96KTJQ546"
TOLD = replace(TRACK, classes={"multirotor": 0.97, "bird": 0.03}, identity=replace(TRACK.identity, serial="1581F45T7229DMK001AB"))
WELL = {
    "scans": 1,
    "detections": 1,
    "rejected": 0,
    "duplicates": 0,
    "gaps": 0,
    "late": 0,
    "age_s": 0.1,
    "latency_s": 0.1,
    "rate_hz": 1.0,
}
STATUS = StatusMessage(
    site="paris", time=NOW, tracks={}, alerts=0, counters={}, state="online",
    sensors={"radar-1": SensorHealth(state="online", **WELL), "rf-2": SensorHealth(state="silent", **WELL)},
)  # fmt: skip


def settings(**more) -> Settings:
    return Settings(**{"name": "higher", "kind": "sapient", "url": "tcp://127.0.0.1:5020", "withhold": ()} | more)


def writer(now=NOW, **more) -> SapientWriter:
    return SapientWriter(settings(**more), CONFIG, lambda: nanoseconds(now))


def said(one: SapientWriter, *messages) -> list[SapientMessage]:
    frames = [one.write(told) for message in messages for _, told in one.tell(message)]
    for frame in frames:
        assert struct.unpack("<I", frame[:4]) == (len(frame) - 4,)
    found = [SapientMessage.FromString(frame[4:]) for frame in frames]
    assert [validating.faults(message) for message in found] == [[] for _ in found]
    return found


# --- What is written --------------------------------------------------------------------------------------------------


def test_we_register_as_a_fusion_node_and_every_word_is_valid():
    told = writer().registration()
    assert validating.faults(told) == []
    assert told.registration.node_definition[0].node_type == 20
    assert told.registration.icd_version == "BSI Flex 335 v2.0"


def test_a_track_is_a_detection_with_its_place_errors_velocity_and_classes():
    (message,) = said(writer(), TrackMessage(track=TOLD.track, state=TOLD))
    report = message.detection_report
    assert (report.object_id, report.location.datum, report.location.coordinate_system) == (TRACK.track, 1, 1)
    assert (report.location.x, report.location.y, report.location.z) == (2.2944, 48.8583, 165.0)
    found = Ear("sapient").hear(message.SerializeToString(), nanoseconds(NOW)).detections[0]
    assert found.time == nanoseconds(NOW)
    assert found.sigma_horizontal == pytest.approx(math.sqrt((40.0 + 90.0) / 2.0), rel=1e-6)
    assert (found.sigma_vertical, found.velocity) == (5.0, (3.0, -1.0, 0.2))
    assert found.sigma_velocity == pytest.approx(math.sqrt((40.0 + 90.0 + 25.0) / 3.0))
    assert found.classes == pytest.approx({"multirotor": 0.97, "bird": 0.03}, abs=1e-6)
    assert found.identity == Identity(serial="1581F45T7229DMK001AB")


def test_who_it_says_to_be_is_withheld_unless_the_site_says_otherwise():
    (message,) = said(writer(withhold=("pilot", "identity", "friendly")), TrackMessage(track=TOLD.track, state=TOLD))
    assert "1581F45T" not in str(message)
    (alert,) = said(
        writer(withhold=("identity",)),
        AlertMessage(alert=replace(ALERT, track_state=TOLD, reasons=("1581F45T7229DMK001AB has no permit",)), cause=0),
    )
    assert "1581F45T" not in str(alert)
    assert said(writer(withhold=("friendly",)), TrackMessage(track="T", state=replace(TOLD, verdict="friendly"))) == []


def test_a_track_that_ends_or_is_hidden_is_told_lost_once():
    one = writer()
    messages = said(
        one, *[TrackMessage(track=TOLD.track, state=TOLD), TrackMessage(track=TOLD.track), TrackMessage(track=TOLD.track)]
    )
    assert [message.detection_report.state for message in messages] == ["confirmed", "lost"]
    assert Ear("sapient").hear(messages[1].SerializeToString()).detections == ()


def test_a_track_that_has_waited_too_long_is_not_told():
    assert writer(NOW + timedelta(seconds=1)).write(TOLD) == b""


@pytest.mark.parametrize(
    ("state", "notes", "status"),
    [("raised", (), 1), ("updated", (), 1), ("acknowledged", (), 2), ("shelved", (), 4), ("cleared", (), 5), ("closed", (), 5),
     ("closed", ("2026-07-26T17:30:00Z anna: rejected – a kite",), 3), ("closed", ("2026-07-26T17:30:00Z anna: rejected by nobody",), 5)],
)  # fmt: skip
def test_an_alert_s_state_is_one_of_sapient_s(state, notes, status):
    (message,) = said(writer(), AlertMessage(alert=replace(ALERT, state=state, notes=notes), cause=0))
    alert = message.alert
    assert (alert.alert_id, alert.status, alert.alert_type, alert.priority, alert.ranking) == (ALERT.alert, status, 3, 3, 1.0)
    assert [(one.node_id, one.object_id) for one in alert.associated_detection] == [(writer().node, TRACK.track)]
    assert (alert.location.x, alert.location.y) == (2.2944, 48.8583)


def test_ranking_goes_by_severity_and_then_by_probability():
    alerts = [
        replace(ALERT, severity=severity, probability=p)
        for severity in ("advisory", "warning", "critical")
        for p in (0.1, 0.6, None)
    ]
    ranks = [said(writer(), AlertMessage(alert=one, cause=0))[0].alert.ranking for one in alerts]
    assert ranks == sorted(ranks)
    assert 0.0 <= ranks[0] < ranks[-1] <= 1.0


def test_a_status_names_the_sensors_that_are_not_well():
    (message,) = said(writer(), STATUS)
    assert message.status_report.system == 2
    assert [one.status_value for one in message.status_report.status] == ["rf-2: silent"]


@pytest.mark.parametrize(
    ("url", "plain", "faults"),
    [
        ("udp://127.0.0.1:1", False, 1),
        ("tcp://127.0.0.1:1", False, 0),
        ("tls://node.example:1", False, 0),
        ("tcp://node.example:1", False, 1),
    ],
)
def test_a_higher_node_is_told_over_tcp_or_tls(url, plain, faults):
    assert len(faults_of_outlet(settings(url=url, plain=plain))) == faults


# --- Over sockets ------------------------------------------------------------------------------------------------------


class Scripted:
    """A higher node that a test plays."""

    def __init__(self, *, acceptance=True) -> None:
        self.acceptance, self.heard, self.commands, self.serving = acceptance, asyncio.Queue(), asyncio.Queue(), []

    async def __aenter__(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        url = f"tcp://127.0.0.1:{self.server.sockets[0].getsockname()[1]}"
        (self.outlet,) = outlets_of(replace(CONFIG, output=(settings(url=url),)), None, lambda: (), self.commands.put_nowait)
        self.running = asyncio.create_task(self.outlet.run())
        return self

    async def __aexit__(self, *_):
        self.running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.running
        self.server.close()
        await asyncio.gather(*self.serving, return_exceptions=True)

    async def _serve(self, reader, writer):
        self.writer = writer
        self.serving.append(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            while True:
                (length,) = struct.unpack("<I", await reader.readexactly(4))
                message = SapientMessage.FromString(await reader.readexactly(length))
                if message.HasField("registration"):
                    reasons = [] if self.acceptance else ["no room"]
                    self.say(registrationAck={"acceptance": self.acceptance, "ackResponseReason": reasons})
                self.heard.put_nowait(message)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def say(self, **content):
        message = ParseDict({"nodeId": HIGHER} | content, SapientMessage())
        message.timestamp.seconds = round(time.time())
        frame = message.SerializeToString()
        self.writer.write(struct.pack("<I", len(frame)) + frame)

    async def next(self, content):
        async with asyncio.timeout(10):
            while True:
                message = await self.heard.get()
                assert validating.faults(message) == []
                if message.WhichOneof("content") == content:
                    return message


def run(body):
    async def bounded():
        async with asyncio.timeout(40):
            return await body

    return asyncio.run(bounded())


def current(track=TOLD):
    return replace(track, time=utc(time.time_ns()))


def test_it_hears_who_we_are_then_how_we_are_then_what_there_is():
    async def body():
        async with Scripted() as higher:
            first, second = [await asyncio.wait_for(higher.heard.get(), 10) for _ in range(2)]
            assert [one.WhichOneof("content") for one in (first, second)] == ["registration", "status_report"]
            higher.outlet.take(TrackMessage(track=TOLD.track, state=current()))
            assert (await higher.next("detection_report")).detection_report.object_id == TOLD.track

    run(body())


@pytest.mark.parametrize(("status", "kind"), [("ACCEPTED", Acknowledge), ("REJECTED", Reject), ("CANCELLED", Annotate)])
def test_what_it_says_of_an_alert_is_a_command_with_its_name(status, kind):
    async def body():
        async with Scripted() as higher:
            higher.outlet.take(AlertMessage(alert=ALERT, cause=0))
            await higher.next("alert")
            higher.say(
                alertAck={"alertId": ALERT.alert, "alertAckStatus": f"ALERT_ACK_STATUS_{status}", "reason": ["seen by anna"]}
            )
            message = await asyncio.wait_for(higher.commands.get(), 10)
            assert message.topic == f"vigie/v1/paris/alert/{ALERT.alert}/command"
            assert decode_command(message.payload) == kind(who=f"higher (SAPIENT node {HIGHER})", why="seen by anna")

    run(body())


def test_tasks_are_answered_and_what_is_not_done_here_is_declined():
    async def body():
        async with Scripted() as higher:
            await higher.next("status_report")
            higher.say(task={"taskId": ULID, "control": "CONTROL_START", "command": {"request": "Status"}})
            await higher.next("status_report")
            assert (await higher.next("task_ack")).task_ack.task_status == 3
            higher.say(task={"taskId": ULID, "control": "CONTROL_START", "command": {"modeChange": "Off"}})
            ack = (await higher.next("task_ack")).task_ack
            assert (ack.task_id, ack.task_status, len(ack.reason)) == (ULID, 2, 1)
            higher.say(task={"taskId": "mine"})
            assert len((await higher.next("error")).error.error_message) == 2

    run(body())


def test_a_node_that_does_not_take_us_is_named_with_its_reason():
    async def body():
        async with Scripted(acceptance=False) as higher:
            async with asyncio.timeout(10):
                while higher.outlet.health().state != "failing":  # noqa: ASYNC110 - a health has no event
                    await asyncio.sleep(0.01)
            assert higher.outlet.health().trouble == "our registration was refused: no room"

    run(body())


def test_alerts_that_stand_are_told_anew_to_a_node_that_connects_again():
    async def body():
        async with Scripted() as higher:
            higher.outlet.take(AlertMessage(alert=ALERT, cause=0))
            await higher.next("alert")
            higher.writer.close()
            assert (await higher.next("alert")).alert.alert_id == ALERT.alert

    run(body())


@pytest.mark.slow
def test_our_own_fusion_node_is_a_higher_node_whose_core_follows_our_tracks(tmp_path):
    from fusion.assembly import assemble
    from fusion.messages import Tick

    site = Site(name="paris", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
    parent = Config(site=replace(site, name="region"), sapient=Sapient(listen="127.0.0.1:0"))

    async def body():
        inbox, followed = Inbox(10_000), []
        node = FusionNode(parent.sapient, parent, tmp_path, inbox)
        serving = asyncio.create_task(node.run())
        await asyncio.wait_for(node.listening.wait(), 10)
        (outlet,) = outlets_of(replace(CONFIG, output=(settings(url=f"tcp://127.0.0.1:{node.port}"),)), tmp_path, lambda: ())
        telling = asyncio.create_task(outlet.run())
        core, begun = assemble(parent, tmp_path), time.time_ns()
        async with asyncio.timeout(30):
            while not followed:
                now = time.time_ns()
                place = replace(TOLD.position, longitude_deg=TOLD.position.longitude_deg + (now - begun) / SECOND * 3.0 / 73_000)
                small = replace(
                    TOLD.covariance,
                    position_m2=((4.0, 0.0, 0.0), (0.0, 4.0, 0.0), (0.0, 0.0, 9.0)),
                    velocity_m2ps2=((0.2, 0.0, 0.0), (0.0, 0.2, 0.0), (0.0, 0.0, 0.2)),
                )
                outlet.take(TrackMessage(track=TOLD.track, state=replace(TOLD, time=utc(now), position=place, covariance=small)))
                outlet.take(AlertMessage(alert=ALERT, cause=0))
                inbox.tick(Tick(time=now))
                await asyncio.sleep(0.2)
                while inbox.waiting:
                    outputs = core.feed((await inbox.get()).input)
                    followed += [one.state for one in outputs if isinstance(one, TrackMessage) and one.state is not None]
        assert node.health().refused == 0, node.health().trouble
        assert set(core.intake.stations) == {f"paris-{SapientWriter(settings(), CONFIG).node[:8]}"}
        (sensor,) = followed[0].sensors
        assert sensor in core.intake.stations
        assert followed[0].position.latitude_deg == pytest.approx(48.8583, abs=1e-4)
        assert followed[0].identity.serial == "1581F45T7229DMK001AB"
        for task in (telling, serving):
            task.cancel()
        await asyncio.gather(telling, serving, return_exceptions=True)

    run(body())
