"""Zones at the console in a real browser: drawn by hand and by figures, judged, published, changed at short notice, withdrawn."""

from __future__ import annotations

import msgspec
import pytest

from tests.browser.stage import Watched, browser, enter, judged, staged
from tests.e2e.processes import run

pytestmark = pytest.mark.slow

ROW = "[data-zone='{}']"


def published(seen, zone: str):
    """Give what a zone's topic says last; None where nothing, or that it is withdrawn."""
    payloads = seen.on(f"zone/{zone}")
    return msgspec.json.decode(payloads[-1]) if payloads and payloads[-1] else None


async def because(page, why: str) -> None:
    """Say why, and that it is meant."""
    await page.fill("dialog textarea", why)
    await page.click("dialog button.press")
    await page.wait_for_selector("dialog", state="detached")


def test_a_zone_is_drawn_published_closed_for_the_night_and_withdrawn(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            watched = Watched(await opened.new_page(locale="en-GB", viewport={"width": 1366, "height": 768}), stage.url)
            page = watched.page
            await enter(page, stage.link())
            await page.goto(f"{stage.url}/#/zones")
            await page.wait_for_selector(ROW.format("TOWER"))
            await page.get_by_role("button", name="Polygon").click()
            for x, y in ((700, 300), (900, 320), (880, 480), (720, 460), (720, 460)):
                await page.mouse.click(x, y)
            await page.wait_for_selector("text=It can be published.")
            corners = (await page.input_value("textarea")).splitlines()
            axe = await judged(page)
            await page.fill("input[maxlength='200'] >> nth=0", "the stands")
            await page.goto(f"{stage.url}/#/live")  # an alarm, perhaps: the drawing waits
            await page.wait_for_selector("main.live")
            await page.goto(f"{stage.url}/#/zones")
            await page.wait_for_selector("text=It can be published.")
            assert (await page.input_value("textarea")).splitlines() == corners
            await page.get_by_role("button", name="Publish").click()
            await because(page, "the parade")
            row = await page.wait_for_selector(f"{ROW.format('DRAW-1')}:has-text('in force')")
            told = await row.inner_text()
            await stage.seen.until(lambda seen: published(seen, "DRAW-1") is not None, "a zone on its topic")
            feature = published(stage.seen, "DRAW-1")

            await page.get_by_role("button", name="Hours of the stands").click()
            await page.select_option("dialog select", "off")
            await because(page, "over for today")
            await page.wait_for_selector(f"{ROW.format('DRAW-1')}:has-text('not in force'):has-text('over for today')")
            await page.get_by_role("button", name="Hours of the stands").click()
            await page.select_option("dialog select", "clear")
            await because(page, "on again")
            await page.wait_for_selector(f"{ROW.format('DRAW-1')}:not(:has-text('not in force'))")
            await page.get_by_role("button", name="Withdraw the stands").click()
            await because(page, "the parade is over")
            await page.wait_for_selector(ROW.format("DRAW-1"), state="detached")
            return corners, told, feature, axe, watched.faults

    corners, told, feature, axe, faults = run(body())
    assert (axe, faults) == ([], [])
    assert "the stands" in told
    ring = feature["geometry"]["coordinates"][0]
    assert len(ring) == 5
    assert [[round(value, 6) for value in corner] for corner in ring[:4]] == [
        [float(part) for part in reversed(corner.split(","))] for corner in corners
    ]


def test_a_zone_is_written_in_figures_and_what_is_wrong_with_it_is_said_before_it_is_published(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            watched = Watched(await opened.new_page(locale="fr-FR"), stage.url)
            page = watched.page
            await enter(page, stage.link())
            await page.goto(f"{stage.url}/#/zones")
            await page.get_by_role("button", name="Cercle").click()
            await page.fill("textarea", "48.8600, 2,2900")
            await page.wait_for_selector("text=La ligne 1 n’est pas une latitude")
            await page.fill("textarea", "48.8600, 2.2900")
            await page.fill("input[maxlength='7']", "NO GOOD")
            refused = await (await page.wait_for_selector("text=/Elle ne peut être publiée/")).inner_text()
            idle = await page.get_by_role("button", name="Publier").is_disabled()
            await page.fill("input[maxlength='7']", "GOOD")
            await page.wait_for_selector("text=Elle peut être publiée.")
            await page.fill("textarea", "48.8700, 2,2900")  # what is written is not what would be published
            await page.wait_for_selector("text=La ligne 1 n’est pas une latitude")
            other = await page.get_by_role("button", name="Publier").is_disabled()
            await page.fill("textarea", "48.8700, 2.2900")
            await page.wait_for_selector("text=Elle peut être publiée.")
            await page.get_by_role("button", name="Publier").click()
            await because(page, "arrêté du jour")
            await page.wait_for_selector(ROW.format("GOOD"))
            return refused, (idle, other), watched.faults

    refused, idle, faults = run(body())
    assert faults == []
    assert idle == (True, True)
    assert "identifier" in refused


def test_who_changes_a_zone_that_another_has_changed_meanwhile_is_told_and_nothing_is_overwritten(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            first, second = [Watched(await (await opened.new_context(locale="en-GB")).new_page(), stage.url) for _ in range(2)]
            for number, one in enumerate((first, second)):
                await enter(one.page, stage.link(f"one-{number}"))
                await one.page.goto(f"{stage.url}/#/zones")
                await one.page.get_by_role("button", name="Edit zone TOWER").click()
                await one.page.fill("input[type=number] >> nth=0", f"{300 + number}")
                await one.page.wait_for_selector("text=It can be published.")
            await first.page.get_by_role("button", name="Publish").click()
            await because(first.page, "wider")
            await stage.seen.until(lambda seen: published(seen, "TOWER") is not None, "a zone on its topic")
            await second.page.get_by_role("button", name="Publish").click()
            await second.page.fill("dialog textarea", "wider still")
            await second.page.click("dialog button.press")
            said = await (await second.page.wait_for_selector(".notices p.failed")).inner_text()
            radius = published(stage.seen, "TOWER")["geometry"]["extent"]["radius"]
            return said, radius, first.faults, [fault for fault in second.faults if "412" not in fault]

    said, radius, *faults = run(body())
    assert faults == [[], []]
    assert "is not what you have read; read it again" in said
    assert radius == 300
