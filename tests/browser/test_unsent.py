"""What an operator has written, and what is said of it, when it cannot be sent as it was meant."""

from __future__ import annotations

import pytest

from tests.browser.stage import browser, enter, staged
from tests.browser.test_live import add_user
from tests.e2e.processes import run

pytestmark = pytest.mark.slow

CARD = "article.alert[data-alert]"
FIELD = "dialog textarea"
LEAVE = "fetch('/api/v1/session', { method: 'DELETE' })"


async def log_in(page, name: str) -> None:
    await page.fill("input[name=username]", name)
    await page.fill("input[name=password]", "rain over the Marne")
    await page.click("button[type=submit]")
    await page.wait_for_selector("main.live")


def test_what_was_written_to_a_question_outlasts_the_session_and_is_asked_of_nobody_else(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            for name in ("m.durand", "k.lefevre"):
                add_user(tmp_path / "site.toml", fresh_mosquitto, name, "rain over the Marne")
            context = await opened.new_context(locale="en-GB")
            page, other = [await context.new_page() for _ in range(2)]
            await page.goto(stage.url)
            await log_in(page, "m.durand")
            await page.wait_for_selector(CARD)
            await other.goto(stage.url)
            await page.keyboard.press("n")
            await page.fill(FIELD, "a child's drone, father called")
            await other.evaluate(LEAVE)
            await page.wait_for_selector("form input[name=username]")
            await log_in(page, "m.durand")
            kept = await page.input_value(FIELD)
            await other.evaluate(LEAVE)
            await page.wait_for_selector("form input[name=username]")
            await log_in(page, "k.lefevre")
            await page.wait_for_selector(CARD)
            strange = await page.locator("dialog").count()
            await page.keyboard.press("n")
            return kept, strange, await page.input_value(FIELD)

    assert run(body()) == ("a child's drone, father called", 0, "")


def test_why_an_order_failed_stands_in_the_question_itself(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            page = await opened.new_page(locale="en-GB")
            await enter(page, stage.link())
            await page.wait_for_selector(CARD)
            await page.keyboard.press("n")
            await page.fill(FIELD, "seen on camera 4")
            await stage.service.kill()
            await page.click("dialog button.press")
            said = await (await page.wait_for_selector("dialog [role=alert]:not(:empty)")).inner_text()
            return said, await page.input_value(FIELD)

    assert run(body()) == ("The server cannot be reached.", "seen on camera 4")
