"""What the network does to a stream changes no track: order within the window, reconnects, messages that come twice."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fusion.messages import SECOND, AlertMessage, RawMessage
from tests.properties.streams import SCANS, arrivals, feed, final, pipeline, run, with_beat

PROMPT = arrivals(SCANS, [0.05] * len(SCANS))
IN_ORDER = run(with_beat(PROMPT))
LAG = 2.9
"""s: within the window of 3 s, whatever the others' delays."""


def test_the_scene_is_worth_it():
    core = pipeline()
    outputs = [output for item in with_beat(PROMPT) for output in core.feed(item)]
    assert core.timeline.tracker.store.confirmed.sum() >= 5
    assert sum(isinstance(output, AlertMessage) for output in outputs) >= 2
    assert core.timeline.newest > SCANS[0].time + 9 * SECOND  # so that the window moved on several times


@given(st.lists(st.floats(0.0, LAG), min_size=len(SCANS), max_size=len(SCANS)))
@settings(max_examples=12)
def test_any_delays_within_the_window_change_no_track(delays):
    assert run(with_beat(arrivals(SCANS, delays))) == IN_ORDER


@given(st.integers(0, 2**32 - 1), st.floats(0.1, LAG))
@settings(max_examples=12)
def test_any_order_within_the_window_changes_no_track(seed, lag):
    """Everything of a stretch of time comes at its end, in any order at all."""
    rng = np.random.default_rng(seed)
    turn = [int(scan.time // (lag * SECOND)) for scan in SCANS]
    shuffled = [SCANS[i] for _, _, i in sorted((turn[i], rng.random(), i) for i in range(len(SCANS)))]
    due = [round((turn + 1) * lag * SECOND) for turn in sorted(turn)]
    delays = [(at - scan.time) / SECOND for at, scan in zip(due, shuffled, strict=True)]
    stream = arrivals(shuffled, delays)
    assert run(with_beat(stream)) == IN_ORDER


reconnects = st.lists(st.tuples(st.integers(1, len(SCANS)), st.integers(1, 60)), max_size=5)
"""Where the connection breaks, and how many of the messages before it had not been acknowledged."""


@given(reconnects, st.floats(0.0, 2.0))
@settings(max_examples=12)
def test_reconnects_that_deliver_messages_again_change_no_track(breaks, away):
    """QoS 1: what was not acknowledged comes again, in its order, and what was sent meanwhile comes late behind it."""
    again = [(cut, PROMPT[max(cut - back, 0) : cut]) for cut, back in sorted(breaks)]
    stream, begin, now = [], 0, 0
    for cut, repeated in [*again, (len(PROMPT), [])]:
        for one in PROMPT[begin:cut]:
            now = max(now, one.received)
            stream.append(RawMessage(topic=one.topic, payload=one.payload, received=now))
        if cut < len(PROMPT):
            now = max(now, PROMPT[cut].received + round(away * SECOND))
        stream += [RawMessage(topic=one.topic, payload=one.payload, received=now) for one in repeated]
        begin = cut
    core = pipeline()
    feed(core, with_beat(stream))
    assert final(core) == IN_ORDER
    assert sum(one.scans for one in core.intake.records.values()) == len(SCANS)
