"""The SAPIENT fusion node over real sockets: sensors register, report and misbehave, and none is in another's way."""

from __future__ import annotations

import asyncio
import contextlib
import math
import ssl
import struct

import msgspec
import pytest

from fusion.config import Config, Sensor, Site
from fusion.config_edge import Sapient, faults_of_sapient
from fusion.errors import ConfigError
from fusion.messages import SECOND
from fusion.topics import TopicTree
from fusion.transport.inbox import Inbox
from fusion.transport.sapient import FusionNode, node
from fusion.transport.sapient.session import House, Session
from sensors.sapient import validating
from tests.adapters.stations import FRAME, NOW
from tests.certificates import Authority
from tests.sapient_nodes import AROUND, NODE, OBJECT, STANDS, Peer, content, registration, seen, status

US = "99999999-2222-4333-8444-555555555555"
SITE = Site(name="paris", latitude_deg=48.8582, longitude_deg=2.2945, ground_amsl_m=33.0, geoid_undulation_m=44.6)
KNOWN = Sensor(id="radar-1", kind="radar", latitude_deg=48.8521, longitude_deg=2.3035, reports="detections-only")
TREE = TopicTree("paris")


# --- What messages mean, without a socket -----------------------------------------------------------------------------


def session(*, newcomers=True, known=None) -> Session:
    return Session(House(US, FRAME, TREE, known or {}, newcomers))


def registered(**more) -> Session:
    one = session(**more)
    one.hear(content(NOW, registration=registration()).SerializeToString(), NOW)
    return one


def told(one: Session, now=NOW, **what):
    return one.hear(content(now, **what).SerializeToString(), now)


def faults(one: Session, now=NOW, **what) -> tuple[str, ...]:
    heard = told(one, now, **what)
    (answer, *_) = heard.answers
    assert validating.faults(answer) == []
    assert tuple(answer.error.error_message) == heard.faults
    assert heard.inputs == ()
    return heard.faults


def test_a_registration_is_acknowledged_to_who_sent_it():
    (answer,) = told(session(), registration=registration()).answers
    assert validating.faults(answer) == []
    assert (answer.node_id, answer.destination_id, answer.registration_ack.acceptance) == (US, NODE, True)


def test_every_reason_of_a_refusal_is_told():
    heard = told(session(newcomers=False), registration=registration(kind="JAMMER", icd="7"))
    (answer,) = heard.answers
    assert validating.faults(answer) == []
    assert not answer.registration_ack.acceptance
    assert list(answer.registration_ack.ack_response_reason) == [
        "icd_version: is '7'; expected 'BSI Flex 335 v2.0'",
        "node_definition[0].node_type: is JAMMER; effectors are not taken",
        f"node_id: {NODE} is not a node of this site",
    ]


def test_who_has_not_registered_is_asked_to_once():
    one = session()
    first, second = told(one, statusReport=status()), told(one, statusReport=status())
    assert first.faults == (f"node_id: {NODE} is not registered",)
    error, task = first.answers
    assert validating.faults(task) == []
    assert (error.error.error_message[0], task.task.command.request) == (first.faults[0], "Registration")
    assert len(second.answers) == 1


def test_a_newcomer_is_announced_with_place_kind_accuracy_and_coverage():
    one = session()
    told(one, registration=registration(errors=[("Range", 7.5, "metres"), ("Azimuth", 0.01, "radians"), ("Wind", 1, "m")]))
    cone = AROUND | {"azimuth": 45.0, "horizontalExtent": 120.0, "elevation": 20.0, "verticalExtent": 60.0, "range": 5000.0}
    announced, said = told(one, statusReport=status(coverage=[{"rangeBearing": cone}])).inputs
    assert announced.topic == f"vigie/v1/paris/sensor/Roof-{NODE[:8]}/registration"
    sensor = msgspec.json.decode(announced.payload, type=Sensor)
    assert (sensor.id, sensor.kind, sensor.output, sensor.reports) == (f"Roof-{NODE[:8]}", "radar", "tracks", "detections-only")
    assert (sensor.latitude_deg, sensor.longitude_deg, sensor.altitude_hae_m) == (48.8521, 2.3035, 105.0)
    assert (sensor.accuracy.range_m, sensor.accuracy.azimuth_deg) == (7.5, pytest.approx(math.degrees(0.01), abs=1e-5))
    assert (sensor.coverage.azimuth_deg, sensor.coverage.elevation_deg, sensor.coverage.range_m) == (
        (345.0, 105.0),
        (-10.0, 50.0),
        (0.0, 5000.0),
    )
    assert msgspec.json.decode(said.payload) == {"state": "online"}
    assert said.topic == announced.topic.replace("registration", "status")
    again = told(one, statusReport=status("WARNING", coverage=[{"rangeBearing": cone}])).inputs
    assert [msgspec.json.decode(one.payload) for one in again] == [{"state": "degraded"}]


