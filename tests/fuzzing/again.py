"""Run as a process of its own: gives a decoder the payloads of a directory again and again; says by how many bytes that grew it.

Without libFuzzer, which keeps what it has seen: what grows here is ours.
"""

import gc
import os
import sys
from itertools import cycle, islice
from pathlib import Path

from tests.fuzzing.decoders import decoder_of


def resident() -> int:
    """Give the bytes of this process that lie in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGESIZE")


name, corpus, count = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
one = decoder_of(name).one
payloads = cycle([path.read_bytes() for path in sorted(corpus.iterdir())])
for payload in islice(payloads, count // 2):
    one(payload)
before = resident()
for payload in islice(payloads, count // 2):
    one(payload)
print(resident() - before)
