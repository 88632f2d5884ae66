"""What is posted is signed as Standard Webhooks says, goes nowhere else, and waits for nobody for long."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook as Judge
from standardwebhooks import WebhookVerificationError

from fusion.config_edge import Webhook
from fusion.errors import WebhookError
from fusion.messages import SECOND
from fusion.transport.webhook import Receiver, fresh_secret, message, read_secrets, signed
from tests.certificates import Authority
from tests.receivers import OLDER, SECRET, Answer, receiving

BODY = '{"type":"alert.raised","data":{"alert":"é"}}'.encode()


FILE = "secrets"


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "secrets").write_text(f"{SECRET}\n{OLDER}\n")

    def settings(url: str, **more) -> Webhook:
        return Webhook(name="police", url=url, secret_file=FILE, **more)

    return settings


def post(settings: Webhook, base, *bodies: bytes, name: str = "A_1"):
    """Send bodies one after the other over one open receiver; give the answers."""

    async def body():
        receiver = Receiver(settings, base)
        try:
            return [await receiver.send(name, one, time.time_ns()) for one in bodies]
        finally:
            await receiver.close()

    return asyncio.run(body())


@given(st.binary(min_size=24, max_size=64), st.text("abcXYZ019_", min_size=1, max_size=30), st.text(max_size=200))
def test_every_signature_is_good_in_the_eyes_of_the_specification_s_library(key, name, text):
    body, now = msgspec.json.encode({"text": text}), int(time.time())
    headers = signed(name, now, body, [key])
    assert Judge(key).verify(body, headers) == {"text": text}
    for wrong in ({"webhook-id": name + "x"}, {"webhook-timestamp": str(now + 1)}):
        with pytest.raises(WebhookVerificationError):
            Judge(key).verify(body, headers | wrong)


def test_a_message_arrives_signed_with_every_secret_of_a_rotation(settings, tmp_path):
    with receiving() as there:
        assert post(settings(there.url), tmp_path, BODY)[0].delivered
        (request,) = there.requests
        assert request.verified(SECRET) == request.verified(OLDER) == json.loads(BODY)
        assert request.headers["content-type"] == "application/json"
        with pytest.raises(WebhookVerificationError):
            request.verified(fresh_secret())


def test_a_secret_that_is_changed_signs_the_next_message(settings, tmp_path):
    async def body(there):
        receiver = Receiver(settings(there.url), tmp_path)
        await receiver.send("A_1", BODY, time.time_ns())
        (tmp_path / "secrets").write_text(OLDER)
        await receiver.send("A_2", BODY, time.time_ns())
        (tmp_path / "secrets").unlink()
        answer = await receiver.send("A_3", BODY, time.time_ns())
        await receiver.close()
        return answer

    with receiving() as there:
        answer = asyncio.run(body(there))
        first, second = there.requests
    assert first.verified(SECRET)
    assert second.verified(OLDER)
    with pytest.raises(WebhookVerificationError):
        second.verified(SECRET)
    assert not answer.delivered
    assert "secrets: cannot be read" in answer.reason


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_nothing_is_sent_there(settings, tmp_path, status):
    with receiving() as there, receiving() as elsewhere:
        there.answers.append(Answer(status, {"location": elsewhere.url}))
        (answer,) = post(settings(there.url), tmp_path, BODY)
        assert not answer.delivered
        assert "redirects are not followed" in answer.reason
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    ("status", "gone", "away"),
    [(400, False, False), (401, False, False), (410, True, False), (500, False, False), (503, False, True)],
)
def test_what_is_not_taken_says_why(settings, tmp_path, status, gone, away):
    with receiving() as there:
        there.answers.append(Answer(status, {"retry-after": "7"}))
        (answer,) = post(settings(there.url), tmp_path, BODY)
    assert (answer.delivered, answer.gone, answer.away) == (False, gone, away)
    assert f"HTTP {status}" in answer.reason
    assert answer.retry_after_s == (7.0 if away else 0.0)


@pytest.mark.parametrize(
    ("said", "waits"), [("9" * 400, 3600.0), ("-3", 0.0), ("Wed, 21 Oct 2099 07:28:00 GMT", 0.0), ("٣", 0.0)]
)
def test_a_wish_to_wait_is_bounded(settings, tmp_path, said, waits):
    with receiving() as there:
        there.answers.append(Answer(429, {"retry-after": said.encode().decode("latin-1")}))
        assert post(settings(there.url), tmp_path, BODY)[0].retry_after_s == waits


def test_who_does_not_answer_is_left_after_the_timeout(settings, tmp_path):
    hold = threading.Event()
    with receiving() as there:
        there.answers.append(Answer(hold=hold))
        (answer,) = post(settings(there.url, timeout_s=0.2), tmp_path, BODY)
        hold.set()
    assert answer.away
    assert "no answer within 0.2 s" in answer.reason


def test_an_answer_without_end_is_hung_up_on(settings, tmp_path):
    """It says 200, and then goes on for ever: neither our memory nor our time is its own."""

    async def body():
        sent = 0

        async def flood(reader, writer):
            nonlocal sent
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            try:
                while True:
                    writer.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                    sent += 4096
                    await writer.drain()
            except ConnectionError:
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(flood, "127.0.0.1", 0)
        async with server:
            receiver = Receiver(settings(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"), tmp_path)
            answer = await receiver.send("A_1", BODY, time.time_ns())
            await receiver.close()
        return answer, sent

    answer, sent = asyncio.run(body())
    assert answer.delivered
    assert sent < 20_000_000  # what fits into the buffers of a socket


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\nx: " + b"y" * 200_000]
)
def test_who_does_not_speak_http_is_a_failure_and_no_crash(settings, tmp_path, said):
    async def body():
        async def babble(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said)
            writer.close()

        async with await asyncio.start_server(babble, "127.0.0.1", 0) as server:
            receiver = Receiver(settings(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"), tmp_path)
            answer = await receiver.send("A_1", BODY, time.time_ns())
            await receiver.close()
        return answer

    answer = asyncio.run(body())
    assert not answer.delivered
    assert answer.reason


def test_nobody_there_is_said_so(settings, tmp_path):
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        (answer,) = post(settings(f"http://127.0.0.1:{door.getsockname()[1]}/"), tmp_path, BODY)
    assert answer.away
    assert "ConnectError" in answer.reason


def test_a_receiver_is_believed_only_with_a_certificate_of_its_ca(settings, tmp_path):
    authority, other = Authority(tmp_path), Authority(tmp_path, "other")
    with receiving(tls=authority.sign("receiver")) as there:
        assert post(settings(there.url, tls_ca=authority.certificate.name), tmp_path, BODY)[0].delivered
        (answer,) = post(settings(there.url, tls_ca=other.certificate.name), tmp_path, BODY)
        assert "CERTIFICATE_VERIFY_FAILED" in answer.reason
        assert not post(settings(there.url), tmp_path, BODY)[0].delivered
        assert len(there.requests) == 1


def test_a_proxy_of_the_environment_reads_nothing(settings, tmp_path, monkeypatch):
    with receiving() as there, receiving() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert post(settings(there.url), tmp_path, BODY)[0].delivered
        assert proxy.requests == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "has 0 secrets; expected 1 to 5"),
        (f"{SECRET}\n" * 6, "has 6 secrets"),
        ("whsec_c2hvcnQ=", "line 1: expected whsec_ and the base64 of 24 to 64 bytes, not of 5"),
        (f"{SECRET}\nwhsec_***", "line 2: is not base64"),
        (SECRET.removeprefix("whsec_"), "line 1: expected whsec_"),
        ("é", "is not ASCII"),
    ],
)
def test_secrets_that_are_none_stop_the_start_without_being_told(tmp_path, text, says):
    (tmp_path / "secrets").write_text(text)
    with pytest.raises(WebhookError) as refused:
        read_secrets(tmp_path / "secrets")
    assert says in str(refused.value)
    assert "MfKQ9r8" not in str(refused.value)


def test_a_fresh_secret_is_one(tmp_path):
    (tmp_path / "secrets").write_text(fresh_secret())
    (key,) = read_secrets(tmp_path / "secrets")
    assert len(key) == 32


ALERT = {
    "alert": "A",
    "state": "raised",
    "reasons": ["serial 1588epn26pp75000017 has no permit", "inside TOWER"],
    "track_state": {
        "verdict": "friendly",
        "position": {"latitude_deg": 48.0},
        "grid": {"easting_m": 1.0},
        "identity": {"serial": "1588EPN26PP75000017", "operator": "FRA12345", "strength": "claimed"},
        "pilot": {"latitude_deg": 48.1},
    },
}


def told(**more) -> dict:
    return json.loads(message("alert.raised", msgspec.json.encode(ALERT), 3 * SECOND, **more))


def test_a_message_is_an_envelope_with_the_alert():
    assert told(withhold=()) == {"type": "alert.raised", "timestamp": "1970-01-01T00:00:03Z", "data": ALERT}


def test_what_is_withheld_is_nowhere_in_it():
    track = told(withhold=("pilot",))["data"]["track_state"]
    assert track == {key: value for key, value in ALERT["track_state"].items() if key != "pilot"}
    whole = told(withhold=("pilot", "identity", "friendly"))
    assert whole["data"]["track_state"] == {"verdict": "friendly"}
    assert "1588" not in json.dumps(whole)
    assert whole["data"]["reasons"] == ["serial … has no permit", "inside TOWER"]
