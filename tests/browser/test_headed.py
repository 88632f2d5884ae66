"""A browser with a window and without a graphics card, as on an operator's virtual machine: there is no WebGL, and the picture stands."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest
from playwright.async_api import async_playwright

from tests.browser.stage import Watched, chromium, enter, staged
from tests.e2e.processes import run

pytestmark = pytest.mark.slow

CARD = "article.alert[data-alert]"

INKED = """() => { const canvas = document.querySelector("canvas.overlay");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let inked = 0; for (let i = 3; i < data.length; i += 4) inked += data[i] > 0; return inked; }"""
"""How many pixels of what moves are drawn."""


@contextlib.contextmanager
def screen() -> Iterator[str]:
    """Give a display without a card behind it."""
    assert shutil.which("Xvfb"), "this test needs Xvfb: apt install xvfb"
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1366x768x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield f":{told.readline().strip()}"
    finally:
        server.terminate()
        server.wait(timeout=60)


def test_the_picture_stands_where_there_is_no_webgl(fresh_mosquitto, tmp_path):
    async def body(display: str):
        async with staged(fresh_mosquitto, tmp_path) as stage, async_playwright() as play:
            shown = await play.chromium.launch(
                executable_path=chromium(),
                headless=False,
                args=["--no-sandbox", "--disable-gpu", "--disable-software-rasterizer"],
                env={**os.environ, "DISPLAY": display},
            )
            try:
                watched = Watched(await shown.new_page(locale="en-GB"), stage.url)
                page = watched.page
                await enter(page, stage.link())
                await page.wait_for_selector(CARD)
                await page.wait_for_selector("html[data-fresh=live]")
                webgl = await page.evaluate("document.createElement('canvas').getContext('webgl2') !== null")
                inked = await page.evaluate(INKED)
                await page.screenshot(path=tmp_path / "headed.png")
                return webgl, inked, watched.faults
            finally:
                await shown.close()

    with screen() as display:
        webgl, inked, faults = run(body(display))
    assert not webgl, "this browser has WebGL, so that the test proves nothing"
    assert inked > 500
    assert faults == []
