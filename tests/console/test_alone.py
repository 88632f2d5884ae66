"""A console beside a broker leaves out what it cannot read, and goes on."""

from __future__ import annotations

import types

import pytest

from fusion import console_alone
from fusion.console_alone import Ear
from fusion.messages import RawMessage
from fusion.payload import payload
from fusion.topics import TopicTree
from tests.console.stage import config
from tests.transport.wire_samples import OUTPUTS

TREE = TopicTree("paris")


@pytest.mark.parametrize("wrong", [b"[]", b"null", b"7", b"{}", b"{", b"\xff", b"[" * 100_000])
@pytest.mark.parametrize("name", ["tracks", "picture", "status", "rejected"])
def test_what_is_no_message_of_its_topic_is_left_out(name, wrong, caplog):
    taken = []
    ear = Ear(types.SimpleNamespace(feed=types.SimpleNamespace(take=taken.append), follow=lambda _plan: None))
    for said in (wrong, payload(OUTPUTS[name])):
        topic = TREE.path(name)
        ear.take(TREE.parse(topic), RawMessage(topic=topic, payload=said, received=0))
    assert taken[-1] == OUTPUTS[name]
    if (name, wrong) != ("tracks", b"[]"):  # no track changed
        assert len(taken) == 1
        assert "cannot be read" in caplog.text


def test_its_kernels_are_compiled_before_it_opens(tmp_path, monkeypatch):
    """So that the first replay does not hold everybody's stream for half a minute."""
    done = []

    async def open_(*_all):
        done.append("open")

    monkeypatch.setattr(console_alone, "leave_at_once", lambda: None)
    monkeypatch.setattr(console_alone, "prepare", lambda: done.append("prepare"))
    monkeypatch.setattr(console_alone, "_watch", open_)
    console_alone.watch(config(tmp_path), tmp_path)
    assert done == ["prepare", "open"]
