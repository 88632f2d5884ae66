"""A replay at the console in a real browser: nobody takes it for the sky, and its clock does what it says."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from simulators.case import write_case
from tests.browser.stage import Watched, browser, enter, judged, staged
from tests.console.stage import operating
from tests.e2e.processes import run
from tests.e2e.stage import write

pytestmark = pytest.mark.slow

CARD = "article.alert[data-alert]"


def recorded(directory) -> None:
    """Put forty seconds of the scene where the console looks for recordings."""
    case = directory / "case"
    case.mkdir()
    write_case(write(case, seconds=40.0), case / "out")
    (directory / "recordings").mkdir()
    shutil.copy(case / "out" / "recording.jsonl.gz", directory / "recordings" / "evening.jsonl.gz")


async def clock(page) -> int:
    """Give the time that the clock shows, ms."""
    return int(await page.get_attribute(".player-time", "data-at"))


def test_a_recording_is_played_sought_and_cut_in_a_window_of_its_own(fresh_mosquitto, tmp_path):
    recorded(tmp_path)

    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            context = await opened.new_context(locale="en-GB", viewport={"width": 1366, "height": 768}, accept_downloads=True)
            live = Watched(await context.new_page(), stage.url)
            await enter(live.page, stage.link())
            await live.page.goto(f"{stage.url}/#/replay")
            async with context.expect_page() as window:
                await live.page.click("text=evening.jsonl.gz")
            replay = Watched(await window.value, stage.url)
            page = replay.page
            await page.wait_for_selector(".player")
            banner = await (await page.wait_for_selector(".not-live:has-text('REPLAY of evening')")).inner_text()
            begin = await clock(page)
            await page.get_by_role("button", name="16×").click()
            await page.wait_for_selector(CARD)
            orders = await page.get_by_role("button", name="Acknowledge").count()
            axe = await judged(page)
            await page.get_by_role("button", name="Pause").click()
            await page.wait_for_selector("button:has-text('Play')[aria-pressed=false]")
            paused = await clock(page)
            await page.select_option(".jump select", index=1)
            await page.wait_for_selector(f".player-time:not([data-at='{paused}'])")
            jumped = await clock(page)
            await page.get_by_role("button", name="Clip from").click()
            await page.get_by_role("button", name="Ten seconds on").click()
            await page.wait_for_selector(f".player-time[data-at='{jumped + 10_000}']")
            await page.get_by_role("button", name="to …").click()
            async with page.expect_download() as loading:
                await page.click("text=Save the clip")
            await (await loading.value).save_as(tmp_path / "clip.jsonl.gz")
            return begin, paused, jumped, banner, orders, axe, live.faults + replay.faults

    begin, paused, jumped, banner, orders, axe, faults = run(body())
    assert (axe, faults) == ([], [])
    assert "not the sky" in banner
    assert begin < paused
    assert begin <= jumped < paused
    assert orders == 0
    assert (tmp_path / "clip.jsonl.gz").stat().st_size > 100


def test_a_scenario_is_flown_with_its_truth_and_score_and_orders_nothing(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            context = await opened.new_context(locale="en-GB", viewport={"width": 1366, "height": 768})
            listed = Watched(await context.new_page(), stage.url)
            await enter(listed.page, stage.link())
            await listed.page.goto(f"{stage.url}/#/scenario")
            await listed.page.fill("input[type=number]", "5")
            async with context.expect_page() as window:
                await listed.page.click("a:text-is('crossing')")
            flown = Watched(await window.value, stage.url)
            page = flown.page
            await page.wait_for_selector(".not-live:has-text('SCENARIO crossing')")
            await page.get_by_role("button", name="4×").click()
            await page.wait_for_selector("[data-figure=gospa_m] dd:not(:text-is('—'))")
            figure = await page.inner_text("[data-figure=gospa_m] dd")
            seeks = await page.is_enabled("input[type=range]")
            axe = await judged(page)
            return figure, seeks, page.url, axe, listed.faults + flown.faults

    figure, seeks, url, axe, faults = run(body())
    assert (axe, faults) == ([], [])
    assert float(figure) > 0.0
    assert not seeks
    assert url.endswith("#/scenario/crossing:5")


@pytest.mark.parametrize(("locale", "says"), [("en-GB", "Being prepared"), ("fr-FR", "En préparation")])
def test_while_a_recording_is_made_ready_the_page_says_so_and_not_that_there_is_no_connection(tmp_path, locale, says):
    async def body():
        async with operating(tmp_path) as stage, browser() as opened:
            context = await opened.new_context(locale=locale, viewport={"width": 1366, "height": 768})
            await context.add_cookies([{"name": "vigie_session", "value": stage.cookie("supervisor"), "url": stage.url}])
            page = await context.new_page()
            # The hello of a recording that is still looked through: it does not come.
            await page.route_web_socket("**/stream?recording=**", lambda _socket: None)
            await page.goto(f"{stage.url}/#/replay/evening")
            await page.wait_for_selector(f".not-live:has-text('{says}')")
            return await page.locator(".fresh").inner_text(), await page.locator(".fresh").is_visible()

    text, seen = asyncio.run(asyncio.wait_for(body(), 60))
    assert text.startswith(says)
    assert seen
