"""A person at the console: the real service behind a real broker, and Debian's Chromium in front."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, Page, async_playwright

from fusion.config import State
from fusion.journal.database import site_url
from fusion.peoplework import one_time_code
from tests.brokers import free_port
from tests.e2e.processes import Command
from tests.e2e.stage import write
from tests.e2e.witness import flying, witness

AXE = Path(__file__).parents[2] / "fusion" / "console" / "web" / "node_modules" / "axe-core" / "axe.min.js"

PATIENCE_MS = 30_000

LONG = 60.0
"""s that the intruder's flight lasts: it is in the zone from the fourth second to the fortieth."""


class Stage(NamedTuple):
    """A service with a console, whom to ask for, and what the broker hears."""

    directory: Path
    port: int
    service: Command
    seen: object
    broker: object

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def link(self, name: str = "m.durand", role: str = "supervisor") -> str:
        """Give a link that logs somebody in, once."""
        return f"{self.url}/enter/{one_time_code(site_url(State(), self.directory), name, role)}"


class Watched:
    """A page, and everything that it should not have done."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.faults = page, list[str]()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))

        page.on(
            "console", lambda said: self.faults.append(f"console: {said.text} {said.location}") if said.type == "error" else None
        )
        page.on("request", lambda request: self._mind(request.url, url))

    def _mind(self, asked: str, url: str) -> None:
        if not asked.startswith((url, url.replace("http", "ws", 1), "data:", "blob:")):
            self.faults.append(f"request elsewhere: {asked}")


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert found, "these tests need Chromium: apt install chromium"
    return found


async def enter(page: Page, link: str) -> None:
    """Come in by a link that works once, and wait until the page that it leads to is there."""
    await page.goto(link)
    await page.wait_for_selector("nav a")


async def judged(page: Page) -> list[str]:
    """Ask axe, past the page's own security policy, and give each violation with where it is."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    result = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [f"{one['id']}: {', '.join(str(node['target'][0]) for node in one['nodes'][:3])}" for one in result["violations"]]


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as play:
        opened = await play.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        try:
            yield opened
        finally:
            await opened.close()


@contextlib.asynccontextmanager
async def staged(broker, directory: Path, seconds: float = LONG, more: str = "", unflown: str = "") -> AsyncIterator[Stage]:
    """Give a site that is served, with its scene in the air; `more` of the site's file, and what the scene knows nothing of."""
    port = free_port()
    scene = write(directory, seconds=seconds, more=f"\n[console]\nport = {port}\n{more}")
    with (directory / "site.toml").open("a", encoding="utf-8") as site:
        site.write(unflown)
    async with witness(broker) as seen, Command("run", directory / "site.toml", broker=broker) as service:
        await seen.serving()
        await service.says("console")
        async with flying(broker, scene):
            yield Stage(directory, port, service, seen, broker)
