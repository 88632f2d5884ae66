"""Pictures of the console's screens, compared with those that were looked at and kept: `tests/browser/baselines`.

`python -m tests.browser.renew` takes them anew. A comparison that fails leaves the picture, and where it differs, in `out/pictures`.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from playwright.async_api import Page, async_playwright

from fusion.warming import warm_up
from tests.browser import scenery
from tests.browser.stage import chromium
from tests.console.stage import operating

KEPT = Path(__file__).parent / "baselines"
OUT = Path(__file__).parents[2] / "out" / "pictures"

PATIENCE_MS = 120_000
"""A replay's recording is indexed first, beside whatever else this machine does."""

STEP = 24
"""Of 255, in any channel: what a pixel may be off. What is kept has 32 steps a channel (`kept`), so half of one, and a rounding besides."""

MOST = 40
"""Pixels that may be off by more: the dash of an axis. A letter of the smallest text has as many."""

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-color-profile=srgb", "--font-render-hinting=none"]
"""With these Chromium draws the same pixels in every run (console/CONSOLE.md's measurement)."""

STILL = """(now, theme) => { localStorage.setItem("vigie.theme", theme); let at = 1e6; globalThis.wait = (ms) => { at += ms; };
  performance.now = () => at;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) { if (!text.includes('"type":"ping"')) send.call(this, text); };
  const Real = Date;
  globalThis.Date = class extends Real { constructor(...told) { if (told.length) super(...told); else super(now); } static now() { return now; } }; }"""
"""Let the page's clocks stand as the server's does: every age that it shows is then the scenery's. Timers run on, but for pings, which would tell that
its clock is ahead of the server's."""


class Look(NamedTuple):
    """How a set of pictures is taken."""

    language: str
    width: int
    height: int
    theme: str

    @property
    def name(self) -> str:
        return f"{self.language}-{self.width}"


PHONE = (390, 844)

LOOKS = (
    Look("en", 1920, 1080, "dark"),
    Look("fr", 1920, 1080, "light"),
    Look("en", 1366, 768, "light"),
    Look("fr", 1366, 768, "dark"),
    Look("en", *PHONE, "dark"),
    Look("fr", *PHONE, "light"),
)


SCREENS = ("live", "history", "zones", "sensors", "permits", "handover", "replay", "incident", "kiosk", "login")
"""Of every look but a phone's, which has `m` alone."""

REST = "(ms) => new Promise((done) => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), ms))"

TRIES = 12

READY = {
    "live": "tr[data-track]", "history": "main.page table tbody tr", "zones": "canvas.overlay", "sensors": ".card svg.reach", "permits": "tr:has-text('P-417')",
    "handover": "article.note", "replay": ".player", "incident": "main.paper[data-ready=true] svg.plan", "kiosk": "article.alert", "login": "form", "m": "article.nearest",
}  # fmt: skip
"""What stands on a screen when it is all there."""


@contextlib.asynccontextmanager
async def console(directory: Path) -> AsyncIterator:
    """Give a console that serves the scenery, and whose core need not be compiled while a page waits for a replay."""
    warm_up()
    async with operating(directory, settings=scenery.write(directory), clock=scenery.clock) as stage:
        scenery.told(stage.core)
        yield stage


@contextlib.asynccontextmanager
async def page(stage, look: Look) -> AsyncIterator[Page]:
    """Give a page of a fresh profile, logged in, whose clocks stand."""
    async with async_playwright() as play:
        opened = await play.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        context = await opened.new_context(
            locale={"en": "en-GB", "fr": "fr-FR"}[look.language], timezone_id="Europe/Paris", reduced_motion="reduce", color_scheme=look.theme,
            viewport={"width": look.width, "height": look.height}, geolocation={"latitude": 48.8601, "longitude": 2.2901, "accuracy": 8.0}, permissions=["geolocation"],
        )  # fmt: skip
        await context.add_init_script(f"({STILL})({round(scenery.NOW.timestamp() * 1000)}, '{look.theme}')")
        one = await context.new_page()
        one.set_default_timeout(PATIENCE_MS)
        try:
            yield one
        finally:
            await opened.close()


