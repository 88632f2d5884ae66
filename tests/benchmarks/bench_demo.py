"""A newcomer's first look: `vigie bench demo [runs]`.

From the start of `make demo`, which is set up, to the first aircraft on the map in Debian's Chromium, which is open, through the link that
the demo prints: when the link stood there, when the page had its map, and when a track was drawn on it. The console's first track is the
police drone's, which says who it is, or the helicopter's.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from pathlib import Path

from playwright.async_api import async_playwright

from tests.browser.stage import chromium

CHECKOUT = Path(__file__).parents[2]

PATIENCE_S = 120.0

DRAWN = """() => { const canvas = document.querySelector("canvas.overlay");
  if (!canvas || !canvas.width || !document.querySelector("tr[data-track]")) return false;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, i) => i % 4 === 3 && value > 0); }"""
"""Whether a track stands in the table and anything of what moves is drawn on the map."""


async def measure() -> tuple[float, float, float]:
    """Give the seconds until the link, the map, and the first track on it."""
    async with async_playwright() as play, asyncio.timeout(PATIENCE_S):
        opened = await play.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        page = await opened.new_page(viewport={"width": 1366, "height": 768}, locale="en-GB")
        begun = time.monotonic()
        demo = await asyncio.create_subprocess_exec(
            "make",
            "--silent",
            "demo",
            "ARGS=--headless --seconds 60",
            cwd=CHECKOUT,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        try:
            while not (found := re.search(r"In a browser: (\S+)", (await demo.stdout.readline()).decode())):
                assert not demo.stdout.at_eof(), "the demo ended before it said where it is"
            link = time.monotonic()
            await page.goto(found[1])
            await page.wait_for_selector("canvas.overlay", state="attached")
            there = time.monotonic()
            await page.wait_for_function(DRAWN)
            return link - begun, there - begun, time.monotonic() - begun
        finally:
            os.killpg(demo.pid, signal.SIGINT)
            await demo.communicate()
            await opened.close()


def bounds():
    """Give (what, figure, bound, relation) of the must-hold."""
    yield "from `make demo` to a drone on the map, s", min(asyncio.run(measure())[2] for _ in range(3)), 10.0, "<"


def main(arguments: list[str]) -> int:
    for _ in range(int(arguments[0]) if arguments else 3):
        link, there, drawn = asyncio.run(measure())
        print(
            f"link after {link:.1f} s, map after {there:.1f} s, first track on it after {drawn:.1f} s; load {os.getloadavg()[0]:.1f}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