def test_a_sensor_of_the_file_keeps_its_name_and_is_not_announced():
    one = registered(newcomers=False, known={NODE: KNOWN})
    (said,) = told(one, statusReport=status()).inputs
    (scan,) = told(one, detectionReport=seen()).inputs
    assert [m.topic for m in (said, scan)] == [
        "vigie/v1/paris/sensor/radar-1/status",
        "vigie/v1/paris/sensor/radar-1/raw/sapient",
    ]


def test_a_node_that_has_moved_is_announced_anew():
    one = registered()
    told(one, statusReport=status())
    announced, _ = told(one, statusReport=status(nodeLocation=STANDS | {"x": 2.31})).inputs
    assert msgspec.json.decode(announced.payload, type=Sensor).longitude_deg == 2.31


def test_detections_go_to_the_core_as_they_came_and_not_before_the_first_status():
    one = registered()
    assert faults(one, detectionReport=seen()) == (
        "detection_report: came before the first status_report, which says where the node stands",
    )
    told(one, statusReport=status())
    message = content(NOW, detectionReport=seen()).SerializeToString()
    (scan,) = one.hear(message, NOW).inputs
    assert (scan.payload, scan.received) == (message, NOW)


def test_an_object_may_be_reported_every_eighty_milliseconds():
    one = registered()
    told(one, statusReport=status())
    times = [0.0, 0.05, 0.08, 0.1, 0.16]
    counts = [len(told(one, NOW + round(t * SECOND), detectionReport=seen()).inputs) for t in times]
    assert counts == [1, 0, 1, 0, 1]
    other = told(one, NOW + round(0.17 * SECOND), detectionReport=seen(obj=OBJECT[:-1] + "8"))
    assert len(other.inputs) == 1


def test_a_message_s_time_is_held_against_its_arrival():
    one = registered()
    late = one.hear(content(NOW - 2 * SECOND, statusReport=status()).SerializeToString(), NOW)
    assert late.faults == ("timestamp: is -2.000 s from when it was received; expected -0.9 to +0.1 s",)


def test_what_the_adapter_would_refuse_is_told_to_the_sender():
    one = registered()
    told(one, statusReport=status())
    assert faults(one, detectionReport=seen(datum="RANGE_BEARING_DATUM_MAGNETIC")) == (
        "range_bearing.datum: is MAGNETIC, and the magnetic declination is not known here; expected TRUE or GRID",
    )


def test_goodbye_is_offline_and_alerts_of_others_are_left_to_people():
    one = registered()
    told(one, statusReport=status())
    (said,) = told(one, statusReport=status("GOODBYE")).inputs
    assert msgspec.json.decode(said.payload) == {"state": "offline"}
    assert told(one, alert={"alertId": OBJECT}) == ((), (), ())


@pytest.mark.parametrize("command", [{"request": "Status"}, {"mode_change": "Standby"}, {"look_at": (45.0, 10.0)}])
def test_tasks_are_valid(command):
    assert validating.faults(session().task(NODE, NOW, **command)) == []


# --- Over sockets -----------------------------------------------------------------------------------------------------


class Served:
    """A fusion node that listens."""

    def __init__(self, tmp_path, **more) -> None:
        self.inbox = Inbox(10_000)
        settings = Sapient(listen="127.0.0.1:0", **more)
        self.node = FusionNode(settings, Config(site=SITE, sensor=(KNOWN,)), tmp_path, self.inbox)

    async def __aenter__(self):
        self.task = asyncio.create_task(self.node.run())
        async with asyncio.timeout(10):
            await self.node.listening.wait()
        return self

    async def __aexit__(self, *_):
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    async def next(self):
        async with asyncio.timeout(10):
            return (await self.inbox.get()).input

    async def until(self, condition):
        async with asyncio.timeout(20):
            while not condition():  # noqa: ASYNC110 - a counter has no event
                await asyncio.sleep(0.01)


def run(body):
    async def bounded():
        async with asyncio.timeout(40):
            return await body

    return asyncio.run(bounded())


async def introduced(peer: Peer) -> None:
    peer.say(content(registration=registration()))
    assert (await peer.next()).registration_ack.acceptance
    peer.say(content(statusReport=status()))


def test_a_sensor_registers_reports_and_leaves(tmp_path):
    async def body():
        async with Served(tmp_path) as served, Peer(served.node.port) as peer:
            await introduced(peer)
            peer.say(content(detectionReport=seen()))
            topics = [(await served.next()).topic.rpartition(f"Roof-{NODE[:8]}/")[2] for _ in range(3)]
            assert topics == ["registration", "status", "raw/sapient"]
            assert served.node.health().state == "connected"
            task = served.node.task(f"Roof-{NODE[:8]}", mode_change="Standby")
            got = await peer.next()
            assert (got.task.task_id, got.task.command.mode_change, got.destination_id) == (task, "Standby", NODE)
            peer.writer.close()
            said = await served.next()
            assert msgspec.json.decode(said.payload) == {"state": "offline"}

    run(body())


