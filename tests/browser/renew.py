"""Takes the pictures of the console's screens anew: `python -m tests.browser.renew`. Look at each that changed before it is committed."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.browser.pictures import KEPT, LOOKS, MOST, differing, kept, pictures


def main() -> None:
    """Write every picture that is not as it was, and say which."""
    KEPT.mkdir(exist_ok=True)
    for look in LOOKS:
        with tempfile.TemporaryDirectory() as scratch:
            for name, raw in asyncio.run(pictures(Path(scratch), look, anew=True)).items():
                if differing(raw, name) > MOST:
                    kept(raw).save(KEPT / f"{name}.webp", lossless=True, quality=90, method=5)
                    print(name, flush=True)  # noqa: T201 - for the person who typed it


if __name__ == "__main__":
    main()
