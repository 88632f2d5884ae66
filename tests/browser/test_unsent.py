"""What an operator has written, and what is said of it, when it cannot be sent as it was meant."""

from __future__ import annotations

import pytest

from tests.browser.stage import browser, enter, staged
from tests.browser.test_live import add_user
from tests.e2e.processes import run

pytestmark = pytest.mark.slow

CARD = "article.alert[data-alert]"
FIELD = "dialog textarea"
SAID = "dialog [role=alert]:not(:empty)"
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
            await page.wait_for_selector("text=Your session has ended. Log in again.")
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
            said = await (await page.wait_for_selector(SAID)).inner_text()
            return said, await page.input_value(FIELD)

    assert run(body()) == ("The server cannot be reached.", "seen on camera 4")


def test_a_note_reaches_an_alert_that_changed_meanwhile_and_an_order_says_what_it_has_become(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            first, second = [await (await opened.new_context(locale="en-GB")).new_page() for _ in range(2)]
            for page, name in ((first, "m.durand"), (second, "k.lefevre")):
                await enter(page, stage.link(name))
                await page.wait_for_selector(f"{CARD}.p1.asks:has-text('inside zone TOWER')")
                await page.keyboard.press("j")
            await first.keyboard.press("n")
            await first.fill(FIELD, "seen on camera 4")
            await second.keyboard.press("a")
            await first.wait_for_selector(f"{CARD}[data-state=acknowledged]")
            await first.click("dialog button.press")
            await first.wait_for_selector("dialog", state="detached")
            noted = await first.inner_text(".notices")
            await first.keyboard.press("r")
            await first.fill(FIELD, "the fire brigade's")
            await second.keyboard.press("s")
            await second.fill(FIELD, "a film crew's")
            await second.click("dialog button.press")
            await first.wait_for_selector(f"{CARD}[data-state=shelved]")
            await first.click("dialog button.press")
            changed = await (await first.wait_for_selector(SAID)).inner_text()
            await second.click(".inspector footer button:has-text('Reject')")
            await second.fill(FIELD, "a kite")
            await first.click("dialog button.press")  # it is meant all the same
            await first.wait_for_selector("dialog", state="detached")
            closed = []
            for _ in range(2):
                await second.click("dialog button.press")
                closed.append(await (await second.wait_for_selector(SAID)).inner_text())
            return noted, changed, closed

    noted, changed, closed = run(body())
    assert noted.startswith("Noted: Intrusion")
    assert changed.startswith("Meanwhile it has changed: shelved, P1, Intrusion, k.lefevre.")
    assert closed == ["It was closed meanwhile: there is nothing left to order."] * 2


def test_who_cannot_be_logged_out_is_told_and_stays_in(fresh_mosquitto, tmp_path):
    async def body():
        async with staged(fresh_mosquitto, tmp_path) as stage, browser() as opened:
            page = await opened.new_page(locale="en-GB")
            await enter(page, stage.link())
            await page.route("**/api/v1/session", lambda route: route.abort())
            await page.click(".who button")
            await page.get_by_role("button", name="Log out").click()
            said = await (await page.wait_for_selector(".notices p.failed")).inner_text()
            inside = await page.locator("main.live").count()
            await page.unroute("**/api/v1/session")
            await page.get_by_role("button", name="Log out").click()
            await page.wait_for_selector("input[name=username]")
            return said, inside

    assert run(body()) == ("The server cannot be reached: you are still logged in.", 1)
