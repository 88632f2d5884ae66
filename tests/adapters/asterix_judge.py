"""Run by the judge's own Python: reads hexadecimal datagrams by line, writes what asterix_decoder makes of each as JSON."""

import json
import sys

import asterix

for line in sys.stdin:
    sys.stdout.write(json.dumps(asterix.parse(bytes.fromhex(line.strip())), default=str) + "\n")
