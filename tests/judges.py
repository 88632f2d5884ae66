"""Judges in JavaScript (`tests/npm`): what others wrote, asked by a process of their own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
MODULES = ROOT / ".judges" / "npm" / "node_modules"
DEADLINE_S = 60.0


def judged(name: str, text: bytes) -> Any:
    """Give what a judge says, as JSON, of a text."""
    assert MODULES.exists(), "these tests need judges in JavaScript: `make .judges/npm/ready`"
    script = ROOT / "tests" / "npm" / f"{name}.cjs"
    environment = {**os.environ, "NODE_PATH": str(MODULES)}
    done = subprocess.run(["node", script], input=text, capture_output=True, env=environment, timeout=DEADLINE_S, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)
