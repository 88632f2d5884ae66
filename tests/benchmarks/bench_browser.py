"""A shift's picture in a real browser: `vigie bench browser [seconds]`.

2,000 tracks at 10 Hz with trails, 300 of them with an ellipse, from the console's real server over its real stream into Debian's
Chromium without a graphics card, 1600 × 900: frames a second that the page draws, how old the picture is that is on the screen (the
page's own figure, as the operator sees it), and the page's memory at the beginning and at the end. Beside it the frames a second of
an empty page in the same browser, which is what this machine can do at most.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import msgspec
import numpy as np
from playwright.async_api import async_playwright

from fusion.messages import utc
from tests.browser.stage import chromium
from tests.console.stage import operating, track

TRACKS, ELLIPSES, HZ = 2_000, 300, 10.0

TRAILS_S = 65
"""s until every trail is as long as it gets: until then the page holds more and more, as it should."""

COUNT = """(ms) => new Promise((done) => { let frames = 0; const begun = performance.now();
  const step = (now) => { frames += 1; if (now - begun < ms) requestAnimationFrame(step); else done((frames * 1000) / (now - begun)); };
  requestAnimationFrame(step); })"""
"""Frames a second of a page for so many ms."""

WATCH = """(ms) => new Promise((done) => { const ages = []; const begun = performance.now(); let frames = 0;
  const step = (now) => { frames += 1; if (now - begun < ms) requestAnimationFrame(step); };
  requestAnimationFrame(step);
  const look = setInterval(() => { const age = document.querySelector(".fresh").dataset.age; if (age !== "") ages.push(Number(age));
    if (performance.now() - begun >= ms) { clearInterval(look); done([ages, (frames * 1000) / (performance.now() - begun)]); } }, 100); })"""
"""The same while it looks ten times a second how old the picture is that is on the screen, ms."""

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--enable-precise-memory-info", "--js-flags=--expose-gc"]

MEMORY = "() => { globalThis.gc?.(); return performance.memory.usedJSHeapSize / 1e6; }"


def sky(rng) -> tuple[np.ndarray, np.ndarray]:
    """Give places (n, 2) in degrees about the site, and velocities in degrees a second."""
    return rng.normal(0.0, [0.02, 0.013], (TRACKS, 2)), rng.normal(0.0, [1.4e-4, 9e-5], (TRACKS, 2))


async def fly(stage, until: asyncio.Event) -> None:
    """Tell the console of every track ten times a second."""
    place, speed = sky(np.random.default_rng(0))
    names = [f"T{k:05}" for k in range(TRACKS)]
    begun, beat = time.time(), 0
    while not until.is_set():
        now = utc(time.time_ns())
        at = place + speed * ((time.time() - begun) % 120.0)
        told = tuple(
            msgspec.structs.replace(
                track(name, east=float(east), north=float(north), covariance=k < ELLIPSES), time=now, updated=now
            )
            for k, (name, (east, north)) in enumerate(zip(names, at, strict=True))
        )
        stage.core.see(*told)
        beat += 1
        await asyncio.sleep(max(0.0, begun + beat / HZ - time.time()))


async def measure(seconds: float) -> dict[str, float]:
    """Watch one page for so long, once its trails are as long as they get."""
    with tempfile.TemporaryDirectory() as scratch:
        async with operating(Path(scratch)) as stage, async_playwright() as play:
            opened = await play.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
            context = await opened.new_context(viewport={"width": 1600, "height": 900}, locale="en-GB")
            await context.add_cookies([{"name": "vigie_session", "value": stage.cookie("operator"), "url": stage.url}])
            page = await context.new_page()
            most = await page.evaluate(COUNT, 2_000)
            over = asyncio.Event()
            flying = asyncio.ensure_future(fly(stage, over))
            await page.goto(stage.url)
            await page.wait_for_selector(f".count:has-text('{TRACKS}'), .count:has-text('{TRACKS:,}')")
            await page.evaluate(COUNT, 1_000 * TRAILS_S)
            before = await page.evaluate(MEMORY)
            ages, frames = await page.evaluate(WATCH, 1_000 * seconds)
            after = await page.evaluate(MEMORY)
            over.set()
            await flying
            await opened.close()
            return {
                "most": most,
                "frames": frames,
                "age": float(np.quantile(ages, 0.95)),
                "oldest": max(ages),
                "before": before,
                "after": after,
            }


def bounds():
    """Give (what, figure, bound, relation) of the must-hold."""
    found = asyncio.run(measure(60.0))
    yield "2,000 tracks at 10 Hz in a browser: frames a second", found["frames"], 30.0, ">="
    yield "how old the picture is that is on the screen, 95 %, ms", found["age"], 300.0, "<="


def main(arguments: list[str]) -> int:
    seconds = float(arguments[0]) if arguments else 60.0
    found = asyncio.run(measure(seconds))
    print(f"{TRACKS} tracks at {HZ:g} Hz, {ELLIPSES} ellipses, {seconds:.0f} s: {found['frames']:.1f} frames a second (an empty page {found['most']:.1f}: "
          f"{found['frames'] / found['most']:.2f} of it); the picture is {found['age']:.0f} ms old in 95 %, {found['oldest']:.0f} ms at most; the page holds "
          f"{found['before']:.1f} MB at first, {found['after']:.1f} MB at the end")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