def test_tls_asks_nodes_for_their_certificate(tmp_path):
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "other")
    certificate, key = authority.sign("server")
    files = {"tls_certificate": certificate.name, "tls_key": key.name, "tls_ca": authority.certificate.name}

    def client(of: Authority, name: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(authority.certificate))
        context.load_cert_chain(*of.sign(name))
        return context

    async def refused(stranger: Peer) -> None:
        async with stranger as peer:
            peer.say(content(registration=registration()))
            await peer.next()

    async def body():
        async with Served(tmp_path, **files) as served:
            async with Peer(served.node.port, client(authority, "radar")) as peer:
                await introduced(peer)
                assert (await served.next()).topic.endswith("/registration")
            with pytest.raises((ssl.SSLError, ConnectionError, asyncio.IncompleteReadError)):
                await refused(Peer(served.node.port, client(stranger, "intruder")))

    run(body())


def test_a_peer_that_announces_too_much_is_sent_away_and_named_and_others_go_on(tmp_path):
    async def body():
        async with Served(tmp_path) as served, Peer(served.node.port) as good, Peer(served.node.port) as bad:
            await introduced(good)
            bad.writer.write(struct.pack("<I", (1 << 20) + 1))
            assert await bad.ended()
            await served.until(lambda: served.node.health().refused == 1)
            assert "a frame of 1048577 bytes was announced" in served.node.health().trouble
            assert served.node.health().trouble.startswith("127.0.0.1:")
            good.say(content(detectionReport=seen()))
            topics = [(await served.next()).topic.rpartition("/")[2] for _ in range(3)]
            assert topics == ["registration", "status", "sapient"]

    run(body())


def test_who_drips_or_does_not_register_is_sent_away(tmp_path, monkeypatch):
    monkeypatch.setattr(node, "WHOLE_S", 0.2)
    monkeypatch.setattr(node, "REGISTER_S", 0.3)

    async def body():
        async with Served(tmp_path) as served, Peer(served.node.port) as drips, Peer(served.node.port) as idle:
            drips.writer.write(b"\x10\x00\x00")
            assert await drips.ended()
            assert await idle.ended()
            await served.until(lambda: served.node.health().peers == 0)
            assert served.node.health().refused == 2

    run(body())


def test_a_flood_waits_and_others_are_heard(tmp_path):
    async def body():
        async with Served(tmp_path, messages_hz=20) as served, Peer(served.node.port) as good, Peer(served.node.port) as bad:
            junk = content(statusReport=status(), node="33333333-2222-4333-8444-555555555555").SerializeToString()
            for _ in range(2000):
                bad.raw(junk)
            await introduced(good)
            good.say(content(detectionReport=seen()))
            topics = [(await served.next()).topic.rpartition("/")[2] for _ in range(3)]
            assert topics == ["registration", "status", "sapient"]
            assert served.node.health().frames < 100

    run(body())


def test_more_peers_than_the_site_allows_are_sent_away(tmp_path):
    async def body():
        async with Served(tmp_path, peers=1) as served, Peer(served.node.port) as first:
            await introduced(first)
            await served.next()
            async with Peer(served.node.port) as second:
                assert await second.ended()
            assert "1 peers are connected already" in served.node.health().trouble

    run(body())


def test_an_address_in_use_is_a_mistake_of_the_file(tmp_path):
    async def body():
        async with Served(tmp_path) as served:
            settings = Sapient(listen=f"127.0.0.1:{served.node.port}")
            with pytest.raises(ConfigError, match="sapient.listen: 127.0.0.1:.* cannot be listened on"):
                await FusionNode(settings, Config(site=SITE), tmp_path, Inbox(10)).run()

    run(body())


@pytest.mark.parametrize(
    ("told", "keys"),
    [
        ({"listen": "127.0.0.1:5020"}, []),
        ({"listen": "[::1]:5020"}, []),
        ({"listen": "5020"}, ["listen"]),
        ({"listen": "0.0.0.0:5020"}, ["listen"]),
        ({"listen": "0.0.0.0:5020", "plain": True}, []),
        ({"listen": "127.0.0.1:5020", "tls_ca": "ca.pem", "tls_key": "k"}, ["tls_key", "tls_ca"]),
        ({"listen": "127.0.0.1:5020", "nodes": {"a": NODE, "b": NODE}}, ["nodes"]),
    ],
)
def test_doors_that_stand_open_are_found(told, keys):
    assert [key for key, _ in faults_of_sapient(Sapient(**told))] == keys
