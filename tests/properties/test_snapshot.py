"""A snapshot taken anywhere and restored in a new process says what the first would have said, byte for byte."""

import os
import subprocess
import sys

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.properties.streams import SCANS, arrivals, feed, pipeline, with_beat

DELAYS = np.random.default_rng(2).uniform(0.0, 2.5, len(SCANS))
INPUTS = with_beat(arrivals(SCANS, DELAYS))  # much of it late, so that what was done must be undone after the cut


@pytest.fixture(scope="module")
def lived():
    """Live through it all: a snapshot before each input, and what each input caused."""
    core, snapshots, outputs = pipeline(), [], []
    for item in INPUTS:
        snapshots.append(core.snapshot())
        outputs += feed(core, [item])
    return snapshots, outputs


@pytest.fixture(scope="module")
def another():
    """Run another process, whose hashes are not ours; give what asks it to go on from a snapshot."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONHASHSEED": "20"}
    command = [sys.executable, "-m", "tests.properties.continuing"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:

        def send(content: bytes) -> None:
            process.stdin.write(len(content).to_bytes(8, "big") + content)
            process.stdin.flush()

        def go_on(cut: int, snapshot: bytes) -> list[list[bytes]]:
            send(msgspec.msgpack.encode((cut, snapshot)))
            answer = process.stdout.read(int.from_bytes(process.stdout.read(8), "big"))
            return msgspec.msgpack.decode(answer, type=list[list[bytes]])

        send(msgspec.msgpack.encode(INPUTS))
        yield go_on
        send(b"")


@given(cut=st.integers(0, len(INPUTS) - 1))
@settings(max_examples=25)
def test_a_snapshot_anywhere_goes_on_in_a_new_process_to_the_same_bytes(lived, another, cut):
    snapshots, outputs = lived
    assert another(cut, snapshots[cut]) == outputs[cut:]


def test_there_is_much_to_say(lived):
    _, outputs = lived
    kinds = [output.split(b" ", 1)[0] for said in outputs for output in said]
    assert {b"TracksMessage", b"PictureMessage", b"TrackMessage", b"AlertMessage", b"StatusMessage"} <= set(kinds)
