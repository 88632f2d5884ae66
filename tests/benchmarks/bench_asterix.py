"""How fast ASTERIX is read: CAT048 records a second on one core, from datagram to measurement, beside libasterix in the same run.

    vigie bench asterix        (or PYTHONPATH=. python tests/benchmarks/bench_asterix.py)

Datagrams of twenty plots with time, descriptor, range and azimuth, height, address, callsign and track number, as our encoder writes
them. libasterix parses every item; ours cuts all and reads what is needed. CPU time of the thread, the best of five.
"""

from __future__ import annotations

import math
import random
import sys
import time

from asterix import base, generated
from msgspec.structs import replace

from fusion.messages import Identity
from tests.adapters.test_asterix import PLOT, radar, records, scan_of

DATAGRAMS, PLOTS, ROUNDS = 200, 20, 5


def datagrams():
    chance, ear = random.Random(1), radar()
    named = Identity(icao24="39ac45", callsign="SAMU31")
    plots = [
        replace(
            PLOT,
            range=chance.uniform(100, 90_000),
            azimuth=chance.uniform(0, math.tau),
            elevation=0.05,
            identity=named,
            id=str(number),
        )
        for number in range(PLOTS)
    ]
    return ear, [ear.adapter.encode(ear.station, scan_of(*plots)) for _ in range(DATAGRAMS)]


def best(body) -> float:
    costs = []
    for _ in range(ROUNDS):
        before = time.thread_time()
        body()
        costs.append(time.thread_time() - before)
    return min(costs)


def theirs(payload: bytes) -> None:
    for raw in base.RawDatablock.parse(base.Bits.from_bytes(payload)):
        spec = {48: generated.Cat_048_1_32, 34: generated.Cat_034_1_29}[raw.get_category()]
        assert not isinstance(spec.cv_uap.parse(raw.get_raw_records()), ValueError)


def rates() -> tuple[float, float]:
    """Give records a second, ours and theirs."""
    ear, payloads = datagrams()
    count = DATAGRAMS * PLOTS
    ours = best(lambda: [ear.hear(payload) for payload in payloads])
    few = payloads[:20]
    judge = best(lambda: [theirs(payload) for payload in few])
    assert len(records.blocks(payloads[0])) == 2
    return count / ours, len(few) * PLOTS / judge


def bounds():
    """Give (what, figure, bound, relation) of the must-hold."""
    yield "ASTERIX: CAT048 records a second, one core", rates()[0], 5000.0, ">="


def main(_: list[str]) -> int:
    ours, judge = rates()
    print(f"CAT048: {ours:,.0f} records a second; libasterix {judge:,.0f}: {ours / judge:.0f} times as many")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