async def pictures(directory: Path, look: Look, *, anew: bool = False) -> dict[str, bytes]:
    """Take a look's pictures, of a console and with a browser of their own; give them by name.

    Each is taken again until it is as the one that is kept, a few times; `anew`: once, when everything has come to rest.
    """
    screens = SCREENS if look.width > PHONE[0] else ("m",)
    found = {}
    async with console(directory) as stage, page(stage, look) as on:
        for screen in screens:
            name = f"{screen}-{look.name}"
            await _show(stage, screen, on)
            if anew:
                await on.wait_for_load_state("networkidle")
                await on.evaluate(REST, 1500)
            raw = found[name] = await _shot(screen, on)
            for _ in range(0 if anew else TRIES):
                if off(raw, name) is not None and off(raw, name).sum() <= MOST:
                    break
                await on.evaluate(REST, 300)
                raw = found[name] = await _shot(screen, on)
    return found


async def _shot(screen: str, on: Page) -> bytes:
    hertz = on.locator(".fresh span:first-child")  # by the machine's own clock, which does not stand
    return await on.screenshot(animations="disabled", full_page=screen == "incident", mask=[hertz], mask_color="#888888")


async def _show(stage, screen: str, on: Page) -> None:
    """Go to a screen, and wait until all of it is there."""
    await _go(stage, screen, on)
    if screen == "live":
        await _fly(stage, on)
    if screen == "m":
        scenery.step(stage.console, 0)
        await on.click("main.mobile button")
    if screen == "replay":
        await _wind_on(on)
    await on.wait_for_selector(READY[screen])
    if screen == "live":
        await on.click(f"tr[data-track='{scenery.INTRUDER}'] button")
        await on.wait_for_selector(".inspector:has-text('radar-1')")
    await on.evaluate("document.fonts.ready")
    await on.evaluate("wait(400)")  # labels are placed every quarter of a second: once more, with all that has come
    scenery.again(stage.console)


async def _fly(stage, on: Page) -> None:
    """Let the last minute come, each step once the one before is on the screen: trails are made of what a page has seen."""
    for steps_ago in scenery.STEPS:
        age = scenery.step(stage.console, steps_ago)
        await on.wait_for_selector(f".fresh[data-age='{age}']")


async def _wind_on(on: Page) -> None:
    """Stand forty seconds after a replay's beginning."""
    await on.wait_for_selector(".player")
    for _ in range(4):
        at = await on.get_attribute(".player-time", "data-at")
        await on.click(".player button:has-text('+10 s')")
        await on.wait_for_selector(f".player-time[data-at='{int(at) + 10_000}']")
    await on.wait_for_selector("article.alert")


async def _go(stage, screen: str, on: Page) -> None:
    if screen == "login":
        await on.context.clear_cookies()
        await on.goto(stage.url)
        return
    if not await on.context.cookies():
        await on.context.add_cookies(
            [{"name": "vigie_session", "value": stage.cookie("supervisor", "m.durand"), "url": stage.url}]
        )
    await on.goto("about:blank")  # each screen begins with a page of its own
    path = {
        "live": "/",
        "kiosk": "/kiosk",
        "m": "/m",
        "incident": f"/incident/{scenery.BALCONY}",
        "replay": "/#/replay/trocadero.jsonl",
    }
    await on.goto(stage.url + path.get(screen, f"/#/{screen}"))


def off(raw: bytes, name: str) -> np.ndarray | None:
    """Give which pixels (height, width) of a picture are not as in the one that is kept; None where that is missing, or of another size."""
    actual, there = np.asarray(_opened(raw), int), KEPT / f"{name}.webp"
    expected = np.asarray(Image.open(there).convert("RGB"), int) if there.is_file() else None
    if expected is None or actual.shape != expected.shape:
        return None
    return np.abs(actual - expected).max(axis=2) > STEP


def differing(raw: bytes, name: str) -> int:
    """Give how many pixels of a picture are not as they were. Where too many are not, it lies in OUT afterwards, and where."""
    actual, wrong = _opened(raw), off(raw, name)
    if wrong is None:
        wrong = np.ones((actual.height, actual.width), bool)
    if (count := int(wrong.sum())) > MOST:
        OUT.mkdir(parents=True, exist_ok=True)
        actual.save(OUT / f"{name}.png")
        faint = np.asarray(actual) // 3
        faint[wrong] = (255, 0, 255)
        Image.fromarray(faint).save(OUT / f"{name}.diff.png")
    return count


def kept(raw: bytes) -> Image.Image:
    """Give a picture as it is kept: 32 steps a channel, which a PNG holds in a third of the bytes."""
    pixels = np.asarray(_opened(raw)) // 8 * 8 + 4
    return Image.fromarray(pixels.astype(np.uint8))


def _opened(raw: bytes) -> Image.Image:
    return Image.open(io.BytesIO(raw)).convert("RGB")
